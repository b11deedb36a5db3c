"""What stands at the destination before a load, and what of it decides how the load goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace

from dlt.destinations.client import Client, WorkDone
from dlt.destinations.undoing import Step
from dlt.errors import LoadPackageAborted, LoadUndone, StaleExtract
from dlt.late_dataclass import dataclass
from dlt.load.order import LoadOrder
from dlt.load.renaming import check_package, has_doubled, without_dropped
from dlt.load.work import known_work
from dlt.packages.advice import drop_advice
from dlt.schema.chains import loaded_with
from dlt.schema.schema import Schema
from dlt.schema.system_tables import QUARANTINE_TABLE
from dlt.schema.typing import ColumnSchema, TableSchema
from dlt.states.delta import apply
from dlt.states.model import State, decode
from dlt.types import JsonObject


@dataclass(frozen=True)
class Standing:
    """What a destination has, as far as one load needs it.

    Attributes:
        loads: Load ids of the package that are complete there, with the schema of the first one.
        works: What is known of the works of the package, by their keys.
        state: State of the pipeline.
        schema: Newest stored version of the schema; None also where nothing depends on it.
        tables: Columns of the tables of the schema that are there, by table.
        undo: What the undo of loads does to tables, where the package is one.
        loads_there: Number of loads that are there, where the package is an undo.
    """

    loads: Mapping[str, str | None] = field(default_factory=dict)
    works: Mapping[str, WorkDone] = field(default_factory=dict)
    state: State | None = None
    schema: JsonObject | None = None
    tables: Mapping[str, Mapping[str, ColumnSchema]] = field(default_factory=dict)
    undo: tuple[tuple[str, Step], ...] = ()
    loads_there: int = 0


def look(order: LoadOrder, client: Client) -> Standing:
    """Read what stands at a destination, inside of a transaction.

    Args:
        order: What is to be loaded.
        client: Client of its dataset.

    Raises:
        LoadPackageAborted: something else stands there under the load id.
        StaleExtract: another run changed the same state since this package was extracted.
        LoadUndone: it was loaded, and undone since.
        UndoRefused: it undoes loads, and another load came in between.
    """
    package = order.package
    works = {work.key: done for work in package.manifest.works if (done := known_work(work, client)) is not None}
    found = [load_id for load_id in order.load_ids if not package.manifest.works and client.has_load(load_id)]
    for load_id in found:
        if client.is_undone(load_id):
            raise was_undone(order, load_id)
    # one tells it: all parts of a package have its schema
    loads = {load_id: client.loaded_schema(load_id) if load_id == found[0] else None for load_id in found}
    standing = Standing(loads, works)
    # what is there already is asked nothing more: on a warehouse each question is a request
    if settled(order, standing):
        return standing
    whose = order.reads_state_of
    text = client.read_state(whose, order.home) if whose is not None else None
    state = decode(text, whose) if text is not None and whose is not None else None
    standing = Standing(loads, works, state)
    stored = client.read_schema(name=package.schema_name) if joins_schema(order, standing) else None
    schema = schema_to_load(order, Standing(loads, works, state, stored))
    wanted = [table["name"] for table in tables_of(order, schema)]
    tables = _without(client.stored_tables(wanted), order)
    missing = schema.missing_in(tables).tables
    if stored is None and tables and (any(name in missing for name in wanted) or has_doubled(schema, tables)):
        # what others removed, or added under a former name, is told by what earlier loads made
        stored = client.read_schema(name=package.schema_name)
    standing = Standing(loads, works, state, stored, tables)
    return _with_undo(standing, order, client) if package.manifest.undoes else standing


def _with_undo(standing: Standing, order: LoadOrder, client: Client) -> Standing:
    """Return what stands there with what the package undoes."""
    load_ids = order.package.manifest.undoes
    from dlt.load.undo import check_undo
    from dlt.load.undo_facts import look_for_undo

    name = str(order.package.pipeline_name)
    facts = look_for_undo(client, load_ids[-1], order.dataset_name, name, order.home)
    steps = check_undo(facts, load_ids, name, order.dataset_name)
    return replace(standing, undo=steps, loads_there=len(facts.loads) if facts is not None else 0)


def _without(
    tables: Mapping[str, Mapping[str, ColumnSchema]], order: LoadOrder
) -> Mapping[str, Mapping[str, ColumnSchema]]:
    """Return tables without those that the load drops before anything else."""
    refresh = order.package.manifest.refresh
    dropped = refresh.drop_tables if refresh is not None else ()
    return {name: columns for name, columns in tables.items() if name not in dropped}


def was_undone(order: LoadOrder, load_id: str) -> LoadUndone:
    """Return the error for a package whose load was undone since.

    Args:
        order: What is to be loaded.
        load_id: The load.
    """
    name = order.package.pipeline_name
    how = (
        "Clear the extract task with those behind it, so that the run is extracted again."
        if order.task is not None
        else f"Its rows come again with the next run. {drop_advice(name, order.package.load_id)}"
    )
    return LoadUndone(
        f"pipeline {name}: load {load_id} was loaded before and undone since. It is neither loaded again nor taken for "
        f"loaded. {how}",
        load_id=load_id,
    )


def tables_of(order: LoadOrder, schema: Schema) -> list[TableSchema]:
    """Return the tables that a load fills or may have to change: those of users, and the quarantine where it is filled.

    Args:
        order: What is to be loaded.
        schema: The schema.
    """
    # a load of good rows only must not ask for it, nor make it
    filled = any(file.table == QUARANTINE_TABLE for file in order.package.files)
    return [*schema.data_tables(), *([schema.get_table(QUARANTINE_TABLE)] if filled else [])]


# -- what it decides


def settled(order: LoadOrder, standing: Standing) -> tuple[WorkDone, ...]:
    """Return what the destination has of a package, nothing if it is to be loaded.

    Args:
        order: What is to be loaded.
        standing: What stands there.

    Raises:
        LoadPackageAborted: it has a part, or something else under the load id.
        LoadUndone: it was loaded, and undone since.
    """
    package, works = order.package, order.package.manifest.works
    if not works:
        found = [WorkDone(0, 0, load_id) for load_id in standing.loads]
    else:
        known = [(work, standing.works.get(work.key)) for work in works]
        found = [done for work, done in known if done is not None and done.revision >= work.revision]
        for work, done in known:
            # what was extracted after the undo is new work; the package that was undone is not
            if done is not None and done.is_undone and done.load_id == work.load_id:
                raise was_undone(order, done.load_id)
        found = [done for done in found if not done.is_undone]
    if found and len(found) < len(order.load_ids):
        raise LoadPackageAborted(
            f"package {package.load_id}: {', '.join(done.load_id for done in found)} of its parts were loaded before "
            "and the others were not. Nothing of it was loaded now. Load the others without them.",
            load_id=package.load_id,
        )
    if not works and found and (name := standing.loads[found[0].load_id]) not in (None, package.schema_name):
        # two clocks, or one that was set back, can give one id twice
        raise LoadPackageAborted(
            f"package {package.load_id} of schema {package.schema_name}: the destination has a load of this id, "
            f"of schema {name}: it is another one. Nothing of this package was loaded. "
            f"{drop_advice(package.pipeline_name, package.load_id)}",
            load_id=package.load_id,
        )
    return tuple(found)


def joins_state(order: LoadOrder, standing: Standing) -> bool:
    """Tell whether a run writes its state beside what another run of the pipeline left there meanwhile."""
    if order.run is None or not order.compares or standing.state is None:
        return False
    undo = order.package.undo
    before = undo.version_hash if undo is not None else None
    return standing.state.get("_version_hash") not in {*order.run.known_states, before}


def joins_schema(order: LoadOrder, standing: Standing) -> bool:
    """Tell whether the schema is joined with the one that stands there."""
    return order.task is not None or joins_state(order, standing)


def state_to_write(order: LoadOrder, standing: Standing) -> State | None:
    """Return the state that the load leaves, None if it leaves none.

    Raises:
        StaleExtract: another run changed the same state since this package was extracted.
    """
    if order.state_stays:
        return None
    package, delta = order.package, order.package.state_delta
    current = dict(standing.state) if standing.state is not None else None
    if order.task is not None:
        if delta is None:
            return None
        return apply(current, delta, order.task.pipeline_name, _is_repeatable(order))
    if order.run is None or not joins_state(order, standing):
        return package.state
    name = order.run.pipeline_name
    try:
        return apply(current, delta or (), name, False)
    except StaleExtract as error:
        raise StaleExtract(
            f"pipeline {name}, package {package.load_id}: another run of this pipeline, from another "
            "folder, loaded since this package was extracted and went on from the same state. To load this one as well "
            f"would repeat its rows; nothing of it was loaded. {drop_advice(name, package.load_id)}",
            pipeline_name=name,
            load_id=package.load_id,
        ) from error


def _is_repeatable(order: LoadOrder) -> bool:
    schema = order.package.schema
    roots = {loaded_with(schema.tables, file.table) for file in order.package.files}
    # rows that are appended would be there twice, where merge and replace end alike
    return all(schema.get_table(root).get("write_disposition") in ("merge", "replace") for root in roots)


def schema_to_load(order: LoadOrder, standing: Standing) -> Schema:
    """Return the schema of a package, with what other runs added to the one there where that counts."""
    schema = order.package.schema
    if standing.schema is None or not joins_schema(order, standing):
        return schema
    there = Schema.from_dict(dict(standing.schema))
    # a version that this one came from has nothing that this one lacks
    known = {schema.version_hash, schema.stored_version_hash, *schema.previous_hashes}
    if there.version_hash in known or there.stored_version_hash in known:
        return schema
    refresh = order.package.manifest.refresh
    without_dropped(there, refresh.drop_tables if refresh is not None else ())
    check_package(schema, there, order.package.load_id)
    joined = there.clone()
    joined.update_schema(schema)
    # it is neither the version there nor that of the package
    joined.bump()
    return joined
