"""Between botocore and the emulated services: every HTTP attempt is recorded, failed on request, or answered."""
