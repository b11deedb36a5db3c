"""File systems for fsspec under the names of PyPI `dlt` 1.x."""
