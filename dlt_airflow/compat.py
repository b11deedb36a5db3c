"""The names of Airflow that this package uses, from wherever the installed version has them."""

from __future__ import annotations

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
    "task_decorator_factory",
]
