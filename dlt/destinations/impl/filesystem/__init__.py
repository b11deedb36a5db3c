"""Datasets made of files: their names, the snapshots that say which of them count, and table formats."""
