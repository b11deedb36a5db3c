"""A step that does not run in the worker's Python: in another interpreter, a container, or a pod. Used in tasks only.

The operator stays in the worker: it looks up connections, hands over a request, shows what the step says, and gets its
answer. What the step needs, Airflow included or not, is up to the environment that it runs in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import orjson

from dlt.errors import MissingDependencyException, SpecInvalid
from dlt.tasks.elsewhere import StepElsewhere, made_of
from dlt.tasks.request import Step, StepRequest, context_to_dict
from dlt_airflow.arguments import hidden

if TYPE_CHECKING:
    from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
    from airflow.sdk import Context
    from airflow.sdk.types import Logger

    from dlt.tasks import StepContext
    from dlt.types import JsonObject

REQUEST = "DLT_STEP_REQUEST"
"""Variable of a pod's container that holds the request."""
ANSWER = "/airflow/xcom/return.json"
"""Where the sidecar of a pod looks for what the task returns; Airflow says so."""
POD_COMMAND = ("dlt", "step", "run", f"env:{REQUEST}", "--answer", ANSWER)


class Working(Protocol):
    """An operator whose step runs elsewhere."""

    task_id: str

    @property
    def log(self) -> Logger:
        """Return the log of the task."""


class Elsewhere:
    """Where the steps of a task run.

    Args:
        task: The operator.
        context: Context of the task.
        runs_in: The environment.
        configuration: What connections and variables say.
    """

    def __init__(
        self, task: Working, context: Context, runs_in: Mapping[str, object], configuration: JsonObject
    ) -> None:
        self._task, self._context, self._runs_in, self._configuration = task, context, runs_in, configuration
        self._step: StepElsewhere | None = None
        self._pod: KubernetesPodOperator | None = None

    def run(
        self, step: Step, who: StepContext, spec: JsonObject | None = None, tokens: Sequence[JsonObject] = ()
    ) -> JsonObject:
        """Run a step and return what it made.

        Args:
            step: Which step.
            who: The run and the try.
            spec: The spec.
            tokens: What the step before returned.
        """
        # the step must not show what is hidden here, and does not know of it by itself
        request = StepRequest(step, spec, tokens, context_to_dict(who), self._configuration, hidden())
        if "pod" in self._runs_in:
            return self._in_pod(request)
        self._step = StepElsewhere(self._runs_in, lambda line: self._task.log.info("%s", line))
        return self._step.run(request)

    def stop(self) -> None:
        """Stop the step: a load ends the package that is under way, everything else stops at once."""
        if self._step is not None:
            self._step.stop()
        if self._pod is not None:
            self._pod.on_kill()

    def _in_pod(self, request: StepRequest) -> JsonObject:
        self._pod = pod_operator(self._task.task_id, self._runs_in["pod"], request)
        # `execute` of an operator inside of another one makes Airflow warn, and this is what it does
        answer = self._pod.execute_sync(self._context)
        return made_of(orjson.dumps(answer), f"{request.step} in a pod", 0)


def pod_operator(task_id: str, wanted: object, request: StepRequest) -> KubernetesPodOperator:
    """Return the operator that runs a request in a pod.

    Args:
        task_id: Id of the task, from which the pod gets its name.
        wanted: Arguments of `KubernetesPodOperator`.
        request: The request.

    Raises:
        SpecInvalid: the arguments are no dict, or say what the step says, or the request would show a secret.
        MissingDependencyException: Airflow's provider of Kubernetes is not installed.
    """
    if not isinstance(wanted, Mapping) or "image" not in wanted:
        raise SpecInvalid("runs_in: pod is a dict of arguments of KubernetesPodOperator, with the image at least.")
    ours = sorted({"cmds", "arguments", "do_xcom_push", "deferrable", "task_id"} & set(wanted))
    if ours:
        raise SpecInvalid(f"runs_in: {', '.join(ours)} of the pod is what the step says. Leave it out.")
    try:
        from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
    except ImportError as error:
        raise MissingDependencyException(
            "runs_in={'pod': ...} needs Airflow's provider of Kubernetes on the worker: "
            "pip install apache-airflow-providers-cncf-kubernetes"
        ) from error
    # a name of its own tells whose pod it is, where people look at pods
    given: dict[str, Any] = {"name": f"dlt-{task_id}", **wanted}
    variables = given.pop("env_vars", None) or {}
    if isinstance(variables, Mapping):
        variables = {**variables, REQUEST: _visible(request)}
    else:
        # a list has objects of the client of Kubernetes
        variables = [*variables, type(variables[0])(name=REQUEST, value=_visible(request))]
    return KubernetesPodOperator(
        task_id=task_id, cmds=list(POD_COMMAND), env_vars=variables, do_xcom_push=True, **given
    )


def _visible(request: StepRequest) -> str:
    """Return a request as everybody may read it who may see pods.

    Raises:
        SpecInvalid: it holds secrets.
    """
    extra = sorted(key for key in request.configuration if key != "handoff")
    text = orjson.dumps({**request.to_dict(), "hidden": []}).decode()
    shown = [secret for secret in request.hidden if secret in text]
    if extra or shown:
        what = f"configuration ({', '.join(extra)})" if extra else "a secret in an argument"
        raise SpecInvalid(
            f"{request.step} in a pod: {what} would stand in the definition of the pod, where many can read it. Leave "
            "conn_ids and variables out, and let the pod get it from a Secret of Kubernetes, as variables of its "
            "environment (env_from, secrets)."
        )
    return text
