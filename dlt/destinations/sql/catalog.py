"""What tables a dataset has, and how they are made, changed and dropped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from typing import TYPE_CHECKING, ClassVar

from dlt.destinations.sql.ddl import add_columns, check_types, create_table
from dlt.destinations.sql.session import Session
from dlt.late_dataclass import dataclass
from dlt.schema.renames import renamed_columns, renames_at
from dlt.schema.system_columns import ROOT_ID
from dlt.schema.system_tables import kept_name, loads_table, state_table, version_table
from dlt.schema.typing import ColumnSchema, TableSchema
from dlt.schema.update import SchemaUpdate

if TYPE_CHECKING:
    from typing_extensions import Self


@dataclass(frozen=True)
class Questions:
    """What to ask an engine of a dataset, whose name is the only parameter.

    Attributes:
        dataset: Gives a row if it is there.
        columns: Gives table, column and type, in order.
    """

    dataset: str = "SELECT 1 FROM information_schema.schemata WHERE schema_name = %s"
    columns: str = (
        "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = %s "
        "ORDER BY table_name, ordinal_position"
    )


class Catalog:
    """The tables of one dataset. An engine says what it asks, and what it must do before tables change.

    Args:
        session: The connection.
        dataset_name: Name of the dataset.
    """

    questions: ClassVar[Questions] = Questions()

    def __init__(self, session: Session, dataset_name: str) -> None:
        self.session, self.dialect, self.dataset_name = session, session.dialect, dataset_name
        self._known: dict[str, dict[str, ColumnSchema]] | None = None
        self._known_in: int | None = None
        self._to_empty: list[tuple[int | None, str]] = []

    def for_dataset(self, dataset_name: str) -> Self:
        """Return the catalog of another dataset, on the same connection."""
        if dataset_name == self.dataset_name:
            return self
        # the connection and its transaction are the same; what is known of tables is of one dataset
        other = copy(self)
        other.dataset_name, other._to_empty = dataset_name, []  # noqa: SLF001 - a copy of its own class
        other.forget()
        return other

    # -- names

    def qualified(self, table: str, dataset_name: str | None = None) -> str:
        """Return a table's name with its dataset, quoted."""
        return f"{self.qualified_dataset(dataset_name)}.{self.dialect.quote(table)}"

    def qualified_dataset(self, dataset_name: str | None = None) -> str:
        """Return a dataset's name, quoted."""
        return self.dialect.quote(dataset_name or self.dataset_name)

    def path(self, table: str, dataset_name: str | None = None) -> list[str]:
        """Return the parts of a table's name in a query, not quoted."""
        return [dataset_name or self.dataset_name, table]

    def use(self) -> None:
        """Let bare names of tables mean those of the dataset, in the queries that follow."""

    # -- the dataset

    def has_dataset(self) -> bool:
        """Tell whether the dataset is there."""
        return self.session.query(self.questions.dataset, (self.dataset_name,)).fetchone() is not None

    def create_dataset(self) -> None:
        """Make the dataset if it is not there."""
        self.session.run_ddl(f"CREATE SCHEMA IF NOT EXISTS {self.qualified_dataset()}")

    def drop_dataset(self) -> None:
        """Delete the dataset with all in it."""
        self.session.run_ddl(f"DROP SCHEMA IF EXISTS {self.qualified_dataset()} CASCADE")

    # -- tables

    def stored_tables(self, names: Sequence[str]) -> dict[str, dict[str, ColumnSchema]]:
        """Return the columns of tables that are there, by table."""
        known = self.tables()
        return {name: known[name] for name in names if name in known}

    def has_table(self, name: str) -> bool:
        """Tell whether a table is there."""
        return bool(self.stored_tables([name]))

    def tables(self) -> dict[str, dict[str, ColumnSchema]]:
        """Return all tables; asked once in a transaction, since what changes inside of it changes here too."""
        transaction = self.session.transaction
        if transaction is not None and self._known is not None and self._known_in == transaction:
            return self._known
        found = self.reflected()
        self.know(found)
        return found

    def know(self, tables: dict[str, dict[str, ColumnSchema]]) -> None:
        """Take these for all tables until the transaction ends; outside of one nothing stays known."""
        if self.session.transaction is not None:
            self._known, self._known_in = tables, self.session.transaction

    def forget(self) -> None:
        """Ask anew: another load may have changed the tables."""
        self._known = self._known_in = None

    def reflected(self) -> dict[str, dict[str, ColumnSchema]]:
        """Return all tables with their columns, as the engine tells them now."""
        found: dict[str, dict[str, ColumnSchema]] = {}
        for table, name, reported in self.session.query(self.questions.columns, (self.dataset_name,)).fetchall():
            found.setdefault(table, {})[name] = self.dialect.column_of(name, reported)
        return found

    def create(self, *tables: TableSchema) -> None:
        """Make tables that are not there."""
        if not tables:
            return
        self.lock_tables()
        # asked behind the lock: another load may have made them while this one waited
        there = self.tables()
        missing = [table for table in tables if table["name"] not in there]
        self.session.run_ddl(*(create_table(self.dialect, self.qualified(table["name"]), table) for table in missing))
        # noted here, as the engine is asked once in a transaction
        self.tables().update({table["name"]: self.as_stored(table["columns"]) for table in missing})

    def need(self, table: TableSchema) -> None:
        """Make a table if it is not there."""
        if not self.has_table(table["name"]):
            self.create(table)

    def need_records(self) -> None:
        """Make the tables that a load writes last, inside of a transaction that a change of tables would end."""
        if self.session.ddl_commits and self.session.transaction is not None:
            for table in (loads_table(), version_table(), state_table()):
                self.need(table)

    def as_stored(self, columns: Mapping[str, ColumnSchema]) -> dict[str, ColumnSchema]:
        """Return columns as the engine reports them once they were made."""
        return {name: self.dialect.as_stored(column) for name, column in columns.items()}

    def apply_ddl(self, update: SchemaUpdate) -> list[TableSchema]:
        """Add and rename columns, and add tables; return the nested tables that now have a column for root ids.

        Raises:
            SchemaUpdateTerminalError: a column has another type at the destination.
        """
        # before what is there counts: of two that add one column both would find it missing
        if self.changes_tables(update):
            self.lock_tables()
        stored = self.stored_tables(list(update.tables))
        self.create(*(table for name, table in update.tables.items() if name not in stored))
        without_root_ids = []
        for name, there in stored.items():
            table = update.tables[name]
            there = self._renamed(table, there)
            check_types(self.dialect, self.dataset_name, table, there)
            new = {column: spec for column, spec in table["columns"].items() if column not in there}
            # one statement a column: not every engine takes several columns in one ALTER TABLE
            for statement in add_columns(self.dialect, self.qualified(name), new):
                self.session.run_ddl(statement)
            self.tables().setdefault(name, {}).update(self.as_stored(new))
            if ROOT_ID in new:
                without_root_ids.append(table)
        return without_root_ids

    def _renamed(self, table: TableSchema, there: dict[str, ColumnSchema]) -> dict[str, ColumnSchema]:
        """Give columns that are there under former names the new ones, in what is kept for an undo as well."""
        names = renames_at(table, there)
        if not names:
            return there
        # rows that are kept come back by the names of columns
        kept = kept_name(table["name"], self.dialect.capabilities.max_identifier_length)
        for name, columns in self.stored_tables([table["name"], kept]).items():
            for old, new in names.items():
                if old in columns and new not in columns:
                    self.session.run_ddl(self.dialect.rename_column(self.qualified(name), old, new))
            self.tables()[name] = renamed_columns(columns, names)
        return renamed_columns(there, names)

    def changes_tables(self, update: SchemaUpdate) -> bool:
        """Tell whether an update adds a table or a column."""
        stored = self.stored_tables(list(update.tables))
        return any(set(table["columns"]) - set(stored.get(name, ())) for name, table in update.tables.items())

    def remove_tables(self, drop: Sequence[str], truncate: Sequence[str]) -> None:
        """Drop tables, and empty others, where they are there."""
        stored = self.stored_tables([*drop, *truncate])
        for name in drop:
            if name in stored:
                self.session.run_ddl(f"DROP TABLE {self.qualified(name)}")
                self.tables().pop(name, None)
        self._to_empty += [(self.session.transaction, name) for name in truncate if name in stored]
        if not (self.session.ddl_commits and self.session.transaction is not None):
            self.empty_tables()

    def empty_tables(self) -> None:
        """Empty the tables that wait: one that this transaction has changed could not be altered from outside."""
        waiting, self._to_empty = self._to_empty, []
        for transaction, name in waiting:
            # what waited in a transaction that was rolled back stays full
            if transaction == self.session.transaction:
                self.session.query(f"DELETE FROM {self.qualified(name)}")

    # -- what other loads do at the same time

    def lock_tables(self) -> None:
        """Let one transaction at a time change tables, where two that make the same one would clash."""

    def lock(self, what: str) -> bool:  # noqa: ARG002 - for engines that have locks
        """Let one transaction at a time hold a name in the dataset; return whether the engine has such locks."""
        return False
