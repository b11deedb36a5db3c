"""Load data with Python: extract, normalize and load, all or nothing."""
