"""The step that extracts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import PurePath
from typing import TYPE_CHECKING

from dlt.extract.committing import commit_extracts
from dlt.extract.refresh import check_refresh
from dlt.extract.settings import ExtractOptions
from dlt.extract.step import extract_sources
from dlt.extract.wrapping import wrap_data
from dlt.info import ExtractInfo
from dlt.late_dataclass import dataclass
from dlt.pipeline.contracts import put_in_force
from dlt.pipeline.live_schemas import schema_for
from dlt.pipeline.packages import package_info
from dlt.pipeline.parts import Parts
from dlt.schema.schema import Schema
from dlt.states.delta import difference
from dlt.states.model import State, bump

if TYPE_CHECKING:
    from dlt.extract.source import DltSource
    from dlt.extract.vocabulary import ColumnNamesHint, ColumnsHint, ContractHint, Refresh, WriteDispositionHint
    from dlt.schema.typing import TableFormat


@dataclass(frozen=True)
class Hints:
    """What a call says of the data that it gives; None where it says nothing."""

    table_name: str | None = None
    parent_table_name: str | None = None
    write_disposition: WriteDispositionHint | None = None
    columns: ColumnsHint | None = None
    primary_key: ColumnNamesHint | None = None
    schema: Schema | None = None
    table_format: TableFormat | None = None
    schema_contract: ContractHint | None = None

    def wrap(self, data: object, parts: Parts) -> list[DltSource]:
        """Return data as sources with these hints.

        Args:
            data: Source, resource, iterator, rows, frame, path or URL of files, or a list of them.
            parts: The pipeline, whose contract counts where these say none.
        """
        data = _read_if_named(data)
        contract = self.schema_contract if self.schema_contract is not None else parts.settings.schema_contract
        return wrap_data(
            data,
            schema=self.schema,
            default_name=parts.home.name_of_first_schema(),
            table_name=self.table_name,
            parent_table_name=self.parent_table_name,
            write_disposition=self.write_disposition,
            columns=self.columns,
            primary_key=self.primary_key,
            table_format=self.table_format,
            schema_contract=contract,
        )


def _read_if_named(data: object) -> object:
    first = data[0] if isinstance(data, (list, tuple)) and data else data
    if not isinstance(first, (str, PurePath)):
        return data
    # imported for texts and paths only: a run of rows needs nothing of files
    from dlt.sources.filesystem.uris import data_of_uris

    return data_of_uris(data)


def extract(
    parts: Parts,
    data: object,
    hints: Hints,
    refresh: Refresh | None,
    workers: int | None = None,
    max_parallel: int | None = None,
) -> ExtractInfo:
    """Extract data into packages, with the state that it leaves; all of it or nothing.

    Args:
        parts: The pipeline.
        data: What to extract.
        hints: What the call says of it.
        refresh: What goes first.
        workers: Threads for parallel work.
        max_parallel: Pieces of parallel work in flight.

    Raises:
        PipelineStepFailed: with the cause chained; nothing was kept.
    """
    home, target = parts.home, parts.target
    if (planner := parts.home.planner) is not None:
        planner(parts, data, hints, refresh, None)
        return ExtractInfo(parts.whose, {}, [], [], [], home.first_run)
    refresh = refresh or parts.settings.refresh
    with parts.tracer.step("extract") as step:
        check_refresh(refresh)
        parts.begin()
        # resources change the state in place; what they changed, a comparison tells
        state, before = deepcopy(home.state), deepcopy(home.state)
        # giving the packages up puts these back
        schemas_before = {name: home.schemas[name].clone() for name in home.workdir.schema_names()}
        sources = hints.wrap(data, parts)
        options = ExtractOptions(
            workers=workers,
            max_parallel_items=max_parallel,
            refresh=refresh,
            collector=parts.collector,
            capabilities=target.capabilities() if target.destination is not None else None,
            keeps_keys=parts.settings.defaults.empty_keys_change_nothing,
            keys_part_tables=parts.settings.defaults.keys_part_tables,
            last_of_equal_names=parts.settings.defaults.last_of_equal_names,
            keeps_contracts=parts.settings.defaults.contracts_stay,
        )
        schemas: dict[str, Schema] = {}
        extracts = extract_sources(
            sources,
            home.workdir,
            lambda source: schema_for(parts, source, state, schemas),
            state,
            options,
            pipeline=parts.whose,
            pipeline_name=parts.pipeline_name,
        )
        _forget_empty(state, before)
        home.keep_local_changes(state, before)
        # the last package carries the state, which lies in the dataset of the default schema
        extracts.sort(key=lambda extract: extract.schema.name == state["default_schema_name"])
        # what was taken back from a package that was given up is to reach the destination too
        changed, unsent = _describe(parts, state, schemas), state["_local"].pop("unsent", False)
        if not parts.settings.state_stays:
            changed = changed or unsent
        elif changed or unsent:
            # the first run that restores again tells the destination
            state["_local"]["unsent"] = True
        # a package of nothing would be a load of nothing, at every run
        for extract in () if parts.keeps_empty else tuple(extracts):
            carries_state = changed and extract is extracts[-1]
            if extract.is_empty and extract.schema.name in schemas_before and not carries_state:
                extract.abort()
                extracts.remove(extract)
        packages = commit_extracts(
            home.workdir,
            extracts,
            state if changed else None,
            before=before,
            changes=difference(before, state),
            schemas_before=schemas_before,
            pipeline_name=parts.pipeline_name,
            known_state=home.known_state(),
        )
        for extract in extracts:
            home.schemas.adopt(extract.schema)
        home.save_state(state)
        # schemas and state come after the commit: until then a kill must leave what was there before
        metrics = {e.builder.load_id: [e.metrics()] for e in extracts}
        named = [{"name": source.name, "data_type": type(source).__name__} for source in sources]
        infos = [package_info(package) for package in packages]
        step.info = info = ExtractInfo(parts.whose, metrics, named, list(metrics), infos, home.first_run)
    return info


def _forget_empty(state: State, before: State) -> None:
    # a source gets its place in the state before it is known whether it keeps anything
    sources = state.get("sources", {})
    for name in [name for name, found in sources.items() if not found and name not in before.get("sources", {})]:
        del sources[name]
    if not sources and "sources" not in before:
        state.pop("sources", None)


@contextmanager
def changed_state(parts: Parts) -> Iterator[State]:
    """Let a block change the state; what it changed is stored, and goes to the destination with the next extract.

    Args:
        parts: The pipeline.
    """
    home = parts.home
    home.refuse_planned("managed_state")
    state, before = deepcopy(home.state), deepcopy(home.state)
    yield state
    home.keep_local_changes(state, before)
    # a state without a package reaches the destination with the next one
    if bump(state):
        state["_local"]["unsent"] = True
    # a pipeline that never ran has no folder yet
    home.workdir.prepare()
    home.save_state(state)


def _describe(parts: Parts, state: State, schemas: dict[str, Schema]) -> bool:
    """Write into a state what it is of; tell whether anything in it is new."""
    state["pipeline_name"] = parts.pipeline_name
    state["schema_names"] = sorted({*state.get("schema_names", []), *schemas})
    parts.target.describe(state)
    return bump(state)


def put_contracts_in_force(parts: Parts, data: object, hints: Hints) -> None:
    """Put the contracts of what is about to be extracted in force for the packages that wait.

    Args:
        parts: The pipeline.
        data: What is about to be extracted.
        hints: What the call says of it.
    """
    with parts.tracer.failing("extract"):
        sources = Hints(table_name=hints.table_name, schema_contract=hints.schema_contract).wrap(data, parts)
        keep = parts.settings.defaults.contracts_stay
        put_in_force(sources, parts.home.schemas, parts.home.name_of_first_schema(), keep)
