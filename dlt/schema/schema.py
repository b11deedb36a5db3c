"""A schema: named tables, the rules by which they grow, and a hash of all of it."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from typing import Any, cast

import orjson

from dlt.errors import InvalidSchemaName, TableNotFound
from dlt.schema import stored as stored_schemas
from dlt.schema import wishes
from dlt.schema.contract import expand
from dlt.schema.inference import DEFAULT_DETECTIONS
from dlt.schema.naming import NamingConvention, naming_from
from dlt.schema.system_tables import LOADS_TABLE, PREFIX, VERSION_TABLE, loads_table, version_table
from dlt.schema.table import (
    copied_tables,
    has_seen_data,
    merge_table,
    missing_columns,
    named_table,
    new_table,
)
from dlt.schema.typing import ColumnSchema, ContractMode, DataType, TableSchema
from dlt.schema.update import SchemaUpdate
from dlt.schema.x_keys import X_NORMALIZER
from dlt.user_log import tell_without_effect

_JSON_NORMALIZER = "dlt.common.normalizers.json.relational"
_MAX_PREVIOUS_HASHES = 10


class Schema:
    """The tables of one source, as they are known so far.

    Args:
        name: Lower-case identifier; schemas are told apart by it.
        normalizers: Naming convention and nesting, as in a stored schema.

    Raises:
        InvalidSchemaName: the name is not an identifier.
    """

    def __init__(self, name: str, normalizers: Mapping[str, Any] | None = None) -> None:
        self.normalizers: dict[str, Any] = {
            "names": "snake_case",
            "json": {"module": _JSON_NORMALIZER},
            **deepcopy(dict(normalizers or {})),
        }
        self.naming: NamingConvention = naming_from(self.normalizers["names"])
        if not isinstance(self.normalizers["names"], str):
            # a class or module has no place in what is stored
            self.normalizers["names"] = self.naming.name
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,63}", name or ""):
            raise InvalidSchemaName(
                f"{name!r} is not a schema name: at most 64 letters, digits and underscores, not beginning with a "
                f"digit. Use {naming_from('snake_case', 64).normalize_identifier(name or 'schema')!r}.",
                name=name,
            )
        self.name = name
        self.description: str | None = None
        self.tables: dict[str, TableSchema] = {VERSION_TABLE: version_table(), LOADS_TABLE: loads_table()}
        self.settings: dict[str, Any] = {"detections": list(DEFAULT_DETECTIONS)}
        self.stored_version: int = 1
        self.stored_version_hash: str | None = None
        self.imported_version_hash: str | None = None
        self.previous_hashes: list[str] = []

    # -- identity

    @property
    def version(self) -> int:
        """Return the number of the version; it grows by one whenever `bump` finds a change."""
        changed = self.stored_version_hash is not None and self.version_hash != self.stored_version_hash
        return self.stored_version + changed

    @property
    def version_hash(self) -> str:
        """Return the hash of the content."""
        import hashlib

        content = {
            "name": self.name,
            "tables": {name: table for name, table in self.tables.items()},
            "settings": self.settings,
            "normalizers": self.normalizers,
        }
        text = orjson.dumps(content, default=str, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
        return b64encode(hashlib.sha3_256(text).digest()).decode("ascii")

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
        found = self.version_hash
        if found != self.stored_version_hash:
            if self.stored_version_hash is not None:
                self.stored_version += 1
                self.previous_hashes = [self.stored_version_hash, *self.previous_hashes][:_MAX_PREVIOUS_HASHES]
            self.stored_version_hash = found
        return self.stored_version, found

    # -- reading

    @property
    def detections(self) -> Sequence[str]:
        """Return the names of the detections, in the order in which they are tried."""
        return cast(Sequence[str], self.settings.get("detections") or ())

    @property
    def references(self) -> list[Any]:
        """Return the references that tables declare."""
        return [ref for table in self.tables.values() for ref in table.get("references") or ()]

    def get_table(self, table_name: str) -> TableSchema:
        """Return a table.

        Raises:
            TableNotFound: there is none of this name.
        """
        try:
            return self.tables[table_name]
        except KeyError:
            raise TableNotFound(
                f"schema {self.name} has no table {table_name!r}. It has {', '.join(sorted(self.tables))}.",
                schema_name=self.name,
                table_name=table_name,
            ) from None

    def get_table_columns(self, table_name: str, include_incomplete: bool = False) -> dict[str, ColumnSchema]:
        """Return the columns of a table; incomplete ones have hints but no type yet."""
        columns = self.get_table(table_name)["columns"]
        return columns if include_incomplete else {n: c for n, c in columns.items() if "data_type" in c}

    def is_new_table(self, table_name: str) -> bool:
        """Tell whether no column of the table has a type yet."""
        return table_name not in self.tables or not self.get_table_columns(table_name)

    def data_tables(self, seen_data_only: bool = False, include_incomplete: bool = False) -> list[TableSchema]:
        """Return the tables that hold users' data."""
        return [
            table
            for name, table in self.tables.items()
            if not name.startswith(PREFIX)
            and (include_incomplete or any("data_type" in column for column in table["columns"].values()))
            and (not seen_data_only or has_seen_data(table))
        ]

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
        while parent := self.tables.get(table_name, cast(TableSchema, {})).get("parent"):
            table_name = parent
        return table_name

    def chain(self, root_name: str) -> list[TableSchema]:
        """Return a root table and its nested tables, parents first."""
        found = [self.get_table(root_name)]
        for table in found:
            found.extend(child for child in self.tables.values() if child.get("parent") == table["name"])
        return found

    def max_nesting(self, table_name: str) -> int | None:
        """Return how many levels of a document become columns and tables; None for all."""
        table = self.tables.get(self.root_of(table_name))
        own = (table.get(X_NORMALIZER) or {}).get("max_nesting") if table else None
        if own is not None:
            return int(own)
        limit = (self.normalizers.get("json") or {}).get("config", {}).get("max_nesting")
        return None if limit is None else int(limit)

    def propagates_root_key(self) -> bool:
        """Tell whether nested rows of every table carry the id of their root row."""
        config = (self.normalizers.get("json") or {}).get("config", {})
        return bool(config.get("root_key_propagation"))

    def resolve_contract(self, table_name: str) -> dict[str, ContractMode]:
        """Return the contract of a table: its own, else that of its root, else the schema's, else evolve."""
        found = expand(self.settings.get("schema_contract"))
        for name in dict.fromkeys((self.root_of(table_name), table_name)):
            table = self.tables.get(name)
            found = expand(table.get("schema_contract") if table else None, found)
        return found

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
        self.settings = deepcopy({**self.settings, **schema.settings})

    def drop_tables(self, table_names: Iterable[str]) -> list[TableSchema]:
        """Remove tables; return them."""
        return [self.tables.pop(name) for name in table_names if name in self.tables]

    def normalize_table_identifiers(self, table: TableSchema) -> TableSchema:
        """Return the table with normalized names of table, parent and columns."""
        return named_table(table, self.naming)

    def set_schema_contract(self, settings: Any) -> None:
        """Set the contract of all tables; None for evolve."""
        if settings is None:
            self.settings.pop("schema_contract", None)
        else:
            expand(settings)
            self.settings["schema_contract"] = settings

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
        for table in self.data_tables(include_incomplete=True):
            for name, column in table["columns"].items():
                column.update(self.default_column_hints(name))

    def update_preferred_types(
        self, new_preferred_types: Mapping[str, DataType], normalize_identifiers: bool = True
    ) -> None:
        """Add preferred types, by column name or `re:` pattern."""
        normalize = self.naming.normalize_path if normalize_identifiers else None
        self.settings["preferred_types"] = wishes.more_types(self.settings, new_preferred_types, normalize)

    def update_naming(self, reference: Any = None, max_length: int | None = None) -> None:
        """Use another naming convention, or another limit on the length of identifiers."""
        if reference is not None:
            self.normalizers["names"] = naming_from(reference).name
        naming = reference if isinstance(reference, type) else self.normalizers["names"]
        self.naming = naming_from(naming, max_length)

    def update_normalizers(self) -> None:
        """Read the naming convention again from `normalizers`."""
        self.naming = naming_from(self.normalizers["names"], self.naming.max_length)

    # -- comparing, copying, storing

    def missing_in(self, known: Schema | Mapping[str, Mapping[str, Any]] | None) -> SchemaUpdate:
        """Return the complete columns that another schema, or the tables of a destination, do not have.

        Args:
            known: A schema, or columns by name by table; None when nothing is there.
        """
        there = {n: known.get_table_columns(n) for n in known.tables} if isinstance(known, Schema) else known
        complete = {name: {**table, "columns": self.get_table_columns(name)} for name, table in self.tables.items()}
        return missing_columns(complete, there)

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
            copy.stored_version, copy.stored_version_hash = self.stored_version, self.stored_version_hash
            copy.imported_version_hash = self.imported_version_hash
            copy.previous_hashes = list(self.previous_hashes)
        if remove_processing_hints:
            copy.tables = stored_schemas.without_processing_hints(copy.tables)
        if update_normalizers:
            copy.update_normalizers()
        return copy

    def to_dict(
        self, remove_defaults: bool = False, remove_processing_hints: bool = False, bump_version: bool = True
    ) -> dict[str, Any]:
        """Return the schema as it is stored.

        Args:
            remove_defaults: Leave out what reading puts back.
            remove_processing_hints: Leave out what normalize notes in tables for itself.
            bump_version: Count the version up if the schema changed.
        """
        if bump_version:
            self.bump()
        content: dict[str, Any] = {
            "version": self.stored_version,
            "version_hash": self.stored_version_hash or self.version_hash,
            "engine_version": stored_schemas.ENGINE_VERSION,
            "name": self.name,
            "tables": copied_tables(self.tables),
            "settings": deepcopy(self.settings),
            "normalizers": deepcopy(self.normalizers),
            "previous_hashes": list(self.previous_hashes),
        }
        if self.description:
            content["description"] = self.description
        if self.imported_version_hash:
            content["imported_version_hash"] = self.imported_version_hash
        if remove_processing_hints:
            content["tables"] = stored_schemas.without_processing_hints(content["tables"])
        return stored_schemas.without_defaults(content) if remove_defaults else content

    @classmethod
    def from_dict(
        cls,
        d: dict[str, Any],
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
        schema.description = content.get("description")
        schema.tables.update(copied_tables(content["tables"]))
        schema.settings = deepcopy(content.get("settings") or schema.settings)
        schema.stored_version = int(content.get("version") or 1)
        schema.stored_version_hash = content.get("version_hash")
        schema.previous_hashes = list(content.get("previous_hashes") or [])
        schema.imported_version_hash = content.get("imported_version_hash")
        if remove_processing_hints:
            schema = schema.clone(remove_processing_hints=True)
        if bump_version and schema.stored_version_hash is not None:
            schema.bump()
        if not validate_schema:
            tell_without_effect("Schema.from_dict: validate_schema=False", "what is read is always checked")
        return schema

    from_stored_schema = from_dict

    def to_pretty_json(self, remove_defaults: bool = True, remove_processing_hints: bool = False) -> str:
        """Return the stored form as indented JSON; the arguments are those of `to_dict`."""
        content = self.to_dict(remove_defaults, remove_processing_hints=remove_processing_hints)
        return orjson.dumps(content, default=str, option=orjson.OPT_INDENT_2).decode()

    def to_pretty_yaml(self, remove_defaults: bool = True, remove_processing_hints: bool = False) -> str:
        """Return the stored form as YAML; the arguments are those of `to_dict`."""
        content = self.to_dict(remove_defaults, remove_processing_hints=remove_processing_hints)
        return stored_schemas.to_yaml(content)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Schema) and self.version_hash == other.version_hash

    __hash__ = None  # type: ignore[assignment]  # a schema changes; it is no key

    def __repr__(self) -> str:
        return f"<schema {self.name} version {self.version}: {len(self.data_tables())} data tables>"
