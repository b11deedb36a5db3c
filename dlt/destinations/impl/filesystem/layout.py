"""Names of files from a template."""

from __future__ import annotations

import datetime
import re
import string
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field

from dlt.clock import moment_of_load
from dlt.errors import InvalidFilesystemLayout
from dlt.ids import digest_id
from dlt.io.paths import LONGEST, is_inside, segment
from dlt.late_dataclass import dataclass

# layout and placeholders are those of PyPI dlt 1.x
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
_OURS = ("_dlt_snapshots", "_dlt_fences", "_dlt_tries")
"""Folders of a dataset that hold no tables."""
_LONGEST_FILE = LONGEST - 40
"""Bytes of a file's name: while it is written, it has a suffix."""
_SHORT = 100
"""Bytes of a table's name where it shares a segment with others that are long."""


def table_folder(table: str, longest: int = LONGEST) -> str:
    """Return a table's name as a segment of a path in its dataset."""
    found = segment(table, longest)
    # the escape of the underscore, which `segment` itself never writes
    return f"!5F{found[1:]}" if found in _OURS else found


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
    extra: Mapping[str, object] = field(default_factory=dict)
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
        for name, cut in self._cut():
            raise InvalidFilesystemLayout(
                f"layout {self.template!r}: {cut} may cut {name}, and then two files would get one name. Write "
                f"{{{name}}}."
            )
        parts = string.Formatter().parse(self.template)
        self._check_path("".join(f"{text}{'' if name is None else 'x'}" for text, name, _, _ in parts))

    @property
    def used(self) -> set[str]:
        """Return the placeholders of the template."""
        return {name for _, name, _, _ in string.Formatter().parse(self.template) if name is not None}

    @property
    def has_table_folders(self) -> bool:
        """Tell whether all files of a table are in one folder, that of the table."""
        return self.template.startswith("{table_name}/") and self.template.count("/") == 1

    @property
    def tells_schemas(self) -> bool:
        """Tell whether paths say of which schema a file is."""
        return "schema_name" in self.used

    def is_of(self, schema_name: str, path: str) -> bool:
        """Tell whether a path can be that of a file of a schema.

        Args:
            schema_name: Name of the schema.
            path: Path in the dataset.
        """
        pattern = ""
        for text, name, form, way in string.Formatter().parse(self.template):
            pattern += re.escape(text)
            if name == "schema_name":
                field = f"{{schema_name{f'!{way}' if way else ''}{f':{form}' if form else ''}}}"
                pattern += re.escape(field.format(schema_name=segment(schema_name)))
            elif name is not None:
                # placeholders of a program may make folders, all others are parts of one name
                pattern += ".+?" if name in self.extra else "[^/]+?"
        return re.fullmatch(pattern, path) is not None

    def places(self, tables: Iterable[str]) -> re.Pattern[str]:
        """Return a pattern for the paths of the files of tables, with a group for each placeholder.

        Args:
            tables: Names of tables, of which the longest counts that fits.
        """
        known = "|".join(re.escape(table_folder(name)) for name in sorted(tables, key=len, reverse=True))
        groups = {"table_name": known or "(?!)", "load_id": r"\d+\.\d+", "file_id": "[^/.]+", "ext": r"[\w.]+"}
        pattern, used = "", set[str]()
        for text, name, _, _ in string.Formatter().parse(self.template):
            pattern += re.escape(text)
            if name in used:
                pattern += f"(?P={name})"
            elif name is not None:
                used.add(name)
                pattern += f"(?P<{name}>{groups.get(name, '.+?' if name in self.extra else '[^/]+?')})"
        return re.compile(pattern)

    def _cut(self) -> list[tuple[str, str]]:
        parts = string.Formatter().parse(self.template)
        return [
            (name, f"{{{name}{f'!{way}' if way else ''}{f':{form}' if form else ''}}}")
            for _, name, form, way in parts
            if name in ("table_name", "file_id") and (form or way)
        ]

    def _check_path(self, path: str) -> None:
        if not is_inside(path) or path.split("/")[0] in _OURS:
            raise InvalidFilesystemLayout(
                f"layout {self.template!r}: it leads to {path!r}, which is not inside of the dataset. Use a relative "
                f"path without '..' that does not begin with {' or '.join(_OURS)}, and check the values of your "
                "placeholders."
            )

    def path(self, schema_name: str, table: str, load_id: str, file_id: str, extension: str) -> str:
        """Return the path of one file.

        Raises:
            InvalidFilesystemLayout: it would leave the dataset, or a part of it is too long.
        """
        found = ""
        # names of tables that were not too long so far keep their paths
        for longest in (LONGEST, _SHORT):
            found = self._path(schema_name, table_folder(table, longest), load_id, file_id, extension)
            self._check_path(found)
            *folders, name = (len(part.encode()) for part in found.split("/"))
            if max([*folders, 0]) <= LONGEST and name <= _LONGEST_FILE:
                return found
        raise InvalidFilesystemLayout(
            f"layout {self.template!r}: it leads to {found!r}, where a part is longer than file systems take. Put {{"
            "table_name} into a folder of its own, or give placeholders shorter values."
        )

    def _path(self, schema_name: str, table: str, load_id: str, file_id: str, extension: str) -> str:
        loaded = moment_of_load(load_id)
        now = self.now() if callable(self.now) else self.now or loaded
        if "load_id" not in self.used:
            # the number of a file counts within its load only
            file_id = f"{digest_id(load_id)}-{file_id}"
        values: dict[str, object] = {
            "table_name": table,
            "schema_name": segment(schema_name),
            "load_id": segment(load_id),
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
