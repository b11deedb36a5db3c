"""Bytes and files: written whole, locked, checked; nothing here knows a schema."""
