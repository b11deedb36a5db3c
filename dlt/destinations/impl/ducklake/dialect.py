"""The SQL of DuckLake."""

from __future__ import annotations

from dlt.destinations.impl.duckdb.dialect import DIALECT
from dlt.destinations.sql.dialect import Dialect
from dlt.schema.capabilities import Capabilities

CAPABILITIES = Capabilities(max_decimal=(38, 38), sqlglot_dialect="duckdb")


class DuckLakeDialect(Dialect):
    """SQL of DuckDB, without keys: DuckLake has none."""

    @property
    def key_text(self) -> str:
        """Return type and constraint of a column of short texts that is a primary key."""
        return f"{self.types['text']} NOT NULL"

    def insert_new(self, table: str, columns: str, places: str) -> str:
        """Return the statement that inserts a row; whoever runs it makes other loads clash that add the same one."""
        return f"INSERT INTO {table} ({columns}) VALUES ({places})"


LAKE_DIALECT = DuckLakeDialect(**vars(DIALECT))
