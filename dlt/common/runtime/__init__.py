"""Helpers for running pipelines."""
