"""What databases differ in that are reached through SQLAlchemy."""
