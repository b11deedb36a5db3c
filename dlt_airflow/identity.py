"""Who a task is: the run, the part and the try that the steps go by. Used in tasks only."""

from __future__ import annotations

import datetime
import sys
from typing import TYPE_CHECKING

from dlt.tasks import StepContext, Window
from dlt_airflow.arguments import is_masked
from dlt_airflow.compat import fact
from dlt_airflow.progress import task_progress

if TYPE_CHECKING:
    from airflow.sdk import Context
    from airflow.sdk.types import DagRunProtocol, RuntimeTaskInstanceProtocol

    from dlt.types import JsonObject


def conf_of(context: Context) -> JsonObject:
    """Return the configuration that a person gave to a DAG run.

    Args:
        context: Context of the task.
    """
    return fact(context["dag_run"], "conf") or {}


def run_identity(context: Context, group: str, again: str = "") -> str:
    """Return the id of a run: the same in every task and every try of it.

    Args:
        context: Context of the task.
        group: Name of the group of tasks in the DAG.
        again: What asks for the run to be loaded once more; `dlt_reload` of its configuration when empty.
    """
    # the same in all tries and on all workers, and of no other run of any DAG
    identity = f"{context['ti'].dag_id}/{context['run_id']}/{group}"
    # who starts a run by hand asks by its configuration, as the file of the DAG is not theirs
    wish = again or conf_of(context).get("dlt_reload")
    return identity if wish in (None, "") else f"{identity}/{wish}"


def clears(ti: RuntimeTaskInstanceProtocol, run: DagRunProtocol | None = None) -> int:
    """Return a number that is higher whenever someone has cleared the task, and the same in all tries of one wish.

    Args:
        ti: The task instance.
        run: Its DAG run.
    """
    # when a task is cleared, Airflow raises its limit of tries by those that were used up. That tells nothing where
    # the file of the DAG has other retries by then, and of Airflow 2.11 the count of the run leaves running ones out
    used = max(0, int(fact(ti, "max_tries") or 0) - int(ti.task.retries or 0))
    return max(used, int(fact(run, "clear_number") or 0))


def began(run: DagRunProtocol) -> datetime.datetime | None:
    """Return when a DAG run began, a later time when it was deleted and made again, or cleared as a whole.

    Args:
        run: The DAG run.
    """
    times: list[datetime.datetime | None] = [fact(run, name) for name in ("start_date", "run_after")]
    return max((time for time in times if time is not None), default=None)


def step_context(context: Context, run_id: str, chunk: str = "", window: Window | None = None) -> StepContext:
    """Return who the task is.

    Args:
        context: Context of the task.
        run_id: Id of the run.
        chunk: Name of the part.
        window: Time that the run loads.
    """
    ti, run = context["ti"], context["dag_run"]
    return StepContext(
        run_id,
        chunk=chunk,
        attempt=int(ti.try_number),
        moment=fact(run, "run_after", "logical_date", "execution_date"),
        window=window,
        generation=clears(ti, run),
        began=began(run),
        progress=task_progress(),
        is_secret=is_masked,
        # its provider asks our operators for the tables of a load
        tells_lineage="airflow.providers.openlineage.plugins.listener" in sys.modules,
    )
