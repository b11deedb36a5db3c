"""Databases that have no file of their own here: types as SQLAlchemy writes them, otherwise standard SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import sqlalchemy as sa

from dlt.destinations.impl.sqlalchemy.capabilities import STANDARD
from dlt.destinations.impl.sqlalchemy.client import SqlAlchemyClient
from dlt.destinations.impl.sqlalchemy.session import Classes, Engine, SqlAlchemySession
from dlt.destinations.sql.catalog import Catalog
from dlt.destinations.sql.dialect import Dialect
from dlt.destinations.sql.ledger import Ledger
from dlt.error_kinds import Kind, database_error, is_transient
from dlt.errors import DatabaseTerminalException, DestinationException
from dlt.schema.capabilities import Capabilities
from dlt.schema.typing import ColumnSchema, DataType, TableSchema
from dlt.types import override

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_WRITES = "writes"
"""Name of the row that loads change which must not run beside each other."""
_SIGNS: tuple[tuple[str, Kind], ...] = (
    ("no such table", "undefined"),
    ("doesn't exist", "undefined"),
    ("does not exist", "undefined"),
    ("invalid object name", "undefined"),
    ("not found", "undefined"),
    ("permission denied", "right"),
    ("access denied", "right"),
    ("insufficient privilege", "right"),
    ("read-only", "read_only"),
    ("no space left", "disk_full"),
    ("disk full", "disk_full"),
    ("deadlock", "clash"),
    ("serializ", "clash"),
    ("lock wait timeout", "busy"),
    ("is locked", "busy"),
    ("timed out", "timeout"),
    ("timeout", "timeout"),
    ("connection", "connection"),
    ("gone away", "connection"),
)
"""Words by which databases of which nothing more is known tell what an error is."""
_THERE_SIGNS = ("already exists", "duplicate", "already an object", "already used", "unique")
# these undo a change of tables with its transaction; of others the worse is assumed
_KEEPS_DDL = ("postgresql", "mssql", "redshift", "db2", "ibm_db_sa", "duckdb")


def ddl_commits(name: str) -> bool:
    """Tell whether a change of tables must be taken to end the transaction.

    Args:
        name: Name of the dialect in SQLAlchemy.
    """
    return name not in _KEEPS_DDL


class StandardDialect(Dialect):
    """Standard SQL."""

    @property
    def key_text(self) -> str:
        """Return type and constraint of a column of short texts that is a primary key."""
        return "VARCHAR(255) PRIMARY KEY"

    def delete_matching(self, table: str, keys: str, match: str) -> str:
        """Return the statement that deletes rows whose keys are in a query."""
        return f"DELETE FROM {table} AS _dlt_d WHERE EXISTS (SELECT 1 FROM {keys} AS _dlt_s WHERE {match})"

    def insert_new(self, table: str, columns: str, places: str) -> str:
        """Return the statement that inserts a row; one that is there already is an error that passes."""
        return f"INSERT INTO {table} ({columns}) VALUES ({places})"


def standard_client(connection: Connection, dataset_name: str) -> SqlAlchemyClient:
    """Return a client for a dataset of a database of which only standard SQL is known.

    Args:
        connection: Open connection of SQLAlchemy.
        dataset_name: Name of the dataset, which is a schema.
    """
    native = connection.dialect
    session = SqlAlchemySession(dialect_for(native), connection, engine_for(native.name))
    catalog = StandardCatalog(session, dataset_name)
    return SqlAlchemyClient(session, catalog, StandardLedger(catalog))


def engine_for(name: str) -> Engine:
    """Return what a database system does another way, as far as it is known.

    Args:
        name: Name of the dialect in SQLAlchemy.
    """

    def translated(error: BaseException, classes: Classes) -> DestinationException:
        return translate(error, classes, name)

    # a table or schema was looked for before it is made, so where it is there another load made it meanwhile
    return Engine(translate=translated, clash_of_ddl=_clash, ddl_commits=ddl_commits(name))


def translate(error: BaseException, classes: Classes, name: str) -> DestinationException:
    """Return our error for one of a driver of which nothing more is known.

    Args:
        error: What the driver raised.
        classes: Module of the driver, with its classes of errors.
        name: Name of the database system.
    """
    text = f"{name}: {str(error).strip().rstrip('.')}"
    lower = text.lower()
    lost = isinstance(error, (classes.OperationalError, classes.InterfaceError))
    found: Kind = "constraint" if isinstance(error, classes.IntegrityError) else "refused"
    for sign, kind in _SIGNS:
        # texts of other errors may quote values, in which any word may stand
        if sign in lower and (lost or not is_transient(kind)):
            found = kind
            break
    return database_error(found, text)


class StandardCatalog(Catalog):
    """The tables of one dataset, which is a schema."""

    session: SqlAlchemySession

    @property
    def _inspector(self) -> sa.Inspector:
        return sa.inspect(self.session.connection)

    def has_dataset(self) -> bool:
        """Tell whether the schema is there."""
        with self.session.translating():
            return self.dataset_name in self._inspector.get_schema_names()

    def create_dataset(self) -> None:
        """Make the schema if it is not there, and where DDL commits, the tables that a load writes last."""
        if not self.has_dataset():
            self.session.run_ddl(f"CREATE SCHEMA {self.qualified_dataset()}")
        self.need_records()

    def reflected(self) -> dict[str, dict[str, ColumnSchema]]:
        """Return the tables of the dataset with their columns."""
        native = self.session.connection.dialect
        found: dict[str, dict[str, ColumnSchema]] = {}
        with self.session.translating():
            inspector = self._inspector
            for table in inspector.get_table_names(schema=self.dataset_name):
                columns = inspector.get_columns(table, schema=self.dataset_name)
                found[table] = {
                    column["name"]: self.dialect.column_of(column["name"], column["type"].compile(dialect=native))
                    for column in columns
                }
        return found


class StandardLedger(Ledger):
    """Records of one dataset."""

    @override
    def take_turn(self, chain: Sequence[TableSchema]) -> None:
        """Let loads that replace or merge wait for each other."""
        self.create_fences()
        if self.epoch(_WRITES) is None:
            self.add_fence(_WRITES)
        self.touch(_WRITES)

    def add_fence(self, name: str) -> None:
        """Add a fence that is not there."""
        try:
            super().add_fence(name)
        except DatabaseTerminalException as error:
            raise _clash(error) or error from error


def _clash(error: DatabaseTerminalException) -> DestinationException | None:
    if not any(sign in str(error).lower() for sign in _THERE_SIGNS):
        return None
    return database_error("clash", f"Another load made the same at the same moment: {error}. Run it again.")


def dialect_for(native: sa.Dialect) -> Dialect:
    """Return how a database writes names and types.

    Args:
        native: Dialect of SQLAlchemy.
    """
    types: dict[DataType, str] = {
        "text": sa.Text().compile(native),
        # 53 bits, as FLOAT alone may have 24
        "double": sa.Float(53).compile(native),
        "bool": sa.Boolean().compile(native),
        "timestamp": sa.DateTime(timezone=True).compile(native),
        "bigint": sa.BigInteger().compile(native),
        "binary": sa.LargeBinary().compile(native),
        "json": sa.Text().compile(native),
        "date": sa.Date().compile(native),
        "time": sa.Time().compile(native),
    }

    def sized(column: ColumnSchema, capabilities: Capabilities) -> str | None:
        kind, precision, scale = column["data_type"], column.get("precision"), column.get("scale")
        if kind in ("decimal", "wei"):
            default = capabilities.decimal_precision if kind == "decimal" else capabilities.wei_precision
            numeric = sa.Numeric(precision or default[0], default[1] if scale is None else scale)
            return str(numeric.compile(dialect=native))
        if kind == "timestamp" and not column.get("timezone", True):
            return str(sa.DateTime().compile(dialect=native))
        if kind == "text" and precision is not None:
            return str(sa.String(precision).compile(dialect=native))
        return None

    families: dict[str, DataType] = {}
    for kind, text in types.items():
        # documents are stored as text, so a column that is there is read as text: text comes first
        families.setdefault(text.upper().partition("(")[0].strip(), kind)
    families.setdefault(str(sa.DateTime().compile(dialect=native)).upper().partition("(")[0].strip(), "timestamp")
    families |= {"NUMERIC": "decimal", "DECIMAL": "decimal", "VARCHAR": "text"}
    # as which databases tell a FLOAT of 53 bits
    families |= {"DOUBLE PRECISION": "double", "DOUBLE": "double"}
    return StandardDialect(
        types=types,
        sized=sized,
        families=families,
        capabilities=STANDARD,
        temporary="TEMPORARY",
        quote_character=native.identifier_preparer.initial_quote,
    )
