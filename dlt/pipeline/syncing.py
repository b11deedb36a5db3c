"""State and schemas in step with the destination."""

from __future__ import annotations

from typing import Any

from dlt.errors import CannotRestorePipelineException, PipelineStepFailed, StaleExtract
from dlt.load.step import LoadResult, RunLoad
from dlt.packages.abandon import abandon
from dlt.packages.package import LoadPackage
from dlt.pipeline.tracing import Tracing
from dlt.schema.schema import Schema
from dlt.states.delta import with_changes
from dlt.states.model import bump, decode, new_state
from dlt.user_log import alarm, line


class Syncing(Tracing):
    """Takes state and schemas from the destination."""

    # -- synchronisation

    def sync_destination(self, destination: Any = None, staging: Any = None, dataset_name: str | None = None) -> None:
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
        if self._is_newer(state) or self.first_run:
            self._take_over(state, schemas)

    def _is_newer(self, state: dict[str, Any]) -> bool:
        """Tell whether the destination has a state that this folder does not know: another one loaded since."""
        local, here, there = self._state.get("_local", {}), self._state.get("_version_hash"), state.get("_version_hash")
        if local.get("resync"):
            return True
        if there == here or there == local.get("at_destination"):
            return False
        if local.get("at_destination") is not None:
            return True
        # a folder of an earlier release does not know what it left there
        return int(state.get("_state_version") or 0) >= int(self._state.get("_state_version") or 0)

    def _take_over(self, state: dict[str, Any], schemas: list[Schema]) -> None:
        explicit = self.config.dataset_name
        local = {key: value for key, value in self._state.get("_local", {}).items() if key not in ("resync", "unsent")}
        state["_local"] = {**local, "first_run": False, "at_destination": state.get("_version_hash")}
        for schema in schemas:
            if schema.name in self.schemas:
                # versions go on, so that what packages of this folder know is older
                schema.stored_version = max(schema.stored_version, self.schemas[schema.name].stored_version)
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
        elif not self.first_run:
            self._compare()

    def _compare(self) -> None:
        """Look, in the first run of a process, whether the destination has gone on without this folder."""
        dataset = self.dataset_for(self.default_schema_name)
        place = (self.destination.destination_type, self.destination.destination_name, dataset)
        asks = self._compared != place or bool(self._state["_local"].get("resync"))
        with self.destination_client_for(dataset, None) as client:
            if not client.has_dataset():
                text, gone = None, True
            else:
                text, gone = client.read_state(self.pipeline_name) if asks else None, False
        if gone:
            self._forget_loaded()
            return
        if self.has_pending_data:
            # what waits goes first: its load sees by itself whether it builds on the state that is there
            return
        self._compared = place
        if text is not None and self._is_newer(decode(text, self.pipeline_name)):
            self._sync()

    def _note_state(self, result: LoadResult) -> None:
        """Remember which state a load left at the destination; take over what another run had left there."""
        if result.state is None:
            return
        local = self._state["_local"]
        if not result.joined:
            local["at_destination"] = local["written"] = result.state.get("_version_hash")
            self._store_state()
            return
        state = result.state
        later = [p for stage in ("normalized", "extracted") for p in self.workdir.packages(stage)]
        for waiting in sorted(later, key=lambda p: self.workdir.order(p.load_id)):
            state = with_changes(state, (waiting.undo or {}).get("state") or [])
        state["_state_version"] = max(state["_state_version"], self._state["_state_version"])
        local = {key: value for key, value in local.items() if key != "written"}
        state["_local"] = {**local, "at_destination": result.state.get("_version_hash")}
        bump(state)
        self._save_state(state)

    def _run_load(self, package: LoadPackage) -> RunLoad | None:
        """Return how a load compares the state of its package; None where nothing is ever restored."""
        if self.dev_mode or self.config.restore_from_destination is False:
            return None
        known = (package.info.get("known_state"), self._state["_local"].get("written"))
        return RunLoad(self.pipeline_name, frozenset(str(found) for found in known if found))

    def _gives_up_stale(self, failed: PipelineStepFailed) -> bool:
        """Give a package up that another run made stale, if all of its rows come again; tell whether it went."""
        error = failed.exception
        if not isinstance(error, StaleExtract):
            return False
        self._compared = None
        load_id = getattr(error, "load_id", None)
        if load_id is None or not _comes_again(self.workdir.package(load_id)):
            return False
        gone = abandon(self.workdir, [load_id])
        self._refresh()
        alarm(
            f"{self.pipeline_name}: package {', '.join(gone)} was extracted from a state that another run went on "
            "from; it was given up, and its rows come again"
        )
        return True

    def _forget_loaded(self) -> None:
        """Forget state and schemas: the destination no longer has what they describe; pending packages stay."""
        if not self._state.get("_local", {}).get("loaded"):
            return
        line(f"{self.pipeline_name}: the dataset is gone from the destination, so state and schemas begin anew")
        names = list(self.schemas)
        self.schemas.forget()
        for name in names:
            self.workdir.remove_schema(name)
        kept = self.dataset_name
        state = new_state(self.pipeline_name)
        # versions go on, so that the state of a package that still waits is older than this one
        state["_state_version"] = self._state["_state_version"]
        if self.has_pending_data:
            state["default_schema_name"] = self._state["default_schema_name"]
        self._save_state(state)
        self.dataset_name = kept


def _comes_again(package: LoadPackage) -> bool:
    """Tell whether all rows of a package come from resources with a cursor, which give them again."""
    schema, moved = package.schema, set()
    for change in (package.undo or {}).get("state") or []:
        path = change["path"]
        if len(path) == 6 and path[2] == "resources" and path[4] == "incremental":
            moved.add(path[3])
    return all(schema.get_table(schema.root_of(file["table"])).get("resource") in moved for file in package.files)


def restore_from(pipeline: Syncing) -> tuple[dict[str, Any], list[Schema]] | None:
    """Return the state that the last complete load left, with every schema that it names; None if there is none.

    Raises:
        CannotRestorePipelineException: a schema of the state is not at the destination.
    """
    dataset = pipeline.dataset_for(pipeline.default_schema_name)
    with pipeline.destination_client_for(dataset, None) as client:
        if not client.has_dataset():
            return None
        text = client.read_state(pipeline.pipeline_name)
        if text is None:
            return None
        state = decode(text, pipeline.pipeline_name)
        default = state.get("default_schema_name")
        # the package that was to bring the default schema may have been given up
        names = state.get("schema_names") or [default]
        schemas = [_schema(client.read_schema(name=default), default, dataset)] if default and default in names else []
    for name in state.get("schema_names") or []:
        if name == default:
            continue
        other = dataset if pipeline.config.use_single_dataset else f"{dataset}_{name}"
        with pipeline.destination_client_for(other, None) as client:
            stored = client.read_schema(name=name) if client.has_dataset() else None
        schemas.append(_schema(stored, name, other))
    return state, schemas


def _schema(stored: dict[str, Any] | None, name: str, dataset: str) -> Schema:
    if stored is None:
        raise CannotRestorePipelineException(
            f"The state names the schema {name!r}, but dataset {dataset} holds no version of it. "
            "Run with restore_from_destination=False to begin anew.",
            schema_name=name,
        )
    return Schema.from_dict(stored)
