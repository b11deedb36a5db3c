"""Who a task is: the run, the part and the try that the steps go by. Used in tasks only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dlt_airflow.compat import AIRFLOW_3

if TYPE_CHECKING:
    from dlt.orchestrate import StepContext, Window

_MARK = "dlt_reload:"


def run_identity(context: Any, group: str) -> str:
    """Return the id of a run: the same in every task and every try of it.

    Args:
        context: Context of the task.
        group: Name of the group of tasks in the DAG.
    """
    identity = f"{context['ti'].dag_id}/{context['run_id']}/{group}"
    again = reload_wish(context["dag_run"])
    return f"{identity}/{again}" if again else identity


def reload_wish(run: Any) -> str:
    """Return what asks for a run to be loaded a second time, or "".

    It is `dlt_reload` of the run's configuration or, since nobody can change that once the run is there, a note on the
    run that says "dlt_reload: something".

    Args:
        run: The DAG run.
    """
    wish = (getattr(run, "conf", None) or {}).get("dlt_reload")
    if wish is not None:
        return str(wish)
    # the note of a run of Airflow 2 is in the database, out of the reach of tasks
    note = getattr(run, "note", None) if AIRFLOW_3 else None
    for line in (note or "").splitlines():
        if line.strip().startswith(_MARK):
            return line.strip().removeprefix(_MARK).strip()
    return ""


def clears(ti: Any) -> int:
    """Return a number that is higher whenever someone has cleared the task, and the same in all tries of one wish."""
    # Airflow raises the limit of tries by those that were used up when a task is cleared, and never else
    return max(0, int(getattr(ti, "max_tries", 0) or 0) - int(ti.task.retries or 0))


def step_context(context: Any, run_id: str, chunk: str = "", window: Window | None = None) -> StepContext:
    """Return who the task is.

    Args:
        context: Context of the task.
        run_id: Id of the run.
        chunk: Name of the part.
        window: Time that the run loads.
    """
    from dlt.orchestrate import StepContext

    ti, run = context["ti"], context["dag_run"]
    moment = getattr(run, "run_after", None) or getattr(run, "logical_date", None)
    return StepContext(
        run_id,
        chunk=chunk,
        attempt=int(ti.try_number),
        moment=moment or getattr(run, "execution_date", None),
        window=window,
        generation=clears(ti),
    )
