"""Extract sources into packages: one for each schema, all of them or none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dlt import metrics
from dlt.clock import new_load_id, utc_now
from dlt.context import use
from dlt.extract.declared import counts_rows, forget_checks
from dlt.extract.descriptions import Described, edges, told_hints
from dlt.extract.equal_names import LastOfEqualNames
from dlt.extract.hint_checks import is_dynamic
from dlt.extract.imported import read_file
from dlt.extract.items import (
    EmptiedTable,
    HintsAlone,
    ImportFileMeta,
    Joined,
    MaterializedEmptyList,
    Meta,
    as_rows,
    is_frame,
)
from dlt.extract.iteration import MAX_PARALLEL_ITEMS, WORKERS, extract_items, extract_setting
from dlt.extract.masks import Masks
from dlt.extract.names import NameCheck
from dlt.extract.quarantine import ExtractQuarantine, parted
from dlt.extract.refresh import begin_again, emptied_chain, emptied_tables, loaded_roots, refresh_source
from dlt.extract.renaming import rename
from dlt.extract.resource_hints import ResourceHints
from dlt.extract.settings import ExtractOptions
from dlt.extract.table import STRATEGY_HINTS
from dlt.extract.validation import may_hold_back
from dlt.extract.versions import note_former_settings, require_version, way_of_versions, with_versions
from dlt.formats.column_rows import ColumnRows
from dlt.formats.spool import SpoolWriter
from dlt.packages.manifest import PackageFile, Refresh
from dlt.packages.package import PackageBuilder
from dlt.packages.workdir import Workdir
from dlt.schema.chains import let_stand_alone, stands_alone
from dlt.schema.contract import declare, expand, violation, with_row
from dlt.schema.dispositions import check_checks, check_disposition
from dlt.schema.files import check_schema
from dlt.schema.naming import name_of_table
from dlt.schema.quarantine import MODE as QUARANTINE
from dlt.schema.quarantine import note_emptied
from dlt.schema.schema import Schema
from dlt.schema.table import without_key
from dlt.schema.x_keys import NEW_TABLE, X_MERGE_STRATEGY, X_NORMALIZER, X_ROW_HASH
from dlt.states.model import State
from dlt.types import TDataItem

if TYPE_CHECKING:
    from dlt.extract.source import DltSource
    from dlt.extract.vocabulary import ContractHint
    from dlt.schema.typing import ContractMode, TableSchema


@dataclass(frozen=True)
class _Declared:
    """What a resource said of its tables last, and the name of the root table; "" where the contract discards it."""

    root: TableSchema
    nested: list[TableSchema]
    name: str


class SchemaExtract:
    """The package of one schema under construction.

    Args:
        schema: Schema to grow; a copy that is the package's own.
        builder: Where the files go.
        options: How to extract.
    """

    def __init__(self, schema: Schema, builder: PackageBuilder, options: ExtractOptions) -> None:
        self.schema, self.builder = schema, builder
        self.started_at = utc_now()
        self.resources: dict[str, int] = {}
        self._told: dict[str, Described] = {}
        """The resources that took part, for what they say of themselves."""
        self.tables: dict[str, int] = {}
        self.sources: set[str] = set()
        self.refresh = Refresh()
        self.files: list[PackageFile] = []
        self.unfilled: list[str] = []
        self._names = NameCheck(schema, options.capabilities)
        self._spool = SpoolWriter(
            builder.path,
            options.max_file_bytes,
            schema.naming.normalize_path,
            # where the contract drops rows or keeps them in quarantine, one without a value is no error
            checked=lambda table: self.schema.resolve_contract(table)["data_type"] not in ("discard_row", QUARANTINE),
            names=self._names,
            settle=LastOfEqualNames(schema.naming).settle if options.last_of_equal_names else None,
        )
        self._masks = Masks(schema)
        self.quarantine = ExtractQuarantine(self._spool.write_exact)
        self._holding: frozenset[str] = frozenset()  # resources of which a model may put items into quarantine
        self._collector = options.collector
        self._capabilities = options.capabilities
        self._keeps_keys = options.keeps_keys
        self._keys_part_tables = options.keys_part_tables
        self._keeps_contracts = options.keeps_contracts
        self._fixed: dict[int, str] = {}
        self._known: dict[tuple[int, str], _Declared] = {}

    def add_source(self, source: DltSource, state: State, options: ExtractOptions) -> None:
        """Extract the selected resources of a source."""
        selected = source.resources.selected
        self._holding = may_hold_back(selected.values())
        self.sources.add(source.name)
        # first, as resources read their state when they begin
        own_state = state.setdefault("sources", {}).setdefault(source.name, {})
        begin_again(source, own_state)
        if options.refresh:
            found = refresh_source(options.refresh, self.schema, selected.values(), own_state)
            self.refresh = self.refresh.joined(found)
        changes = {
            "state": state,
            "writable": True,
            "source": source,
            "source_name": source.name,
            "section": source.section,
            "schema": self.schema,
            "load_id": self.builder.load_id,
        }
        for one in selected.values():
            self._masks.check(one)
        with use(**changes):
            items = extract_items(
                list(selected.values()),
                workers=options.workers or extract_setting("workers", int, WORKERS),
                max_parallel_items=options.max_parallel_items
                or extract_setting("max_parallel_items", int, MAX_PARALLEL_ITEMS),
            )
            for resource, item, meta in items:
                # here and not before: whoever iterates over a resource gets the objects that it yields
                self._add(source, resource, as_rows(item), meta)
        # before those without rows are declared: that would make tables theirs which are another resource's
        filled = {table for table, count in self.tables.items() if count}
        for resource in selected.values():
            emptied = emptied_tables(resource, self.schema, filled)
            self.refresh = self.refresh.joined(emptied)
            # programs look up how many rows a table of theirs got, also where it got none
            self.tables.update(dict.fromkeys(loaded_roots(emptied, self.schema), 0))
        for resource in selected.values():
            self._declare_empty(source, resource)
            self._told[resource.name] = resource

    def close(self) -> None:
        """End the files.

        Raises:
            UnboundColumnException: no row of a table has a column that all of them must have.
        """
        note_emptied(self.schema.tables, self.refresh.tables, self.builder.load_id)
        self._masks.tell_idle(self.tables)
        self.files = self._spool.close()
        self._names.close(self.tables)

    def abort(self) -> None:
        """Delete what was written."""
        self._spool.abort()
        self.builder.abort()

    @property
    def is_empty(self) -> bool:
        """Return True when there is nothing to load, to empty, to drop or to check, and no news of the schema."""
        return not (self.files or self.refresh or self.unfilled or self.schema.is_modified)

    def figures(self) -> metrics.StepFigures:
        """Return what was extracted, by file and table."""
        finished_at = utc_now()
        return {
            "started_at": self.started_at,
            "finished_at": finished_at,
            "schema_name": self.schema.name,
            **({"quarantined": self.quarantine.counts} if self.quarantine.counts else {}),
            **metrics.written(self.builder.target("extracted"), self.files, self.tables, self.started_at, finished_at),
        }

    def metrics(self) -> metrics.StepFigures:
        """Return what was extracted, and what resources say of themselves, which may be anything."""
        figures = self.figures()
        written: dict[str, metrics.DataWriterMetrics] = {}
        for table, found in figures["table_metrics"].items():
            name = str(self.schema.tables.get(table, {}).get("resource"))
            written[name] = written.get(name, metrics.EMPTY_DATA_WRITER_METRICS) + found
        told: dict[str, metrics.DataWriterAndCustomMetrics] = {}
        for name, resource in self._told.items():
            found = written.get(name, metrics.EMPTY_DATA_WRITER_METRICS)
            # several resources may fill one table, and then only the items of each are known
            numbers = found._replace(items_count=self.resources.get(name, 0))
            told[name] = metrics.DataWriterAndCustomMetrics(*numbers, custom_metrics=dict(resource.custom_metrics))
        return {
            **figures,
            "resource_metrics": told,
            "dag": edges(self._told.values()),
            "hints": {name: told_hints(resource.pipe) for name, resource in self._told.items()},
        }

    def _add(self, source: DltSource, resource: ResourceHints, item: TDataItem, meta: Meta) -> None:
        if isinstance(meta, ImportFileMeta):
            item = read_file(meta)
        if self._holding and resource.name in self._holding:
            item = self._hold_back(source, resource, item, meta)
            if item is None:
                return
        if meta is None and not resource.has_dynamic_table_name and not resource.has_other_dynamic_hints:
            # by far the most frequent case: fixed hints are declared once, and a page goes on with one look-up
            table = self._fixed.get(id(resource))
            if table is None:
                table = self._fixed[id(resource)] = self._declare(source, resource, item, meta)
            self._write(resource, table, item)
            return
        item = item.rows() if isinstance(item, ColumnRows) else item
        rows = item if isinstance(item, list) else [item]
        groups: dict[str, list[TDataItem]] = {}
        for row in rows:
            groups.setdefault(resource.table_name_of(row, meta), []).append(row)
        if isinstance(item, MaterializedEmptyList) and not groups:
            self._write(resource, self._declare(source, resource, None, meta), item)
        resource.take_hints(meta)
        # what columns the first row has tells nothing of those of others, and a mask may be among them
        told = slice(None if is_dynamic(resource.hints.get("columns")) else 1)
        for group in groups.values():
            found = [self._declare(source, resource, row, meta) for row in group[told]]
            self._write(resource, found[-1], group if isinstance(item, list) else item)

    def _hold_back(self, source: DltSource, resource: ResourceHints, page: TDataItem, meta: Meta) -> TDataItem | None:
        """Put the items into quarantine that a model refused; return the others, None if there are none."""
        refused, others = parted(page)
        for row in refused:
            # declared like that of others: a replay finds its hints in the schema
            if table := self._declare(source, resource, row, meta):
                item, modes = self._masks.apply(table, dict(row)), self.schema.resolve_contract(table)
                self.quarantine.take(table, row, item, modes)
                self.resources[resource.name] = self.resources.get(resource.name, 0) + 1
        return others

    def _write(self, resource: ResourceHints, table: str, item: TDataItem) -> None:
        # before all else: the schema knows nothing of such a table
        if self.quarantine.holds(table):
            if not isinstance(item, MaterializedEmptyList):
                count = self.quarantine.take_page(table, item)
                self.resources[resource.name] = self.resources.get(resource.name, 0) + count
            return
        if not table or self.schema.tables[table].get("write_disposition") == "skip":
            return  # the contract discards it, or nobody wants it
        entry = self.schema.tables[table]
        if isinstance(item, MaterializedEmptyList):
            if isinstance(item, EmptiedTable):
                self._empty(resource, table)
            elif not isinstance(item, HintsAlone):
                self._spool.write_nothing(table)
                self.tables.setdefault(table, 0)
            return
        item = self._masks.apply(table, item)
        item = with_versions(entry, item, self.schema.naming, self.tables.get(table, 0))
        # what was yielded row by row was copied when it was
        count = self._spool.write(table, item, entry, own=type(item) is Joined)
        if count:
            self.tables[table] = self.tables.get(table, 0) + count
        self.resources[resource.name] = self.resources.get(resource.name, 0) + count
        self._collector.update(table, count)

    def _empty(self, resource: ResourceHints, table: str) -> None:
        self.refresh = self.refresh.joined(emptied_chain(table, self.schema))
        self._spool.forget(table)
        self.resources[resource.name] = self.resources.get(resource.name, 0) - self.tables.get(table, 0)
        self.tables[table] = 0

    def _declare(
        self, source: DltSource, resource: ResourceHints, item: TDataItem, meta: Meta, is_empty: bool = False
    ) -> str:
        root, *nested = resource.compute_tables(self.schema.naming, item, meta)
        # two resources may declare one table, each with hints of its own
        key = (id(resource), root["name"])
        known = self._known.get(key)
        if known is not None and known.root == root and known.nested == nested:
            return known.name
        # what is declared is changed below, and is compared as the resource said it
        plain: tuple[TableSchema, list[TableSchema]] = ({**root}, [{**table} for table in nested])
        root, *nested = (rename(self.schema, table, self._capabilities) for table in (root, *nested))
        self._masks.settle(root, nested)
        name = self._names.declare(root)
        if "resource" in self.schema.tables.get(name, {}) and (item is None or self.tables.get(name)):
            # of several it belongs to the first that has rows for it
            root.pop("resource", None)
        for table in nested:
            if self._stands_alone(self._names.declare(table), table):
                let_stand_alone(table, root.get("resource"))
        limit = (root.get(X_NORMALIZER) or {}).get("max_nesting")
        if limit is None:
            # of a resource that says none: what the destination is told counts before its source
            told = None if self._capabilities is None else self._capabilities.max_table_nesting
            says = (told, source.max_table_nesting, self.schema.max_nesting(name))
            limit = next((levels for levels in says if levels is not None), None)
        if limit is not None:
            root[X_NORMALIZER] = {**(root.get(X_NORMALIZER) or {}), "max_nesting": limit}
        contract = source.run_contract if source.run_contract is not None else root.pop("schema_contract", None)
        root.pop("schema_contract", None)
        # what a contract refuses is shown, and nothing of it is masked yet
        hides = self._masks.hides(root, *nested)
        if modes := _refuses(self.schema, name, contract, None if hides else item, is_empty):
            held = modes["tables"] == QUARANTINE
            if held:
                self.quarantine.hold_table(name, [plain[0], *plain[1]], contract, modes, hides)
            self._known[key] = _Declared(*plain, name=name if held else "")
            return self._known[key].name
        for table in (root, *nested):
            self._forget(table, resource.removed_keys(meta) if table is root else ())
            # before the update makes it known: columns of a table that is new in this run evolve
            if self.schema.is_new_table(name_of_table(self.schema.naming, table["name"])):
                table[X_NORMALIZER] = {**(table.get(X_NORMALIZER) or {}), NEW_TABLE: True}
            # a contract counts as the code has it now, and not as an earlier run stored it
            own = contract if table is root else table.pop("schema_contract", None)
            declare(self.schema.update_table(table), own, self._keeps_contracts)
        self._masks.ready(name)
        # on the whole table: an earlier run may have given the key that a strategy needs
        for declared in dict.fromkeys((name, *(name_of_table(self.schema.naming, t["name"]) for t in nested))):
            check_disposition(self.schema.tables[self.schema.root_of(declared)], self._capabilities)
            check_checks(self.schema.tables[declared], self._capabilities)
        self._known[key] = _Declared(*plain, name=name)
        return name

    def _stands_alone(self, name: str, table: TableSchema) -> bool:
        """Tell whether a nested table with hints is one of its own, as keys make it with PyPI `dlt` 1.x."""
        there = self.schema.tables.get(name)
        has_key = any(column.get("primary_key") or column.get("merge_key") for column in table["columns"].values())
        # one that was loaded before stays what it was
        return stands_alone(there) or (self._keys_part_tables and has_key and not (there or {}).get("parent"))

    def _forget(self, declared: TableSchema, removed: Iterable[str]) -> None:
        """Take back what earlier runs said of a table and this one says otherwise."""
        known = self.schema.tables.get(name_of_table(self.schema.naming, declared["name"]))
        if declared.get(X_MERGE_STRATEGY) == "scd2" and (way := way_of_versions(known)):
            declared[X_ROW_HASH] = way
        require_version(declared, known)
        if known is None:
            return
        forget_checks(known, declared)
        for key in () if self._keeps_keys else removed:
            known["columns"] = without_key(known["columns"], key)
        # a table has one cursor: the one of this run
        cursors = {name for name, column in declared["columns"].items() if column.get("incremental")}
        if cursors and "parent" not in declared:
            known["columns"] = without_key(known["columns"], "incremental")
        if "variant_name" not in declared:
            known.pop("variant_name", None)
        if "write_disposition" in declared:
            note_former_settings(known, declared, self.schema.naming)
            for hint in STRATEGY_HINTS:
                known.pop(hint, None)

    def _declare_empty(self, source: DltSource, resource: ResourceHints) -> None:
        is_dynamic = resource.has_dynamic_table_name or resource.has_other_dynamic_hints
        if not is_dynamic and not self.resources.get(resource.name):
            before = set(self.schema.tables)
            name = self._declare(source, resource, None, None, is_empty=True)
            if name in before and counts_rows(self.schema.tables[name]):
                self.unfilled.append(name)
            # checked, but a table is known from its first rows on, and has the hints that it has then
            self.schema.drop_tables(self.schema.tables.keys() - before)
            self._known.clear()


def _refuses(
    schema: Schema, name: str, contract: ContractHint | None, item: TDataItem, is_empty: bool
) -> dict[str, ContractMode] | None:
    """Return the contract that keeps out a table that is new, None if none does.

    Raises:
        DataValidationError: it freezes tables, and the resource is not one that gave nothing.
    """
    if not schema.is_new_table(name):
        return None
    modes = expand(contract, expand(schema.settings.get("schema_contract")))
    if modes["tables"] == "freeze" and not is_empty:
        first = item[0] if isinstance(item, list) and item else item
        raise with_row(violation(schema.name, name, "tables", modes), None if is_frame(first) else first)
    return modes if modes["tables"] != "evolve" else None


def extract_sources(
    sources: Sequence[DltSource],
    workdir: Workdir,
    schema_for: Callable[[DltSource], Schema],
    state: State,
    options: ExtractOptions,
    **info: object,
) -> list[SchemaExtract]:
    """Extract sources into the temporary folder of a working folder.

    Args:
        sources: Sources with selected resources.
        workdir: Where the packages are made; nothing is committed yet.
        schema_for: Gives the schema for a source; sources of one schema share a package.
        state: Pipeline state; resources change it.
        options: How to extract.
        info: Fields of the run context.

    Returns:
        The packages, ready to be committed together.
    """
    extracts: dict[str, SchemaExtract] = {}
    taken: list[str] = []
    try:
        for source in sources:
            schema = schema_for(source)
            if (extract := extracts.get(schema.name)) is None:
                check_schema(schema, f"schema {schema.name}")
                # a clock may have been set back since the last package was made
                after = [load_id for load_id in (workdir.newest_load_id(), *taken) if load_id]
                load_id = new_load_id(after)
                taken.append(load_id)
                extract = SchemaExtract(schema.clone(), workdir.begin(load_id), options)
                extracts[schema.name] = extract
            with use(**info) if info else nullcontext():
                extract.add_source(source, state, options)
        for extract in extracts.values():
            extract.close()
    # also when the user stops it: nothing of an extract that did not end may be found by the next one
    except BaseException:
        for extract in extracts.values():
            extract.abort()
        raise
    return list(extracts.values())
