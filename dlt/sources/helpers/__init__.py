"""Helpers for writing sources."""
