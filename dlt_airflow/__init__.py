"""Run extract, normalize and load as separate Airflow tasks that survive their workers.

Importing this costs next to nothing: Airflow itself imports it in every process, to learn what the provider offers.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from dlt_airflow.form import CONFIGURATION_EXAMPLE, FIELDS

if TYPE_CHECKING:
    from dlt.types import JsonObject
    from dlt_airflow.assets import table_asset
    from dlt_airflow.decorator import dlt_task
    from dlt_airflow.factory import dags_from_yaml
    from dlt_airflow.groups import DltTaskGroup, dlt_task_group
    from dlt_airflow.hooks import DltHook
    from dlt_airflow.operators import (
        DltCleanupOperator,
        DltExtractOperator,
        DltLoadOperator,
        DltNormalizeOperator,
        DltResourcesOperator,
    )
    from dlt_airflow.retries import DltRetryPolicy, dlt_retry_policy
    from dlt_airflow.undo import DltUndoOperator

_PLACES = {
    "DltCleanupOperator": "operators",
    "DltExtractOperator": "operators",
    "DltHook": "hooks",
    "DltLoadOperator": "operators",
    "DltNormalizeOperator": "operators",
    "DltResourcesOperator": "operators",
    "DltRetryPolicy": "retries",
    "DltTaskGroup": "groups",
    "DltUndoOperator": "undo",
    "dags_from_yaml": "factory",
    "dlt_retry_policy": "retries",
    "dlt_task": "decorator",
    "dlt_task_group": "groups",
    "table_asset": "assets",
}

__all__ = [
    "DltCleanupOperator",
    "DltExtractOperator",
    "DltHook",
    "DltLoadOperator",
    "DltNormalizeOperator",
    "DltResourcesOperator",
    "DltRetryPolicy",
    "DltTaskGroup",
    "DltUndoOperator",
    "dags_from_yaml",
    "dlt_retry_policy",
    "dlt_task",
    "dlt_task_group",
    "get_provider_info",
    "table_asset",
]


def __getattr__(name: str) -> object:
    # each class is imported when a DAG asks for it
    place = _PLACES.get(name)
    if place is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(importlib.import_module(f"{__name__}.{place}"), name)
    return found


def get_provider_info() -> JsonObject:
    """Return what Airflow shows and offers of this package."""
    return {
        "package-name": "dlt-tasks",
        "name": "dlt",
        "description": "Extract, normalize and load as separate tasks.",
        "task-decorators": [{"name": "dlt", "class-name": "dlt_airflow.decorator.dlt_task"}],
        "connection-types": [
            {
                "connection-type": "dlt",
                "hook-class-name": "dlt_airflow.hooks.DltHook",
                "hook-name": "dlt",
                # Airflow 3 reads these, Airflow 2 asks the hook
                "ui-field-behaviour": {
                    "hidden-fields": ["host", "port", "schema", "login", "password"],
                    "relabeling": {"extra": "Configuration as JSON"},
                    "placeholders": {"extra": CONFIGURATION_EXAMPLE},
                },
                "conn-fields": dict(FIELDS),
            }
        ],
        "extra-links": ["dlt_airflow.links.LoadInfoLink"],
        "asset-uris": [{"schemes": ["dlt"], "handler": "dlt_airflow.assets.check_uri"}],
        "config": {
            "dlt": {
                "description": "Settings of tasks that extract, normalize and load.",
                "options": {
                    "handoff_url": _option(
                        "URL of a folder through which packages travel between workers. Without it all workers must "
                        "share work_dir.",
                        "s3://bucket/handoff",
                    ),
                    "work_dir": _option("Folder for packages under way.", "/var/lib/dlt/tasks"),
                    "keep_days": _option(
                        "Days for which a worker keeps what a run left that was not loaded, or was cleaned up by "
                        "another worker; 7 when empty.",
                        "2",
                    ),
                },
            }
        },
    }


def _option(description: str, example: str) -> dict[str, str]:
    return {
        "description": description,
        "version_added": "0.1.0",
        "type": "string",
        "example": example,
        "default": "",
    }
