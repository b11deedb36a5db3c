"""The names of Airflow that this package uses, from wherever the installed version has them."""

from __future__ import annotations

from typing import Any

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
    "task_decorator_factory",
]
