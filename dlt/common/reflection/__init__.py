"""What kind of function a function is, under the names of PyPI `dlt` 1.x."""
