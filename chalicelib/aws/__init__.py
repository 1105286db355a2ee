"""Everything that calls AWS: EC2, Systems Manager, SNS and Lambda, paced and retried."""
