"""The rows of one table, as the function of its resource."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from dlt.context import current
from dlt.extract.hints import TableHints, make_hints, merge_hints
from dlt.extract.incremental import Incremental
from dlt.extract.items import DataItemWithMeta, HintsMeta
from dlt.extract.pipe import Limit
from dlt.extract.resource import DltResource
from dlt.extract.source import DltSource
from dlt.extract.steps import Filter
from dlt.schema.contract import expand, violation
from dlt.schema.naming import name_of_table
from dlt.schema.renames import column_called
from dlt.schema.schema import Schema
from dlt.schema.typing import ColumnSchema
from dlt.schema.x_keys import SEEN_DATA, X_NORMALIZER
from dlt.sources.sql_database.again import known_rows
from dlt.sources.sql_database.engines import release, translated
from dlt.sources.sql_database.loaders import BackendArguments, BaseTableLoader, get_table_loader_class
from dlt.sources.sql_database.reading import casts_of
from dlt.sources.sql_database.reflecting import adapted_table, reflected
from dlt.sources.sql_database.schema_types import get_primary_key, table_to_resource_hints
from dlt.sources.sql_database.snapshots import Snapshot
from dlt.sources.sql_database.vocabulary import (
    ReflectionLevel,
    TableBackend,
    TQueryAdapter,
    TTableAdapter,
    TTypeAdapter,
)
from dlt.types import TDataItem

logger = logging.getLogger("dlt")


def remove_nullability_adapter(table: sa.Table) -> sa.Table:
    """Let a table say nothing of NULLs, as an adapter: rows that were deleted at their source have little else.

    Args:
        table: The table, or a subquery.
    """
    for column in table.c:
        # what is absent is no hint
        vars(column)["nullable"] = None
    return table


def table_rows(
    engine: Engine,
    table: sa.Table | str,
    metadata: sa.MetaData,
    chunk_size: int,
    backend: TableBackend,
    incremental: Incremental[Any] | None = None,
    table_adapter_callback: TTableAdapter | None = None,
    reflection_level: ReflectionLevel = "full",
    backend_kwargs: BackendArguments | None = None,
    type_adapter_callback: TTypeAdapter | None = None,
    included_columns: Sequence[str] | None = None,
    excluded_columns: Sequence[str] | None = None,
    query_adapter_callback: TQueryAdapter | None = None,
    resolve_foreign_keys: bool = False,
    table_loader_class: type[BaseTableLoader] | None = None,
    snapshot: Snapshot | None = None,
    partitions: int = 1,
) -> Iterator[TDataItem]:
    """Yield the rows of a table, in pages.

    Args:
        engine: The engine.
        table: The table, or the name of one that is reflected now.
        metadata: Where tables are kept.
        chunk_size: Rows of a page.
        backend: How rows come out.
        incremental: The cursor of the resource.
        table_adapter_callback: Changes a table that is reflected now.
        reflection_level: What is taken from the database.
        backend_kwargs: Arguments of the backend.
        type_adapter_callback: Gives another type for one of the database.
        included_columns: Names of columns that are read; all when None.
        excluded_columns: Names of columns that are not.
        query_adapter_callback: Gives another query.
        resolve_foreign_keys: Foreign keys become references.
        table_loader_class: Loader in place of that of the backend.
        snapshot: The moment of the database that is shown.
        partitions: Ranges of the key that are read at once.

    Raises:
        SqlDatabaseError: the database lets nobody in, lacks the table, or refuses the query.
        ValueErrorWithKnownValues: there is no such backend or column.
    """
    kind = table_loader_class or get_table_loader_class(backend)
    pending: TableHints | None = None
    if isinstance(table, str):
        table = adapted_table(
            reflected(engine, table, metadata, resolve_foreign_keys),
            table_adapter_callback,
            included_columns,
            excluded_columns,
        )
        pending = _below_own(hints_of(table, backend, reflection_level, type_adapter_callback, resolve_foreign_keys))
        if incremental is not None and incremental.primary_key is None:
            incremental.primary_key = get_primary_key(table)
    columns = _known_columns(table, reflection_level, type_adapter_callback, query_adapter_callback)
    loader = kind(
        engine,
        backend,
        table,
        columns,
        incremental=incremental,
        chunk_size=chunk_size,
        query_adapter_callback=query_adapter_callback,
        limit=_limit(),
    )
    stored = stored_types(columns)
    if stored:
        pending = leave_to_contract(columns, stored, pending)
    pending = merged_hints(pending, kept_types(columns, stored))
    loader.partitions = partitions
    loader.kept = frozenset(stored)
    loader.known = known_rows(incremental, get_primary_key(table))
    loader.casts = casts_of(table, type_adapter_callback)
    # loaders of programs speak to the driver themselves
    try:
        with translated(engine):
            loader.begin = () if snapshot is None else snapshot.begin()
            yield from _marked(loader.load_rows(backend_kwargs), pending)
    finally:
        if snapshot is not None:
            snapshot.finish(str(current().resource_name or table.name))
        release(engine)


def _marked(pages: Iterator[TDataItem], hints: TableHints | None) -> Iterator[TDataItem]:
    """Yield pages, the first of them with all hints that come before it: alone they would count for a limit."""
    for page in pages:
        if isinstance(page, DataItemWithMeta) and page.data is None and isinstance(page.meta, HintsMeta):
            hints = merged_hints(hints, page.meta.hints)
            continue
        yield page if hints is None else DataItemWithMeta(HintsMeta(hints), page)
        hints = None
    if hints is not None:
        # a table that has no rows gets them too
        yield DataItemWithMeta(HintsMeta(hints), None)


def _below_own(found: TableHints) -> TableHints:
    """Return what the database says of a table, with what the program says of the resource at work on top."""
    resource = current().resource
    own = resource.hints if isinstance(resource, DltResource) else {}
    told = {key: value for key, value in found.items() if key == "columns" or key not in own}
    columns, given = found.get("columns"), own.get("columns")
    if isinstance(columns, dict) and isinstance(given, dict):
        told["columns"] = {name: {**column, **given.get(name, {})} for name, column in columns.items()}
    return cast(TableHints, told)


def merged_hints(first: TableHints | None, second: TableHints | None) -> TableHints | None:
    """Return hints with others on top, None without any."""
    if first is None or second is None:
        return second if first is None else first
    return merge_hints(first, second)


def stored_types(columns: Mapping[str, ColumnSchema]) -> dict[str, ColumnSchema]:
    """Return columns of the resource at work that were loaded before, as they were, by their names in the database.

    Args:
        columns: What the database says.
    """
    schema, resource = current().schema, current().resource
    if not isinstance(schema, Schema) or not isinstance(resource, DltResource):
        return {}
    wanted = resource.table_name
    # where it depends on the row, so does what was loaded
    stored = schema.tables.get(name_of_table(schema.naming, wanted)) if isinstance(wanted, str) else None
    if stored is None or not (stored.get(X_NORMALIZER) or {}).get(SEEN_DATA):
        return {}
    there = stored["columns"]
    names = {name: column_called(there, schema.naming.normalize_path(name)) for name in columns}
    known = {name: there.get(own, {}) for name, own in names.items()}
    return {name: column for name, column in known.items() if "data_type" in column}


def leave_to_contract(
    columns: Mapping[str, ColumnSchema], stored: Mapping[str, ColumnSchema], pending: TableHints | None
) -> TableHints | None:
    """Take back the hints of columns that are new in the database, where a contract says what becomes of such ones.

    What a program declares is allowed by its contract, and it is not the program that declares them.

    Args:
        columns: What the database says.
        stored: What was loaded before.
        pending: Hints that go out with the rows; they are returned without such columns.

    Raises:
        DataValidationError: the contract freezes columns.
    """
    resource, source = current().resource, current().source
    if not isinstance(resource, DltResource):
        return pending
    contracts: list[object] = [resource.schema_contract]
    if isinstance(source, DltSource):
        contracts = [source.run_contract, resource.schema_contract, source.schema_contract]
    said = next((contract for contract in contracts if contract is not None), None)
    given = resource.columns
    if callable(said) or callable(given):
        return pending
    modes = expand(said)
    if modes["columns"] == "evolve":
        return pending
    told = pending.get("columns") if pending is not None else None
    kept: dict[str, object] = {**told} if isinstance(told, dict) else {}
    for name in columns:
        if name not in stored and _is_reflected(given.get(name), columns[name]):
            if modes["columns"] == "freeze":
                # also where all its values are NULL so far
                kind, schema = columns[name].get("data_type"), current().schema
                raise violation("" if schema is None else schema.name, resource.name, "columns", modes, name, kind=kind)
            given.pop(name, None)
            kept.pop(name, None)
    return pending if pending is None else cast(TableHints, {**pending, "columns": kept})


def _is_reflected(hints: Mapping[str, object] | None, column: ColumnSchema) -> bool:
    # one that the program changed is the program's
    return all(column.get(key) == value for key, value in (hints or {}).items() if key != "primary_key")


def kept_types(columns: Mapping[str, ColumnSchema], stored: Mapping[str, ColumnSchema]) -> TableHints | None:
    """Return hints for columns that were loaded with another type than the database has now; None without such ones.

    No destination changes the type of a column: values that do not fit it go beside it.

    Args:
        columns: What the database says.
        stored: What was loaded before.
    """
    resource = current().resource
    given = resource.hints.get("columns") if isinstance(resource, DltResource) else None
    found: dict[str, ColumnSchema] = {}
    for name, there in stored.items():
        own, hints = given.get(name, {}) if isinstance(given, dict) else {}, columns[name]
        # what the program says of a column is not changed
        is_ours = own.get("data_type") in (None, hints.get("data_type"))
        if is_ours and "data_type" in hints and _type_of(there) != _type_of(hints):
            found[name] = cast(ColumnSchema, {"name": name, **dict.fromkeys(_SIZES), **_type_of(there)})
    return make_hints(columns=found) if found else None


_SIZES = ("precision", "scale", "timezone")


def _type_of(column: ColumnSchema) -> dict[str, object]:
    kind = column["data_type"]
    keys = {"decimal": ("data_type", "precision", "scale"), "timestamp": ("data_type", "timezone")}.get(
        kind, ("data_type",)
    )
    told = {key: column[key] for key in keys if column.get(key) is not None}  # type: ignore[literal-required]
    return {**told, "timezone": column.get("timezone", True)} if kind == "timestamp" else told


def hints_of(
    table: sa.Table,
    backend: str,
    reflection_level: ReflectionLevel,
    type_adapter_callback: TTypeAdapter | None,
    resolve_foreign_keys: bool,
) -> TableHints:
    """Return what the database says of a table as hints of its resource.

    Args:
        table: The table.
        backend: How rows come out.
        reflection_level: What is taken from the database.
        type_adapter_callback: Gives another type for one of the database.
        resolve_foreign_keys: Foreign keys become references.
    """
    found = table_to_resource_hints(
        table,
        reflection_level,
        type_adapter_callback,
        # as dicts and lists they become tables, for which a column would be in the way
        backend == "sqlalchemy",
        resolve_foreign_keys,
    )
    return make_hints(**found)


def _known_columns(
    table: sa.Table,
    reflection_level: ReflectionLevel,
    type_adapter_callback: TTypeAdapter | None,
    query_adapter_callback: TQueryAdapter | None,
) -> dict[str, ColumnSchema]:
    """Return the hints of the columns, those that the program set on its resource on top."""
    found = dict(table_to_resource_hints(table, reflection_level, type_adapter_callback)["columns"])
    resource = current().resource
    given = resource.hints.get("columns") if isinstance(resource, DltResource) else None
    if not isinstance(given, dict):
        return found
    unknown = [name for name in given if name not in found]
    for name, hints in given.items():
        if name in found:
            found[name] = {**found[name], **hints}
    # another query may have columns of its own
    if unknown and query_adapter_callback is None and isinstance(resource, DltResource):
        logger.warning(
            "Resource '%s': column hints for %s do not match a column of table %s. Hints have the names that columns "
            "have in the database.",
            resource.name,
            ", ".join(unknown),
            table.name,
        )
    return found


def _limit() -> Limit | None:
    """Return the limit of the resource at work, if all rows that the database gives count for it."""
    # a page of which a filter leaves nothing does not count, and the query would end too early
    resource = current().resource
    if not isinstance(resource, DltResource) or any(isinstance(step, Filter) for step in resource.pipe.steps):
        return None
    return resource.limit
