"""Settings of files."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import field

from dlt.absent import absent_names
from dlt.destinations.impl.filesystem.lake.tables import NATIVE
from dlt.destinations.impl.filesystem.layout import DEFAULT_LAYOUT
from dlt.destinations.settings import IN_CODE
from dlt.late_dataclass import dataclass
from dlt.types import JsonObject


@dataclass(frozen=True)
class FilesystemSettings:
    """What files take beside credentials.

    Attributes:
        layout: Template for the paths of files inside of the dataset.
        extra_placeholders: Further placeholders of the layout.
        table_format: Format of tables that name none: delta, iceberg or native.
        kwargs: Arguments of the fsspec file system.
        client_kwargs: Arguments of the client in it.
        current_datetime: Moment for placeholders of date and time, or a function that gives it.
    """

    layout: str = DEFAULT_LAYOUT
    extra_placeholders: JsonObject | None = None
    table_format: str = NATIVE
    kwargs: JsonObject | None = None
    client_kwargs: JsonObject | None = None
    current_datetime: datetime.datetime | Callable[[], datetime.datetime] | None = field(default=None, metadata=IN_CODE)


__getattr__ = absent_names(
    __name__,
    "dlt.destinations.filesystem(...) takes the settings by name.",
    "FilesystemDestinationClientConfiguration HfFilesystemDestinationClientConfiguration",
)
