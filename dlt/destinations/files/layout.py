"""Names of files from a template."""

from __future__ import annotations

import datetime
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dlt.errors import InvalidFilesystemLayout
from dlt.ids import digest_id

DEFAULT_LAYOUT = "{table_name}/{load_id}.{file_id}.{ext}"
_MOMENTS = {
    "YYYY": "%Y",
    "YY": "%y",
    "Y": "%Y",
    "MM": "%m",
    "MMMM": "%B",
    "MMM": "%b",
    "DD": "%d",
    "D": "%d",
    "HH": "%H",
    "H": "%H",
    "mm": "%M",
    "m": "%M",
    "ss": "%S",
    "ddd": "%a",
    "dddd": "%A",
    "curr_date": "%Y-%m-%d",
}
_NAMES = {"table_name", "schema_name", "load_id", "file_id", "ext"}
_LOADED = {"load_package_timestamp", "load_package_timestamp_ms", "timestamp", "timestamp_ms"}


@dataclass(frozen=True)
class Layout:
    """A template for paths inside of a dataset.

    Attributes:
        template: Text with placeholders in braces.
        extra: Further placeholders, as values or functions of (schema_name, table_name, load_id, file_id, ext).
        now: Moment for placeholders of date and time, or a function that gives it; the moment of the load when None.

    Raises:
        InvalidFilesystemLayout: a placeholder is unknown, or file names would not be unique.
    """

    template: str = DEFAULT_LAYOUT
    extra: Mapping[str, Any] = field(default_factory=dict)
    now: datetime.datetime | Callable[[], datetime.datetime] | None = None

    def __post_init__(self) -> None:
        known = {*_NAMES, *_MOMENTS, *_LOADED, *self.extra}
        used = self.used
        if used - known:
            raise InvalidFilesystemLayout(
                f"layout {self.template!r}: the placeholder {sorted(used - known)[0]!r} is unknown. Known are "
                f"{', '.join(sorted(known))}.",
            )
        if not {"table_name", "file_id"} <= used:
            raise InvalidFilesystemLayout(
                f"layout {self.template!r}: without {{table_name}} and {{file_id}} two files would get one name."
            )

    @property
    def used(self) -> set[str]:
        """Return the placeholders of the template."""
        return {name for _, name, _, _ in string.Formatter().parse(self.template) if name is not None}

    def path(self, schema_name: str, table: str, load_id: str, file_id: str, extension: str) -> str:
        """Return the path of one file."""
        loaded = _load_moment(load_id)
        now = self.now() if callable(self.now) else self.now or loaded
        if "load_id" not in self.used:
            # the number of a file counts within its load only
            file_id = f"{digest_id(load_id)}-{file_id}"
        values: dict[str, Any] = {
            "table_name": table,
            "schema_name": schema_name,
            "load_id": load_id,
            "file_id": file_id,
            "ext": extension,
            "load_package_timestamp": int(loaded.timestamp()),
            "load_package_timestamp_ms": int(loaded.timestamp() * 1000),
            "timestamp": int(now.timestamp()),
            "timestamp_ms": int(now.timestamp() * 1000),
            **{name: now.strftime(form) for name, form in _MOMENTS.items()},
        }
        for name, value in self.extra.items():
            values[name] = value(schema_name, table, load_id, file_id, extension) if callable(value) else value
        return self.template.format(**values)


def _load_moment(load_id: str) -> datetime.datetime:
    try:
        return datetime.datetime.fromtimestamp(float(load_id), datetime.timezone.utc)
    except ValueError:
        # load ids of orchestrators are no timestamps
        return datetime.datetime.now(datetime.timezone.utc)
