"""Everything that calls AWS: EC2, Systems Manager and SNS, paced and retried."""
