"""The pipeline object: one working folder, one destination, three steps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from dlt import context
from dlt.clock import utc_now
from dlt.configuration import section_context
from dlt.errors import PipelineStepFailed, StaleExtract
from dlt.extract.refresh import check_refresh
from dlt.extract.source import Source
from dlt.extract.step import ExtractOptions, commit_extracts, extract_sources
from dlt.extract.wrapping import wrap_data
from dlt.info import ExtractInfo, LoadInfo, NormalizeInfo
from dlt.load.step import load_package
from dlt.normalize.step import normalize_package
from dlt.packages.undo import changed_tables, with_more_tables
from dlt.pipeline import excepthook, retry, signals
from dlt.pipeline.contracts import put_in_force
from dlt.pipeline.life import Life
from dlt.pipeline.packages import failed_message, load_metrics, mark_seen, normalize_metrics, package_info
from dlt.pipeline.refusal import refuse, tell_waiting
from dlt.pipeline.tracing import Step
from dlt.redact import redact
from dlt.schema.schema import Schema
from dlt.states.delta import difference
from dlt.states.model import bump
from dlt.user_log import alarm, line, tell_without_effect, use

if TYPE_CHECKING:
    from dlt.destinations.base import DestinationRef
    from dlt.extract.vocabulary import (
        ColumnNamesHint,
        ColumnsHint,
        ContractHint,
        FileFormat,
        Refresh,
        WriteDispositionHint,
    )
    from dlt.schema.typing import TableFormat

KEPT_LOADED_PACKAGES = 100


class Pipeline(Life):
    """Move data: `run`, or `extract`, `normalize` and `load` one by one.

    Args:
        settings: Names, folders and options.
    """

    _extracted_now: Sequence[str] = ()
    """Load ids of what the run at work extracted."""

    # -- steps

    def run(
        self,
        data: Any = None,
        *,
        destination: DestinationRef | None = None,
        staging: DestinationRef | None = None,
        dataset_name: str | None = None,
        credentials: Any = None,
        table_name: str | None = None,
        write_disposition: WriteDispositionHint | None = None,
        columns: ColumnsHint | None = None,
        primary_key: ColumnNamesHint | None = None,
        schema: Schema | None = None,
        loader_file_format: FileFormat | None = None,
        table_format: TableFormat | None = None,
        schema_contract: ContractHint | None = None,
        refresh: Refresh | None = None,
        source: Any = None,
        dataset: str | None = None,
        name: str | None = None,
    ) -> LoadInfo:
        """Finish pending packages, then extract, normalize and load the data.

        With `compat.dlt1` a run that finds pending packages loads these only, as PyPI dlt 1.x does.

        Args:
            data: Source, resource, iterator, rows, frame, or a list of them; None to finish pending packages only.
            destination: Where to, if the pipeline does not say.
            staging: Where files wait, for destinations that load from there.
            dataset_name: Dataset at the destination.
            credentials: Credentials of the destination.
            table_name: Table for data without a name.
            write_disposition: "append", "replace", "merge" or a dict with the strategy.
            columns: Column hints.
            primary_key: Primary key.
            schema: Schema for all of the data.
            loader_file_format: Format of the files that are loaded.
            table_format: Format of tables at the destination.
            schema_contract: What may change in the schema.
            refresh: "drop_sources", "drop_resources" or "drop_data" first.
            source: The same as data.
            dataset: The same as dataset_name.
            name: The same as table_name.

        Raises:
            PipelineStepFailed: a step failed; the cause is chained.
            PipelineLocked: another process runs this pipeline.
        """
        data = _one_of("data", data, "source", source)
        dataset_name = _one_of("dataset_name", dataset_name, "dataset", dataset)
        table_name = _one_of("table_name", table_name, "name", name)
        self._refuse_inside("run")
        self.activate()
        shown = excepthook.in_one_line(self.telling.excepthook)
        with use(self.telling), shown, signals.handled(), self._held("run"), self._run_trace():
            self._set_destination(destination, staging)
            self._set_credentials(credentials)
            self._set_dataset(dataset_name)
            self._need_destination("run")
            self._retried("sync", self._sync_for_run)
            if data is not None and self.list_extracted_load_packages():
                self._contracts_of(data, table_name, schema_contract)
            pending = self._finish_pending(loader_file_format)
            if data is None or (pending is not None and pending.has_failed_jobs):
                return pending if pending is not None else self._load_info([], {}, self.first_run)
            if pending is not None and self.config.compat:
                alarm(
                    f"{self.pipeline_name}: packages of an earlier run were loaded; as compat.dlt1 is set, the data of "
                    "this run was not extracted. Run again to load it"
                )
                return pending
            extracted = self._retried(
                "extract",
                self.extract,
                data,
                table_name=table_name,
                write_disposition=write_disposition,
                columns=columns,
                primary_key=primary_key,
                schema=schema,
                table_format=table_format,
                schema_contract=schema_contract,
                refresh=refresh,
                loader_file_format=loader_file_format,
            )
            self._extracted_now = extracted.loads_ids
            try:
                self._retried("normalize", self.normalize, loader_file_format=loader_file_format)
            finally:
                self._extracted_now = ()
            info = self._load_extracted()
            return _joined(pending, info) if pending is not None else info

    def extract(
        self,
        data: Any = None,
        *,
        table_name: str | None = None,
        parent_table_name: str | None = None,
        write_disposition: WriteDispositionHint | None = None,
        columns: ColumnsHint | None = None,
        primary_key: ColumnNamesHint | None = None,
        schema: Schema | None = None,
        max_parallel_items: int | None = None,
        workers: int | None = None,
        table_format: TableFormat | None = None,
        schema_contract: ContractHint | None = None,
        refresh: Refresh | None = None,
        loader_file_format: FileFormat | None = None,
        source: Any = None,
        name: str | None = None,
    ) -> ExtractInfo:
        """Extract data into packages, with the state that it leaves; all of it or nothing.

        Args:
            data: Source, resource, iterator, rows, frame, or a list of them.
            table_name: Table for data without a name.
            parent_table_name: Table that it is nested in.
            write_disposition: "append", "replace", "merge" or a dict with the strategy.
            columns: Column hints.
            primary_key: Primary key.
            schema: Schema for all of the data.
            max_parallel_items: Pieces of parallel work in flight.
            workers: Threads for parallel work.
            table_format: Format of tables at the destination.
            schema_contract: What may change in the schema.
            refresh: "drop_sources", "drop_resources" or "drop_data" first.
            loader_file_format: Without effect, and said so: it is given to normalize.
            source: The same as data.
            name: The same as table_name.

        Raises:
            PipelineStepFailed: with the cause chained; nothing was kept.
        """
        data = _one_of("data", data, "source", source)
        table_name = _one_of("table_name", table_name, "name", name)
        refresh = refresh or self.config.refresh
        if loader_file_format is not None:
            tell_without_effect("pipeline.extract: loader_file_format", "give it to pipeline.normalize")
        with self._step("extract") as step:
            check_refresh(refresh)
            self._begin()
            state = deepcopy(self._state)
            before = deepcopy(self._state)
            schemas_before = {name: self.schemas[name].clone() for name in self.workdir.schema_names()}
            sources = wrap_data(
                data,
                schema=schema,
                default_name=self._default_schema_name(),
                table_name=table_name,
                parent_table_name=parent_table_name,
                write_disposition=write_disposition,
                columns=columns,
                primary_key=primary_key,
                table_format=table_format,
                schema_contract=schema_contract if schema_contract is not None else self.config.schema_contract,
            )
            options = ExtractOptions(
                workers=workers or self._value("workers", int, "extract", 5),
                max_parallel_items=max_parallel_items or self._value("max_parallel_items", int, "extract", 20),
                refresh=refresh,
                collector=self.collector,
                capabilities=self._capabilities() if self.destination is not None else None,
            )
            schemas: dict[str, Schema] = {}
            extracts = extract_sources(
                sources,
                self.workdir,
                lambda source: self._schema_for(source, state, schemas),
                state,
                options,
                pipeline=self,
                pipeline_name=self.pipeline_name,
            )
            extracts.sort(key=lambda extract: extract.schema.name == state["default_schema_name"])
            # what was taken back from a package that was given up is to reach the destination too
            changed = self._describe(state, schemas) or bool(state["_local"].get("unsent"))
            wanted = changed or self._keeps_empty
            if not wanted and not any(e.files or any(e.refresh.values()) or e.schema.is_modified for e in extracts):
                for extract in extracts:
                    extract.abort()
                extracts = []
            state["_local"].pop("unsent", None)
            packages = commit_extracts(
                self.workdir,
                extracts,
                state if changed else None,
                before=before,
                changes=difference(before, state),
                schemas_before=schemas_before,
                **self._package_facts(),
            )
            for extract in extracts:
                self.schemas.adopt(extract.schema)
            self._save_state(state)
            metrics = {e.builder.load_id: [e.metrics()] for e in extracts}
            step.info = ExtractInfo(
                self,
                metrics,
                [{"name": source.name, "data_type": type(source).__name__} for source in sources],
                list(metrics),
                [package_info(package) for package in packages],
                self.first_run,
            )
        return step.info  # type: ignore[no-any-return]  # set above

    @contextmanager
    def managed_state(self, *, extract_state: bool = False) -> Iterator[dict[str, Any]]:
        """Change the state in a block; it is stored when the block ends without an error.

        Args:
            extract_state: Make a package of it, which takes it to the destination; else the next extract does.
        """
        state = deepcopy(self._state)
        yield state
        if bump(state):
            state["_local"]["unsent"] = True
        self.workdir.prepare()
        self._save_state(state)
        if extract_state:
            name = self._default_schema_name()
            self.extract(Source(self.schemas.get(name) or Schema(name)))

    def normalize(self, workers: int | None = None, loader_file_format: str | None = None) -> NormalizeInfo:
        """Turn extracted packages into tables ready to load.

        Args:
            workers: Without effect, and said so: columns are worked on by the threads of pyarrow.
            loader_file_format: Format of the files; the destination's preferred one when None.

        Raises:
            PipelineStepFailed: with the cause chained; the extracted packages stay.
        """
        if workers is not None:
            tell_without_effect("pipeline.normalize: workers", "columns are worked on by the threads of pyarrow")
        with self._step("normalize") as step:
            self._begin()
            metrics: dict[str, list[dict[str, Any]]] = {}
            packages = []
            for package in self.workdir.packages("extracted"):
                self.workdir.check_owner(package)
                package.check()
                started_at = utc_now()
                caps = self._capabilities()
                kind = self._file_format(loader_file_format, caps)
                schema = self._live_schema(package)
                builder = self.workdir.begin(package.load_id)
                try:
                    grown, files, rows = normalize_package(
                        package, builder.path, schema, caps, kind, self._add_to_tables()
                    )
                    mark_seen(grown, rows)
                    facts = {key: value for key, value in package.info.items() if key not in ("files", "stage")}
                    entry = normalize_metrics(
                        builder.target("normalized"), started_at, utc_now(), grown.name, files, rows
                    )
                    facts["metrics"] = {**facts.get("metrics", {}), "normalize": entry}
                    undo = with_more_tables(package.undo, changed_tables(schema, grown))
                    done = builder.commit("normalized", files, grown, package.state, undo, **facts)
                except BaseException as error:
                    builder.abort()
                    refuse(self, package, error, self._extracted_now)
                    raise
                change = grown.missing_in(schema)
                self.schemas.adopt(grown)
                self.schemas.export(grown)
                if change:
                    self._call_hooks("schema_change", change)
                self.workdir.replace(package)
                for table, count in rows.items():
                    self.collector.update(table, count)
                metrics[package.load_id] = [entry]
                packages.append(package_info(done))
            step.info = NormalizeInfo(self, metrics, list(metrics), packages, self.first_run)
        return step.info  # type: ignore[no-any-return]  # set above

    def load(
        self,
        destination: DestinationRef | None = None,
        dataset_name: str | None = None,
        credentials: Any = None,
        *,
        workers: int | None = None,
        raise_on_failed_jobs: bool | None = None,
        dataset: str | None = None,
    ) -> LoadInfo:
        """Load normalized packages, each in one transaction.

        Args:
            destination: Where to, if the pipeline does not say.
            dataset_name: Dataset at the destination.
            credentials: Credentials of the destination.
            workers: Without effect, and said so: a package is loaded in one transaction.
            raise_on_failed_jobs: Raise when a job failed; by default the info tells.
            dataset: The same as dataset_name.

        Raises:
            PipelineStepFailed: with the cause chained; the packages stay.
        """
        dataset_name = _one_of("dataset_name", dataset_name, "dataset", dataset)
        if workers is not None:
            tell_without_effect("pipeline.load: workers", "a package is loaded in one transaction")
        with self._step("load") as step:
            self._set_destination(destination, None)
            self._set_credentials(credentials)
            self._set_dataset(dataset_name)
            self._begin()
            self._need_destination("load")
            done, metrics, first_run = [], {}, self.first_run
            waiting = self.workdir.packages("normalized")
            if waiting:
                self._note_place()
            for package in waiting:
                self.workdir.check_owner(package)
                package.check()
                dataset = self.dataset_for(package.schema_name)
                if not self._capabilities().supports_ddl_transactions and not package.info.get("tried"):
                    # tables and columns that it makes stay, also if it is given up
                    package = self.workdir.record(package, tried=True)
                with signals.finishing():
                    try:
                        result = self._load_one(package, dataset)
                    except Exception as error:
                        tell_waiting(self, package, error)
                        raise
                    jobs = result.jobs
                    # what a failed load added was taken back with it
                    update = {} if result.failed else dict(result.schema_update)
                    facts = {"jobs": jobs, "dataset_name": dataset, "schema_update": update}
                    if result.failed:
                        package = self.workdir.record(package, **facts)
                        alarm(f"{self.pipeline_name}: {failed_message(package, self.is_task)}")
                        self._call_hooks("failed_job", [job for job in jobs if job["state"] == "failed"])
                    else:
                        package = self.workdir.finish(
                            package, completed_at=utc_now().isoformat(), **facts, keep_files=self._keeps_files()
                        )
                        self._loaded_once(dataset)
                        self._note_state(result)
                metrics[package.load_id] = [load_metrics(package, result, dataset)]
                done.append(package_info(package))
                if result.failed:
                    break
            self.workdir.prune_loaded(KEPT_LOADED_PACKAGES)
            step.info = info = self._load_info(done, metrics, first_run)
            raises = self.config.raise_on_failed_jobs if raise_on_failed_jobs is None else raise_on_failed_jobs
            if raises:
                info.raise_on_failed_jobs()
        return info

    def _sync_for_run(self) -> None:
        with self._failing("sync"):
            self._begin()
            self._sync_on_start()

    def _contracts_of(self, data: Any, table_name: str | None, schema_contract: Any) -> None:
        """Put the contracts of what is about to be extracted in force for the packages that wait."""
        with self._failing("extract"):
            given = schema_contract if schema_contract is not None else self.config.schema_contract
            name = self._default_schema_name()
            sources = wrap_data(data, default_name=name, table_name=table_name, schema_contract=given)
            put_in_force(sources, self.schemas, name)

    def _retried(self, step: str, call: Any, *args: Any, **options: Any) -> Any:
        return retry.with_retry(self.config.retry, step, lambda: call(*args, **options))

    def _load_one(self, package: Any, dataset: str) -> Any:
        with self.destination_client_for(dataset, package.schema) as client:
            return load_package(
                package,
                client,
                dataset,
                capabilities=self._capabilities(),
                collector=self.collector,
                state_dataset_name=self.dataset_for(self.default_schema_name),
                run=self._run_load(package),
            )

    def _finish_pending(self, loader_file_format: str | None) -> LoadInfo | None:
        if not self.has_pending_data:
            return None
        line(f"{self.pipeline_name}: packages of an earlier run are finished first")
        self._retried("normalize", self.normalize, loader_file_format=loader_file_format)
        while True:
            try:
                info: LoadInfo = self._retried("load", self.load)
                break
            except PipelineStepFailed as failed:
                if not self._gives_up_stale(failed):
                    raise
        # what waited is loaded: the state of the destination may be newer now
        self._retried("sync", self._sync_for_run)
        return info

    def _load_extracted(self) -> LoadInfo:
        try:
            info: LoadInfo = self._retried("load", self.load)
        except PipelineStepFailed as failed:
            if not self._gives_up_stale(failed):
                raise
            raise self._failed(
                "load",
                StaleExtract(
                    f"pipeline {self.pipeline_name}: another run of this pipeline, from another folder, loaded while "
                    "this one ran, and went on from the same state. Nothing of this one was loaded, and its package "
                    "was given up. Run again: its rows come from where the other run ended.",
                    pipeline_name=self.pipeline_name,
                ),
                Step(),
            ) from failed
        return info

    def _load_info(self, packages: list[Any], metrics: dict[str, list[dict[str, Any]]], first_run: bool) -> LoadInfo:
        destination, staging = self.destination, self.staging
        with context.use(pipeline_name=self.pipeline_name), section_context(pipeline_name=self.pipeline_name):
            location = redact(destination.displayable_credentials())
            fingerprint = destination.fingerprint()
            staging_location = None if staging is None else redact(staging.displayable_credentials())
        return LoadInfo(
            self,
            metrics,
            destination.destination_type,
            location,
            destination.destination_name,
            destination.environment,
            None if staging is None else staging.destination_type,
            None if staging is None else staging.destination_name,
            staging_location,
            fingerprint,
            self.dataset_for(self.default_schema_name),
            [package.load_id for package in packages],
            packages,
            first_run,
        )


def _one_of(name: str, value: Any, alias: str, other: Any) -> Any:
    if value is not None and other is not None:
        raise TypeError(f"{name}= and its alias {alias}= were both given. Give one of them.")
    return other if value is None else value


def _joined(first: LoadInfo, second: LoadInfo) -> LoadInfo:
    return second._replace(
        metrics={**first.metrics, **second.metrics},
        loads_ids=[*first.loads_ids, *second.loads_ids],
        load_packages=[*first.load_packages, *second.load_packages],
        first_run=first.first_run,
    )
