"""What PyPI `dlt` 1.x left in a dataset of files, as the snapshot on which the first load of this library builds.

There a load, a version of a schema and a state are documents in folders of their own, and a data file counts when it
lies in the folder of its table. The first snapshot names all of them: from its moment on the dataset is ours, and until
then it is as it was.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Collection, Sequence

from dlt.destinations.impl.filesystem.lake.index import FORMATS
from dlt.destinations.impl.filesystem.lake.tables import NATIVE, open_index
from dlt.destinations.impl.filesystem.layout import Layout, table_folder
from dlt.destinations.impl.filesystem.snapshot import Entry, Snapshot
from dlt.errors import DestinationTerminalException, InvalidFilesystemLayout
from dlt.ids import digest_id
from dlt.io.store import Store
from dlt.late import orjson
from dlt.schema.schema import Schema
from dlt.schema.stored import unpacked
from dlt.schema.system_columns import LOAD_ID, ROW_ID
from dlt.schema.system_tables import LOADS_TABLE, PREFIX, STATE_TABLE, VERSION_TABLE
from dlt.types import JsonObject
from dlt.user_log import logger

_GZIP = b"\x1f\x8b"
_LOAD_OF_RECORD = re.compile(r"__(\d+\.\d+)\.jsonl")
_MARK = "init"
"""An empty file that says that a folder was made."""
_TEXT, _CSV = "jsonl", "csv"
_SHOWN = 3


def found_of_1x(store: Store, layout: Layout) -> Snapshot:
    """Return what PyPI `dlt` 1.x left in a dataset, an empty snapshot where it completed no load.

    Args:
        store: The folder of the dataset.
        layout: Template for the paths of its files, which has to be that of PyPI `dlt`.

    Raises:
        DestinationTerminalException: a record of it cannot be read, or files do not tell their values.
        InvalidFilesystemLayout: files have their places by another layout, and would be left out.
    """
    # the one question that a dataset is asked which is new
    loads = _records(store, LOADS_TABLE)
    if not loads:
        return Snapshot()
    found = Snapshot(loads=sorted(loads.values(), key=lambda load: str(load["load_id"])), of_1x=True)
    found.versions = sorted(_records(store, VERSION_TABLE).values(), key=lambda version: str(version["inserted_at"]))
    for version in found.versions:
        version["schema"] = orjson.loads(unpacked(version["schema"]))
    # it is written before its load is complete: that of one that never was is ahead of the rows
    states = [{ROW_ID: digest_id(name), **state} for name, state in _records(store, STATE_TABLE).items()]
    found.states = [state for state in states if found.has_load(state[LOAD_ID])]
    for schema in {str(version["schema_name"]): version["schema"] for version in found.versions}.values():
        for table in Schema.from_dict(schema).data_tables():
            columns = {name: column for name, column in table["columns"].items() if "data_type" in column}
            found.columns.setdefault(table["name"], {}).update(columns)
            kind = str(table.get("table_format") or NATIVE)
            if kind in FORMATS:
                index = open_index(kind, store, table["name"]).read()
                found.formats[table["name"]] = kind
                found.files[table["name"]] = index.entries if index is not None else []
    _take_files(store, layout, found)
    return found


def refuse_later_loads(store: Store, snapshot: Snapshot) -> None:
    """Do not go on where PyPI `dlt` went on meanwhile: rows that it loaded would be missing without a word.

    Args:
        store: The folder of the dataset.
        snapshot: The newest one of a dataset that was taken over.

    Raises:
        DestinationTerminalException: it completed loads that the snapshot does not have.
    """
    there = {match[1] for name in store.names(LOADS_TABLE) if (match := _LOAD_OF_RECORD.search(name))}
    later = sorted(load_id for load_id in there if not snapshot.has_load(load_id))
    if later:
        raise DestinationTerminalException(
            f"{store.root}: PyPI dlt loaded {', '.join(later)} into this dataset after this library had taken it over, "
            "without knowing what was loaded here. Nothing was loaded now. Delete the files with these load ids in "
            f"their names, in {LOADS_TABLE} and in the folders of tables, and load their data with this library."
        )


def _records(store: Store, folder: str) -> dict[str, JsonObject]:
    """Return the records of a folder by the names of their files."""
    names = [name for name in sorted(store.names(folder)) if ".jsonl" in name]
    found: dict[str, JsonObject] = {}
    for name, content in zip(names, store.each(lambda name: store.read(f"{folder}/{name}"), names), strict=True):
        try:
            text = gzip.decompress(content) if content and content.startswith(_GZIP) else content
            found[name] = orjson.loads(text or b"")
        except (OSError, ValueError) as error:
            raise DestinationTerminalException(
                f"{store.full(f'{folder}/{name}')}: this record of PyPI dlt cannot be read: {error}. Nothing was "
                "loaded. Put it back from a backup."
            ) from error
    return found


def _take_files(store: Store, layout: Layout, found: Snapshot) -> None:
    """Put the files of complete loads into a snapshot that knows loads and tables."""
    # tables that went leave files, and no table is to take those of another one
    ever = {str(name) for version in found.versions for name in version["schema"]["tables"]}
    place = layout.places(name for name in ever if not name.startswith(PREFIX))
    indexed = tuple(f"{table_folder(name)}/" for name in found.formats)
    strange, unfinished = list[str](), list[str]()
    taken: list[tuple[str, Entry]] = []
    for path in sorted(store.find()):
        folder, _, name = path.rpartition("/")
        if folder.split("/")[0].startswith(PREFIX) or name == _MARK or name.startswith(".") or path.startswith(indexed):
            continue
        match = place.fullmatch(path)
        if match is None:
            strange.append(path)
            continue
        parts = match.groupdict()
        load_id = parts.get("load_id")
        if load_id is not None and not found.has_load(load_id):
            unfinished.append(path)
        elif parts["table_name"] in found.columns:
            entry: Entry = {"path": path, "format": _format_of(name)}
            taken.append((parts["table_name"], entry if load_id is None else {**entry, "load_id": load_id}))
    if strange:
        raise InvalidFilesystemLayout(
            f"layout {layout.template!r}: PyPI dlt loaded the dataset {store.root}, and {len(strange)} files there are "
            f"where this layout puts those of no table: {_some(strange)}. Nothing was loaded. Give the destination the "
            "layout and the extra_placeholders that it had with PyPI dlt; or move the files away, if they are no part "
            "of the dataset."
        )
    if mixed := [entry["path"] for _, entry in taken if entry["format"] == _CSV]:
        raise DestinationTerminalException(
            f"{store.root}: PyPI dlt loaded CSV there, such as {_some(mixed)}. In these files a missing value and an "
            "empty text are one, and bytes are not told from text, so they cannot be read as they were meant. Nothing "
            "was loaded. Let PyPI dlt load these tables anew as Parquet or JSONL, or go on in another dataset_name."
        )
    if unfinished:
        logger.warning(
            "dataset %s: %s files are of loads that PyPI dlt did not complete, and do not count: %s",
            store.root,
            len(unfinished),
            _some(unfinished),
        )
    for (table, entry), packed in zip(taken, store.each(lambda item: _is_packed(store, item[1]), taken), strict=True):
        entry["format"] += ".gz" if packed else ""
        found.files.setdefault(table, []).append(entry)


def _format_of(name: str) -> str:
    endings = name.lower().removesuffix(".gz").split(".")
    return endings[-1]


def _is_packed(store: Store, entry: Entry) -> bool:
    """Tell whether a file of text is compressed: names of earlier releases of 1.x do not say it."""
    if entry["format"] != _TEXT:
        return False
    if entry["path"].endswith(".gz"):
        return True
    with store.reader(entry["path"]) as file:
        return file.read(len(_GZIP)) == _GZIP


def _some(paths: Sequence[str] | Collection[str]) -> str:
    shown = list(paths)[:_SHOWN]
    return ", ".join([*shown, *(["…"] if len(paths) > len(shown) else [])])
