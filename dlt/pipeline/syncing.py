"""State and schemas in step with the destination."""

from __future__ import annotations

from typing import Any

from dlt.errors import CannotRestorePipelineException
from dlt.pipeline.tracing import Tracing
from dlt.schema.schema import Schema
from dlt.user_log import line
from dlt.workdir.state import decode, new_state


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
            self.workdir.remove_schema(name)
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
