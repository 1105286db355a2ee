"""What `chalice deploy` cannot set up: alarms, dead letters, a dashboard, settings as parameters. And releases."""
