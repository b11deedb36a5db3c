"""What travels through a pipe: pages, items, and items that carry a mark."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Union, cast

from dlt.extract.hints import TableHints, make_hints
from dlt.extract.model_fields import is_model_item
from dlt.formats.column_rows import ColumnRows
from dlt.schema.system_columns import LOAD_ID
from dlt.schema.typing import ColumnSchema
from dlt.types import TDataItem, TDataItems, Unread

FRAME_PACKAGES = frozenset({"pyarrow", "pandas", "polars"})


# a class, not a flag beside the page: it survives every step that makes a page of a page
class Joined(list[TDataItem]):
    """Rows that were yielded one by one; a transformer takes them one by one too."""


# looked up by exact class, as isinstance costs more and subclasses may be marks or empty tables
PLAIN_TYPES = frozenset({list, Joined, dict, str, int, float, bool, bytes})
ROW_TYPES = frozenset({dict, str, int, float, bool})


@dataclass(frozen=True)
class TableNameMeta:
    """The item goes to this table."""

    table_name: str


@dataclass(frozen=True, eq=False)
class HintsMeta:
    """The item brings hints for its table.

    Attributes:
        hints: What `make_hints` returned, or None to use the variant `table_name` that an earlier item made.
        create_table_variant: The hints hold for their table name only.
    """

    hints: TableHints | None
    table_name: str | None = None
    create_table_variant: bool = False


@dataclass(frozen=True)
class ImportFileMeta:
    """The item is a whole file."""

    file_path: str
    file_format: str
    items_count: int
    hints: TableHints | None = None


Meta = Union[TableNameMeta, HintsMeta, ImportFileMeta, None]
"""What marks an item: where it goes, what its table is, or that it is a file."""


@dataclass(frozen=True)
class DataItemWithMeta:
    """An item with its mark."""

    meta: Meta
    data: TDataItems


class MaterializedEmptyList(list[TDataItem]):
    """A page without rows that still makes its table."""


class EmptiedTable(MaterializedEmptyList):
    """The table loses its rows: those of this extract so far, and with its load those at the destination."""


class HintsAlone(MaterializedEmptyList):
    """Nothing but hints: they are declared, and the table is made by its first rows."""


def is_frame(item: TDataItem) -> bool:
    """Return True for an Arrow table or batch, a pandas or a polars frame."""
    # by name, as neither pandas nor polars need be there; "columns" sets them apart from series and scalars
    kind = type(item)
    return kind.__module__.partition(".")[0] in FRAME_PACKAGES and hasattr(item, "columns") and not callable(item)


def are_frames(item: TDataItem) -> bool:
    """Return True for a list of frames, which is one item that stays together as it was yielded."""
    # the first tells for all: looking at each row would cost every page of dicts
    return type(item) is list and bool(item) and type(item[0]) not in PLAIN_TYPES and is_frame(item[0])


def is_whole(data: object) -> bool:
    """Return True for data that is one item, though it may be iterated: a frame, or rows of a destination."""
    return isinstance(data, Unread) or is_frame(data)


def is_stream(item: TDataItem) -> bool:
    """Return True for an iterator, also an asynchronous one."""
    return isinstance(item, (Iterator, AsyncIterator))


def is_deferred(item: TDataItem) -> bool:
    """Return True for a call or a coroutine to be evaluated in the pool."""
    # a class can be called, and is no work to be done
    return inspect.isawaitable(item) or (callable(item) and not isinstance(item, type))


def count_rows(item: TDataItem) -> int:
    """Return the number of rows of a page, frame or single item, or of a list of frames."""
    if isinstance(item, list):
        return sum(map(len, item)) if are_frames(item) else len(item)
    if isinstance(item, ColumnRows):
        return len(item)
    if type(item) in PLAIN_TYPES or not is_frame(item):
        return 1
    return len(item)


def one_by_one(page: TDataItems) -> Iterable[TDataItem]:
    """Return the items of a page, or what is no page as the only one."""
    if isinstance(page, ColumnRows):
        return page.rows()
    if isinstance(page, MaterializedEmptyList):
        return ()
    # also one of a class of its own, such as those of a client of an API
    return page if isinstance(page, list) else (page,)


def as_rows(item: TDataItems) -> TDataItems:
    """Turn models, dataclasses and infos into dicts, alone or in a page; leave all else alone."""
    if type(item) is list or type(item) is Joined:
        # one pass in C for the pages that nearly all are
        if set(map(type, item)) <= PLAIN_TYPES:
            return item
        return [_as_row(row) for row in item]
    return item if type(item) in PLAIN_TYPES else _as_row(item)


def _as_row(item: TDataItem) -> TDataItem:
    if type(item) in PLAIN_TYPES or isinstance(item, type):
        return item
    if is_model_item(item):
        return item.model_dump(by_alias=True)
    if hasattr(item, "asdict"):
        return item.asdict()
    if dataclasses.is_dataclass(item) and not isinstance(item, type):
        return dataclasses.asdict(item)
    return item._asdict() if hasattr(item, "_asdict") else _without_old_load(item)


_PAGE = 50_000
_READ = b"dlt.read"
"""Marks tables of Arrow that were read from a dataset."""


def pages_of(rows: Unread, meta: Meta) -> Iterator[TDataItem]:
    """Yield the rows of a dataset as Arrow tables, with hints for columns whose type Arrow does not have.

    Args:
        rows: The rows.
        meta: What marks them already: hints of the program come before these.
    """
    columns = rows.columns_schema
    unlike = {name: column for name, column in columns.items() if column.get("data_type") in ("json", "wei")}
    # its rows are of a load, and not of the one from which they were read
    own: dict[str, ColumnSchema] = {LOAD_ID: {"data_type": "text", "nullable": False}}
    marked: Meta = meta
    if meta is None:
        marked = HintsMeta(make_hints(columns={**own, **unlike}))
    elif isinstance(meta, HintsMeta) and meta.hints is not None and isinstance(meta.hints.get("columns"), dict):
        given = cast("Mapping[str, ColumnSchema]", meta.hints["columns"])
        marked = replace(meta, hints={**meta.hints, "columns": {**own, **given}})
    for table in rows.iter_arrow(_PAGE):
        yield DataItemWithMeta(marked, table.replace_schema_metadata({_READ: b"1"}))


def _without_old_load(item: TDataItem) -> TDataItem:
    """Return rows without the id of the load that brought them where they were read."""
    # the type is asked by name: a program without Arrow need not import it
    if type(item).__module__.startswith("pyarrow") and is_frame(item) and _READ in (item.schema.metadata or {}):
        return item.drop_columns([LOAD_ID]) if LOAD_ID in item.schema.names else item
    return item
