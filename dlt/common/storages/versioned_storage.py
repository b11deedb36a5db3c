"""A storage of the engine of PyPI `dlt` 1.x: its names import, and say at use what to do instead."""

from dlt.absent import absent_names

__getattr__ = absent_names(
    __name__,
    "A pipeline keeps its working folder itself: ask pipeline.list_completed_load_packages(), get_load_package_info() "
    "and pipeline.schemas.",
    "VersionedStorage",
)
