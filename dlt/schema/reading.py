"""What a schema tells of its tables, their columns, and what holds for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from dlt.schema import chains, wishes
from dlt.schema.contract import EVOLVE, expand
from dlt.schema.naming import NamingConvention
from dlt.schema.normalizers import Normalizers, propagates_root_key
from dlt.schema.stored import ENGINE_VERSION
from dlt.schema.system_tables import LOADS_TABLE, PREFIX, STATE_TABLE, VERSION_TABLE
from dlt.schema.table import has_hint, has_seen_data, has_typed_columns, table_not_found, typed_columns
from dlt.schema.typing import (
    ColumnSchema,
    Contract,
    ContractMode,
    DataType,
    SchemaSettings,
    TableSchema,
)


class Reading:
    """The tables of one schema, to be read; `Schema` changes them."""

    name: str
    tables: dict[str, TableSchema]
    settings: SchemaSettings
    normalizers: Normalizers
    naming: NamingConvention
    ENGINE_VERSION: ClassVar[int] = ENGINE_VERSION

    # -- reading

    @property
    def version_table_name(self) -> str:
        """Return the name of the table of schema versions."""
        return VERSION_TABLE

    @property
    def loads_table_name(self) -> str:
        """Return the name of the table of loads."""
        return LOADS_TABLE

    @property
    def state_table_name(self) -> str:
        """Return the name of the table of pipeline states."""
        return STATE_TABLE

    @property
    def detections(self) -> Sequence[str]:
        """Return the names of the detections, in the order in which they are tried."""
        return self.settings.get("detections") or ()

    def get_table(self, table_name: str) -> TableSchema:
        """Return a table.

        Raises:
            TableNotFound: there is none of this name.
        """
        if table_name not in self.tables:
            raise table_not_found(self.name, table_name, self.tables)
        return self.tables[table_name]

    def get_table_columns(self, table_name: str, include_incomplete: bool = False) -> dict[str, ColumnSchema]:
        """Return the columns of a table; incomplete ones have hints but no type yet."""
        table = self.get_table(table_name)
        return table["columns"] if include_incomplete else typed_columns(table)

    def is_new_table(self, table_name: str) -> bool:
        """Tell whether no column of the table has a type yet."""
        return table_name not in self.tables or not self.get_table_columns(table_name)

    def data_tables(self, seen_data_only: bool = False, include_incomplete: bool = False) -> list[TableSchema]:
        """Return the tables that hold users' data."""
        users = [table for name, table in self.tables.items() if not name.startswith(PREFIX)]
        found = users if include_incomplete else [table for table in users if has_typed_columns(table)]
        return [table for table in found if has_seen_data(table)] if seen_data_only else found

    def data_table_names(self, seen_data_only: bool = False, include_incomplete: bool = False) -> list[str]:
        """Return the names of the tables that hold users' data."""
        return [table["name"] for table in self.data_tables(seen_data_only, include_incomplete)]

    def dlt_tables(self) -> list[TableSchema]:
        """Return the tables of the library."""
        return [table for name, table in self.tables.items() if name.startswith(PREFIX)]

    def dlt_table_names(self) -> list[str]:
        """Return the names of the tables of the library."""
        return [table["name"] for table in self.dlt_tables()]

    def root_of(self, table_name: str) -> str:
        """Return the name of the root table of a chain."""
        return chains.root_of(self.tables, table_name)

    def chain(self, root_name: str) -> list[TableSchema]:
        """Return a root table and its nested tables, parents first."""
        return chains.chain_of(self.tables, self.get_table(root_name))

    def get_new_table_columns(
        self,
        table_name: str,
        existing_columns: Mapping[str, object],
        case_sensitive: bool,
        include_incomplete: bool = False,
    ) -> list[ColumnSchema]:
        """Return the columns of a table that are not among others.

        Args:
            table_name: Name of the table.
            existing_columns: The others by name, such as those at a destination.
            case_sensitive: Tell names apart that differ by case only.
            include_incomplete: Return columns without a type too.
        """
        there = set(existing_columns if case_sensitive else map(str.lower, existing_columns))
        columns = self.get_table_columns(table_name, include_incomplete)
        return [column for name, column in columns.items() if (name if case_sensitive else name.lower()) not in there]

    def filter_row_with_hint(self, table_name: str, hint_type: str, row: Mapping[str, object]) -> dict[str, object]:
        """Return the fields of a row whose columns have a hint, or would get it by the settings.

        Args:
            table_name: Name of the table.
            hint_type: Name of the hint, "not_null" for columns that take no NULL.
            row: The row.
        """
        known = self.tables[table_name]["columns"] if table_name in self.tables else {}
        new = {name: self.default_column_hints(name) for name in row if name not in known}
        return {
            name: row[name] for name, hints in {**known, **new}.items() if name in row and has_hint(hints, hint_type)
        }

    def max_nesting(self, table_name: str) -> int | None:
        """Return how many levels of a document become columns and tables; None for all."""
        return chains.max_nesting(self.tables, self.normalizers, table_name)

    def propagates_root_key(self) -> bool:
        """Tell whether nested rows of every table carry the id of their root row."""
        return propagates_root_key(self.normalizers)

    def resolve_contract(self, table_name: str) -> dict[str, ContractMode]:
        """Return the contract of a table: its own, else that of its root, else the schema's, else evolve."""
        return chains.contract_of(self.tables, self.settings, table_name)

    def apply_schema_contract(
        self,
        schema_contract: Contract,
        partial_table: TableSchema,
        data_item: object = None,
        raise_on_freeze: bool = True,
    ) -> tuple[TableSchema | None, list[tuple[str, str, ContractMode]]]:
        """Return what a contract lets in of a table that data brought, None if nothing, and what it kept out.

        Args:
            schema_contract: The contract.
            partial_table: The table with its new columns.
            data_item: The row that brought it, for the error.
            raise_on_freeze: False returns what is frozen with the rest that is kept out.

        Returns:
            The table, and for each part kept out: "tables" or "columns", its name, and the mode.

        Raises:
            DataValidationError: the contract freezes what would change.
        """
        from dlt.schema.contract_filter import let_in

        return let_in(self.name, self.tables, schema_contract, partial_table, raise_on_freeze, data_item)

    def resolve_contract_settings_for_table(
        self, table_name: str, new_table_schema: TableSchema | None = None
    ) -> dict[str, ContractMode]:
        """Return the contract of a table, of a new one too.

        Args:
            table_name: Name of the table.
            new_table_schema: The table, if the schema does not have it yet.
        """
        new = {table_name: new_table_schema} if new_table_schema else {}
        return chains.contract_of({**self.tables, **new}, self.settings, table_name)

    @staticmethod
    def expand_schema_contract_settings(
        settings: Contract | None, default: Mapping[str, ContractMode] | None = None
    ) -> dict[str, ContractMode]:
        """Return a contract with a mode for each entity.

        Args:
            settings: One mode for all, or modes by entity.
            default: Modes of entities that the contract leaves out; evolve without it.
        """
        return expand(settings, EVOLVE if default is None else default)

    # -- types and hints of new columns

    def get_preferred_type(self, col_name: str) -> DataType | None:
        """Return the type that the settings prefer for a column name."""
        return wishes.preferred_type(self.settings, col_name)

    def default_column_hints(self, col_name: str) -> ColumnSchema:
        """Return the hints that the settings give to a new column of this name."""
        return wishes.default_hints(self.settings, col_name)
