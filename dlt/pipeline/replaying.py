"""Items of the quarantine as packages: sent through normalize again, or dropped."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast

from dlt.clock import new_load_id
from dlt.extract.quarantine import QuarantinedItem
from dlt.formats.single_rows import batch_of
from dlt.formats.spool import SpoolWriter
from dlt.ids import random_id
from dlt.info import ExtractInfo
from dlt.io.typed_json import dump_row
from dlt.late import pa
from dlt.packages.manifest import Manifest, Replay, ReplayedFile, StepMetrics, TableMetrics
from dlt.packages.package import LoadPackage, PackageBuilder
from dlt.packages.undo import undo_of
from dlt.packages.workdir import Workdir
from dlt.pipeline.extracting import Hints
from dlt.pipeline.loading import load
from dlt.pipeline.normalizing import normalize
from dlt.pipeline.packages import package_info
from dlt.pipeline.parts import Parts
from dlt.pipeline.quarantined import Replayed, read, schemas_of
from dlt.pipeline.reading import dataset_of
from dlt.pipeline.running import run
from dlt.schema.contract import check_contract
from dlt.schema.quarantine import Quarantined
from dlt.schema.system_columns import LOAD_ID
from dlt.schema.system_tables import QUARANTINE_TABLE
from dlt.schema.x_keys import NEW_TABLE, X_EMPTIED, X_NORMALIZER, X_REPLAY
from dlt.states.delta import difference, encode_delta
from dlt.states.model import bump

if TYPE_CHECKING:
    from dlt.extract.validation import PydanticValidator
    from dlt.extract.vocabulary import ContractHint
    from dlt.schema.schema import Schema
    from dlt.schema.typing import TableSchema

Asked = Callable[[Quarantined], bool]
Checks = Mapping[str, "PydanticValidator"]


@dataclass
class _Sorted:
    """What becomes of the rows of one schema.

    Attributes:
        schema: The schema; a copy that the package may change.
        replayed: Rows that go through normalize.
        kept: Rows that stay, and are written again as their load goes.
        waiting: Of these such that need a model.
        refused: Of these such that a model refused again.
        outdated: Rows that go.
        discarded: Rows that a model discards.
        removes: Loads whose rows go.
    """

    schema: Schema
    replayed: list[Quarantined] = field(default_factory=list)
    kept: list[Quarantined] = field(default_factory=list)
    waiting: list[Quarantined] = field(default_factory=list)
    refused: list[Quarantined] = field(default_factory=list)
    outdated: list[Quarantined] = field(default_factory=list)
    discarded: list[Quarantined] = field(default_factory=list)
    removes: tuple[str, ...] = ()


def replay(parts: Parts, asked: Asked, contract: ContractHint | None, source: object) -> Replayed:
    """Send items through normalize again and load them; see `Quarantine.replay`.

    Args:
        parts: The pipeline.
        asked: Chooses items.
        contract: A contract for this replay only.
        source: Resources whose models check items.
    """
    check_contract(contract, "replay")
    checks = _checks_of(parts, source, contract) if source is not None else {}

    def sort(schema: Schema, rows: list[Quarantined]) -> _Sorted:
        return _sorted(parts, schema, rows, checks)

    found, packages = _carry_out(parts, "quarantine.replay", asked, sort, json.dumps(contract) if contract else None)
    if not packages:
        return Replayed(waiting=_counts(row for each in found for row in each.waiting))
    came = Counter(row.table_name for each in found for row in each.replayed)
    again, discarded = Counter[str](), Counter(row.table_name for each in found for row in each.discarded)
    loaded: Counter[str] = Counter()
    for package in packages:
        metrics = package.manifest.metrics["normalize"]
        again.update(metrics.quarantined)
        loaded.update({name: count for name, count in metrics.rows.items() if name in came})
    # of items and not of rows, so what is neither here nor there was discarded
    discarded.update({name: count - again[name] - loaded[name] for name, count in came.items()})
    again.update(row.table_name for each in found for row in each.refused)
    return Replayed(
        tuple(package.load_id for package in packages),
        _filled(loaded),
        _filled(again),
        _counts(row for each in found for row in each.waiting),
        _counts(row for each in found for row in each.outdated),
        _filled(discarded),
    )


def drop(parts: Parts, asked: Asked) -> dict[str, int]:
    """Delete items for good; see `Quarantine.drop`.

    Args:
        parts: The pipeline.
        asked: Chooses items.
    """
    found, _ = _carry_out(
        parts, "quarantine.drop", asked, lambda schema, rows: _Sorted(schema, outdated=rows), contract=None
    )
    return _counts(row for each in found for row in each.outdated)


def _carry_out(
    parts: Parts,
    name: str,
    asked: Asked,
    sort: Callable[[Schema, list[Quarantined]], _Sorted],
    contract: str | None,
) -> tuple[list[_Sorted], list[LoadPackage]]:
    """Load packages that take items out of the quarantine; return what became of rows, and the packages."""
    parts.home.refuse_planned(name)
    parts.home.refuse_inside(name)
    with parts.tracer.run():
        parts.target.choose()
        # what waits may hold items that an earlier try took out
        run(parts, None, Hints(), None, None)
        with parts.tracer.step("extract") as step:
            parts.begin()
            found = []
            for schema in schemas_of(parts):
                rows = list(read(parts, schema))
                chosen = [row for row in rows if asked(row)]
                each = sort(schema.clone(), chosen)
                if gone := [row for row in chosen if row not in each.waiting]:
                    each.removes = tuple(sorted({str(row.written_by) for row in gone}))
                    stays = [row for row in rows if row not in gone and row.written_by in each.removes]
                    each.kept = [*stays, *each.refused]
                found.append(each)
            packages = _packages(parts, [each for each in found if each.removes], contract)
            ids = [package.load_id for package in packages]
            infos = [package_info(package) for package in packages]
            step.info = ExtractInfo(parts.whose, {}, [], ids, infos, parts.home.first_run)
        parts.extracted_now = tuple(ids)
        try:
            if packages:
                normalize(parts, None)
        finally:
            parts.extracted_now = ()
        if packages:
            load(parts, raises=True)
        return found, [parts.home.workdir.package(load_id) for load_id in ids]


def _sorted(parts: Parts, schema: Schema, rows: Iterable[Quarantined], checks: Checks) -> _Sorted:
    found = _Sorted(schema)
    current = _CurrentLoads(parts, schema)
    for row in rows:
        origin = json.loads(row.origin) if row.origin else {}
        if not current.has(row):
            found.outdated.append(row)
        elif "model" not in origin:
            found.replayed.append(row)
        elif row.table_name not in checks:
            found.waiting.append(row)
        else:
            checked = checks[row.table_name](row.value)
            # what passes goes through normalize as the model made it, like the items of a run
            if isinstance(checked, QuarantinedItem):
                found.refused.append(replace(row, refusal=checked.refusal))
            elif checked is None:
                found.discarded.append(row)
            else:
                found.replayed.append(replace(row, item=dump_row(checked).decode("ascii"), origin=None))
    return found


class _CurrentLoads:
    """Tells whether the items of a load would be in their table still."""

    def __init__(self, parts: Parts, schema: Schema) -> None:
        self._parts, self._schema = parts, schema
        self._loads: dict[str, set[str]] = {}

    def has(self, row: Quarantined) -> bool:
        """Tell whether no later load replaced or removed the rows of its load."""
        emptied = self._schema.tables[QUARANTINE_TABLE].get(X_EMPTIED, {}).get(row.table_name)
        if emptied is not None and Workdir.order(str(row.load_id)) < Workdir.order(emptied):
            return False
        # of a load that let no row in only replays have rows there
        if row.load_id == emptied:
            return True
        table = self._schema.tables.get(row.table_name)
        if table is None or table.get("write_disposition") != "replace":
            return True
        # read once for all items of a table
        if row.table_name not in self._loads:
            self._loads[row.table_name] = self._read(table)
        loads = self._loads[row.table_name]
        # of a table without a row nobody knows better
        return not loads or row.load_id in loads

    def _read(self, table: TableSchema) -> set[str]:
        if "data_type" not in table["columns"].get(LOAD_ID, {}):
            return set()
        with self._parts.target.connect(self._parts.target.dataset_for(self._schema.name), self._schema) as client:
            if not client.stored_tables([table["name"]]):
                return set()
        relation = dataset_of(self._parts, self._schema, None)[table["name"]].select(LOAD_ID)
        return {str(value) for (value,) in relation.fetchall()}


def _checks_of(parts: Parts, source: object, contract: ContractHint | None) -> dict[str, PydanticValidator]:
    """Return the validators of resources by the names of their tables."""
    found = {}
    for each in Hints(schema_contract=contract).wrap(source, parts):
        for resource in each.resources.values():
            if resource.validator is not None and isinstance(resource.table_name, str):
                found[each.schema.naming.normalize_tables_path(resource.table_name)] = resource.validator
    return found


def _packages(parts: Parts, chosen: Sequence[_Sorted], contract: str | None) -> list[LoadPackage]:
    """Commit a package for each schema, all or none; the last one carries the state."""
    if not chosen:
        return []
    home = parts.home
    state, before = deepcopy(home.state), deepcopy(home.state)
    # that of the default schema last: its dataset holds the state
    chosen = sorted(chosen, key=lambda each: each.schema.name == home.default_schema_name)
    builders: list[PackageBuilder] = []
    for _ in chosen:
        taken = [home.workdir.newest_load_id(), *(builder.load_id for builder in builders)]
        builders.append(home.workdir.begin(new_load_id([load_id for load_id in taken if load_id])))
    if not parts.settings.state_stays:
        # two folders that replay the same items change the same place of the state: only one of them can load
        state["quarantine"] = {"replay": builders[-1].load_id}
        bump(state)
    changes, extract_id = difference(before, state), random_id()
    try:
        for each, builder in zip(chosen, builders, strict=True):
            last = builder is builders[-1] and not parts.settings.state_stays
            schema_before, tables = home.schemas[each.schema.name].clone(), each.schema.tables
            tables[QUARANTINE_TABLE] = {**tables[QUARANTINE_TABLE], X_REPLAY: builder.load_id}
            manifest = replace(
                _written(each, builder.path, contract),
                pipeline_name=parts.pipeline_name,
                known_state=home.known_state(),
                state_delta=encode_delta(changes) if last else None,
            )
            undo = undo_of(extract_id, before, changes if last else [], schema_before, each.schema)
            builder.prepare(manifest, each.schema, state if last else None, undo)
    except BaseException:
        for builder in builders:
            builder.abort()
        raise
    # from here on it is a package like others: whoever runs the pipeline next finishes it
    packages = home.workdir.commit(builders, "extracted")
    for each in chosen:
        home.schemas.adopt(each.schema)
    home.save_state(state)
    return packages


def _written(each: _Sorted, folder: str, contract: str | None) -> Manifest:
    """Write the files of a package; return its manifest."""
    spool = SpoolWriter(folder, normalize=each.schema.naming.normalize_path)
    files: dict[str, ReplayedFile] = {}
    groups: dict[tuple[str, str], list[Quarantined]] = {}
    for row in each.replayed:
        groups.setdefault((row.table_name, str(row.load_id)), []).append(row)
    known: set[str] = set()
    for (table, load_id), rows in groups.items():
        _declare(each.schema, table, rows)
        _write(spool, table, rows)
        at = rows[0].quarantined_at
        assert at is not None, "rows that were read have it"
        # a file for each load: what is kept out again stays a row of that load
        for name in spool.cut(table) - known:
            files[name] = ReplayedFile(load_id, at)
            known.add(name)
    if each.kept:
        spool.write_exact(QUARANTINE_TABLE, [row.as_row() for row in each.kept])
    counts = Counter(row.table_name for row in each.replayed)
    metrics = StepMetrics({table: TableMetrics(count) for table, count in counts.items()})
    return Manifest(
        each.schema.name,
        "extracted",
        files=tuple(spool.close()),
        replay=Replay(each.removes, files, contract),
        metrics={"extract": metrics},
    )


def _declare(schema: Schema, table: str, rows: Sequence[Quarantined]) -> None:
    """Make a table known that was new, with the hints of its resource."""
    # what the code says of it now comes before what it said when the items came
    if table in schema.tables:
        return
    origin = json.loads(rows[-1].origin or "{}")
    for declared in origin.get("tables") or [{"name": table, "columns": {}}]:
        # as extract declares it: its columns evolve with the data that makes it
        made = {**declared, X_NORMALIZER: {**(declared.get(X_NORMALIZER) or {}), NEW_TABLE: True}}
        schema.update_table(cast("TableSchema", made))


def _write(spool: SpoolWriter, table: str, rows: Sequence[Quarantined]) -> None:
    batches: list[pa.RecordBatch] = []
    for row in rows:
        arrow = json.loads(row.origin).get("arrow") if row.origin else None
        # one that a model changed has no bytes of Arrow any more
        if arrow is None:
            spool.write_exact(table, [row.value])
            continue
        batch = batch_of(arrow)
        if batches and not batches[0].schema.equals(batch.schema, check_metadata=True):
            spool.write(table, pa.Table.from_batches(batches).combine_chunks(), {"name": table, "columns": {}})
            batches = []
        batches.append(batch)
    if batches:
        spool.write(table, pa.Table.from_batches(batches).combine_chunks(), {"name": table, "columns": {}})


def _counts(rows: Iterable[Quarantined]) -> dict[str, int]:
    return dict(Counter(row.table_name for row in rows))


def _filled(counts: Mapping[str, int]) -> dict[str, int]:
    return {name: count for name, count in counts.items() if count > 0}
