"""Extract, normalize and load as tasks: each takes JSON, leaves JSON, and may run again on another machine."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Union

from dlt import context as run_context
from dlt import user_log
from dlt.destinations.client import WorkDone
from dlt.errors import HandoffMissing, SpecInvalid
from dlt.extract.resource import DltResource
from dlt.extract.source import DltSource
from dlt.load.work import OWN_STATE, REPEATS, roots_to_empty
from dlt.packages.manifest import StepMetrics
from dlt.packages.package import MANIFEST, LoadPackage
from dlt.schema.system_tables import QUARANTINE_TABLE
from dlt.states.delta import Change, difference, encode_delta, fingerprints, stale_changes
from dlt.states.model import State
from dlt.tasks.again import (
    check_parts,
    known_packages,
    loaded_before,
    refuse_undone,
    undone_packages,
    what_repeats,
    work_of,
)
from dlt.tasks.bench import bench, discreet
from dlt.tasks.combine import combine, made_as
from dlt.tasks.folder import RunFolder, link_package
from dlt.tasks.given import need_stage, one_run, own_context, token_of, whole_spec
from dlt.tasks.report import LoadReport, known_report, report_of
from dlt.tasks.spec import Spec, StepContext
from dlt.tasks.task_run import TaskRun, open_pipeline, open_source
from dlt.tasks.token import PackageRef, Token


def extract_step(spec: Spec | Mapping[str, object], context: StepContext) -> Token:
    """Extract what a spec names, from the state that the destination has; return where the packages are.

    A try that comes after a committed one returns what that one left, unless it is out of date: another run loaded
    in between and changed the same state, or someone asked for the work to be done again.

    Args:
        spec: The spec, or its JSON.
        context: The run and the try.

    Raises:
        SpecInvalid: the spec cannot be imported, or makes something else; or the run has no id.
        PipelineStepFailed: the extract failed; the cause is chained, and nothing was kept.
    """
    spec = spec if isinstance(spec, Spec) else Spec.from_dict(spec)
    if not context.run_id:
        raise SpecInvalid(
            "extract_step: the id of the run is empty, so it would be that of every run, and all but the first would "
            "be taken for done. Pass one that is the same in all steps and tries of a run, such as its date."
        )
    with bench(spec, context, "extract") as (run, folder):
        known = folder.find("extracted")
        # the folder of a try is empty: what the pipeline knows is what the destination has now
        run.pipeline.sync_destination()
        loaded = loaded_before(run, context)
        if known is not None and _still_counts(run, known[1], context, loaded):
            user_log.info(f"{run.pipeline_name}: extract of run {context.run_id} was done before and is used again")
            return known[1]
        # of several schemas only the first one's load was asked for, and the others may not be there yet
        if (
            loaded is not None
            and loaded.revision >= context.revision
            and len(run.pipeline.state["schema_names"] or ()) < 2
        ):
            user_log.info(
                f"{run.pipeline_name}: run {context.run_id} was loaded before, as {loaded.load_id}: nothing is "
                "extracted. Ask for it once more to load it again (clear the task; dlt step extract --revision)."
            )
            return token_of(
                spec, context, run, [PackageRef(loaded.load_id, run.pipeline.default_schema_name or "", "")]
            )
        if loaded is not None:
            told = f"run {context.run_id} was loaded before, as {loaded.load_id}, and is loaded again"
            user_log.info(f"{run.pipeline_name}: {told}")
            run.keep_empty()
        base = deepcopy(run.pipeline.state)
        packages, delta = _extract(spec, context, run, base, again=loaded is not None)
        # packages first, the record last: a kill between them leaves files that no record names, and no try uses
        references = [folder.keep(package, _extracted_rows(package)) for package in packages]
        changes = tuple((p, b, a) for p, b, a in fingerprints(delta)) if references else ()
        token = token_of(spec, context, run, references, changes, int(base.get("_state_version") or 0))
        return folder.record(token, known[0] + 1 if known is not None else 1)


def normalize_step(
    token: Token | Mapping[str, object],
    context: StepContext | None = None,
    spec: Spec | Mapping[str, object] | None = None,
) -> Token:
    """Normalize the packages of a token; return where the result is.

    Args:
        token: What `extract_step` returned.
        context: The try; the run is the token's.
        spec: The spec of the run, where it holds secrets that its later steps need: those are in no token.

    Raises:
        HandoffMissing: a package is neither on this worker nor at the hand-off.
        HandoffCorrupt: a package at the hand-off is damaged.
        PipelineStepFailed: normalize failed; the cause is chained.
    """
    token = token if isinstance(token, Token) else Token.from_dict(token)
    need_stage(token, "extracted", "normalize_step")
    own, whole = own_context(token, context), whole_spec(token, spec)
    with bench(whole, own, "normalize", [token.traceparent]) as (run, folder):
        # a record that was made of other packages is of an extract that came before this one
        sources = tuple(reference.nonce for reference in token.packages)
        known = folder.find("normalized")
        if known is not None and known[1].made_from == sources:
            user_log.info(f"{run.pipeline_name}: normalize of run {token.run_id} was done before and is used again")
            return known[1]
        # the folder of a try is empty, and the first schema is the one that holds the state
        run.begin_with(token.default_schema_name)
        try:
            # from this worker if it has them, else from the hand-off
            packages = [folder.fetch(reference, "extracted") for reference in token.packages]
        except HandoffMissing:
            if not all(_all_known(run, [token])):
                refuse_undone(run, [token])
                raise
            # the run was cleaned up after it was loaded
            told = f"run {token.run_id} was loaded before, so there is nothing to normalize"
            user_log.info(f"{run.pipeline_name}: {told}")
            return replace(token, stage="normalized", made_from=sources, attempt=own.attempt)
        for package, reference in zip(packages, token.packages, strict=True):
            _put(package, run, reference)
        run.pipeline.normalize(loader_file_format=token.spec.run_args.get("loader_file_format"))
        done = {package.load_id: package for package in run.pipeline.workdir.packages("normalized")}
        references = tuple(folder.keep(done[r.load_id], _loaded_rows(done[r.load_id])) for r in token.packages)
        made = replace(token, stage="normalized", packages=references, made_from=sources, attempt=own.attempt)
        return folder.record(made, known[0] + 1 if known is not None else 1)


def load_step(
    tokens: Token | Mapping[str, object] | Sequence[Token | Mapping[str, object]],
    context: StepContext | None = None,
    spec: Spec | Mapping[str, object] | None = None,
) -> LoadReport:
    """Load the packages of one token, or of all parts of a fan-out, in one transaction for each schema.

    A load that the destination has already is not repeated. Where an earlier load of the same run was asked to be done
    once more, what it appended is deleted in the transaction of this one.

    Args:
        tokens: What `normalize_step` returned, of all parts of one run.
        context: The try; the run is the tokens'.
        spec: As for `normalize_step`.

    Raises:
        Superseded: a later try of the same task took over.
        StaleExtract: another run changed the same state since the extract.
        ReloadUndecided: nobody can tell what is to become of the rows of the earlier load.
        HandoffMissing: a package is neither on this worker nor at the hand-off.
        PipelineStepFailed: the load failed; the cause is chained, and nothing of it is visible.
    """
    given = [tokens] if isinstance(tokens, (Token, Mapping)) else list(tokens)
    parts = [token if isinstance(token, Token) else Token.from_dict(token) for token in given]
    first = one_run(parts)
    own, whole = (
        replace(own_context(first, context), chunk="" if len(parts) > 1 else first.chunk),
        whole_spec(first, spec),
    )
    with bench(whole, own, "load", [part.traceparent for part in parts]) as (run, folder):
        run.begin_with(first.default_schema_name)
        wanted: dict[str, list[tuple[Token, PackageRef]]] = {}
        for token in parts:
            for reference in token.packages:
                wanted.setdefault(reference.schema_name, []).append((token, reference))
        chosen = []
        try:
            for found in wanted.values():
                fresh, done = _split(run, found)
                packages = [_folder_of(t, whole, folder).fetch(reference, "normalized") for t, reference in fresh]
                # before anything is linked: an error here leaves all parts as they are
                check_parts(packages, [reference for _, reference in done])
                _put_all(packages, run)
                chosen += fresh
        except HandoffMissing:
            known = _all_known(run, parts)
            if not all(known):
                refuse_undone(run, parts)
                raise
            # the run was cleaned up after it was loaded
            return known_report(run, parts, [done for done in known if done is not None], own.revision)
        info = run.pipeline.load(raise_on_failed_jobs=True)
        return report_of(run, info, parts, chosen)


commit_step = load_step
"""Another name of `load_step`, for the step that ends a fan-out."""


Work = Union[Token, Spec, Mapping[str, object]]
"""What tells a run: a token of it, or its spec, as they are or as JSON."""


def cleanup_step(
    work: Work | Sequence[Work], context: StepContext | None = None, spec: Spec | Mapping[str, object] | None = None
) -> None:
    """Delete what a run left on this worker and at the hand-off.

    Args:
        work: A token, tokens, or a spec; with a spec the context says which run.
        context: The run.
        spec: As for `normalize_step`.
    """
    items: Sequence[object] = work if isinstance(work, (list, tuple)) else [work]
    for item in items:
        if isinstance(item, Mapping):
            item = Token.from_dict(item) if "packages" in item else Spec.from_dict(item)
        if isinstance(item, Token):
            whole = whole_spec(item, spec)
            with discreet(whole):
                RunFolder(whole, item.pipeline_name, item.run_id).forget_run()
        elif isinstance(item, Spec) and context is not None:
            with discreet(item):
                RunFolder(item, open_pipeline(item).pipeline_name, context.run_id).forget_run()
        else:
            what = "a spec, and without a context it names no run" if isinstance(item, Spec) else "no token"
            raise SpecInvalid(f"cleanup_step: this is {what} ({type(item).__name__}).")


def resource_names(spec: Spec | Mapping[str, object]) -> list[str]:
    """Return the names of the resources that a spec would load, for a fan-out; the user's source is imported.

    Raises:
        SpecInvalid: the spec cannot be imported, or makes something without resources.
    """
    spec = spec if isinstance(spec, Spec) else Spec.from_dict(spec)
    # the selection of a part is made of the names that the whole spec selects
    with discreet(spec):
        data = open_source(spec)
    if isinstance(data, DltSource):
        return list(data.selected_resources)
    if isinstance(data, DltResource):
        return [data.name]
    raise SpecInvalid(f"spec: {spec.source} returned {type(data).__name__}, which has no resources to fan out over.")


# -- inside


def _extract(
    spec: Spec, context: StepContext, run: TaskRun, base: State, again: bool
) -> tuple[list[LoadPackage], list[Change]]:
    """Extract; return the packages, which say whose work they are, and what changed in the state."""
    arguments = {key: value for key, value in spec.run_args.items() if key != "loader_file_format"}
    window = (context.window.start, context.window.end) if context.window is not None else None
    with run_context.use(window=window, in_task=True):
        data = open_source(spec)
        run.pipeline.extract(data, **arguments)
    return signed(run, context, data, base, spec.reprocess, again)


def signed(
    run: TaskRun,
    context: StepContext,
    data: object,
    base: State,
    reprocess: str,
    again: bool,
    own_state: str = OWN_STATE,
) -> tuple[list[LoadPackage], list[Change]]:
    """Let the packages of an extract say whose work they are; return them, and what changed in the state.

    Args:
        run: The step that extracted.
        context: The run and the try.
        data: What was extracted.
        base: State that the extract started from.
        reprocess: What becomes of rows that an earlier load of the run appended.
        again: The run was loaded before.
        own_state: What is taken of a resource that keeps a state of its own.
    """
    delta = difference(base, run.pipeline.state)
    kinds = what_repeats(data, base, context.window)
    resources = {name: own_state if kind == OWN_STATE else kind for name, kind in kinds.items()}
    packages = []
    for package in run.pipeline.workdir.packages("extracted"):
        name = package.schema_name
        # bare rows have no cursor: the factory gives all of them again
        gives = resources or dict.fromkeys(_resource_names(package), REPEATS)
        work = work_of(run.pipeline_name, context, name, package.load_id, gives, reprocess)
        if again:
            # what nobody can decide fails before anything is kept
            roots_to_empty(package.schema, work)
        manifest = replace(package.manifest, works=(work,))
        if package.state is not None:
            manifest = replace(manifest, state_delta=encode_delta(delta))
        packages.append(run.pipeline.workdir.record(package, manifest))
    return packages, delta


def _resource_names(package: LoadPackage) -> list[str]:
    return [str(table.get("resource") or table["name"]) for table in package.schema.tables.values()]


def _still_counts(run: TaskRun, token: Token, context: StepContext, loaded: WorkDone | None) -> bool:
    if token.revision < context.revision:
        # someone asked for the work to be done again
        return False
    if loaded is not None and loaded.revision >= token.revision:
        return True
    # what was loaded once is there again only by a new extract
    if undone_packages(run, token):
        return False
    # its rows go on from a state that is no longer there
    return not stale_changes(run.pipeline.state, token.changes)


def _all_known(run: TaskRun, tokens: Sequence[Token]) -> list[WorkDone | None]:
    by_schema: dict[str, list[tuple[Token, PackageRef]]] = {}
    for token in tokens:
        for reference in token.packages:
            by_schema.setdefault(reference.schema_name, []).append((token, reference))
    return [done for found in by_schema.values() for done in known_packages(run, found)]


def _split(
    run: TaskRun, found: list[tuple[Token, PackageRef]]
) -> tuple[list[tuple[Token, PackageRef]], list[tuple[Token, PackageRef]]]:
    """Return the parts to load, and those that stay as they were loaded while a newer wish is for others."""
    if len(found) < 2:
        return found, []
    known = known_packages(run, found)
    fresh = [pair for pair, done in zip(found, known, strict=True) if done is None]
    done = [pair for pair, done in zip(found, known, strict=True) if done is not None]
    newest = max((token.revision for token, _ in done), default=0)
    if not fresh or not done or any(token.revision <= newest for token, _ in fresh):
        return found, []
    names = [", ".join(token.chunk for token, _ in pairs) for pairs in (fresh, done)]
    user_log.info(f"{run.pipeline_name}: {names[0]} is loaded again; {names[1]} stays as it was loaded before")
    return fresh, done


def _folder_of(token: Token, spec: Spec, own: RunFolder) -> RunFolder:
    if token.chunk == own.chunk:
        return own
    return RunFolder(spec, token.pipeline_name, token.run_id, token.chunk)


def _put(package: LoadPackage, run: TaskRun, reference: PackageRef) -> None:
    target = os.path.join(run.pipeline.working_dir, package.stage, reference.load_id)
    os.makedirs(target)
    link_package(package, target)


def _put_all(packages: Sequence[LoadPackage], run: TaskRun) -> None:
    # folders are named by load id and nonce here, and by load id in a pipeline
    target = os.path.join(run.pipeline.working_dir, "normalized", made_as(packages[0]))
    os.makedirs(target)
    if len(packages) == 1:
        link_package(packages[0], target)
    else:
        combine(packages, target)
    assert os.path.exists(os.path.join(target, MANIFEST))


def _extracted_rows(package: LoadPackage) -> dict[str, int]:
    return package.manifest.metrics.get("extract", StepMetrics()).rows


def _loaded_rows(package: LoadPackage) -> dict[str, int]:
    rows: dict[str, int] = {}
    for file in package.files:
        # items in quarantine are no rows of a table, and are counted apart
        if file.table != QUARANTINE_TABLE:
            rows[file.table] = rows.get(file.table, 0) + file.rows
    return rows
