"""Who a task is: the run, the part and the try that the steps go by. Used in tasks only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dlt.tasks import StepContext, Window


def run_identity(context: Any, group: str, again: str = "") -> str:
    """Return the id of a run: the same in every task and every try of it.

    Args:
        context: Context of the task.
        group: Name of the group of tasks in the DAG.
        again: What asks for the run to be loaded once more; `dlt_reload` of its configuration when empty.
    """
    identity = f"{context['ti'].dag_id}/{context['run_id']}/{group}"
    wish = again or (getattr(context["dag_run"], "conf", None) or {}).get("dlt_reload")
    return identity if wish in (None, "") else f"{identity}/{wish}"


def clears(ti: Any, run: Any = None) -> int:
    """Return a number that is higher whenever someone has cleared the task, and the same in all tries of one wish.

    Args:
        ti: The task instance.
        run: Its DAG run.
    """
    # when a task is cleared, Airflow raises its limit of tries by those that were used up. That tells nothing where
    # the file of the DAG has other retries by then, and of Airflow 2.11 the count of the run leaves running ones out
    used = max(0, int(getattr(ti, "max_tries", 0) or 0) - int(ti.task.retries or 0))
    return max(used, int(getattr(run, "clear_number", 0) or 0))


def began(run: Any) -> Any:
    """Return when a DAG run began, a later time when it was deleted and made again, or cleared as a whole.

    Args:
        run: The DAG run.
    """
    times = [getattr(run, name, None) for name in ("start_date", "run_after")]
    return max((time for time in times if time is not None), default=None)


def step_context(context: Any, run_id: str, chunk: str = "", window: Window | None = None) -> StepContext:
    """Return who the task is.

    Args:
        context: Context of the task.
        run_id: Id of the run.
        chunk: Name of the part.
        window: Time that the run loads.
    """
    from dlt.tasks import StepContext
    from dlt_airflow.arguments import is_masked
    from dlt_airflow.progress import task_progress

    ti, run = context["ti"], context["dag_run"]
    moment = getattr(run, "run_after", None) or getattr(run, "logical_date", None)
    return StepContext(
        run_id,
        chunk=chunk,
        attempt=int(ti.try_number),
        moment=moment or getattr(run, "execution_date", None),
        window=window,
        generation=clears(ti, run),
        began=began(run),
        progress=task_progress(),
        is_secret=is_masked,
    )
