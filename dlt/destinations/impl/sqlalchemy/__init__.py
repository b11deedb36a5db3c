"""Databases that are reached through SQLAlchemy, and what they differ in."""
