"""What all parts of a pipeline stand on: its settings, folder, destination, schemas and state."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, ClassVar

from dlt import context, user_log
from dlt.configuration import get_value, section_context
from dlt.errors import (
    DestinationLoadingViaStagingNotSupported,
    PackageCorrupt,
    PipelineConfigMissing,
    PipelineLocked,
    UnknownDestinationModule,
)
from dlt.info import PipelineTrace
from dlt.io.lock import PipelineLock
from dlt.packages.abandon import tidy
from dlt.packages.package import LoadPackage
from dlt.packages.workdir import Workdir
from dlt.pipeline import excepthook
from dlt.pipeline.fresh_dataset import take_suffix
from dlt.pipeline.inspect import Inspection
from dlt.pipeline.place import FUNCTION, check_place, place_of
from dlt.pipeline.schemas import PipelineSchemas
from dlt.pipeline.settings import PipelineSettings, configured_telling
from dlt.progress import collector_from
from dlt.schema.capabilities import GENERIC, Capabilities
from dlt.schema.contract import declare
from dlt.schema.naming import naming_from
from dlt.schema.schema import Schema
from dlt.schema.system_columns import LOAD_ID, ROW_ID
from dlt.schema.system_tables import STATE_TABLE, state_table
from dlt.states.model import bump, new_state


class Core(Inspection):
    """A pipeline without its steps.

    Args:
        settings: Names, folders and options.
    """

    _keeps_empty = False
    """Whether an extract that found nothing new leaves a package all the same."""

    is_task: ClassVar[bool] = False
    """Whether this is one step of a task: its packages live for one try, and the task is what is run again."""

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
        self._suffix = ""
        self._state = self.workdir.read_state() or new_state(self.pipeline_name)
        self._mark = self.workdir.mark("state.json")
        self._lock = PipelineLock(self.working_dir, self.pipeline_name, settings.lock_timeout)
        self._trace: PipelineTrace | None = None
        self._depth = 0
        self._wiped = not settings.full_refresh
        self._compared: tuple[str, ...] | None = None
        self._is_remembered = False
        self._hooks: list[Any] = []
        self.dataset_name = settings.dataset_name or self._state.get("dataset_name") or self._default_dataset()
        if settings.full_refresh:
            self._state = new_state(self.pipeline_name)
            self.dataset_name = settings.dataset_name or self._default_dataset()
            self._suffix = take_suffix(settings.pipelines_dir, self.dataset_name)
            # the folder is wiped by the first step; until then nothing of it counts
            nowhere = Workdir(os.path.join(self.working_dir, ".none"))
            self.schemas = PipelineSchemas(nowhere, settings.import_schema_path, settings.export_schema_path)
        self.telling = configured_telling(self.pipeline_name)
        with user_log.use(self.telling), excepthook.in_one_line(self.telling.excepthook):
            self._set_destination(settings.destination, settings.staging)

    @property
    def dataset_name(self) -> str:
        """Return the name of the dataset, with the timestamp of one that begins anew."""
        return self._dataset + self._suffix

    @dataset_name.setter
    def dataset_name(self, name: str) -> None:
        self._dataset = name.removesuffix(self._suffix)

    def activate(self) -> None:
        """Make this the pipeline that `dlt.run` and `dlt.pipeline()` use."""
        context.activate(self)

    def deactivate(self) -> None:
        """Stop being the active pipeline."""
        if context.active_pipeline() is self:
            context.activate(None)

    # -- inside

    def _is_inside(self) -> bool:
        """Tell whether a resource of this very pipeline is being extracted here."""
        at_work = context.current().pipeline
        return at_work is not None and getattr(at_work, "working_dir", None) == self.working_dir

    def _refuse_inside(self, what: str) -> None:
        if self._is_inside():
            raise PipelineLocked(
                f"pipeline {self.pipeline_name}: {what} was called by a resource that this pipeline is extracting. "
                "Yield the data instead, or give the inner pipeline another pipeline_name.",
                pipeline_name=self.pipeline_name,
                holder=self._lock.holder(),
            )

    def _begin(self) -> None:
        if self._is_inside():
            return  # what is in the folder is at work
        self._wipe_once()
        self.workdir.prepare()
        tidy(self.workdir)
        self._refresh()
        self._recover()
        self.schemas.store()
        while self.workdir.repairs:
            user_log.alarm(f"{self.pipeline_name}: {self.workdir.repairs.pop(0)}")

    def _refresh(self) -> None:
        """Read what another process, or another pipeline object of this name, left since it was read last."""
        mark = self.workdir.mark("state.json")
        if mark != self._mark:
            self._state = self.workdir.read_state() or new_state(self.pipeline_name)
            self._mark = mark
        self.schemas.reread()

    def _wipe_once(self) -> None:
        if not self._wiped:
            self._wiped = True
            self.workdir.wipe()
            self.schemas = PipelineSchemas(self.workdir, self.config.import_schema_path, self.config.export_schema_path)

    def _recover(self) -> None:
        """Adopt what a committed package knows and the files beside it do not, after a kill between the two."""
        for stage in ("loaded", "normalized", "extracted"):
            for package in self.workdir.packages(stage)[-1 if stage == "loaded" else 0 :]:
                with suppress(PackageCorrupt):
                    # a damaged one is told by the step that needs it; what was loaded is history
                    self._recover_from(package)

    def _recover_from(self, package: LoadPackage) -> None:
        self.workdir.check_owner(package)
        name = package.schema_name
        if name not in self.schemas or package.schema.stored_version > self.schemas[name].stored_version:
            self.schemas.adopt(package.schema)
        state = package.state
        if state and state["_state_version"] > self._state["_state_version"]:
            self._save_state(state)
        if package.stage == "loaded" and not self._state["_local"].get("loaded"):
            self._loaded_once(str(package.info.get("dataset_name") or self.dataset_name))

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
        own = source.schema.settings.get("schema_contract")
        declare(schema.settings, source.run_contract if source.run_contract is not None else own)
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
        # the next run begins anew under another timestamp
        state["dataset_name"] = self._dataset
        state["schema_names"] = sorted({*state.get("schema_names", []), *schemas})
        if self.destination is not None:
            state["destination_name"] = self.destination.destination_name
            state["destination_type"] = self.destination.destination_type
            place = place_of(self.destination, self.pipeline_name)
            if place is not None:
                state["_local"]["place"] = list(place)
        return bump(state)

    def _save_state(self, state: dict[str, Any]) -> None:
        self._state = state
        self._store_state()

    def _store_state(self) -> None:
        self.workdir.write_state(self._state)
        self._mark = self.workdir.mark("state.json")

    def _loaded_once(self, dataset: str) -> None:
        local = self._state["_local"]
        if local.get("first_run", True) or not local.get("loaded"):
            local.update(first_run=False, loaded=True, dataset_name=dataset)
            self._store_state()

    def _note_place(self) -> None:
        """Remember where the packages that wait are going."""
        place = place_of(self.destination, self.pipeline_name)
        if place is not None and (self._state["_local"].get("place") or [None])[0] != place.fingerprint:
            self._state["_local"]["place"] = list(place)
            self._store_state()

    def _package_facts(self) -> dict[str, Any]:
        return {"pipeline_name": self.pipeline_name, "known_state": self._state["_local"].get("at_destination")}

    def _set_destination(self, destination: Any, staging: Any) -> None:
        from dlt.destinations.base import Destination, resolve_destination

        reference = destination if destination is not None else None
        if reference is None and self.destination is None:
            reference = self._state.get("destination_type")
            if self.config.destination is None and reference is not None:
                name = self._state.get("destination_name")
                # a function of the program is not known here; it is asked for where data is to go
                with suppress(UnknownDestinationModule), section_context(pipeline_name=self.pipeline_name):
                    self.destination = resolve_destination(reference, destination_name=name)
                    self._is_remembered = True
                reference = None
        if reference is not None:
            with section_context(pipeline_name=self.pipeline_name):
                named = self.config.destination_name if isinstance(reference, str) else None
                self.destination = resolve_destination(reference, destination_name=named)
            self._is_remembered = False
        if staging is not None:
            with section_context(pipeline_name=self.pipeline_name):
                self.staging = resolve_destination(staging)
        if isinstance(self.destination, Destination):
            self.destination = self.destination.for_pipeline(self.pipeline_name)
        if self.staging is not None and self.destination is not None:
            if not self.destination.supports_staging:
                raise DestinationLoadingViaStagingNotSupported(
                    f"pipeline {self.pipeline_name}: destination {self.destination.destination_name} takes files from "
                    f"this process, not from staging {self.staging.destination_name}. Leave staging out; Redshift and "
                    "BigQuery load from a bucket."
                )
            self.destination = self.destination(staging=self.staging)

    def _set_credentials(self, credentials: Any) -> None:
        if credentials is not None:
            self._is_remembered = False
            self._need_destination("credentials")
            self.destination = self.destination.bind(credentials)

    def _set_dataset(self, dataset_name: str | None) -> None:
        if dataset_name:
            self.dataset_name = dataset_name

    def _need_destination(self, what: str) -> None:
        if self.destination is None and self._state.get("destination_type") == FUNCTION:
            raise PipelineConfigMissing(
                f"pipeline {self.pipeline_name}: {what} needs its destination {self._state['destination_name']!r}. "
                "That is a function of its program, and not known here. Let the program do it: pipeline.run() "
                "without data loads what waits.",
                pipeline_name=self.pipeline_name,
                config_elem="destination",
            )
        if self.destination is None:
            from dlt.destinations.base import configured_destinations

            configured = configured_destinations()
            name = configured[0] if configured else "duckdb"
            seen = f" Configured are {', '.join(configured)}, but none is chosen." if configured else ""
            raise PipelineConfigMissing(
                f"pipeline {self.pipeline_name}: {what} needs a destination and none is set.{seen} Pass "
                f'destination="{name}" to dlt.pipeline or run, or set destination="{name}" in .dlt/config.toml under '
                "[pipelines], or PIPELINES__DESTINATION in the environment.",
                pipeline_name=self.pipeline_name,
                config_elem="destination",
            )
        if self._is_remembered:
            # nobody but the state of an earlier run named it
            check_place(self)
            self._is_remembered = False

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
        names = {"add_dlt_id": ROW_ID, "add_dlt_load_id": LOAD_ID}
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
        """Return the name of the dataset of a schema; None stands for the default schema."""
        name = naming_from().normalize_table_identifier(self._dataset) + self._suffix
        if schema_name is None or schema_name == self.default_schema_name or self.config.use_single_dataset:
            return name
        return f"{name}_{schema_name}"

    @contextmanager
    def destination_client_for(self, dataset: str, schema: Schema | None) -> Iterator[Any]:
        """Connect to a dataset.

        Args:
            dataset: Name of the dataset.
            schema: Schema of its tables, if known.
        """
        with (
            user_log.use(self.telling),
            context.use(pipeline_name=self.pipeline_name),
            section_context(pipeline_name=self.pipeline_name),
            self.destination.connect(dataset, schema) as client,
        ):
            yield client

    def __repr__(self) -> str:
        where = self.destination.destination_name if self.destination is not None else None
        return f"<dlt pipeline {self.pipeline_name}: destination {where}, dataset {self.dataset_name}>"
