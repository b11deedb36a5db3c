"""The names of Airflow that this package uses, from wherever the installed version has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import (
    Asset,
    AssetAlias,
    BaseHook,
    BaseOperator,
    BaseOperatorLink,
    DecoratedOperator,
    TaskDecorator,
    TaskGroup,
    task_decorator_factory,
)
from airflow.providers.common.compat.version_compat import AIRFLOW_V_3_0_PLUS

if TYPE_CHECKING:
    from airflow.sdk import Context

AIRFLOW_3 = bool(AIRFLOW_V_3_0_PLUS)


# Airflow 2 and 3 name the same facts differently, and leave others out
def fact(thing: object, *names: str) -> Any:
    """Return the first attribute that is there and not None; None where this version of Airflow has none of them.

    Args:
        thing: A DAG run, a task instance, a timetable or the like.
        names: Names of the attribute, from the newest.
    """
    found = (getattr(thing, name, None) for name in names)
    return next((value for value in found if value is not None), None)


def index_of(context: Context) -> str:
    """Return the index of a mapped task as text; "" of any other task, which Airflow gives none, or -1.

    Args:
        context: Context of the task.
    """
    index = context["ti"].map_index
    return str(index) if index is not None and index >= 0 else ""


__all__ = [
    "AIRFLOW_3",
    "Asset",
    "AssetAlias",
    "BaseHook",
    "BaseOperator",
    "BaseOperatorLink",
    "DecoratedOperator",
    "TaskDecorator",
    "TaskGroup",
    "fact",
    "index_of",
    "task_decorator_factory",
]
