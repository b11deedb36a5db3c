"""The rows of a package that come into one table, read by DuckDB for a plan."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property

from dlt.destinations.impl.duckdb.arrow import as_table
from dlt.destinations.reading import select
from dlt.late import duckdb, pa
from dlt.load.plan import LoadPlan, Publication
from dlt.schema.system_columns import ROW_ORDER
from dlt.schema.typing import ColumnSchema, TableSchema

GONE = "dlt_gone"
"""Column of `ComingRows.keys`: the row that wins says that its key is to go."""


class ComingRows:
    """Rows that come into a table.

    Args:
        plan: The load.
        publication: How they get into tables.
        table: The table.
        label: Begins the names under which a connection knows its files.
    """

    def __init__(self, plan: LoadPlan, publication: Publication, table: TableSchema, label: str = "part") -> None:
        groups = [group for group in publication.groups if group.table["name"] == table["name"]]
        named = [(plan.path(file), group.file_format) for group in groups for file in group.files]
        self._table, self._label = table, label
        # files of a merge have the place of each row too, which tells the one that stays
        self._columns = groups[0].table["columns"] if groups else table["columns"]
        self._arrow = [path for path, kind in named if kind == "arrow"]
        self._others = [(path, kind) for path, kind in named if kind != "arrow"]

    def keys(self, keys: Sequence[str]) -> pa.Table | None:
        """Return the keys of the rows, each once, with `GONE`; None where no row has them.

        Args:
            keys: Names of the columns.
        """
        if not set(keys) <= set(self.names):
            return None
        columns = ", ".join(_quoted(key) for key in keys)
        flag = self.deletes()
        # of several rows with one key the merge takes one: by the hint, else the last one
        order, best = self._order()
        gone = f"BOOL_AND({flag})" if order is None else f"COALESCE({best}({flag}, {_quoted(order)}), BOOL_AND({flag}))"
        return self._query(f"{columns}, {gone} AS {GONE}", f" GROUP BY {columns}")

    def count(self) -> int:
        """Return how many rows come."""
        return int(self._query("COUNT(*)").column(0)[0].as_py()) if self.names else 0

    def count_deleting(self) -> int:
        """Return how many rows say that theirs is to go."""
        if not self.names:
            return 0
        return int(self._query("COUNT(*)", f" WHERE {self.deletes()}").column(0)[0].as_py())

    def values(self, names: Sequence[str]) -> dict[str, int]:
        """Return how many rows have a value in each of some columns."""
        # files of a package may lack columns that its later files have
        counted = [name for name in names if name in self.names]
        if not counted:
            return {}
        found = self._query(", ".join(f"COUNT({_quoted(name)})" for name in counted))
        return {name: int(column[0].as_py()) for name, column in zip(counted, found.columns, strict=True)}

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Return the names of the columns that the files have; none where there is no file."""
        if not self._arrow and not self._others:
            return ()
        return tuple(self._query("*", " LIMIT 0").column_names)

    def deletes(self) -> str:
        """Return the condition by which a row says that its key is to go."""
        columns = self._table["columns"]
        hinted = (name for name, column in columns.items() if column.get("hard_delete"))
        # no file may have it, where nothing says that it is to go
        name = next((name for name in hinted if name in self.names), None)
        if name is None:
            return "FALSE"
        # as in a merge: true, or any value of a column of another type
        is_bool = columns[name].get("data_type") == "bool"
        return f"COALESCE({_quoted(name)}, FALSE)" if is_bool else f"({_quoted(name)} IS NOT NULL)"

    def _order(self) -> tuple[str | None, str]:
        """Return by which column one of several rows is taken, and how."""
        columns: dict[str, ColumnSchema] = self._table["columns"]
        for name, column in columns.items():
            if column.get("dedup_sort") and name in self.names:
                return name, "ARG_MAX" if column["dedup_sort"] == "desc" else "ARG_MIN"
        return (ROW_ORDER if ROW_ORDER in self.names else None), "ARG_MAX"

    def _query(self, chosen: str, rest: str = "") -> pa.Table:
        with self.opened() as (connection, rows):
            return as_table(connection.execute(f"SELECT {chosen} FROM ({rows}) AS coming{rest}"))

    @contextmanager
    def opened(self) -> Iterator[tuple[duckdb.DuckDBPyConnection, str]]:
        """Yield a connection of its own, and the query that gives the rows in it."""
        with duckdb.connect() as connection:
            # moments without a zone are UTC, whatever the zone of the machine is
            connection.execute("SET TimeZone = 'UTC'")
            yield connection, self.registered(connection)

    def registered(self, connection: duckdb.DuckDBPyConnection) -> str:
        """Make the files known to a connection; return the query that gives the rows in it.

        Args:
            connection: The connection.
        """
        parts = []
        for number, path in enumerate(self._arrow):
            name = f"{self._label}_{number}"
            # mapped, and read as it is needed
            with pa.memory_map(path) as source, pa.ipc.open_stream(source) as stream:
                connection.register(name, stream.read_all())
            parts.append(f"SELECT * FROM {name}")
        if self._others:
            parts.append(select(self._columns, self._others))
        return " UNION ALL BY NAME ".join(f"({part})" for part in parts)


def count_common(some: pa.Table, others: pa.Table, but: pa.Table | None = None) -> int:
    """Return how many rows of one table are in another one, by the columns of this one.

    Args:
        some: Rows that are counted.
        others: Rows that have all of their columns there too.
        but: Rows, by the columns that these have, that are not counted.
    """
    # the keys of both fit into memory, and joins of engines differ in what they call equal
    with duckdb.connect() as connection:
        connection.register("dlt_coming", some)
        connection.register("dlt_known", others)
        query = f"SELECT * FROM dlt_coming SEMI JOIN dlt_known USING ({_listed(others)})"
        if but is not None:
            connection.register("dlt_but", but)
            query = f"SELECT * FROM ({query}) AS found ANTI JOIN dlt_but USING ({_listed(but)})"
        found = connection.execute(f"SELECT COUNT(*) FROM ({query}) AS counted").fetchone()
    return int(found[0]) if found else 0


def _listed(rows: pa.Table) -> str:
    return ", ".join(_quoted(name) for name in rows.column_names)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
