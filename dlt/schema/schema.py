"""A schema: named tables, the rules by which they grow, and a hash of all of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from typing import cast

from dlt.context import item_normalizer
from dlt.errors import IncompatibleSchemaException
from dlt.schema import stored as stored_schemas
from dlt.schema import versions, wishes
from dlt.schema.contract import set_contract
from dlt.schema.inference import DEFAULT_DETECTIONS
from dlt.schema.item_rows import ItemRows, NormalizesItems
from dlt.schema.naming import NamingReference, SnakeCase, check_name
from dlt.schema.normalizers import complete, convention, rename
from dlt.schema.reading import Reading
from dlt.schema.renames import settle
from dlt.schema.stored import StoredSchema
from dlt.schema.system_tables import LOADS_TABLE, VERSION_TABLE, loads_table, version_table
from dlt.schema.table import (
    check_chains,
    check_same_types,
    copied_tables,
    merge_table,
    missing_columns,
    named_table,
    new_table,
    with_typed_columns,
)
from dlt.schema.typing import (
    Contract,
    DataType,
    SchemaSettings,
    TableSchema,
)
from dlt.schema.update import SchemaUpdate
from dlt.user_log import tell_without_effect


class Schema(Reading, stored_schemas.SchemaTexts):
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
        settled = settle(self.tables.get(partial["name"]), partial, self.naming, is_named=True)
        known, partial = settled.known, settled.said
        return merge_table(known, partial, merge_compound_props) if known else new_table(partial)

    def update_schema(self, schema: Schema) -> None:
        """Take the tables and settings of another schema."""
        for table in schema.tables.values():
            self.update_table(table, normalize_identifiers=False)
        self.settings = wishes.more_settings(self.settings, schema.settings)

    def replace_schema_content(self, schema: Schema, link_to_replaced_schema: bool = False) -> None:
        """Become another schema, with its name and versions.

        Args:
            schema: The other one; what it holds is taken over, not copied.
            link_to_replaced_schema: Note the present hash among the former ones.
        """
        former = [self.version_hash, *self.previous_hashes] if link_to_replaced_schema else []
        self.__dict__.update(schema.__dict__)
        self.previous_hashes = list(dict.fromkeys([*former, *schema.previous_hashes]))

    def unify_schemas(self, schemas: Sequence[Schema], check_naming_convention: bool = False) -> Schema:
        """Return a new schema with the tables of this one and of others; names stay as they are.

        Args:
            schemas: The others.
            check_naming_convention: Refuse schemas with other naming conventions.

        Raises:
            CannotCoerceColumnException: a column has another type elsewhere.
            IncompatibleSchemaException: a naming convention differs.
        """
        name = "_".join(["u", self.name, *(schema.name for schema in schemas)])
        unified = self.clone(with_name=SnakeCase.shorten_identifier(name, name, 64))
        for schema in schemas:
            if check_naming_convention and repr(schema.naming) != repr(self.naming):
                raise IncompatibleSchemaException(
                    f"schemas {self.name} and {schema.name}: naming convention mismatch: {self.naming!r} and "
                    f"{schema.naming!r}. Give both one naming convention."
                )
            check_same_types(schema.name, unified.tables, schema.tables)
            for table in schema.tables.values():
                unified.update_table(table, normalize_identifiers=False)
        return unified

    def drop_tables(self, table_names: Iterable[str]) -> list[TableSchema]:
        """Remove tables; return them.

        Raises:
            SchemaCorruptedException: a nested table would lose its parent.
        """
        table_names = list(table_names)
        check_chains(self.name, self.tables, table_names)
        return [self.tables.pop(name) for name in table_names if name in self.tables]

    @property
    def data_item_normalizer(self) -> NormalizesItems:
        """Return what turns documents into rows."""
        # the package dlt says what it is
        return cast("NormalizesItems", item_normalizer(self))

    def normalize_data_item(self, item: object, load_id: str, table_name: str) -> ItemRows:
        """Yield the rows of an item, parents first, with values as they are; `send(False)` leaves out nested ones.

        Args:
            item: A document; anything else becomes the column `value` of one.
            load_id: Id of the load.
            table_name: Table of the item.
        """
        return self.data_item_normalizer.normalize_data_item(item, load_id, table_name)

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
        self.naming = convention(self.normalizers, self.normalizers["names"], self.naming.max_length)

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

    @classmethod
    def from_stored_schema(cls, stored_schema: Mapping[str, object]) -> Schema:
        """Return the schema of a dict that `to_dict` made; the same as `from_dict`."""
        return cls.from_dict(stored_schema)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Schema) and self.version_hash == other.version_hash

    __hash__ = None  # type: ignore[assignment]  # a schema changes; it is no key
