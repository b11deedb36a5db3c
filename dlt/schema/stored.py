"""Schemas as dicts, files and diagrams; schemas that earlier versions stored are read as well."""

from __future__ import annotations

import base64
import hashlib
import zlib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from copy import deepcopy
from typing import Protocol, TypedDict, Union, cast

# diagrams are drawn by few programs: the package imports them when they are
from dlt import schema as drawn
from dlt.errors import SchemaCorruptedException, SchemaEngineNoUpgradePathException
from dlt.late import orjson
from dlt.schema.migrations import upgraded
from dlt.schema.naming import NamingConvention
from dlt.schema.normalizers import Normalizers
from dlt.schema.renames import completed, is_written
from dlt.schema.table import copied_tables
from dlt.schema.typing import OLD_TYPES, ColumnSchema, SchemaSettings, TableReference, TableSchema
from dlt.schema.versions import Versioned
from dlt.schema.x_keys import NEW_TABLE, SEEN_DATA, X_NORMALIZER

ENGINE_VERSION = 11


class StoredSchema(TypedDict, total=False):
    """A schema as it stands in files and at destinations; the first five are always there."""

    version: int
    version_hash: Union[str, None]
    engine_version: int
    name: str
    tables: dict[str, TableSchema]
    settings: SchemaSettings
    normalizers: Normalizers
    previous_hashes: list[str]
    description: str
    imported_version_hash: Union[str, None]


class Kept(Versioned, Protocol):
    """What of a schema is stored."""

    name: str
    naming: NamingConvention
    description: str | None
    tables: dict[str, TableSchema]
    settings: SchemaSettings
    normalizers: Normalizers

    @property
    def version_hash(self) -> str:
        """Return the hash of the present content."""


def document(schema: Kept, remove_defaults: bool, remove_processing_hints: bool) -> StoredSchema:
    """Return a schema as it is stored, in values of its own; see `Schema.to_dict`."""
    # a caller may change what it gets: the schema itself stays as it is
    tables = copied_tables(schema.tables)
    content: StoredSchema = {
        "version": schema.stored_version,
        "version_hash": schema.stored_version_hash or schema.version_hash,
        "engine_version": ENGINE_VERSION,
        "name": schema.name,
        "tables": without_processing_hints(tables) if remove_processing_hints else tables,
        "settings": deepcopy(schema.settings),
        "normalizers": deepcopy(schema.normalizers),
        "previous_hashes": list(schema.previous_hashes),
    }
    if schema.description:
        content["description"] = schema.description
    if schema.imported_version_hash:
        content["imported_version_hash"] = schema.imported_version_hash
    return without_defaults(content) if remove_defaults else content


def fill(schema: Kept, content: StoredSchema, remove_processing_hints: bool) -> None:
    """Put what is stored into a new schema; tables that every schema has are kept where it has none of their name."""
    schema.description = content.get("description")
    schema.tables.update(copied_tables(content["tables"]))
    if any(is_written(table["columns"].values()) for table in schema.tables.values()):
        schema.tables = completed(schema.tables, schema.naming)
    if remove_processing_hints:
        schema.tables = without_processing_hints(schema.tables)
    schema.settings = deepcopy(content.get("settings") or schema.settings)
    # a file that a person wrote has no version yet
    schema.stored_version = int(content.get("version") or 1)
    schema.stored_version_hash = content.get("version_hash")
    schema.previous_hashes = list(content.get("previous_hashes") or [])
    schema.imported_version_hash = content.get("imported_version_hash")


def content_hash(
    name: str, tables: Mapping[str, TableSchema], settings: SchemaSettings, normalizers: Normalizers
) -> str:
    """Return the hash of what makes a schema what it is; how often it changed is no part of it."""
    content = {"name": name, "tables": dict(tables), "settings": settings, "normalizers": normalizers}
    # sorted, because the order in which tables and hints came is no difference
    text = orjson.dumps(content, default=str, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    return base64.b64encode(hashlib.sha3_256(text).digest()).decode("ascii")


def migrate(stored: Mapping[str, object]) -> StoredSchema:
    """Return a stored schema in the present layout.

    Raises:
        SchemaCorruptedException: it is no schema.
        SchemaEngineNoUpgradePathException: a later version of the library stored it.
    """
    name = stored.get("name") if isinstance(stored, dict) else None
    if not isinstance(name, str):
        raise SchemaCorruptedException("The stored schema is not a dict with a name. Restore the file, or delete it.")
    found = stored.get("engine_version", ENGINE_VERSION)
    engine = found if isinstance(found, int) else int(str(found))
    if engine > ENGINE_VERSION:
        raise SchemaEngineNoUpgradePathException(
            f"schema {name}: it was stored with engine version {engine}, this library reads up to "
            f"{ENGINE_VERSION}. Upgrade the library."
        )
    brought = upgraded({**stored, "tables": _tables(name, stored.get("tables"), engine)}, engine)
    tables: dict[str, dict[str, object]] = {}
    for table_name, hints in cast("dict[str, dict[str, object]]", brought["tables"]).items():
        columns = cast("dict[str, dict[str, object]]", hints["columns"])
        present = {column: _present(column, found) for column, found in columns.items()}
        # a person who edits a file writes each name once, as the key
        tables[table_name] = {"name": table_name, **hints, "columns": present}
    # hints of later versions and of users are among what is stored: they are kept as they are
    return cast(StoredSchema, {**brought, "engine_version": ENGINE_VERSION, "tables": tables})


def _tables(schema: str, tables: object, engine: int) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = {}
    for name, table in _read(schema, "tables", tables).items():
        hints = _read(schema, f"table {name!r}", table)
        # tables of the first engines were their columns
        columns = _read(schema, f"the columns of {name!r}", hints.get("columns")) if engine > 2 else hints
        read = {column: _read(schema, f"column {name}.{column}", found) for column, found in columns.items()}
        found[name] = {**hints, "columns": read} if engine > 2 else {**read}
    return found


def _read(schema: str, what: str, found: object) -> Mapping[str, object]:
    # an empty table is written as null in YAML
    if not found:
        return {}
    if not isinstance(found, Mapping):
        raise SchemaCorruptedException(
            f"schema {schema}: {what}: found a value of type {type(found).__name__} where a mapping of names is "
            "expected. Restore the file, or mend it there."
        )
    return found


def _present(name: str, column: Mapping[str, object]) -> dict[str, object]:
    """Return a stored column with the present name of its type; hints that are None are none."""
    kind = column.get("data_type")
    renamed = {"data_type": OLD_TYPES[kind]} if isinstance(kind, str) and kind in OLD_TYPES else {}
    return {"name": name, **{hint: value for hint, value in column.items() if value is not None}, **renamed}


def without_defaults(stored: StoredSchema) -> StoredSchema:
    """Return a stored schema without what `migrate` puts back: names inside tables and columns."""
    tables: dict[str, TableSchema] = {}
    for name, table in stored["tables"].items():
        columns = {column: cast(ColumnSchema, _unnamed(hints)) for column, hints in table["columns"].items()}
        tables[name] = cast(TableSchema, {**_unnamed(table), "columns": columns})
    return {**stored, "tables": tables}


def _unnamed(hints: Mapping[str, object]) -> dict[str, object]:
    return {key: value for key, value in hints.items() if key != "name"}


def without_processing_hints(tables: Mapping[str, TableSchema]) -> dict[str, TableSchema]:
    """Return tables without what normalize notes in them for itself."""
    found: dict[str, TableSchema] = {}
    for name, table in tables.items():
        others = {key: value for key, value in table.items() if key != X_NORMALIZER}
        kept = {k: v for k, v in table.get(X_NORMALIZER, {}).items() if k not in (SEEN_DATA, NEW_TABLE)}
        found[name] = cast(TableSchema, {**others, X_NORMALIZER: kept} if kept else others)
    return found


def to_json(stored: StoredSchema) -> str:
    """Return a stored schema as indented JSON."""
    return orjson.dumps(stored, default=str, option=orjson.OPT_INDENT_2).decode()


def to_yaml(stored: StoredSchema) -> str:
    """Return a stored schema as YAML."""
    import yaml

    text: str = yaml.dump(stored, allow_unicode=True, default_flow_style=False, sort_keys=False)
    return text


def from_yaml(text: str) -> dict[str, object]:
    """Return a stored schema from YAML or JSON text."""
    import yaml

    loaded: dict[str, object] = yaml.safe_load(text)
    return loaded


def packed(text: str) -> str:
    """Return the text of a schema so that it needs less room, for destinations whose texts are short."""
    # compressed once for each new version: the best level costs nothing that counts
    return base64.b64encode(zlib.compress(text.encode(), 9)).decode("ascii")


def unpacked(text: str) -> str:
    """Return the text of a schema, whether it was packed or not."""
    # a schema is a JSON object, and base64 has no brace
    return text if text.startswith("{") else zlib.decompress(base64.b64decode(text)).decode()


class SchemaTexts(ABC):
    """What a schema writes of itself."""

    name: str
    naming: NamingConvention
    tables: dict[str, TableSchema]

    @abstractmethod
    def to_dict(
        self, remove_defaults: bool = False, remove_processing_hints: bool = False, bump_version: bool = True
    ) -> StoredSchema:
        """Return the schema as it is stored."""

    @property
    @abstractmethod
    def version(self) -> int:
        """Return the version."""

    @property
    @abstractmethod
    def version_hash(self) -> str:
        """Return the hash of the present content."""

    @property
    def references(self) -> list[TableReference]:
        """Return the references that tables declare, and those of nested rows, loads and versions."""
        return drawn.all_references(self.tables, self.naming)

    def to_pretty_json(self, remove_defaults: bool = True, remove_processing_hints: bool = False) -> str:
        """Return the stored form as indented JSON; the arguments are those of `to_dict`."""
        return to_json(self.to_dict(remove_defaults, remove_processing_hints))

    def to_pretty_yaml(self, remove_defaults: bool = True, remove_processing_hints: bool = False) -> str:
        """Return the stored form as YAML; the arguments are those of `to_dict`."""
        return to_yaml(self.to_dict(remove_defaults, remove_processing_hints))

    def to_mermaid(
        self,
        remove_processing_hints: bool = False,
        hide_columns: bool = False,
        hide_descriptions: bool = False,
        include_dlt_tables: bool = True,
    ) -> str:
        """Return a diagram of tables, columns and references as Mermaid draws it.

        Args:
            remove_processing_hints: Leave out what normalize notes in tables for itself.
            hide_columns: Only the names of tables.
            hide_descriptions: Columns without what is said of them.
            include_dlt_tables: Tables of the library too.
        """
        tables = self.to_dict(remove_processing_hints=remove_processing_hints)["tables"]
        return drawn.mermaid(tables, self.references, hide_columns, hide_descriptions, include_dlt_tables)

    def to_dot(
        self,
        remove_processing_hints: bool = False,
        include_dlt_tables: bool = True,
        include_internal_dlt_ref: bool = True,
        include_parent_child_ref: bool = True,
        include_root_child_ref: bool = True,
        group_by_resource: bool = False,
    ) -> str:
        """Return a diagram of tables, columns and references as Graphviz draws it.

        Args:
            remove_processing_hints: Leave out what normalize notes in tables for itself.
            include_dlt_tables: Tables of the library too.
            include_internal_dlt_ref: Lines from rows to their loads, and between loads and versions.
            include_parent_child_ref: Lines from nested rows to the rows around them.
            include_root_child_ref: Lines from nested rows to the rows of the root table.
            group_by_resource: Tables of one resource stand in one box.
        """
        tables = self.to_dict(remove_processing_hints=remove_processing_hints)["tables"]
        references = (include_internal_dlt_ref, include_parent_child_ref, include_root_child_ref)
        return drawn.dot(tables, self.references, drawn.Lines(include_dlt_tables, *references, group_by_resource))

    def to_dbml(
        self,
        remove_processing_hints: bool = False,
        include_dlt_tables: bool = True,
        include_internal_dlt_ref: bool = True,
        include_parent_child_ref: bool = True,
        include_root_child_ref: bool = True,
        group_by_resource: bool = False,
    ) -> str:
        """Return a diagram of tables, columns and references in DBML; the arguments are those of `to_dot`."""
        tables = self.to_dict(remove_processing_hints=remove_processing_hints)["tables"]
        references = (include_internal_dlt_ref, include_parent_child_ref, include_root_child_ref)
        return drawn.dbml(tables, self.references, drawn.Lines(include_dlt_tables, *references, group_by_resource))

    def __repr__(self) -> str:
        return (
            f"<dlt.Schema(name={self.name!r}, version={self.version}, tables={list(self.tables)}, "
            f"version_hash={self.version_hash!r})>"
        )
