"""The emulated EventBridge: the bus, event patterns and schedules that call functions."""
