"""Cursors under the names of PyPI `dlt` 1.x."""
