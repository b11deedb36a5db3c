"""The pipeline object: one working folder, one destination, three steps."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from dlt import context
from dlt.clock import utc_now
from dlt.configuration import get_value, section_context
from dlt.errors import (
    PipelineConfigMissing,
    PipelineLocked,
    PipelineNeverRan,
    PipelineStepFailed,
    SourceExhausted,
    SourceExhaustedInStep,
    SqlClientNotAvailable,
)
from dlt.extract.refresh import check_refresh
from dlt.extract.step import ExtractOptions, commit_extracts, extract_sources
from dlt.extract.wrapping import wrap_data
from dlt.info import ExtractInfo, LoadInfo, NormalizeInfo, PipelineTrace, duration_text
from dlt.load.step import load_package
from dlt.normalize.step import normalize_package
from dlt.pipeline import retry, signals
from dlt.pipeline.inspect import Inspection
from dlt.pipeline.packages import failed_message, load_metrics, mark_seen, normalize_metrics, package_info
from dlt.pipeline.schemas import PipelineSchemas
from dlt.pipeline.settings import PipelineSettings
from dlt.pipeline.sync import restore_from
from dlt.pipeline.trace import end_step, restore_trace, start_trace
from dlt.progress import collector_from
from dlt.schema.capabilities import GENERIC, Capabilities
from dlt.schema.naming import naming_from
from dlt.schema.schema import Schema
from dlt.schema.system_tables import STATE_TABLE, state_table
from dlt.user_log import alarm, enable, line, set_level
from dlt.workdir.lock import PipelineLock
from dlt.workdir.state import bump, new_state
from dlt.workdir.workdir import Workdir

if TYPE_CHECKING:
    from dlt.pipeline.dataset import Dataset

KEPT_LOADED_PACKAGES = 100


class Pipeline(Inspection):
    """Move data: `run`, or `extract`, `normalize` and `load` one by one.

    Args:
        settings: Names, folders and options.
    """

    def __init__(self, settings: PipelineSettings) -> None:
        self.config = settings
        self.pipeline_name = settings.pipeline_name
        self.pipelines_dir = settings.pipelines_dir
        self.working_dir = os.path.join(settings.pipelines_dir, settings.pipeline_name)
        self.workdir = Workdir(self.working_dir)
        self.schemas = PipelineSchemas(self.workdir, settings.import_schema_path, settings.export_schema_path)
        self.collector = collector_from(settings.progress)
        self.dev_mode = settings.full_refresh
        self.destination: Any = None
        self.staging: Any = None
        self._suffix = utc_now().strftime("_%Y%m%d%H%M%S") if settings.full_refresh else ""
        self._state = self.workdir.read_state() or new_state(self.pipeline_name)
        self._lock = PipelineLock(self.working_dir, self.pipeline_name, settings.lock_timeout)
        self._trace: PipelineTrace | None = None
        self._depth = 0
        self._wiped = not settings.full_refresh
        self._hooks: list[Any] = []
        self.dataset_name: str = settings.dataset_name or self._state.get("dataset_name") or self._default_dataset()
        if settings.full_refresh:
            self._state = new_state(self.pipeline_name)
            self.dataset_name = settings.dataset_name or self._default_dataset()
            # the folder is wiped by the first step; until then nothing of it counts
            nowhere = Workdir(os.path.join(self.working_dir, ".none"))
            self.schemas = PipelineSchemas(nowhere, settings.import_schema_path, settings.export_schema_path)
        enable(bool(self._value("user_log", bool, "runtime", True)))
        set_level(str(self._value("log_level", str, "runtime", "CRITICAL")))
        self._set_destination(settings.destination, settings.staging)

    # -- steps

    def run(
        self,
        data: Any = None,
        *,
        destination: Any = None,
        staging: Any = None,
        dataset_name: str | None = None,
        credentials: Any = None,
        table_name: str | None = None,
        write_disposition: Any = None,
        columns: Any = None,
        primary_key: Any = None,
        schema: Schema | None = None,
        loader_file_format: str | None = None,
        table_format: Any = None,
        schema_contract: Any = None,
        refresh: Any = None,
        **aliases: Any,
    ) -> LoadInfo:
        """Finish pending packages, then extract, normalize and load the data.

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
            aliases: `source` for data, `dataset` for dataset_name, `name` for table_name.

        Raises:
            PipelineStepFailed: a step failed; the cause is chained.
            PipelineLocked: another process runs this pipeline.
        """
        data = _alias("data", data, "source", aliases)
        dataset_name = _alias("dataset_name", dataset_name, "dataset", aliases)
        table_name = _alias("table_name", table_name, "name", aliases)
        _no_more(aliases, "run")
        self.activate()
        with signals.handled(), self._lock, self._run_trace():
            self._set_destination(destination, staging)
            self._set_credentials(credentials)
            self._set_dataset(dataset_name)
            self._need_destination("run")
            self._begin()
            self._sync_on_start()
            pending = self._finish_pending(loader_file_format)
            if data is None or (pending is not None and pending.has_failed_jobs):
                return pending if pending is not None else self._load_info([], {})
            self._retried(
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
            self._retried("normalize", self.normalize, loader_file_format=loader_file_format)
            info: LoadInfo = self._retried("load", self.load)
            return _joined(pending, info) if pending is not None else info

    def extract(
        self,
        data: Any = None,
        *,
        table_name: str | None = None,
        parent_table_name: str | None = None,
        write_disposition: Any = None,
        columns: Any = None,
        primary_key: Any = None,
        schema: Schema | None = None,
        max_parallel_items: int | None = None,
        workers: int | None = None,
        table_format: Any = None,
        schema_contract: Any = None,
        refresh: Any = None,
        loader_file_format: str | None = None,
        **aliases: Any,
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
            loader_file_format: Format of the files that are loaded.
            aliases: `source` for data, `name` for table_name.

        Raises:
            PipelineStepFailed: with the cause chained; nothing was kept.
        """
        data = _alias("data", data, "source", aliases)
        table_name = _alias("table_name", table_name, "name", aliases)
        _no_more(aliases, "extract")
        refresh = refresh or self.config.refresh
        with self._step("extract") as step:
            check_refresh(refresh)
            self._begin()
            state = deepcopy(self._state)
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
            changed = self._describe(state, schemas)
            if not changed and not any(e.files or any(e.refresh.values()) or e.schema.is_modified for e in extracts):
                for extract in extracts:
                    extract.abort()
                extracts = []
            packages = commit_extracts(self.workdir, extracts, state if changed else None, **self._package_facts())
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

    def normalize(self, workers: int = 1, loader_file_format: str | None = None) -> NormalizeInfo:
        """Turn extracted packages into tables ready to load.

        Args:
            workers: Accepted for programs that pass it; columns are worked on without it.
            loader_file_format: Format of the files; the destination's preferred one when None.

        Raises:
            PipelineStepFailed: with the cause chained; the extracted packages stay.
        """
        with self._step("normalize") as step:
            self._begin()
            metrics: dict[str, list[dict[str, Any]]] = {}
            packages = []
            for package in self.workdir.packages("extracted"):
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
                    entry = normalize_metrics(started_at, utc_now(), grown.name, files, rows)
                    facts["metrics"] = {**facts.get("metrics", {}), "normalize": entry}
                    done = builder.commit("normalized", files, grown, package.state, **facts)
                except BaseException:
                    builder.abort()
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
        destination: Any = None,
        dataset_name: str | None = None,
        credentials: Any = None,
        *,
        workers: int = 20,
        raise_on_failed_jobs: bool | None = None,
        **aliases: Any,
    ) -> LoadInfo:
        """Load normalized packages, each in one transaction.

        Args:
            destination: Where to, if the pipeline does not say.
            dataset_name: Dataset at the destination.
            credentials: Credentials of the destination.
            workers: Accepted for programs that pass it.
            raise_on_failed_jobs: Raise when a job failed; by default the info tells.
            aliases: `dataset` for dataset_name.

        Raises:
            PipelineStepFailed: with the cause chained; the packages stay.
        """
        dataset_name = _alias("dataset_name", dataset_name, "dataset", aliases)
        _no_more(aliases, "load")
        with self._step("load") as step:
            self._set_destination(destination, None)
            self._set_credentials(credentials)
            self._set_dataset(dataset_name)
            self._begin()
            self._need_destination("load")
            done, metrics = [], {}
            for package in self.workdir.packages("normalized"):
                package.check()
                dataset = self.dataset_for(package.schema_name)
                with signals.finishing():
                    result = self._load_one(package, dataset)
                    jobs = result.jobs
                    facts = {"jobs": jobs, "dataset_name": dataset, "schema_update": dict(result.schema_update)}
                    if result.failed:
                        package = self.workdir.record(package, **facts)
                        alarm(f"{self.pipeline_name}: {failed_message(package)}")
                        self._call_hooks("failed_job", [job for job in jobs if job["state"] == "failed"])
                    else:
                        package = self.workdir.finish(
                            package, completed_at=utc_now().isoformat(), **facts, keep_files=self._keeps_files()
                        )
                        self._loaded_once(dataset)
                metrics[package.load_id] = [load_metrics(result, dataset)]
                done.append(package_info(package))
                if result.failed:
                    break
            self.workdir.prune_loaded(KEPT_LOADED_PACKAGES)
            step.info = info = self._load_info(done, metrics)
            raises = self.config.raise_on_failed_jobs if raise_on_failed_jobs is None else raise_on_failed_jobs
            if raises:
                info.raise_on_failed_jobs()
        return info

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
            )

    # -- synchronisation

    def sync_destination(
        self, destination: Any = None, staging: Any = None, dataset_name: str | None = None
    ) -> None:
        """Take state and schemas from the destination if they are newer; forget what the destination forgot.

        Args:
            destination: Where to, if the pipeline does not say.
            staging: Where files wait.
            dataset_name: Dataset at the destination.

        Raises:
            PipelineStepFailed: with the cause chained.
        """
        with self._step("sync"):
            self._set_destination(destination, staging)
            self._set_dataset(dataset_name)
            self._need_destination("sync")
            self._begin()
            self._sync()

    def _sync(self) -> None:
        found = restore_from(self)
        if found is None:
            if not self.first_run:
                self._forget_loaded()
            return
        state, schemas = found
        if int(state.get("_state_version") or 0) > int(self._state.get("_state_version") or 0) or self.first_run:
            explicit = self.config.dataset_name
            state["_local"] = {**self._state.get("_local", {}), "first_run": False}
            for schema in schemas:
                self.schemas.adopt(schema)
            self._save_state(state)
            if not explicit:
                self._set_dataset(state.get("dataset_name"))
            line(f"{self.pipeline_name}: restored state version {state['_state_version']} from the destination")

    def _sync_on_start(self) -> None:
        wanted = self.config.restore_from_destination
        if self.dev_mode or wanted is False:
            return
        if wanted or self._state["_state_version"] == 0:
            self._sync()
        elif not self.first_run and not self._destination_has_dataset():
            self._forget_loaded()

    def _forget_loaded(self) -> None:
        """Forget state and schemas: the destination no longer has what they describe; pending packages stay."""
        if not self._state.get("_local", {}).get("loaded"):
            return
        line(f"{self.pipeline_name}: the dataset is gone from the destination, so state and schemas begin anew")
        names = list(self.schemas)
        self.schemas.forget()
        for name in names:
            path = os.path.join(self.working_dir, "schemas", f"{name}.schema.json")
            if os.path.exists(path):
                os.unlink(path)
        kept = self.dataset_name
        state = new_state(self.pipeline_name)
        # versions go on, so that the state of a package that still waits is older than this one
        state["_state_version"] = self._state["_state_version"]
        if self.has_pending_data:
            state["default_schema_name"] = self._state["default_schema_name"]
        self._save_state(state)
        self.dataset_name = kept

    def _destination_has_dataset(self) -> bool:
        with self.destination_client_for(self.dataset_for(self.default_schema_name), None) as client:
            return bool(client.has_dataset())

    # -- life

    def activate(self) -> None:
        """Make this the pipeline that `dlt.run` and `dlt.pipeline()` use."""
        context.activate(self)

    def deactivate(self) -> None:
        """Stop being the active pipeline."""
        if context.active_pipeline() is self:
            context.activate(None)

    def drop(self, pipeline_name: str | None = None) -> Pipeline:
        """Delete the working folder's content: state, schemas and packages; the destination stays.

        Args:
            pipeline_name: Go on under another name.
        """
        if pipeline_name and pipeline_name != self.pipeline_name:
            from dataclasses import replace

            self.__init__(replace(self.config, pipeline_name=pipeline_name))  # type: ignore[misc]  # begins anew
        with self._lock:
            self.workdir.wipe()
            self.schemas.forget()
            self._state = new_state(self.pipeline_name)
            self.dataset_name = self.config.dataset_name or self._default_dataset()
        self._trace = None
        return self

    def drop_pending_packages(self, with_partial_loads: bool = True) -> None:
        """Delete packages that were extracted or normalized and not loaded."""
        with self._lock:
            names = [p.load_id for stage in ("extracted", "normalized") for p in self.workdir.packages(stage)]
            self.workdir.drop(names)

    def abort_packages(self, load_id: str | None = None, dry_run: bool = False) -> list[str]:
        """Delete a pending package, or all of them; return their load ids."""
        names = [p.load_id for stage in ("extracted", "normalized") for p in self.workdir.packages(stage)]
        names = [name for name in names if load_id in (None, name)]
        if not dry_run:
            with self._lock:
                self.workdir.drop(names)
        return names

    def add_hook(self, hook: Any) -> Pipeline:
        """Call `hook(event, pipeline, payload)` on "step_start", "step_end", "schema_change" and "failed_job"."""
        self._hooks.append(hook)
        return self

    # -- reading at the destination

    def destination_client(self, schema_name: str | None = None) -> Any:
        """Return a client for the dataset of a schema, to be used in a `with` block."""
        self._need_destination("destination_client")
        name = schema_name or self.default_schema_name
        schema = self.schemas[name] if name and name in self.schemas else None
        return self.destination_client_for(self.dataset_for(name), schema)

    @contextmanager
    def destination_client_for(self, dataset: str, schema: Schema | None) -> Iterator[Any]:
        """Connect to a dataset.

        Args:
            dataset: Name of the dataset.
            schema: Schema of its tables, if known.
        """
        with (
            context.use(pipeline_name=self.pipeline_name),
            section_context(pipeline_name=self.pipeline_name),
            self.destination.connect(dataset, schema) as client,
        ):
            yield client

    @contextmanager
    def sql_client(self, schema_name: str | None = None) -> Iterator[Any]:
        """Open a client that runs SQL in the dataset of a schema.

        Args:
            schema_name: Name of the schema; the default one when None.

        Raises:
            SqlClientNotAvailable: the destination has no SQL.
        """
        with self.destination_client(schema_name) as client:
            sql = client.sql_client()
            if sql is None:
                raise SqlClientNotAvailable(
                    f"pipeline {self.pipeline_name}: the destination {self.destination.destination_name} has no SQL. "
                    "Use pipeline.dataset(), or a destination with SQL.",
                    pipeline_name=self.pipeline_name,
                )
            yield sql

    @contextmanager
    def native_client(self, schema_name: str | None = None) -> Iterator[Any]:
        """Open the connection of the destination's own driver."""
        with self.sql_client(schema_name) as client:
            yield client.native_connection

    def dataset(self, schema: Any = None, dataset_type: str | None = None) -> Dataset:
        """Return the dataset for reading.

        Args:
            schema: Name of a schema, or a schema; the default one when None.
            dataset_type: Accepted for programs that pass it.
        """
        from dlt.pipeline.dataset import Dataset

        self._need_destination("dataset")
        name = schema if isinstance(schema, str) else getattr(schema, "name", None) or self.default_schema_name
        if name is None:
            raise PipelineNeverRan(
                f"pipeline {self.pipeline_name} never ran, so there is no dataset to read. Run it first.",
                pipeline_name=self.pipeline_name,
                pipelines_dir=self.pipelines_dir,
            )
        found = schema if isinstance(schema, Schema) else self.schemas.get(name)
        return Dataset(
            self.dataset_for(name),
            lambda: self.destination_client_for(self.dataset_for(name), found),
            found,
        )

    # -- trace

    @property
    def last_trace(self) -> PipelineTrace | None:
        """Return the trace of the last run, also of another process."""
        if self._trace is None:
            stored = self.workdir.read_trace()
            self._trace = restore_trace(stored) if stored else None
        return self._trace

    @contextmanager
    def _run_trace(self) -> Iterator[None]:
        self._trace = start_trace(self.pipeline_name)
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
            self._store_trace()

    def _store_trace(self) -> None:
        if self._trace is not None and self._depth == 0 and os.path.isdir(self.working_dir):
            self.workdir.write_trace(self._trace.asdict())

    @contextmanager
    def _step(self, name: str) -> Iterator[_Step]:
        step = _Step()
        started_at = utc_now()
        self.activate()
        if self._depth == 0 or self._trace is None:
            self._trace = start_trace(self.pipeline_name)
        error: BaseException | None = None
        collector = self.collector(name)
        self._call_hooks("step_start", name)
        try:
            with signals.handled(), self._lock, section_context(pipeline_name=self.pipeline_name), collector:
                yield step
        except (PipelineStepFailed, PipelineLocked, PipelineConfigMissing) as failed:
            error = failed
            raise
        except Exception as failed:
            error = failed
            raise self._failed(name, failed, step) from failed
        except BaseException as stopped:
            error = stopped
            raise
        finally:
            self._trace = end_step(self._trace, name, started_at, step.info, error)
            self._call_hooks("step_end", name if error is None else f"{name} failed")
            self._tell(name, started_at, step.info, error)
            self._store_trace()

    def _failed(self, step: str, error: Exception, found: _Step) -> PipelineStepFailed:
        load_id = getattr(error, "load_id", None)
        kind = SourceExhaustedInStep if isinstance(error, SourceExhausted) else PipelineStepFailed
        return kind(
            f"Pipeline {self.pipeline_name} failed at step {step}"
            f"{f' of package {load_id}' if load_id else ''} with {type(error).__name__}: {error}",
            pipeline=self,
            step=step,
            load_id=load_id,
            exception=error,
            step_info=found.info,
            has_pending_data=self.has_pending_data,
            is_package_partially_loaded=False,
        )

    def _tell(self, name: str, started_at: Any, info: Any, error: BaseException | None) -> None:
        took = duration_text((utc_now() - started_at).total_seconds())
        if error is not None:
            alarm(f"{self.pipeline_name}: {name} failed after {took}")
            return
        tables: dict[str, int] = {}
        for entries in getattr(info, "metrics", {}).values():
            for entry in entries:
                for table, values in entry.get("table_metrics", {}).items():
                    tables[table] = tables.get(table, 0) + values["items_count"]
        shown = ", ".join(f"{table} {count}" for table, count in list(tables.items())[:8])
        more = f" and {len(tables) - 8} more tables" if len(tables) > 8 else ""
        where = f" into {self.destination.destination_name} {self.dataset_name}" if name == "load" else ""
        line(f"{self.pipeline_name}: {name}{where} in {took}{': ' + shown + more if tables else ''}")

    def _call_hooks(self, event: str, payload: Any) -> None:
        for hook in self._hooks:
            hook(event, self, payload)

    # -- inside

    def _begin(self) -> None:
        self._wipe_once()
        self.workdir.prepare()
        self.workdir.wipe_tmp()
        self._recover()
        self.schemas.store()

    def _wipe_once(self) -> None:
        if not self._wiped:
            self._wiped = True
            self.workdir.wipe()
            self.schemas = PipelineSchemas(self.workdir, self.config.import_schema_path, self.config.export_schema_path)

    def _recover(self) -> None:
        """Adopt what a committed package knows and the files beside it do not, after a kill between the two."""
        for stage in ("loaded", "normalized", "extracted"):
            for package in self.workdir.packages(stage)[-1 if stage == "loaded" else 0 :]:
                name = package.schema_name
                if name not in self.schemas or package.schema.stored_version > self.schemas[name].stored_version:
                    self.schemas.adopt(package.schema)
                state = package.state
                if state and state["_state_version"] > self._state["_state_version"]:
                    self._save_state(state)
                if stage == "loaded" and not self._state["_local"].get("loaded"):
                    self._loaded_once(str(package.info.get("dataset_name") or self.dataset_name))

    def _finish_pending(self, loader_file_format: str | None) -> LoadInfo | None:
        if not self.has_pending_data:
            return None
        line(f"{self.pipeline_name}: packages of an earlier run are finished first")
        self._retried("normalize", self.normalize, loader_file_format=loader_file_format)
        info: LoadInfo = self._retried("load", self.load)
        return info

    def _schema_for(self, source: Any, state: dict[str, Any], schemas: dict[str, Schema]) -> Schema:
        name = source.schema.name
        if source.implicit and state["default_schema_name"] is not None:
            name = state["default_schema_name"]
        elif source.implicit and source.generator_name:
            # data without a name: an undecorated generator names the first schema
            name = source.schema.naming.normalize_identifier(source.generator_name)
        if name in schemas:
            return schemas[name]
        if name in self.schemas:
            schema = self.schemas[name].clone()
            schema.update_schema(source.schema)
            for key, value in source.schema.normalizers.items():
                if isinstance(value, dict):
                    schema.normalizers[key] = {**schema.normalizers.get(key, {}), **value}
        else:
            schema = source.schema.clone(with_name=name)
            self._configure_schema(schema)
            self.schemas.add(schema)
            schema = self.schemas[name].clone()
        schema.update_naming(None, self._capabilities().max_identifier_length)
        if state["default_schema_name"] is None:
            state["default_schema_name"] = name
        if state["default_schema_name"] == name:
            schema.tables.setdefault(STATE_TABLE, state_table())
        schemas[name] = schema
        return schema

    def _configure_schema(self, schema: Schema) -> None:
        naming = get_value("naming", str, sections=("schema", schema.name), default=None)
        if naming is None:
            naming = self._capabilities().naming_convention
        if naming is not None and schema.normalizers["names"] == "snake_case":
            schema.update_naming(naming)
        limit = self._capabilities().max_table_nesting
        if limit is not None:
            schema.normalizers["json"].setdefault("config", {}).setdefault("max_nesting", limit)

    def _live_schema(self, package: Any) -> Schema:
        name = package.schema_name
        if name not in self.schemas or package.schema.stored_version > self.schemas[name].stored_version:
            self.schemas.adopt(package.schema)
        schema = self.schemas[name].clone()
        schema.update_naming(None, self._capabilities().max_identifier_length)
        return schema

    def _describe(self, state: dict[str, Any], schemas: dict[str, Schema]) -> bool:
        state["pipeline_name"] = self.pipeline_name
        state["dataset_name"] = self.dataset_name
        state["schema_names"] = sorted({*state.get("schema_names", []), *schemas})
        if self.destination is not None:
            state["destination_name"] = self.destination.destination_name
            state["destination_type"] = self.destination.destination_type
        return bump(state)

    def _save_state(self, state: dict[str, Any]) -> None:
        self._state = state
        self.workdir.write_state(state)

    def _loaded_once(self, dataset: str) -> None:
        local = self._state["_local"]
        if local.get("first_run", True) or not local.get("loaded"):
            local.update(first_run=False, loaded=True, dataset_name=dataset)
            self.workdir.write_state(self._state)

    def _package_facts(self) -> dict[str, Any]:
        return {"pipeline_name": self.pipeline_name}

    def _set_destination(self, destination: Any, staging: Any) -> None:
        from dlt.destinations.references import resolve_destination

        reference = destination if destination is not None else None
        if reference is None and self.destination is None:
            reference = self._state.get("destination_type")
            if self.config.destination is None and reference is not None:
                name = self._state.get("destination_name")
                with section_context(pipeline_name=self.pipeline_name):
                    self.destination = resolve_destination(reference, destination_name=name)
                reference = None
        if reference is not None:
            with section_context(pipeline_name=self.pipeline_name):
                self.destination = resolve_destination(reference)
        if staging is not None:
            with section_context(pipeline_name=self.pipeline_name):
                self.staging = resolve_destination(staging)

    def _set_credentials(self, credentials: Any) -> None:
        if credentials is not None:
            self._need_destination("credentials")
            self.destination = self.destination.bind(credentials)

    def _set_dataset(self, dataset_name: str | None) -> None:
        if dataset_name:
            self.dataset_name = dataset_name

    def _need_destination(self, what: str) -> None:
        if self.destination is None:
            raise PipelineConfigMissing(
                f"pipeline {self.pipeline_name}: {what} needs a destination and none is set. Pass "
                'destination="duckdb" to dlt.pipeline or run, or set destination="duckdb" in .dlt/config.toml under '
                "[pipelines], or PIPELINES__DESTINATION in the environment.",
                pipeline_name=self.pipeline_name,
                config_elem="destination",
            )

    def _capabilities(self) -> Capabilities:
        return self.destination.capabilities() if self.destination is not None else GENERIC

    def _file_format(self, asked: str | None, caps: Capabilities) -> str:
        wanted = asked or self.config.loader_file_format
        if wanted is None or wanted in ("preferred", "insert_values", "model", "typed-jsonl", "reference"):
            return caps.preferred_loader_file_format
        if wanted not in caps.supported_loader_file_formats:
            raise PipelineConfigMissing(
                f"pipeline {self.pipeline_name}: loader_file_format={wanted!r} is not one that "
                f"{self.destination.destination_name if self.destination else 'the destination'} loads. Use one of "
                f"{', '.join(caps.supported_loader_file_formats)}.",
                pipeline_name=self.pipeline_name,
                config_elem="loader_file_format",
            )
        return wanted

    def _add_to_tables(self) -> tuple[str, ...]:
        names = {"add_dlt_id": "_dlt_id", "add_dlt_load_id": "_dlt_load_id"}
        return tuple(column for key, column in names.items() if self._value(key, bool, "normalize.parquet_normalizer"))

    def _keeps_files(self) -> bool:
        return not self._value("delete_completed_jobs", bool, "load", True)

    def _value(self, key: str, kind: Any, section: str, default: Any = None) -> Any:
        return get_value(
            key, kind, sections=tuple(section.split(".")), default=default, pipeline_name=self.pipeline_name
        )

    def _default_dataset(self) -> str:
        return f"{self.pipeline_name}_dataset" if self.config.compat else self.pipeline_name

    def _default_schema_name(self) -> str:
        if self._state["default_schema_name"]:
            return str(self._state["default_schema_name"])
        return naming_from().normalize_identifier(self.pipeline_name)

    def dataset_for(self, schema_name: str | None) -> str:
        name = naming_from().normalize_table_identifier(self.dataset_name) + self._suffix
        if schema_name is None or schema_name == self.default_schema_name or self.config.use_single_dataset:
            return name
        return f"{name}_{schema_name}"

    def _load_info(self, packages: list[Any], metrics: dict[str, list[dict[str, Any]]]) -> LoadInfo:
        with context.use(pipeline_name=self.pipeline_name), section_context(pipeline_name=self.pipeline_name):
            location = self.destination.displayable_credentials()
        return LoadInfo(
            self,
            metrics,
            self.destination.destination_type,
            location,
            self.destination.destination_name,
            None,
            None,
            None,
            None,
            None,
            self.dataset_for(self.default_schema_name),
            [package.load_id for package in packages],
            packages,
            self.first_run,
        )

    def __repr__(self) -> str:
        where = self.destination.destination_name if self.destination is not None else None
        return f"<dlt pipeline {self.pipeline_name}: destination {where}, dataset {self.dataset_name}>"


class _Step:
    info: Any = None


def _alias(name: str, value: Any, alias: str, given: dict[str, Any]) -> Any:
    if alias not in given:
        return value
    if value is not None:
        raise TypeError(f"{name}= and its alias {alias}= were both given. Give one of them.")
    return given.pop(alias)


def _no_more(aliases: dict[str, Any], function: str) -> None:
    if aliases:
        raise TypeError(f"Pipeline.{function}() has no parameter {', '.join(map(repr, aliases))}.")


def _joined(first: LoadInfo, second: LoadInfo) -> LoadInfo:
    return second._replace(
        metrics={**first.metrics, **second.metrics},
        loads_ids=[*first.loads_ids, *second.loads_ids],
        load_packages=[*first.load_packages, *second.load_packages],
    )
