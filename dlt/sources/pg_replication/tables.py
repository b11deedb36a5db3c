"""Tables of a publication as hints of resources, and their rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Union, cast

from dlt.context import current
from dlt.errors import ReplicationError
from dlt.extract.hints import TableHints, make_hints
from dlt.schema.naming import name_of_hint, name_of_table
from dlt.schema.renames import column_called
from dlt.schema.schema import Schema
from dlt.schema.typing import ColumnSchema
from dlt.sources.pg_replication.pgoutput import Relation, Values
from dlt.sources.pg_replication.server import Server
from dlt.sources.pg_replication.values import Decoder, column_hints, decoder_of

Columns = dict[str, ColumnSchema]
ColumnHints = Mapping[str, Mapping[str, ColumnSchema]]
"""Hints of columns by table and name."""
IncludedColumns = Union[Mapping[str, Sequence[str]], None]
LSN, DELETED = "lsn", "deleted_ts"
_OF_TYPE = ("data_type", "precision", "scale", "timezone")


@dataclass(frozen=True)
class Column:
    """A column that is loaded: its place among the values, its name, and what makes a value of its text."""

    index: int
    name: str
    decode: Decoder


@dataclass(frozen=True)
class Table:
    """A table as its rows come.

    Attributes:
        schema: Its schema at the server.
        name: Its name, there and here.
        columns: The columns that are loaded.
        key: Those that tell its rows apart.
        hints: What the pipeline is told of it.
    """

    schema: str
    name: str
    columns: tuple[Column, ...]
    key: tuple[Column, ...]
    hints: TableHints

    def key_of(self, values: Values) -> tuple[bytes | None, ...]:
        """Return the key of a row."""
        return tuple(values[column.index] for column in self.key)


def columns_of(
    server: Server, given: Iterable[tuple[str, int, int]], name: str, columns: ColumnHints | None
) -> tuple[Columns, list[Decoder]]:
    """Return hints and decoders of columns.

    Args:
        server: The server, which knows the types.
        given: Name, type and modifier of each column.
        name: Name of the table.
        columns: What the program says of them.
    """
    given = list(given)
    types = server.types(oid for _, oid, _ in given)
    hints: Columns = {}
    for column, oid, modifier in given:
        hints[column] = {"name": column, **column_hints(types[oid], modifier)}
    return with_given(hints, (columns or {}).get(name)), [decoder_of(types[oid]) for _, oid, _ in given]


def with_given(hints: Columns, given: Mapping[str, ColumnSchema] | None) -> Columns:
    """Return hints of columns with what a program says of them, which comes first."""
    found = dict(hints)
    for name, said in (given or {}).items():
        # one that is not published, or not wanted, would be made without values
        if name not in found:
            continue
        own = found[name]
        if "data_type" in said and said["data_type"] != own.get("data_type"):
            own = _without_type(own)
        found[name] = cast("ColumnSchema", {**own, **said, "name": name})
    return found


def _without_type(column: ColumnSchema) -> ColumnSchema:
    return cast("ColumnSchema", {key: value for key, value in column.items() if key not in _OF_TYPE})


def table_of(
    server: Server,
    relation: Relation,
    only_inserts: bool,
    include: IncludedColumns,
    columns: ColumnHints | None,
) -> Table:
    """Return a table as a message of the stream tells it.

    Args:
        server: The server.
        relation: The message.
        only_inserts: Nothing else is published.
        include: Columns that are wanted, by table.
        columns: What the program says of columns.

    Raises:
        ReplicationError: the table has a column of a name that replication adds.
    """
    keys = {column.name for column in relation.columns if column.is_key}
    if relation.identity in ("f", "n"):
        # all columns, or none, are marked then; what tells rows apart the table itself knows
        # and of one that was dropped since, what was loaded of it
        found = server.key(relation.schema, relation.name) or _known_key(relation)
        keys = set(found) if not only_inserts else set()
    wanted = None if include is None else include.get(relation.name)
    # without its key a row could not be found again
    kept = [
        (index, column)
        for index, column in enumerate(relation.columns)
        if wanted is None or column.name in wanted or (column.name in keys and not only_inserts)
    ]
    check_added_names(relation.schema, relation.name, [column.name for _, column in kept], only_inserts)
    given = [(column.name, column.type_oid, column.modifier) for _, column in kept]
    hints, decoders = columns_of(server, given, relation.name, columns)
    taken = tuple(Column(index, column.name, decode) for (index, column), decode in zip(kept, decoders, strict=True))
    key = tuple(column for column in taken if column.name in keys)
    if len(key) < len(keys):
        key = ()  # half a key would take other rows for the same one
    return Table(
        relation.schema,
        relation.name,
        taken,
        () if only_inserts else key,
        hints_of(relation.name, hints, [column.name for column in key], only_inserts, of_changes=True),
    )


def hints_of(name: str, columns: Columns, key: Sequence[str], only_inserts: bool, of_changes: bool) -> TableHints:
    """Return the hints of a table.

    Args:
        name: Its name.
        columns: Hints of its columns.
        key: Columns that tell its rows apart.
        only_inserts: Nothing else is published.
        of_changes: The rows are changes, with columns that say when and what.
    """
    known = _known_columns(name)
    # of a column whose type was changed the table keeps the type that it was loaded with
    found = {
        column: _without_type(hints) if _differs(known(column), hints) else hints for column, hints in columns.items()
    }
    if not only_inserts:
        # of a row that was deleted only the key is known
        found = {column: hints if column in key else {**hints, "nullable": True} for column, hints in found.items()}
    if of_changes:
        found[LSN] = {"name": LSN, "data_type": "bigint", "nullable": True}
        if not only_inserts:
            found[LSN]["dedup_sort"] = "desc"
            found[DELETED] = {
                "name": DELETED, "data_type": "timestamp", "timezone": True, "nullable": True, "hard_delete": True
            }  # fmt: skip
    return make_hints(
        table_name=name,
        write_disposition="append" if only_inserts else "merge",
        columns=found,
        primary_key=list(key) or None,
    )


def check_added_names(schema: str, table: str, columns: Sequence[str], only_inserts: bool) -> None:
    """Check that a table has no columns of the names that replication adds.

    Raises:
        ReplicationError: it has one.
    """
    # nobody deletes where rows only come
    added = (LSN,) if only_inserts else (LSN, DELETED)
    for name in added:
        if name in columns:
            raise ReplicationError(
                f"pg_replication: the table {schema}.{table} has a column {name!r}, and replication adds one of this "
                f"name. Leave it out: include_columns={{{table!r}: [...]}}."
            )


def _known_key(relation: Relation) -> list[str]:
    known = _known_columns(relation.name)
    return [column.name for column in relation.columns if (known(column.name) or {}).get("primary_key")]


def _known_columns(name: str) -> Callable[[str], ColumnSchema | None]:
    """Return what finds a column of a table as it is known, by the name that the server has."""
    schema = current().schema
    if not isinstance(schema, Schema):
        return lambda _column: None
    naming, table = schema.naming, schema.tables.get(name_of_table(schema.naming, name))
    if table is None:
        return lambda _column: None
    columns = table["columns"]
    return lambda column: columns.get(column_called(columns, name_of_hint(naming, column)))


def _differs(known: ColumnSchema | None, hints: ColumnSchema) -> bool:
    if known is None or "data_type" not in known or "data_type" not in hints:
        return False
    return any(known.get(key) != hints.get(key) for key in ("data_type", "precision", "scale"))
