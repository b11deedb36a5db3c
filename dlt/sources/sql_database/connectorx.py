"""ConnectorX: drivers of its own, which know few types; all others come as text, and Arrow reads them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from dlt.errors import ConfigurationValueError, MissingDependencyException, SqlDatabaseError
from dlt.errors.base import ended
from dlt.late import pa
from dlt.late_dataclass import dataclass
from dlt.redact import redact
from dlt.schema.typing import ColumnSchema
from dlt.sources.documents import exact_lists
from dlt.sources.sql_database.arrow_helpers import column_of, shortest_floats, wanted_type
from dlt.sources.sql_database.engines import connected
from dlt.sources.sql_database.reading import columns_of, hints_by_name
from dlt.sources.sql_database.schema_types import name_of_column, name_of_type, plain_type, type_hints
from dlt.sources.sql_database.vocabulary import SelectClause, SqlType

_ARGUMENTS = ("protocol", "partition_on", "partition_range", "partition_num", "pre_execution_query")  # fmt: skip
_RETURNS = ("arrow", "arrow_stream")
_MYSQL = ("mysql", "mariadb")
_FLOAT = re.compile(r"-?\d+\.\d+(e[+-]\d+)?")
_GEOMETRY = 255
"""By which number drivers of MySQL call the type of shapes."""


@dataclass(frozen=True)
class Plain:
    """A query whose columns ConnectorX can read.

    Attributes:
        query: The query.
        columns: What its columns are, by name.
        hexed: Names of columns whose bytes come as text.
        singles: Names of numbers of 32 bits that come with 64.
        floats: Names of decimals that may be floats, all digits of which come as text.
        lists: Names of lists of PostgreSQL, which come as documents.
    """

    query: SelectClause
    columns: Mapping[str, ColumnSchema]
    hexed: frozenset[str] = frozenset()
    singles: frozenset[str] = frozenset()
    floats: frozenset[str] = frozenset()
    lists: frozenset[str] = frozenset()


def plain_query(
    query: SelectClause, columns: Mapping[str, ColumnSchema], engine: Engine, casts: Mapping[str, SqlType]
) -> Plain:
    """Return a query in which what ConnectorX has no type for, or loses digits of, is text.

    Args:
        query: The query.
        columns: What is known of its columns, by name.
        engine: The engine.
        casts: Types that the program wants in place of those of the database, by the names of columns.

    Raises:
        SqlDatabaseError: the database refuses the query.
    """
    dialect = engine.dialect.name
    wanted = columns_of(query, columns, dialect)
    if wanted is None or not isinstance(query, sa.Select):
        return Plain(query, columns)
    unknown = {column.name for column in wanted if not column.is_known}
    hexed = _shapes(engine, query) & unknown if unknown and dialect in _MYSQL else frozenset[str]()
    chosen = []
    for column in query.selected_columns:
        name = name_of_column(column)
        wanted_one = sa.cast(column, casts[name]) if name in casts else column
        sql_type = plain_type(wanted_one.type)
        found = sa.func.hex(column) if name in hexed else _expression(wanted_one, sql_type, dialect)
        chosen.append(found.label(name))
    singles = frozenset(column.name for column in wanted if column.single)
    known = hints_by_name(wanted)
    decimals = {name for name, hints in known.items() if hints.get("data_type") == "decimal"}
    floats = frozenset(decimals if dialect == "sqlite" else ())
    lists = frozenset(column.name for column in wanted if column.listed)
    return Plain(query.with_only_columns(*chosen, maintain_column_froms=True), known, hexed, singles, floats, lists)


def _shapes(engine: Engine, query: sa.Select[Any]) -> frozenset[str]:
    """Return the names of columns of shapes, which are bytes: SQLAlchemy has no type for them."""
    with connected(engine) as connection:
        result = connection.execute(query.limit(0))
        described = [] if result.cursor is None else result.cursor.description
        return frozenset(str(column[0]) for column in described if column[1] == _GEOMETRY)


def _expression(column: Any, sql_type: sa.types.TypeEngine[Any], dialect: str) -> sa.ColumnElement[Any]:
    own, name = type_hints(sql_type, with_sizes=False), name_of_type(sql_type)
    kind = own.get("data_type")
    if kind == "double" and name == "FLOAT" and dialect in _MYSQL:
        # as text it would have six digits
        return sa.cast(column, sa.Double())
    texts: sa.types.TypeEngine[Any] = sa.CHAR() if dialect in _MYSQL else sa.Text()
    if dialect == "sqlite" and (kind in ("bool", "decimal") or name in ("REAL", "FLOAT")):
        # such a column holds what it is given, and a cast would leave 15 digits of a float
        return sa.case(
            (sa.func.typeof(column) == "real", sa.func.printf("%!.17g", column)), else_=sa.cast(column, texts)
        )
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


def read(text: str, url: str, plain: Plain, chunk_size: int, given: Mapping[str, Any]) -> Iterator[pa.Table]:
    """Yield the rows of a query.

    Args:
        text: The query.
        url: The database.
        plain: What its columns are.
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
    for table in _tables(text, url, chunk_size, kind, arguments):
        if not table.num_rows:
            continue
        arrays = [
            _column(name, array.combine_chunks(), plain)
            for name, array in zip(table.column_names, table.columns, strict=True)
        ]
        yield pa.Table.from_arrays(arrays, names=table.column_names)


def _tables(query: str, url: str, chunk_size: int, kind: str, arguments: dict[str, Any]) -> Iterator[pa.Table]:
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
        found: Any = connectorx.read_sql(url, query, **given)
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
        text = redact(" ".join(str(error).split()), _secrets(url))
        raise SqlDatabaseError(
            f"connectorx cannot read the query: {ended(text)} Use the backend pyarrow, or change the column that it "
            "names by query_adapter_callback."
        ) from None


def _secrets(url: str) -> list[str]:
    password = sa.make_url(url).password if "://" in url else None
    return [url, *([str(password)] if password else [])]


def _column(name: str, array: pa.Array, plain: Plain) -> pa.Array:
    """Return a column of ConnectorX in the type that it is to have."""
    hints = plain.columns.get(name)
    if name in plain.hexed:
        return pa.array([None if text is None else bytes.fromhex(text) for text in array.to_pylist()], pa.binary())
    if name in plain.singles and pa.types.is_float64(array.type):
        return shortest_floats(array)
    if hints is None or "data_type" not in hints:
        return array
    wanted = wanted_type(hints)
    if name in plain.floats:
        return column_of([_number(text) for text in array.to_pylist()], hints)
    if wanted is not None and hints["data_type"] != "json":
        try:
            if pa.types.is_timestamp(wanted) and wanted.tz is not None and pa.types.is_string(array.type):
                return array.cast(pa.timestamp("us")).cast(wanted)
            return array.cast(wanted)
        except pa.ArrowException:
            pass  # value by value then
    found = column_of(array.to_pylist(), hints)
    return exact_lists(found) if name in plain.lists else found


def _number(text: str | None) -> float | str | None:
    return float(text) if text is not None and _FLOAT.fullmatch(text) else text
