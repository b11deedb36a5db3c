"""Clients that load into tables, under the names of PyPI `dlt` 1.x."""

from dlt.absent import absent_names
from dlt.destinations.sql.client import SqlDestinationClient as SqlJobClientBase

__all__ = ["SqlJobClientBase"]
__getattr__ = absent_names(
    __name__,
    "A destination of your own derives from dlt.destinations.Destination and opens a client; rows alone go to a "
    "function decorated with @dlt.destination.",
    "SqlJobClientWithStagingDataset SqlLoadJob CopyRemoteFileLoadJob",
)
