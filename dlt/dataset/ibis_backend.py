"""The backend of ibis for a dataset: ibis makes the queries, and the dataset runs them.

Nothing imports this module where ibis is not installed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import ibis
import ibis.expr.datatypes as dt
from ibis.backends.sql import SQLBackend, compilers
from ibis.formats.pandas import PandasData
from ibis.formats.pyarrow import PyArrowData, PyArrowSchema

from dlt.dataset.binding import Known
from dlt.errors import IbisNotAvailable
from dlt.late import pa
from dlt.schema.typing import ColumnSchema
from dlt.version import __version__

# ibis has no types
Native = Any
"""An object of ibis."""
COMPILERS = {
    "duckdb": compilers.duckdb,
    "postgres": compilers.postgres,
    "redshift": compilers.postgres,
    "sqlite": compilers.sqlite,
    "mysql": compilers.mysql,
    "bigquery": compilers.bigquery,
}
"""What writes the SQL of a destination, by the name that sqlglot has for it."""


class Reads(Protocol):
    """A relation, as ibis needs it."""

    @property
    def columns_schema(self) -> Mapping[str, ColumnSchema]:
        """Return the columns, with their types as far as they are known."""

    def arrow(self) -> pa.Table:
        """Return all rows."""

    def limit(self, limit: int) -> Reads:
        """Keep at most so many rows."""


class Asked(Protocol):
    """A dataset, as ibis needs it."""

    @property
    def dataset_name(self) -> str:
        """Return its name."""

    @property
    def tables(self) -> list[str]:
        """Return the names of its tables."""

    @property
    def destination_dialect(self) -> str | None:
        """Return the name that sqlglot has for the SQL of the destination."""

    def find(self, table: str, dataset: str = "") -> Known | None:
        """Return a table."""

    def query(self, query: str) -> Reads:
        """Return the result of a query."""


class DatasetBackend(SQLBackend):  # type: ignore[misc]  # ibis has no types
    """A connection of ibis that reads a dataset.

    Args:
        dataset: The dataset.
        dialect: Name of the SQL of its destination.
    """

    name = "dlt"
    supports_temporary_tables = False
    supports_python_udfs = False
    version = __version__

    def __init__(self, dataset: Asked, dialect: str) -> None:
        super().__init__()
        self._dataset = dataset
        self.compiler = COMPILERS[dialect].compiler

    def list_tables(self, *, like: str | None = None, database: str | None = None) -> list[str]:
        """Return the names of tables."""
        known = [found for name in self._dataset.tables if (found := self._dataset.find(name)) is not None]
        names = [table.name for table in known if database is None or table.dataset == database]
        return list(self._filter_with_like(names, like))

    def get_schema(self, name: str, *, catalog: str | None = None, database: str | None = None) -> Native:  # noqa: ARG002 - as ibis calls it
        """Return the columns of a table."""
        known = self._dataset.find(name, database or "")
        if known is None:
            from ibis.common.exceptions import TableNotFound

            raise TableNotFound(name)
        return schema_of(known.columns)

    def _get_schema_using_query(self, query: str) -> Native:
        found = self._dataset.query(query)
        if all("data_type" in column for column in found.columns_schema.values()):
            return schema_of(found.columns_schema)
        return PyArrowSchema.to_ibis(found.limit(0).arrow().schema)

    def _read(self, expr: Native, params: Native, limit: Native) -> tuple[pa.Table, Native]:
        self._run_pre_execute_hooks(expr)
        table = expr.as_table()
        rows = self._dataset.query(self.compile(table, params=params, limit=limit)).arrow()
        return rows, table.schema()

    def execute(self, expr: Native, /, *, params: Native = None, limit: Native = None) -> Native:
        """Return what an expression gives: a frame, a series or a value of pandas."""
        rows, schema = self._read(expr, params, limit)
        return expr.__pandas_result__(PandasData.convert_table(rows.to_pandas(), schema))

    def to_pyarrow(self, expr: Native, /, *, params: Native = None, limit: Native = None) -> Native:
        """Return what an expression gives: a table, an array or a scalar of Arrow."""
        rows, schema = self._read(expr, params, limit)
        return expr.__pyarrow_result__(PyArrowData.convert_table(rows, schema))

    def to_pyarrow_batches(
        self,
        expr: Native,
        /,
        *,
        params: Native = None,
        limit: Native = None,
        chunk_size: int = 1_000_000,
    ) -> pa.RecordBatchReader:
        """Return what an expression gives as batches of Arrow."""
        rows, schema = self._read(expr, params, limit)
        return PyArrowData.convert_table(rows, schema).to_reader(chunk_size)

    def disconnect(self) -> None:
        """Need nothing: each query has a connection of its own."""

    def create_table(
        self, name: str, /, obj: Native = None, *, schema: Native = None, database: str | None = None
    ) -> Native:
        """Refuse: what is written goes through a pipeline."""
        what = f"{database or self._dataset.dataset_name}.{name}"
        raise IbisNotAvailable(
            f"{what} of {obj or schema}: ibis reads a dataset. pipeline.run(table.to_pyarrow()) writes."
        )

    def _register_in_memory_table(self, op: Native) -> None:
        raise IbisNotAvailable(f"table {op.name} is in memory, and a query of a dataset reads what is there only.")


def schema_of(columns: Mapping[str, ColumnSchema]) -> Native:
    """Return columns as ibis has them.

    Args:
        columns: The columns by name.
    """
    return ibis.schema({name: _type_of(column) for name, column in columns.items() if "data_type" in column})


def _type_of(column: ColumnSchema) -> Native:
    nullable = column.get("nullable", True)
    kind = column["data_type"]
    if kind == "decimal":
        return dt.Decimal(column.get("precision", 38), column.get("scale", 9), nullable=nullable)
    if kind == "timestamp":
        return dt.Timestamp(timezone=None if column.get("timezone") is False else "UTC", nullable=nullable)
    plain = {
        "bigint": dt.Int64,
        "double": dt.Float64,
        "text": dt.String,
        "bool": dt.Boolean,
        "date": dt.Date,
        "time": dt.Time,
        "binary": dt.Binary,
        "json": dt.JSON,
        "wei": dt.Decimal,
    }
    return plain[kind](nullable=nullable)
