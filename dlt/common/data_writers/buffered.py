"""What wrote files in PyPI `dlt` 1.x: the names import, and say at use what to do instead."""

from dlt.absent import absent_names

__getattr__ = absent_names(
    __name__,
    "A load writes its files itself: ask for a format with `loader_file_format`.",
    "BufferedDataWriter new_file_id",
)
