"""Libraries that work together with this one."""
