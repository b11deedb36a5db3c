"""Values that an update leaves out, as they lie outside of their row and did not change: the table has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dlt.errors import ReplicationError
from dlt.redact import redact
from dlt.sources.pg_replication.server import Server, quoted
from dlt.sources.pg_replication.stream import Until
from dlt.sources.pg_replication.tables import Column, Table

if TYPE_CHECKING:
    from dlt.types import Row

_MOVES = 10
"""How often the end of a run moves on; in a table whose rows always change it would never stand."""
_KEYS = 500
Found = Mapping[tuple[str, ...], tuple["str | None", ...]]


@dataclass(frozen=True)
class MissingValues:
    """A row that lacks values.

    Attributes:
        row: The row, with None for them.
        key: Texts of its key.
        columns: The columns that lack a value.
        xid: Number of the transaction that changed the row.
    """

    row: Row
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    xid: int


def fill(server: Server, table: Table, missing: Sequence[MissingValues], until: Until) -> None:
    """Look values up in the table, and put them into their rows.

    Where a row was changed or deleted since, the end of the run moves on to now: then that change is of the same load,
    and what is seen at the destination is what was at the source at one moment.

    Args:
        server: The server.
        table: The table.
        missing: Rows that lack values; changed in place.
        until: Where the run ends.

    Raises:
        ReplicationError: the role may not read the table.
    """
    by_columns: dict[tuple[Column, ...], list[MissingValues]] = {}
    for each in missing:
        by_columns.setdefault(each.columns, []).append(each)
    # one query for rows that lack the same columns
    for columns, group in by_columns.items():
        for at in range(0, len(group), _KEYS):
            part = group[at : at + _KEYS]
            found = _looked_up(server, table, columns, list({each.key for each in part}))
            if not all([_filled(each, found.get(each.key)) for each in part]):
                until.move(server.position(), _MOVES)


def _filled(each: MissingValues, found: tuple[str | None, ...] | None) -> bool:
    """Put values into a row; tell whether they are those of its transaction."""
    if found is None:
        return False
    for column, value in zip(each.columns, found[1:], strict=True):
        each.row[column.name] = None if value is None else column.decode(value)
    # the number of the transaction that made the row as it is now
    return found[0] == str(each.xid)


def _looked_up(server: Server, table: Table, columns: Sequence[Column], keys: Sequence[tuple[str, ...]]) -> Found:
    import psycopg2
    import psycopg2.errors

    key = [_safe(column.name) for column in table.key]
    wanted = ", ".join([*key, "xmin", *(_safe(column.name) for column in columns)])
    places = ", ".join("(" + ", ".join(["%s"] * len(key)) + ")" for _ in keys)
    query = f"SELECT {wanted} FROM {_safe(table.schema, table.name)} WHERE ({', '.join(key)}) IN ({places})"
    try:
        rows = server.rows(query, *(text for each in keys for text in each))
    except (psycopg2.errors.UndefinedTable, psycopg2.errors.UndefinedColumn):
        # dropped since, and the values with it
        return {}
    except psycopg2.Error as error:
        names = ", ".join(column.name for column in columns)
        raise ReplicationError(
            f"pg_replication: an update of {table.schema}.{table.name} leaves out values of {names} that did not "
            f"change (TOAST), and they cannot be read from the table: {redact(' '.join(str(error).split()))}. Grant "
            f"SELECT on it, or run: ALTER TABLE {quoted(table.schema, table.name)} REPLICA IDENTITY FULL."
        ) from error
    return {tuple(text or "" for text in row[: len(key)]): row[len(key) :] for row in rows}


def _safe(*names: str) -> str:
    # a name may hold the sign by which the driver knows parameters
    return quoted(*names).replace("%", "%%")
