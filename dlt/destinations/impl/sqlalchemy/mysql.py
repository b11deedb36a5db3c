"""MySQL and MariaDB: a dataset is a database; a change of tables commits at once, so it comes before the data."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from dlt.destinations.impl.sqlalchemy.capabilities import MYSQL
from dlt.destinations.impl.sqlalchemy.client import SqlAlchemyClient
from dlt.destinations.impl.sqlalchemy.rows import as_text
from dlt.destinations.impl.sqlalchemy.session import Classes, Engine, SqlAlchemySession
from dlt.destinations.sql.catalog import Catalog, Questions
from dlt.destinations.sql.dialect import Dialect
from dlt.destinations.sql.ledger import Ledger
from dlt.error_kinds import Kind, database_error
from dlt.errors import DestinationException
from dlt.ids import digest_id
from dlt.late_dataclass import dataclass
from dlt.schema.capabilities import Capabilities
from dlt.schema.system_columns import LOAD_ID, PARENT_ID, ROOT_ID, ROW_ID
from dlt.schema.typing import ColumnSchema, TableSchema

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

KEY_LENGTH = 512
"""Letters of a text by which rows are looked up: an index holds 3,072 bytes, and longer types cannot be hashed."""
_LOCK_WAIT = 600
"""Seconds to wait for another load that changes the same tables."""
_KINDS: Mapping[Kind, frozenset[int]] = {
    "disk_full": frozenset({1021, 1026, 1114}),
    # no memory, no threads, too many connections, or too many queries of one user
    "overloaded": frozenset({1037, 1038, 1041, 1135, 1040, 1203, 1226}),
    # the server stops, ended the connection, or cannot be reached
    "connection": frozenset({1053, 1080, 1152, 1158, 1159, 1160, 1161, 1184, 1927, 2002, 2003, 2006, 2013, 2055, 4031}),
    "clash": frozenset({1213, 1412}),
    "busy": frozenset({1205, 3058}),
    "timeout": frozenset({1317, 1969, 3024}),
    "undefined": frozenset({1049, 1051, 1146}),
    "constraint": frozenset({1022, 1048, 1062, 1216, 1364, 1217, 1451, 1452, 1557, 1586, 1761, 1762, 3819, 4025}),
    "right": frozenset({1044, 1142, 1143, 1227, 1370}),
    "credentials": frozenset({1045, 1698, 1820, 1862}),
    "read_only": frozenset({1036, 1290, 1792, 1836}),
}
"""https://mariadb.com/docs/server/reference/error-codes and https://dev.mysql.com/doc/mysql-errors/8.0/en/"""
_TOO_LONG = 1406
_LONG_KEY = (
    f"A text that is a key has {KEY_LENGTH} letters there, unless the column has a larger precision. Give the package "
    "up (dlt pipeline NAME drop-pending-packages), set the precision of the column (columns=), and where the table is "
    "there load it anew with refresh='drop_resources'."
)
_NO_SPACE = "error 28"
"""How the storage engine tells what the system said: the disk is full."""


def kind_of(error: BaseException, lost: tuple[type[BaseException], ...]) -> Kind:
    """Return what an error of a driver of MySQL is.

    Args:
        error: What the driver raised.
        lost: Classes of errors that stand for a lost connection where there is no number.
    """
    code = _code(error)
    if code == 0 and isinstance(error, lost):
        return "connection"
    if code == 1030 and _NO_SPACE in str(error):
        return "disk_full"
    return next((kind for kind, codes in _KINDS.items() if code in codes), "refused")


def _code(error: BaseException) -> int:
    return error.args[0] if error.args and isinstance(error.args[0], int) else 0


@dataclass(frozen=True)
class MySqlDialect(Dialect):
    """SQL of MySQL and MariaDB.

    Attributes:
        collation: Compares texts by their letters, blanks at the end included.
    """

    collation: str = "utf8mb4_bin"

    @property
    def key_text(self) -> str:
        """Return type and constraint of a column of short texts that is a primary key."""
        return f"VARCHAR({KEY_LENGTH}) CHARACTER SET utf8mb4 COLLATE {self.collation} PRIMARY KEY"

    def type_of(self, column: ColumnSchema) -> str:
        """Return the type text of a column; texts compare by their letters."""
        kind = super().type_of(column)
        return (
            f"{kind} CHARACTER SET utf8mb4 COLLATE {self.collation}"
            if kind[:4] in ("LONG", "VARC") and (column["data_type"] in ("text", "json"))
            else kind
        )

    def column_of(self, name: str, reported: str) -> ColumnSchema:
        """Return the column that a type text stands for."""
        return super().column_of(name, reported.upper().partition(" CHARACTER SET")[0])

    def moment(self, value: datetime.datetime) -> str:
        """Return a moment as a literal; all moments are stored as UTC."""
        plain = value.astimezone(datetime.timezone.utc).replace(tzinfo=None)
        return f"TIMESTAMP'{plain.isoformat(sep=' ', timespec='microseconds')}'"

    def literal(self, value: object) -> str:
        """Return a value as a literal; a backslash would begin an escape."""
        if isinstance(value, datetime.datetime):
            return self.moment(value if value.tzinfo else value.replace(tzinfo=datetime.timezone.utc))
        if isinstance(value, str):
            return super().literal(value.replace("\\", "\\\\"))
        return super().literal(value)

    def ordered(self, column: str, direction: str) -> str:
        """Return a term of ORDER BY that puts NULL last."""
        return f"{column} IS NULL, {column} {direction.upper()}"

    def create_temporary(self, name: str, query: str, lookup: str | None = None) -> str:
        """Return the statement that makes a temporary table of a query."""
        index = f" (INDEX ({lookup}))" if lookup else ""
        return f"CREATE TEMPORARY TABLE {name}{index} AS {query}"

    def drop_temporary(self, name: str) -> str:
        """Return the statement that drops a temporary table; without the word it would commit."""
        return f"DROP TEMPORARY TABLE {name}"

    def delete_matching(self, table: str, keys: str, match: str) -> str:
        """Return the statement that deletes rows whose keys are in a query."""
        return f"DELETE _dlt_d FROM {table} AS _dlt_d JOIN {keys} AS _dlt_s ON {match}"

    def delete_listed(self, table: str, column: str, ids: str) -> str:
        """Return the statement that deletes rows of which a column is among the ids of a temporary table."""
        return f"DELETE _dlt_d FROM {table} AS _dlt_d JOIN {ids} AS _dlt_i ON _dlt_i.id = _dlt_d.{column}"

    def insert_new(self, table: str, columns: str, places: str) -> str:
        """Return the statement that inserts a row unless its key is there."""
        return f"INSERT IGNORE INTO {table} ({columns}) VALUES ({places})"


def _sized(column: ColumnSchema, capabilities: Capabilities) -> str | None:
    kind, precision, scale = column["data_type"], column.get("precision"), column.get("scale")
    if kind in ("decimal", "wei"):
        default = capabilities.decimal_precision if kind == "decimal" else capabilities.wei_precision
        return f"DECIMAL({precision or default[0]},{default[1] if scale is None else scale})"
    if kind == "timestamp":
        return f"DATETIME({6 if precision is None else min(precision, 6)})"
    if kind == "bigint" and precision is not None:
        return "SMALLINT" if precision <= 16 else "INT" if precision <= 32 else "BIGINT"
    if kind == "text" and precision is not None:
        # the VARCHARs of a row have 65,535 bytes together; a LONGTEXT stands outside of it
        return f"VARCHAR({precision})" if precision <= 4_000 else "LONGTEXT"
    hinted = any(column.get(hint) for hint in ("primary_key", "merge_key", "unique", "row_key"))
    if kind == "text" and (hinted or column["name"] in _IDS):
        return f"VARCHAR({KEY_LENGTH})"
    return None


_IDS = (ROW_ID, PARENT_ID, ROOT_ID, LOAD_ID, "load_id", "pipeline_name", "version_hash")


def dialect_for(is_mariadb: bool) -> MySqlDialect:
    """Return the dialect of one of the two servers, whose collations have different names."""
    return MySqlDialect(
        types={
            "text": "LONGTEXT",
            "double": "DOUBLE",
            # BOOLEAN is another word for it
            "bool": "TINYINT(1)",
            # TIMESTAMP would end in 2038
            "timestamp": "DATETIME(6)",
            "bigint": "BIGINT",
            "binary": "LONGBLOB",
            # JSON of MySQL puts keys in another order and drops those that are there twice; of MariaDB it is LONGTEXT
            "json": "LONGTEXT",
            "date": "DATE",
            "time": "TIME(6)",
        },
        sized=_sized,
        families={
            "LONGTEXT": "text",
            "MEDIUMTEXT": "text",
            "TEXT": "text",
            "VARCHAR": "text",
            "CHAR": "text",
            "JSON": "json",
            "DOUBLE": "double",
            "FLOAT": "double",
            "TINYINT": "bool",
            "SMALLINT": "bigint",
            "INT": "bigint",
            "BIGINT": "bigint",
            "DATETIME": "timestamp",
            "TIMESTAMP": "timestamp",
            "LONGBLOB": "binary",
            "BLOB": "binary",
            "DECIMAL": "decimal",
            "DATE": "date",
            "TIME": "time",
        },
        capabilities=MYSQL,
        temporary="TEMPORARY",
        quote_character="`",
        # others take no notice of blanks at the end, and two keys would be one
        regex="{text} REGEXP {pattern}",
        collation="utf8mb4_nopad_bin" if is_mariadb else "utf8mb4_0900_bin",
    )


def translate(error: BaseException, classes: Classes) -> DestinationException:
    """Return our error for one of a driver of MySQL, by its number.

    Args:
        error: What the driver raised.
        classes: Module of the driver, with its classes of errors.
    """
    text = f"mysql {_code(error)}: {' '.join(str(part) for part in error.args[1:]) or error}"
    advice = _LONG_KEY if _code(error) == _TOO_LONG else None
    return database_error(kind_of(error, (classes.OperationalError, OSError)), text, advice=advice)


def _parameter(value: object) -> object:
    """Return a value as it is stored: moments as UTC without a zone."""
    if isinstance(value, datetime.datetime) and value.tzinfo is not None:
        return value.astimezone(datetime.timezone.utc).replace(tzinfo=None)
    return value


ENGINE = Engine(
    translate=translate,
    parameter=_parameter,
    values=as_text,
    at_open=(
        # refuse values that do not fit, take moments as UTC, and see what other loads committed
        "SET SESSION sql_mode = CONCAT_WS(',', @@sql_mode, 'STRICT_ALL_TABLES')",
        "SET SESSION time_zone = '+00:00', innodb_lock_wait_timeout = 120",
        "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
    ),
    # such locks belong to the connection, and do not end with the transaction
    at_end=("SELECT RELEASE_ALL_LOCKS()",),
    ddl_commits=True,
)


def mysql_client(connection: Connection, dataset_name: str, *, is_mariadb: bool) -> SqlAlchemyClient:
    """Return a client for one database of a server.

    Args:
        connection: Open connection of SQLAlchemy.
        dataset_name: Name of the database.
        is_mariadb: The server is MariaDB.
    """
    session = SqlAlchemySession(dialect_for(is_mariadb), connection, ENGINE)
    catalog = MySqlCatalog(session, dataset_name)
    return SqlAlchemyClient(session, catalog, MySqlLedger(catalog))


class MySqlCatalog(Catalog):
    """The tables of one database."""

    questions = Questions(
        columns="SELECT table_name, column_name, column_type FROM information_schema.columns WHERE table_schema = %s "
        "ORDER BY table_name, ordinal_position"
    )

    def use(self) -> None:
        """Let bare names of tables mean those of the dataset."""
        if self.has_dataset():
            self.session.query(f"USE {self.qualified_dataset()}")

    def create_dataset(self) -> None:
        """Make the database if it is not there, and use it: temporary tables belong to one."""
        if not self.has_dataset():
            self.session.run_ddl(f"CREATE DATABASE IF NOT EXISTS {self.qualified_dataset()} CHARACTER SET utf8mb4")
        # it is not there where it was only noted
        if not self.session.records:
            self.session.query(f"USE {self.qualified_dataset()}")
        self.need_records()

    def drop_dataset(self) -> None:
        """Delete the database with all in it."""
        self.session.run_ddl(f"DROP DATABASE IF EXISTS {self.qualified_dataset()}")
        self.forget()

    def lock_tables(self) -> None:
        """Let one transaction at a time change tables."""
        self.lock("tables")

    def lock(self, what: str) -> bool:
        """Let one transaction at a time hold a name in the database.

        Raises:
            DatabaseTransientException: another load held it for too long.
        """
        # a digest: the name of a lock has 64 letters at most, and holds for the whole server
        name = f"dlt_{digest_id(f'{self.dataset_name} {what}')}"
        row = self.session.query("SELECT GET_LOCK(%s, %s)", (name, _LOCK_WAIT)).fetchone()
        # 0 after too long a wait, NULL for an error
        if row is None or row[0] != 1:
            raise database_error(
                "busy",
                f"mysql: another load held {what} of dataset {self.dataset_name} for {_LOCK_WAIT} s. Run it again.",
            )
        self.forget()
        return True


class MySqlLedger(Ledger):
    """Records of one database."""

    def take_turn(self, chain: Sequence[TableSchema]) -> None:
        """Let loads that replace or merge a table wait for each other.

        InnoDB would let two of them insert beside each other what each has deleted for itself.
        """
        self.catalog.lock(f"table {chain[0]['name']}")
