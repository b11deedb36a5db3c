"""What the fields of an operator say, once they are rendered. Used in tasks only."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from dlt.tasks import Window
from dlt_airflow.arguments import handed
from dlt_airflow.identity import conf_of
from dlt_airflow.window import Wanted, facts_of, find_window

if TYPE_CHECKING:
    from airflow.sdk import Context
    from pydantic import JsonValue

    from dlt.tasks import Token
    from dlt.types import JsonObject


class OfSpec(Protocol):
    """An operator with the fields of a spec."""

    source: str
    pipeline: str | Mapping[str, object]
    source_args: Mapping[str, object] | None
    pipeline_args: Mapping[str, object] | None
    resource_names: Sequence[str]
    run_args: Mapping[str, object] | None
    handoff: str | None
    work_dir: str | None
    reprocess: str


def spec_dict(task: OfSpec, context: Context, chunk_args: Mapping[str, object] | None = None) -> JsonObject:
    """Return the spec that the fields of a task describe.

    Args:
        task: An operator with the fields of a spec.
        context: Context of the task.
        chunk_args: Arguments of the source that are those of the part.
    """
    return {
        "source": beside(task.source, context),
        "pipeline": pipeline_beside(task.pipeline, context),
        "source_args": {**(task.source_args or {}), **(chunk_args or {})},
        "pipeline_args": dict(task.pipeline_args or {}),
        "resources": list(task.resource_names or ()),
        "run_args": dict(task.run_args or {}),
        # a template that renders to nothing leaves it to the configuration of the worker
        "handoff": task.handoff or None,
        "work_dir": task.work_dir or None,
        "reprocess": reprocess_of(task.reprocess, context),
    }


def reprocess_of(wanted: str, context: Context) -> str:
    """Return what becomes of rows that a run appended, when it is loaded once more.

    Args:
        wanted: What the task says.
        context: Context of the task; the configuration of its run comes first.
    """
    return str(conf_of(context).get("dlt_reprocess") or wanted or "auto")


def beside(reference: str, context: Context) -> str:
    """Return a reference to a file as one that every worker finds: relative paths start at the DAG's folder.

    Args:
        reference: Reference of a factory.
        context: Context of the task.
    """
    path, separator, name = reference.rpartition(":")
    if not path.endswith(".py") or os.path.isabs(path):
        return reference
    # the working directory of a worker is whatever its service says
    return os.path.join(os.path.dirname(os.path.abspath(context["dag"].fileloc)), path) + separator + name


def pipeline_beside(pipeline: str | Mapping[str, object], context: Context) -> str | JsonObject:
    """Return the reference of a pipeline's factory as `beside` does, or its arguments as they are.

    Args:
        pipeline: The reference or the arguments.
        context: Context of the task.
    """
    return beside(pipeline, context) if isinstance(pipeline, str) else dict(pipeline)


def window_of(wanted: Wanted, context: Context) -> Window | None:
    """Return the time that a task loads, or None.

    Args:
        wanted: "auto", None, or both ends.
        context: Context of the task.
    """
    if wanted is None:
        return None
    if wanted == "auto":
        # who starts a run by hand may say what it loads
        wanted = conf_of(context).get("dlt_window") or wanted
    return find_window(wanted, facts_of(context))


def tokens_of(value: object) -> list[JsonObject]:
    """Return the tokens of one task or of all mapped ones.

    Args:
        value: What the tasks returned.
    """
    value = handed(value)
    items = [value] if isinstance(value, Mapping) else list(value) if isinstance(value, Sequence) else []
    # a mapped task that was skipped returned nothing
    return [dict(item) for item in items if item is not None]


def handed_on(context: Context, token: Token) -> JsonObject:
    """Return a token as XCom keeps it, and keep the load ids where later tries see them: XCom is cleared before each.

    Args:
        context: Context of the task.
        token: What the try left.
    """
    store = context.get("task_state_store")
    # not every version of Airflow has one
    if store is not None:
        ids: list[JsonValue] = [package.load_id for package in token.packages]
        store.set("dlt", {"load_ids": ids, "try": context["ti"].try_number, "stage": token.stage})
    # XCom would wrap tuples in what only Airflow understands
    plain: JsonObject = json.loads(json.dumps(token.to_dict()))
    return plain
