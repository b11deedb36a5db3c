"""Datasets made of files: their names, and the snapshots that say which of them count."""
