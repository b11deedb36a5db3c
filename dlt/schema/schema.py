"""A schema: named tables, the rules by which they grow, and a hash of all of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy

from dlt.schema import chains, versions, wishes
from dlt.schema import stored as stored_schemas
from dlt.schema.contract import set_contract
from dlt.schema.inference import DEFAULT_DETECTIONS
from dlt.schema.naming import NamingReference, check_name, naming_from
from dlt.schema.normalizers import complete, json_config, rename
from dlt.schema.stored import StoredSchema
from dlt.schema.system_tables import LOADS_TABLE, PREFIX, VERSION_TABLE, loads_table, version_table
from dlt.schema.table import (
    copied_tables,
    has_seen_data,
    has_typed_columns,
    merge_table,
    missing_columns,
    named_table,
    new_table,
    table_not_found,
    typed_columns,
    with_typed_columns,
)
from dlt.schema.typing import (
    ColumnSchema,
    Contract,
    ContractMode,
    DataType,
    SchemaSettings,
    TableSchema,
)
from dlt.schema.update import SchemaUpdate
from dlt.user_log import tell_without_effect


class Schema(stored_schemas.SchemaTexts):
    """The tables of one source, as they are known so far.

    Args:
        name: Lower-case identifier; schemas are told apart by it.
        normalizers: Naming convention and nesting, as in a stored schema.

    Raises:
        InvalidSchemaName: the name is not an identifier.
    """

    def __init__(self, name: str, normalizers: Mapping[str, object] | None = None) -> None:
        self.normalizers, self.naming = complete(normalizers)
        check_name(name)
        self.name = name
        self.description: str | None = None
        # every dataset has them: they tell which loads and which schemas are there
        self.tables: dict[str, TableSchema] = {VERSION_TABLE: version_table(), LOADS_TABLE: loads_table()}
        self.settings: SchemaSettings = {"detections": list(DEFAULT_DETECTIONS)}
        self.stored_version: int = 1
        self.stored_version_hash: str | None = None
        self.imported_version_hash: str | None = None
        self.previous_hashes: list[str] = []

    # -- identity

    @property
    def version(self) -> int:
        """Return the number of the version; it grows by one whenever `bump` finds a change."""
        return self.stored_version + (self.is_modified and not self.is_new)

    @property
    def version_hash(self) -> str:
        """Return the hash of the content."""
        return stored_schemas.content_hash(self.name, self.tables, self.settings, self.normalizers)

    @property
    def is_new(self) -> bool:
        """Tell whether the schema was never stored."""
        return self.stored_version_hash is None

    @property
    def is_modified(self) -> bool:
        """Tell whether the content differs from what was stored."""
        return self.stored_version_hash is None or self.version_hash != self.stored_version_hash

    def bump(self) -> tuple[int, str]:
        """Count a change since the last call; return version and hash."""
        return versions.count_up(self, self.version_hash)

    # -- reading

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

    def max_nesting(self, table_name: str) -> int | None:
        """Return how many levels of a document become columns and tables; None for all."""
        return chains.max_nesting(self.tables, self.normalizers, table_name)

    def propagates_root_key(self) -> bool:
        """Tell whether nested rows of every table carry the id of their root row."""
        return bool(json_config(self.normalizers).get("root_key_propagation"))

    def resolve_contract(self, table_name: str) -> dict[str, ContractMode]:
        """Return the contract of a table: its own, else that of its root, else the schema's, else evolve."""
        return chains.contract_of(self.tables, self.settings, table_name)

    # -- types and hints of new columns

    def get_preferred_type(self, col_name: str) -> DataType | None:
        """Return the type that the settings prefer for a column name."""
        return wishes.preferred_type(self.settings, col_name)

    def default_column_hints(self, col_name: str) -> ColumnSchema:
        """Return the hints that the settings give to a new column of this name."""
        return wishes.default_hints(self.settings, col_name)

    # -- changing

    def apply(self, update: SchemaUpdate) -> Schema:
        """Return a schema with the update in it; this one stays as it is."""
        changed = self.clone(copy_tables=False)
        # an update holds some columns of a table: what it says of keys is not all that there is to say
        changed.tables = {**self.tables, **{n: self._grown(table, False) for n, table in update.tables.items()}}
        return changed

    def update_table(
        self, partial_table: TableSchema, normalize_identifiers: bool = True, merge_compound_props: bool = True
    ) -> TableSchema:
        """Add a table, or add columns and hints to one that is there; return the table."""
        if normalize_identifiers:
            partial_table = self.normalize_table_identifiers(partial_table)
        grown = self.tables[partial_table["name"]] = self._grown(partial_table, merge_compound_props)
        return grown

    def _grown(self, partial: TableSchema, merge_compound_props: bool) -> TableSchema:
        known = self.tables.get(partial["name"])
        return merge_table(known, partial, merge_compound_props) if known else new_table(partial)

    def update_schema(self, schema: Schema) -> None:
        """Take the tables and settings of another schema."""
        for table in schema.tables.values():
            self.update_table(table, normalize_identifiers=False)
        self.settings = wishes.more_settings(self.settings, schema.settings)

    def drop_tables(self, table_names: Iterable[str]) -> list[TableSchema]:
        """Remove tables; return them."""
        return [self.tables.pop(name) for name in table_names if name in self.tables]

    def normalize_table_identifiers(self, table: TableSchema) -> TableSchema:
        """Return the table with normalized names of table, parent and columns."""
        return named_table(table, self.naming)

    def set_schema_contract(self, settings: Contract | None) -> None:
        """Set the contract of all tables; None for evolve."""
        set_contract(self.settings, settings)

    def add_type_detection(self, detection: str) -> None:
        """Try a detection after those that are set."""
        self.settings["detections"] = wishes.more_detections(self.detections, detection)

    def remove_type_detection(self, detection: str) -> None:
        """No longer try a detection."""
        self.settings["detections"] = [name for name in self.detections if name != detection]

    def merge_hints(
        self, new_hints: Mapping[str, Sequence[str]], replace: bool = False, normalize_identifiers: bool = True
    ) -> None:
        """Add default hints, by hint and patterns, and give them to the columns that are there."""
        normalize = self.naming.normalize_path if normalize_identifiers else None
        self.settings["default_hints"] = wishes.more_hints({} if replace else self.settings, new_hints, normalize)
        wishes.hint_columns(self.data_tables(include_incomplete=True), self.settings)

    def update_preferred_types(
        self, new_preferred_types: Mapping[str, DataType], normalize_identifiers: bool = True
    ) -> None:
        """Add preferred types, by column name or `re:` pattern."""
        normalize = self.naming.normalize_path if normalize_identifiers else None
        self.settings["preferred_types"] = wishes.more_types(self.settings, new_preferred_types, normalize)

    def update_naming(self, reference: NamingReference | None = None, max_length: int | None = None) -> None:
        """Use another naming convention, or another limit on the length of identifiers."""
        self.naming = rename(self.normalizers, reference, max_length)

    def update_normalizers(self) -> None:
        """Read the naming convention again from `normalizers`."""
        self.naming = naming_from(self.normalizers["names"], self.naming.max_length)

    # -- comparing, copying, storing

    def missing_in(self, known: Schema | Mapping[str, Mapping[str, object]] | None) -> SchemaUpdate:
        """Return the complete columns that another schema, or the tables of a destination, do not have.

        Args:
            known: A schema, or columns by name by table; None when nothing is there.
        """
        there = {n: known.get_table_columns(n) for n in known.tables} if isinstance(known, Schema) else known
        return missing_columns({name: with_typed_columns(table) for name, table in self.tables.items()}, there)

    def clone(
        self,
        with_name: str | None = None,
        remove_processing_hints: bool = False,
        update_normalizers: bool = False,
        *,
        copy_tables: bool = True,
    ) -> Schema:
        """Return a copy, under another name if one is given.

        Args:
            with_name: Name of the copy.
            remove_processing_hints: Leave out what normalize notes in tables for itself.
            update_normalizers: Read the naming convention again from `normalizers`.
            copy_tables: False lets both have the same tables.
        """
        copy = Schema(with_name or self.name, self.normalizers)
        copy.naming = self.naming
        copy.description = self.description
        copy.tables = copied_tables(self.tables) if copy_tables else self.tables
        copy.settings = deepcopy(self.settings)
        if with_name is None or with_name == self.name:
            versions.take_over(copy, self)
        if remove_processing_hints:
            copy.tables = stored_schemas.without_processing_hints(copy.tables)
        if update_normalizers:
            copy.update_normalizers()
        return copy

    def to_dict(
        self, remove_defaults: bool = False, remove_processing_hints: bool = False, bump_version: bool = True
    ) -> StoredSchema:
        """Return the schema as it is stored.

        Args:
            remove_defaults: Leave out what reading puts back.
            remove_processing_hints: Leave out what normalize notes in tables for itself.
            bump_version: Count the version up if the schema changed.
        """
        if bump_version:
            self.bump()
        return stored_schemas.document(self, remove_defaults, remove_processing_hints)

    @classmethod
    def from_dict(
        cls,
        d: Mapping[str, object],
        remove_processing_hints: bool = False,
        bump_version: bool = True,
        validate_schema: bool = True,
    ) -> Schema:
        """Return the schema from its stored form.

        Args:
            d: The stored form.
            remove_processing_hints: Leave out what normalize notes in tables for itself.
            bump_version: Count the version up if the form was changed since it was stored.
            validate_schema: Without effect: what is read is always checked.

        Raises:
            SchemaCorruptedException: it is no schema.
            SchemaEngineNoUpgradePathException: a later version of the library stored it.
        """
        content = stored_schemas.migrate(d)
        schema = cls(content["name"], content.get("normalizers"))
        stored_schemas.fill(schema, content, remove_processing_hints)
        if bump_version and schema.stored_version_hash is not None:
            schema.bump()
        if not validate_schema:
            tell_without_effect("Schema.from_dict: validate_schema=False", "what is read is always checked")
        return schema

    from_stored_schema = from_dict

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Schema) and self.version_hash == other.version_hash

    __hash__ = None  # type: ignore[assignment]  # a schema changes; it is no key
