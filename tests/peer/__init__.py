"""The public interface beside that of PyPI `dlt` 1.x, which is asked in an environment of its own."""
