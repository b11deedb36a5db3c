"""Paths of files from a layout, under the names of PyPI `dlt` 1.x."""

from __future__ import annotations

import datetime
import os
import string
from collections.abc import Callable, Mapping

from dlt.absent import absent_names
from dlt.destinations.impl.filesystem.layout import Layout

__all__ = ["create_path", "get_file_format_and_compression", "get_placeholders"]


def get_placeholders(layout: str) -> list[str]:
    """Return the placeholders of a layout, in order."""
    return [name for _, name, _, _ in string.Formatter().parse(layout) if name]


def create_path(
    layout: str,
    file_name: str,
    schema_name: str,
    load_id: str,
    load_package_timestamp: datetime.datetime | None = None,
    current_datetime: datetime.datetime | Callable[[], datetime.datetime] | None = None,
    extra_placeholders: Mapping[str, object] | None = None,
) -> str:
    """Return the path of a file in a dataset.

    Args:
        layout: Template for it.
        file_name: Name of the file of a load.
        schema_name: Name of the schema.
        load_id: Id of the load.
        load_package_timestamp: Without effect: the moment of a load is that of its id.
        current_datetime: Moment for placeholders of date and time, or a function that gives it.
        extra_placeholders: Further placeholders, as values or functions.

    Raises:
        InvalidFilesystemLayout: a placeholder is unknown, or file names would not be unique.
    """
    name = file_name.removesuffix(".gz")
    # table, id, number of tries, format
    table, file_id, _, extension = name.rsplit(".", 3)
    template = Layout(layout, dict(extra_placeholders or {}), current_datetime or load_package_timestamp)
    return template.path(schema_name, table, load_id, file_id, extension)


def get_file_format_and_compression(file_path: str) -> tuple[str, bool]:
    """Return the format of a file, and whether it is compressed, by its name."""
    parts = os.path.basename(file_path).split(".")
    is_compressed = parts[-1] == "gz"
    return parts[-2 if is_compressed else -1], is_compressed


__getattr__ = absent_names(
    __name__,
    "create_path(layout, file_name, schema_name, load_id) checks a layout and fills it.",
    "prepare_datetime_params prepare_params check_layout get_table_prefix_layout get_unused_placeholders",
)
