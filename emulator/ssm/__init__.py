"""The emulated Systems Manager: Run Command and the agents of instances."""
