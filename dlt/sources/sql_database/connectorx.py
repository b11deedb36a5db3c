"""ConnectorX: drivers of its own, which know few types; all others come as text, and Arrow reads them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from dlt.errors import ConfigurationValueError, MissingDependencyException, SqlDatabaseError
from dlt.late import pa
from dlt.late_dataclass import dataclass
from dlt.redact import redact
from dlt.schema.typing import ColumnSchema
from dlt.sources.sql_database.arrow_helpers import column_of, wanted_type
from dlt.sources.sql_database.reading import columns_of, hints_by_name
from dlt.sources.sql_database.schema_types import name_of_column, name_of_type, plain_type, type_hints
from dlt.sources.sql_database.vocabulary import SelectClause

_ARGUMENTS = ("protocol", "partition_on", "partition_range", "partition_num", "return_type", "index_col", "strategy",
              "pre_execution_query")  # fmt: skip
_RETURNS = ("arrow", "arrow_stream")


@dataclass(frozen=True)
class Plain:
    """A query whose columns ConnectorX can read.

    Attributes:
        query: The query.
        columns: What its columns are, by name.
    """

    query: SelectClause
    columns: Mapping[str, ColumnSchema]


@dataclass(frozen=True)
class Query:
    """A query and where it goes.

    Attributes:
        text: The query.
        url: The database.
        columns: What its columns are, by name.
    """

    text: str
    url: str
    columns: Mapping[str, ColumnSchema]


def plain_query(query: SelectClause, columns: Mapping[str, ColumnSchema], dialect: str) -> Plain:
    """Return a query in which what ConnectorX has no type for, or loses digits of, is text.

    Args:
        query: The query.
        columns: What is known of its columns, by name.
        dialect: Name of the database system.
    """
    wanted = columns_of(query, columns, dialect)
    if wanted is None or not isinstance(query, sa.Select):
        return Plain(query, columns)
    chosen = []
    for column in query.selected_columns:
        sql_type = plain_type(column.type)
        chosen.append(_expression(column, sql_type, dialect).label(name_of_column(column)))
    return Plain(query.with_only_columns(*chosen, maintain_column_froms=True), hints_by_name(wanted))


def _expression(column: Any, sql_type: sa.types.TypeEngine[Any], dialect: str) -> sa.ColumnElement[Any]:
    own, name = type_hints(sql_type, with_sizes=False), name_of_type(sql_type)
    kind = own.get("data_type")
    texts: sa.types.TypeEngine[Any] = sa.CHAR() if dialect in ("mysql", "mariadb") else sa.Text()
    if kind in ("bool", "binary") or (kind == "text" and isinstance(sql_type, sa.Text | sa.String)):
        found: sa.ColumnElement[Any] = column
        if isinstance(sql_type, sa.Enum) or name == "CITEXT":
            found = sa.cast(column, texts)
        return found
    if kind == "bigint":
        # one class of numbers, whatever their size
        return (
            column if dialect == "sqlite" else sa.cast(column, sa.BigInteger()) if dialect == "postgresql" else column
        )
    if kind == "double" and name not in ("REAL", "FLOAT"):
        return column  # type: ignore[no-any-return]
    if kind == "json" and dialect == "postgresql":
        return sa.cast(column if isinstance(sql_type, sa.JSON) else sa.func.to_jsonb(column), sa.Text)
    if kind == "timestamp" and own.get("timezone") and dialect == "postgresql":
        # the session of ConnectorX has the zone of the server
        return sa.cast(sa.func.timezone("UTC", column), sa.Text)
    return sa.cast(column, texts)


def read(query: Query, chunk_size: int, given: Mapping[str, Any]) -> Iterator[pa.Table]:
    """Yield the rows of a query.

    Args:
        query: The query.
        chunk_size: Rows of a table.
        given: Arguments of `connectorx.read_sql`.

    Raises:
        MissingDependencyException: ConnectorX is not installed.
        ConfigurationValueError: there is no such argument.
        SqlDatabaseError: ConnectorX cannot read the query, or the database refuses it.
    """
    arguments = dict(given)
    unknown = sorted(set(arguments) - set(_ARGUMENTS))
    if unknown:
        raise ConfigurationValueError(
            f"backend_kwargs: the backend connectorx has no argument {unknown[0]!r}. It takes conn, "
            f"{', '.join(_ARGUMENTS)}."
        )
    kind = arguments.pop("return_type", "arrow_stream" if "partition_on" not in arguments else "arrow")
    if kind not in _RETURNS:
        raise ConfigurationValueError(f"backend_kwargs: return_type={kind!r}. Use 'arrow' or 'arrow_stream'.")
    for table in _tables(query, chunk_size, kind, arguments):
        if not table.num_rows:
            continue
        arrays = [
            _column(array.combine_chunks(), query.columns.get(name))
            for name, array in zip(table.column_names, table.columns, strict=True)
        ]
        yield pa.Table.from_arrays(arrays, names=table.column_names)


def _tables(query: Query, chunk_size: int, kind: str, arguments: dict[str, Any]) -> Iterator[pa.Table]:
    try:
        import connectorx
    except ImportError as error:
        raise MissingDependencyException(
            "sql_database: the backend connectorx needs a package that is not installed. Run: pip install connectorx"
        ) from error
    sized = {"batch_size": chunk_size} if kind == "arrow_stream" else {}
    try:
        # what it takes is checked by now
        given: dict[str, Any] = {"return_type": kind, **sized, **arguments}
        found: Any = connectorx.read_sql(query.url, query.text, **given)
        if kind == "arrow":
            for start in range(0, found.num_rows, chunk_size):
                yield found.slice(start, chunk_size)
            return
        for batch in found:
            yield pa.Table.from_batches([batch])
    except (KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    # what Rust gives up with is no Exception, and would end the program past all handlers
    except BaseException as error:  # noqa: BLE001
        text = redact(" ".join(str(error).split()), _secrets(query.url))
        raise SqlDatabaseError(
            f"connectorx cannot read the query: {text}. Use the backend pyarrow, or change the column that it names by "
            "query_adapter_callback."
        ) from None


def _secrets(url: str) -> list[str]:
    password = sa.make_url(url).password if "://" in url else None
    return [url, *([str(password)] if password else [])]


def _column(array: pa.Array, hints: ColumnSchema | None) -> pa.Array:
    """Return a column of ConnectorX in the type that it is to have."""
    if hints is None or "data_type" not in hints:
        return array
    wanted = wanted_type(hints)
    if wanted is not None and hints["data_type"] != "json":
        try:
            if pa.types.is_timestamp(wanted) and wanted.tz is not None and pa.types.is_string(array.type):
                return array.cast(pa.timestamp("us")).cast(wanted)
            return array.cast(wanted)
        except pa.ArrowException:
            pass  # value by value then
    return column_of(array.to_pylist(), hints)
