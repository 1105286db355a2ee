"""The emulated Lambda: loads the app, runs its handlers, and tells which function makes a call."""
