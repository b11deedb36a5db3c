"""What all operators have in common."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from dlt_airflow.arguments import Hidden
from dlt_airflow.compat import BaseOperator, index_of
from dlt_airflow.retries import airflow_errors

if TYPE_CHECKING:
    from airflow.sdk import Context

    from dlt.tasks import StepContext
    from dlt.tasks.request import Step
    from dlt.types import JsonObject
    from dlt_airflow.elsewhere import Elsewhere

# each version of Airflow has some hundred of them
Options = dict[str, Any]
"""Arguments of an operator by name."""
LOOK_UPS = ("conn_ids", "variables", "runs_in")
LATER = ("pipeline_args", "handoff")
"""What every step needs and tokens do not carry where it is secret."""


class DltOperator(BaseOperator):  # type: ignore[misc]  # Any where Airflow is not installed
    """An operator: configuration from connections, what no token carries, errors in Airflow's words, a clean stop.

    Args:
        conn_ids: Connections whose values the task may use as configuration; a dict names the key of each one.
        variables: Variables that hold configuration as TOML or JSON.
        pipeline_args: Arguments of the pipeline's factory; JSON values. Behind the extract only those count that are
            secret, as no token carries them; `DltTaskGroup` passes them.
        handoff: URL of a folder for packages; `[dlt] handoff_url` when None.
        runs_in: Where the step runs: None for the worker's own Python, {"python": PATH} for another one,
            {"requirements": [...]} for a virtual environment, {"image": NAME} for a container, {"pod": {...}} with
            arguments of `KubernetesPodOperator` for a pod.
        kwargs: Arguments of every operator.
    """

    ui_color = "#dff2e1"
    template_fields: Sequence[str] = (*LATER, *LOOK_UPS)
    runs_in: Hidden[Mapping[str, object] | None] = Hidden()
    pipeline_args: Hidden[Mapping[str, object] | None] = Hidden()
    handoff: Hidden[str | None] = Hidden()

    def __init__(
        self,
        *,
        conn_ids: str | Sequence[str] | Mapping[str, str] | None = None,
        variables: str | Sequence[str] | None = None,
        pipeline_args: Mapping[str, object] | None = None,
        handoff: str | None = None,
        runs_in: Mapping[str, object] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.conn_ids = conn_ids
        self.variables = variables
        self.pipeline_args = pipeline_args
        self.handoff = handoff
        self.runs_in = runs_in
        self._at_work = False
        self._elsewhere: Elsewhere | None = None

    @property
    def chunk_name(self) -> str:
        """Return the name of the part that the task works on."""
        return ""

    @contextmanager
    def _step(self, context: Context) -> Iterator[None]:
        from dlt_airflow.connections import configuration, configured

        # mapped tasks of an operator that stands alone: a group says it for its own
        if context.get("map_index_template") is None and index_of(context):
            context["map_index_template"] = "{{ task.chunk_name }}"
        with airflow_errors():
            values = configuration(self.conn_ids, self.variables)
            if self.runs_in is not None:
                from dlt_airflow.elsewhere import Elsewhere

                self._elsewhere = Elsewhere(self, context, self.runs_in, values)
            with configured(values):
                self._at_work = True
                try:
                    yield
                finally:
                    self._at_work = False

    def _run(
        self, step: Step, who: StepContext, spec: JsonObject | None = None, tokens: Sequence[JsonObject] = ()
    ) -> JsonObject:
        """Run a step where it is to run, and return what it made."""
        if self._elsewhere is not None:
            return self._elsewhere.run(step, who, spec, tokens)
        from dlt.tasks.request import run_step

        return run_step(step, who, spec, tokens)

    def on_kill(self) -> None:
        """Stop the step: a load ends the package that is under way, everything else stops at once.

        Either way the next try goes on where this one was.
        """
        # Airflow asks it too when a task is stopped that has not begun, or has ended
        if not self._at_work:
            return
        if self._elsewhere is not None:
            self._elsewhere.stop()
            return
        from dlt.pipeline import signals

        # Airflow's own handler took the signal, so ours never sees it
        signals.handle(signal.SIGTERM)

    def _withheld(self) -> JsonObject | None:
        """Return what no token carries, for the steps behind the extract."""
        if not self.pipeline_args and not self.handoff:
            return None
        return {"pipeline_args": dict(self.pipeline_args or {}), "handoff": self.handoff or None}
