"""The rows of a package that a load takes into a table, as far as its files and the keys that are there tell it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from dlt.destinations.client import Client
from dlt.destinations.impl.duckdb.dialect import DIALECT
from dlt.late import duckdb
from dlt.load.coming import ComingRows
from dlt.load.known_keys import keys_of, known_keys
from dlt.load.plan import LoadPlan, Publication, TableChecks
from dlt.schema.system_columns import ROOT_ID, ROW_ID, ROW_ORDER
from dlt.schema.x_keys import X_MERGE_STRATEGY

_KNOWN = "dlt_known"


class TakenRows:
    """Rows that come into a table, without those that a merge leaves out: losers of a key, deletes, what is there.

    Args:
        plan: The load.
        publication: How rows get into tables.
        found: The table.
        client: Client of the dataset; it is read.
    """

    def __init__(self, plan: LoadPlan, publication: Publication, found: TableChecks, client: Client) -> None:
        self._plan, self._client, self._root = plan, client, publication.chain[0]
        self._table = found.table
        self._coming = ComingRows(plan, publication, found.table)
        self._merges = publication.strategy.startswith("merge")
        is_root = found.table["name"] == self._root["name"]
        self._above = self._coming if is_root else ComingRows(plan, publication, self._root, "above")

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the columns that the files have; none where there is no file."""
        return self._coming.names

    @contextmanager
    def opened(self) -> Iterator[tuple[duckdb.DuckDBPyConnection, str]]:
        """Yield a connection of its own, and the query that gives the rows in it."""
        with self._coming.opened() as (connection, rows):
            if not self._merges:
                yield connection, rows
            elif self._above is self._coming:
                yield connection, self._taken(connection, rows)
            else:
                yield connection, self._nested(connection, rows)

    def _taken(self, connection: duckdb.DuckDBPyConnection, rows: str) -> str:
        """Return the query of the root rows that the merge takes."""
        names, strategy = self._above.names, self._root.get(X_MERGE_STRATEGY)
        keys, is_history = keys_of(self._root), strategy == "scd2"
        quoted = [_quoted(key) for key in keys]
        query = f"SELECT * FROM ({rows}) AS came"
        # a merge key alone lets all rows in
        if keys and set(keys) <= set(names) and self._is_told_apart(is_history):
            # what came first is what an insert-only merge takes
            order = [*self._sorting(names), *([f"{_quoted(ROW_ORDER)} {self._last(strategy)}"] * (ROW_ORDER in names))]
            sorting = f" ORDER BY {', '.join(order)}" if order else ""
            query += f" QUALIFY ROW_NUMBER() OVER (PARTITION BY {', '.join(quoted)}{sorting}) = 1"
            query = f"SELECT * FROM ({query}) AS chosen WHERE NOT {self._above.deletes()}"
            if strategy in ("insert-only", "scd2"):
                query += self._unknown(connection, keys, is_history)
            return query
        return f"{query} WHERE NOT {self._above.deletes()}"

    @staticmethod
    def _last(strategy: object) -> str:
        return "ASC" if strategy == "insert-only" else "DESC"

    def _is_told_apart(self, is_history: bool) -> bool:
        return is_history or any(column.get("primary_key") for column in self._root["columns"].values())

    def _sorting(self, names: Sequence[str]) -> list[str]:
        hinted = ((name, column.get("dedup_sort")) for name, column in self._root["columns"].items())
        return [DIALECT.ordered(_quoted(name), way) for name, way in hinted if way and name in names]

    def _unknown(self, connection: duckdb.DuckDBPyConnection, keys: Sequence[str], is_history: bool) -> str:
        """Return the condition that a key is not there yet."""
        changes, name = self._plan.changes, self._root["name"]
        coming = self._above.keys(keys)
        if name not in self._plan.standing.tables or name in changes.emptied or coming is None:
            return ""
        renamed = changes.renamed.get(name, {})
        there = known_keys(self._client, self._root, coming.select(list(keys)), renamed, is_history)
        if there is None:
            return ""
        connection.register(_KNOWN, there)
        match = " AND ".join(f"known.{_quoted(key)} = chosen.{_quoted(key)}" for key in keys)
        return f" AND NOT EXISTS (SELECT 1 FROM {_KNOWN} AS known WHERE {match})"

    def _nested(self, connection: duckdb.DuckDBPyConnection, rows: str) -> str:
        """Return the query of the nested rows of root rows that the merge takes."""
        if ROOT_ID not in self.names or ROW_ID not in self._above.names:
            return rows
        taken = self._taken(connection, self._above.registered(connection))
        match = f"root_row.{_quoted(ROW_ID)} = came.{_quoted(ROOT_ID)}"
        if ROW_ORDER in self.names and ROW_ORDER in self._above.names:
            # rows with one key may have one id: the place tells whose the nested rows are
            match += f" AND root_row.{_quoted(ROW_ORDER)} IS NOT DISTINCT FROM came.{_quoted(ROW_ORDER)}"
        return f"SELECT * FROM ({rows}) AS came WHERE EXISTS (SELECT 1 FROM ({taken}) AS root_row WHERE {match})"


def _quoted(name: str) -> str:
    return DIALECT.quote(name)
