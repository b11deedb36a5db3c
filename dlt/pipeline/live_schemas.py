"""Which schema the data of a source gets, and how it begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from dlt.configuration import get_value
from dlt.errors import TableIdentifiersFrozen
from dlt.pipeline.parts import Parts
from dlt.schema.contract import declare
from dlt.schema.naming import naming_from
from dlt.schema.normalizers import merged, own_json_config
from dlt.schema.schema import Schema
from dlt.schema.system_tables import STATE_TABLE, state_table
from dlt.schema.table import has_seen_data

if TYPE_CHECKING:
    from dlt.extract.source import DltSource
    from dlt.packages.package import LoadPackage
    from dlt.states.model import State

Value = TypeVar("Value")


def schema_for(parts: Parts, source: DltSource, state: State, schemas: dict[str, Schema]) -> Schema:
    """Return the schema that an extract grows for a source.

    Args:
        parts: The pipeline.
        source: The source.
        state: State of the extract; it gets the name of the first schema.
        schemas: Schemas of this extract; the new one is added.
    """
    home, caps = parts.home, parts.target.capabilities()
    name = _name_for(parts, source, state)
    if name in schemas:
        return schemas[name]
    if name in home.schemas:
        schema = home.schemas[name].clone()
        _rename(parts, source, schema)
        # programs hold the live schema: it changes when the extract is committed, and not while it grows
        schema.update_schema(source.schema)
        schema.normalizers = merged(schema.normalizers, source.schema.normalizers)
    else:
        schema = source.schema.clone(with_name=name)
        _configure(parts, source, schema)
        # a file in the import folder comes before what the code says
        home.schemas.add(schema)
        schema = home.schemas[name].clone()
    own = source.schema.settings.get("schema_contract")
    given = source.run_contract if source.run_contract is not None else own
    declare(schema.settings, given, parts.settings.defaults.contracts_stay and source.implicit)
    # another destination than before may take shorter names only
    schema.update_naming(None, caps.identifier_length)
    if state["default_schema_name"] is None:
        state["default_schema_name"] = name
    if state["default_schema_name"] == name and not parts.settings.state_stays:
        schema.tables.setdefault(STATE_TABLE, state_table())
    schemas[name] = schema
    return schema


def _name_for(parts: Parts, source: DltSource, state: State) -> str:
    if source.implicit and state["default_schema_name"] is not None:
        return str(state["default_schema_name"])
    if source.implicit and source.generator_name and parts.settings.defaults.functions_name_schemas:
        # data without a name: an undecorated generator names the first schema
        return source.schema.naming.normalize_identifier(source.generator_name)
    return source.schema.name


def _configured(parts: Parts, source: DltSource, schema: Schema, key: str, kind: type[Value]) -> Value | None:
    """Return a setting of a schema: of its own, of its source, or of all."""
    name = parts.pipeline_name
    own = get_value(key, kind, sections=("schema", schema.name), default=None, pipeline_name=name)
    if own is not None:
        return own
    # only a source is looked for further
    sections = ("sources", source.section or "", source.name)
    return get_value(key, kind, sections=sections, inner=("schema",), default=None, pipeline_name=name)


def _configure(parts: Parts, source: DltSource, schema: Schema) -> None:
    caps = parts.target.capabilities()
    naming = _configured(parts, source, schema, "naming", str)
    # a source that says its convention keeps it, whatever the destination likes
    if naming is None and schema.naming.name() == "snake_case":
        naming = caps.naming_convention
    paths = _configured(parts, source, schema, "use_break_path_on_normalize", bool)
    if paths is not None:
        schema.normalizers["use_break_path_on_normalize"] = paths
        schema.update_normalizers()
    if naming is not None:
        schema.update_naming(naming)
    if caps.max_table_nesting is not None:
        own_json_config(schema.normalizers).setdefault("max_nesting", caps.max_table_nesting)


def _rename(parts: Parts, source: DltSource, schema: Schema) -> None:
    """Give a schema that is there the convention that is configured now.

    Raises:
        TableIdentifiersFrozen: names of tables that have rows would be other ones.
    """
    naming = _configured(parts, source, schema, "naming", str)
    if naming is None or naming_from(naming).name() == schema.naming.name():
        return
    # the keys of the source, which the other convention would need, are not kept anywhere
    if any(has_seen_data(table) for table in schema.tables.values()):
        raise TableIdentifiersFrozen(
            f"schema {schema.name}: schema.naming is {naming!r}, and its tables have rows under names of "
            f"{schema.naming.name()!r}; their next rows would go to other tables and columns. Set naming back, or load "
            "into another dataset with another pipeline_name.",
            schema_name=schema.name,
        )
    schema.update_naming(naming)


def live_schema(parts: Parts, package: LoadPackage) -> Schema:
    """Return the schema that normalize grows for a package.

    Args:
        parts: The pipeline.
        package: An extracted package.
    """
    parts.home.schema_of(package)
    schema = parts.home.schemas[package.schema_name].clone()
    schema.update_naming(None, parts.target.capabilities().identifier_length)
    return schema
