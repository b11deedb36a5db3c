"""Extract, normalize and load as tasks: each takes JSON, leaves JSON, and may run again on another machine."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any

from dlt import context as run_context
from dlt.errors import (
    CreatePipeException,
    DltSourceException,
    HandoffMissing,
    InvalidDestinationReference,
    InvalidPipelineName,
    InvalidStepFunctionArguments,
    MissingDependencyException,
    NormalizersException,
    PipelineConfigMissing,
    PipeNotBoundToData,
    SchemaException,
    SpecInvalid,
    SystemConfigurationException,
    TerminalException,
    TransientException,
    UnknownDestinationModule,
    WriteDispositionNotSupported,
    causes,
)
from dlt.info import LoadInfo, json_safe
from dlt.orchestrate.combine import combine
from dlt.orchestrate.folder import RunFolder, link_package, load_id
from dlt.orchestrate.spec import Spec, StepContext, Window
from dlt.orchestrate.task_pipeline import TaskPipeline, open_pipeline, open_source
from dlt.orchestrate.token import PackageRef, Token
from dlt.redact import redact
from dlt.user_log import line
from dlt.workdir.package import MANIFEST, LoadPackage
from dlt.workdir.state_delta import difference, encode_delta, fingerprints, stale_changes


@dataclass(frozen=True)
class LoadReport:
    """What a load left; all of it JSON.

    Attributes:
        pipeline_name: Name of the pipeline.
        destination: Name of the destination.
        location: Where it is, without secrets.
        dataset_name: Dataset of the first schema.
        load_ids: Load ids, one for each schema.
        rows: Rows by table.
        tables: Types of columns by table, of the tables that were loaded.
        datasets: Dataset by table.
        schema_update: Columns that were added, by table.
        schema_hash: Version hash of the schema, by schema.
        skipped: The destination had all of it already.
        text: The LoadInfo as text.
        info: The LoadInfo as a dict.
    """

    pipeline_name: str
    destination: str
    location: str
    dataset_name: str
    load_ids: list[str] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)
    tables: dict[str, dict[str, str]] = field(default_factory=dict)
    datasets: dict[str, str] = field(default_factory=dict)
    schema_update: dict[str, dict[str, str]] = field(default_factory=dict)
    schema_hash: dict[str, str] = field(default_factory=dict)
    skipped: bool = False
    text: str = ""
    info: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return JSON values."""
        return dict(self.__dict__)


def extract_step(spec: Spec | Mapping[str, Any], context: StepContext) -> Token:
    """Extract what a spec names, from the state that the destination has; return where the packages are.

    A try that comes after a committed one returns what that one left, unless it is out of date: another run loaded
    in between and changed the same state, or someone asked for the work to be done again.

    Args:
        spec: The spec, or its JSON.
        context: The run and the try.

    Raises:
        SpecInvalid: the spec cannot be imported, or makes something else.
        PipelineStepFailed: the extract failed; the cause is chained, and nothing was kept.
    """
    spec = spec if isinstance(spec, Spec) else Spec.from_dict(spec)
    with _bench(spec, context) as (pipeline, folder):
        known = folder.find("extracted")
        pipeline.sync_destination()
        if known is not None and _still_counts(pipeline, known[1], context):
            line(f"{pipeline.pipeline_name}: extract of run {context.run_id} was done before and is used again")
            return known[1]
        base = deepcopy(pipeline.state)
        arguments = {key: value for key, value in spec.run_args.items() if key != "loader_file_format"}
        window = (context.window.start, context.window.end) if context.window is not None else None
        with run_context.use(window=window):
            pipeline.extract(open_source(spec), **arguments)
        delta = difference(base, pipeline.state)
        references = []
        for package in pipeline.workdir.packages("extracted"):
            if package.state is not None:
                package = pipeline.workdir.record(package, state_delta=encode_delta(delta))
            references.append(folder.keep(package, _extracted_rows(package)))
        token = Token(
            spec,
            pipeline.pipeline_name,
            context.run_id,
            context.chunk,
            "extracted",
            tuple(references),
            state_version=int(base.get("_state_version") or 0),
            attempt=context.attempt,
            default_schema_name=pipeline.default_schema_name,
            window=tuple(context.window.to_list()) if context.window is not None else None,
            changes=tuple((p, b, a) for p, b, a in fingerprints(delta)) if references else (),
            generation=context.generation,
        )
        return folder.record(token, known[0] + 1 if known is not None else 1)


def normalize_step(token: Token | Mapping[str, Any], context: StepContext | None = None) -> Token:
    """Normalize the packages of a token; return where the result is.

    Args:
        token: What `extract_step` returned.
        context: The try; the run is the token's.

    Raises:
        HandoffMissing: a package is neither on this worker nor at the hand-off.
        HandoffCorrupt: a package at the hand-off is damaged.
        PipelineStepFailed: normalize failed; the cause is chained.
    """
    token = token if isinstance(token, Token) else Token.from_dict(token)
    _need_stage(token, "extracted", "normalize_step")
    own = _of(token, context)
    with _bench(token.spec, own) as (pipeline, folder):
        sources = tuple(reference.nonce for reference in token.packages)
        known = folder.find("normalized")
        if known is not None and known[1].made_from == sources:
            line(f"{pipeline.pipeline_name}: normalize of run {token.run_id} was done before and is used again")
            return known[1]
        pipeline.begin_with(token.default_schema_name)
        for reference in token.packages:
            _put(folder.fetch(reference, "extracted"), pipeline, reference)
        pipeline.normalize(loader_file_format=token.spec.run_args.get("loader_file_format"))
        done = {package.load_id: package for package in pipeline.workdir.packages("normalized")}
        references = tuple(folder.keep(done[r.load_id], _loaded_rows(done[r.load_id])) for r in token.packages)
        made = replace(token, stage="normalized", packages=references, made_from=sources, attempt=own.attempt)
        return folder.record(made, known[0] + 1 if known is not None else 1)


def load_step(
    tokens: Token | Mapping[str, Any] | Sequence[Token | Mapping[str, Any]], context: StepContext | None = None
) -> LoadReport:
    """Load the packages of one token, or of all parts of a fan-out, in one transaction for each schema.

    A load that the destination has already is not repeated.

    Args:
        tokens: What `normalize_step` returned, of all parts of one run.
        context: The try; the run is the tokens'.

    Raises:
        Superseded: a later try of the same task took over.
        StaleExtract: another run changed the same state since the extract.
        HandoffMissing: a package is neither on this worker nor at the hand-off.
        PipelineStepFailed: the load failed; the cause is chained, and nothing of it is visible.
    """
    given = [tokens] if isinstance(tokens, (Token, Mapping)) else list(tokens)
    parts = [token if isinstance(token, Token) else Token.from_dict(token) for token in given]
    first = _one_run(parts)
    own = replace(_of(first, context), chunk="" if len(parts) > 1 else first.chunk)
    with _bench(first.spec, own) as (pipeline, folder):
        pipeline.begin_with(first.default_schema_name)
        wanted: dict[str, list[tuple[Token, PackageRef]]] = {}
        for token in parts:
            for reference in token.packages:
                wanted.setdefault(reference.schema_name, []).append((token, reference))
        try:
            for schema_name, found in wanted.items():
                packages = [_folder_of(t, folder).fetch(reference, "normalized") for t, reference in found]
                _put_all(load_id(first.pipeline_name, own, schema_name), packages, pipeline)
        except HandoffMissing:
            if not all(pipeline.has_load(r.load_id, r.schema_name) for token in parts for r in token.packages):
                raise
            # the run was cleaned up after it was loaded
            return _known_report(pipeline, parts)
        info = pipeline.load(raise_on_failed_jobs=True)
        skipped = bool(wanted) and all(result.skipped for result in pipeline.results)
        return _report(pipeline, info, parts, skipped)


commit_step = load_step
"""Another name of `load_step`, for the step that ends a fan-out."""


def cleanup_step(work: Any, context: StepContext | None = None) -> None:
    """Delete what a run left on this worker and at the hand-off.

    Args:
        work: A token, tokens, or a spec; with a spec the context says which run.
        context: The run.
    """
    items = list(work) if isinstance(work, (list, tuple)) else [work]
    for item in items:
        if isinstance(item, Mapping):
            item = Token.from_dict(item) if "packages" in item else Spec.from_dict(item)
        if isinstance(item, Token):
            RunFolder(item.spec, item.pipeline_name, item.run_id).forget_run()
        elif isinstance(item, Spec) and context is not None:
            RunFolder(item, open_pipeline(item).pipeline_name, context.run_id).forget_run()
        else:
            raise SpecInvalid(f"cleanup_step: {item!r} is no token, and without a context a spec names no run.")


def resource_names(spec: Spec | Mapping[str, Any]) -> list[str]:
    """Return the names of the resources that a spec would load, for a fan-out; the user's source is imported.

    Raises:
        SpecInvalid: the spec cannot be imported, or makes something without resources.
    """
    spec = spec if isinstance(spec, Spec) else Spec.from_dict(spec)
    data = open_source(spec)
    if hasattr(data, "selected_resources"):
        return list(data.selected_resources)
    if getattr(data, "name", None):
        return [str(data.name)]
    raise SpecInvalid(f"spec: {spec.source} returned {type(data).__name__}, which has no resources to fan out over.")


def is_terminal(error: BaseException | None) -> bool:
    """Tell whether another try of a step cannot help.

    Args:
        error: What a step raised; its causes count as well.
    """
    terminal = False
    for cause in causes(error):
        if isinstance(cause, (TransientException, ConnectionError, TimeoutError)):
            return False
        terminal = terminal or isinstance(cause, _TERMINAL)
    return terminal


# -- inside

_TERMINAL = (
    TerminalException,
    # what a program, a schema or a configuration says, it says to every try
    CreatePipeException,
    DltSourceException,
    InvalidDestinationReference,
    InvalidPipelineName,
    InvalidStepFunctionArguments,
    MissingDependencyException,
    NormalizersException,
    PipelineConfigMissing,
    PipeNotBoundToData,
    SchemaException,
    SystemConfigurationException,
    UnknownDestinationModule,
    WriteDispositionNotSupported,
    ImportError,
    SyntaxError,
    TypeError,
    AttributeError,
    NameError,
    LookupError,
)


@contextmanager
def _bench(spec: Spec, context: StepContext) -> Iterator[tuple[TaskPipeline, RunFolder]]:
    """Make the pipeline of a spec, in a folder for one try."""
    before = run_context.active_pipeline()
    made = open_pipeline(spec)
    folder = RunFolder(spec, made.pipeline_name, context.run_id, context.chunk)
    with folder.scratch() as scratch:
        pipeline = TaskPipeline(made, scratch, context)
        try:
            yield pipeline, folder
        finally:
            run_context.activate(before)


def _still_counts(pipeline: TaskPipeline, token: Token, context: StepContext) -> bool:
    if token.packages and all(pipeline.has_load(p.load_id, p.schema_name) for p in token.packages):
        return True
    if token.generation != context.generation:
        return False
    return not stale_changes(pipeline.state, token.changes)


def _of(token: Token, context: StepContext | None) -> StepContext:
    window = Window.from_list(token.window) if token.window else None
    if context is None:
        return StepContext(token.run_id, token.chunk, window=window)
    return replace(context, run_id=token.run_id, chunk=token.chunk, window=window)


def _need_stage(token: Token, stage: str, step: str) -> None:
    if token.stage != stage:
        raise SpecInvalid(
            f"{step}: the token of run {token.run_id} is {token.stage}, not {stage}. Pass what the step before it left."
        )


def _one_run(tokens: Sequence[Token]) -> Token:
    if not tokens:
        raise SpecInvalid("load_step: there are no tokens. Pass what normalize_step returned.")
    for token in tokens:
        _need_stage(token, "normalized", "load_step")
    runs = {(token.pipeline_name, token.run_id) for token in tokens}
    if len(runs) > 1:
        raise SpecInvalid(f"load_step: the tokens are of different runs: {sorted(runs)}. Load each run by itself.")
    chunks = [token.chunk for token in tokens]
    if len(set(chunks)) < len(chunks):
        raise SpecInvalid(f"load_step: two tokens are of the same part ({sorted(chunks)}). Pass each part once.")
    return tokens[0]


def _folder_of(token: Token, own: RunFolder) -> RunFolder:
    if token.chunk == own.chunk:
        return own
    return RunFolder(token.spec, token.pipeline_name, token.run_id, token.chunk)


def _put(package: LoadPackage, pipeline: TaskPipeline, reference: PackageRef) -> None:
    target = os.path.join(pipeline.working_dir, package.stage, reference.load_id)
    os.makedirs(target)
    link_package(package, target)


def _put_all(whole: str, packages: Sequence[LoadPackage], pipeline: TaskPipeline) -> None:
    alone = len(packages) == 1
    # folders are named by load id and nonce here, and by load id in a pipeline
    name = str(packages[0].info["load_id"]) if alone else whole
    target = os.path.join(pipeline.working_dir, "normalized", name)
    os.makedirs(target)
    if alone:
        link_package(packages[0], target)
    else:
        combine(packages, whole, target)
    assert os.path.exists(os.path.join(target, MANIFEST))


def _extracted_rows(package: LoadPackage) -> dict[str, int]:
    tables = ((package.info.get("metrics") or {}).get("extract") or {}).get("table_metrics") or {}
    return {table: int(values["items_count"]) for table, values in tables.items()}


def _loaded_rows(package: LoadPackage) -> dict[str, int]:
    rows: dict[str, int] = {}
    for file in package.files:
        rows[file["table"]] = rows.get(file["table"], 0) + int(file["rows"])
    return rows


def _report(pipeline: TaskPipeline, info: LoadInfo, tokens: Sequence[Token], skipped: bool) -> LoadReport:
    report = _known_report(pipeline, tokens)
    tables, datasets, update, hashes = {}, {}, {}, {}
    for package in info.load_packages:
        hashes[package.schema_name] = package.schema_hash
        dataset = str(package.dataset_name or pipeline.dataset_for(package.schema_name))
        for table in package.schema.data_tables():
            if table["name"] in report.rows:
                tables[table["name"]] = {
                    n: str(c["data_type"]) for n, c in table["columns"].items() if "data_type" in c
                }
                datasets[table["name"]] = dataset
        for name, table in package.schema_update.items():
            update[name] = {n: str(c.get("data_type")) for n, c in (table.get("columns") or {}).items()}
    return replace(
        report,
        location=str(info.destination_displayable_credentials),
        tables=tables,
        datasets=datasets,
        schema_update=update,
        schema_hash=hashes,
        skipped=skipped,
        text=str(info),
        info=json_safe(info.asdict()),
    )


def _known_report(pipeline: TaskPipeline, tokens: Sequence[Token]) -> LoadReport:
    rows: dict[str, int] = {}
    for token in tokens:
        for table, count in token.rows.items():
            rows[table] = rows.get(table, 0) + count
    load_ids = list(dict.fromkeys(reference.load_id for token in tokens for reference in token.packages))
    return LoadReport(
        pipeline.pipeline_name,
        pipeline.destination.destination_name,
        redact(pipeline.destination.displayable_credentials()),
        pipeline.dataset_for(pipeline.default_schema_name),
        load_ids=load_ids,
        rows=rows,
        datasets=dict.fromkeys(rows, pipeline.dataset_for(pipeline.default_schema_name)),
        skipped=True,
        text=f"{pipeline.pipeline_name}: {', '.join(load_ids) or 'nothing'} was loaded before",
    )
