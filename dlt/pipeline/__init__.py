"""The pipeline: extract, normalize and load over one working folder."""
