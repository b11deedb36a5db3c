"""Settings of PyPI `dlt` 1.x that nothing here reads, and what holds instead: whoever sets one is told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from dlt.destinations.settings import WITHOUT_EFFECT, known_settings
from dlt.user_log import tell_without_effect

if TYPE_CHECKING:
    from dlt.configuration.providers.base import SearchableProvider
    from dlt.destinations.base import Destination

_STEPS_AHEAD = "columns are worked on by the threads of pyarrow, in this process"
_ONE_TRANSACTION = "a package is loaded in one transaction"
_NO_TELEMETRY = "nothing is sent anywhere"
OPTIONS: Mapping[str, Mapping[str, str]] = {
    "data_writer": {
        "buffer_max_items": "rows are written a page at a time",
        "flush_interval": "rows are written a page at a time",
    },
    "extract": {
        "poll_interval": "work that is done is taken at once",
        "copy_on_fork": "every item of a parent is one of its own for each of its transformers",
    },
    "normalize": {
        "workers": _STEPS_AHEAD,
        "start_method": _STEPS_AHEAD,
        "pool_type": _STEPS_AHEAD,
        "loader_file_format": "say it in the section of the pipeline, or at the top",
    },
    "load": {
        "workers": _ONE_TRANSACTION,
        "raise_on_max_retries": "section pipelines has retry",
        "truncate_staging_dataset": "a load leaves no staging tables behind",
        "parallelism_strategy": _ONE_TRANSACTION,
        "start_method": _ONE_TRANSACTION,
        "pool_type": _ONE_TRANSACTION,
        "start_new_jobs_on_signal": "a load that has begun ends its package first",
    },
    "runtime": {
        "dlthub_telemetry": _NO_TELEMETRY,
        "dlthub_telemetry_endpoint": _NO_TELEMETRY,
        "dlthub_telemetry_segment_write_key": _NO_TELEMETRY,
        "dlthub_dsn": _NO_TELEMETRY,
        "sentry_dsn": "start sentry_sdk in the program",
        "prometheus_port": _NO_TELEMETRY,
        "name": "the pipeline has a name",
        "environment": "a pipeline runs alike everywhere",
        "config_files_storage_path": "files with settings are those of .dlt",
        "http_show_error_body": "an error shows the address and the status",
        "http_max_error_body_length": "an error shows the address and the status",
    },
}
"""Sections, their settings, and why they change nothing."""
_AS_WANTED = {
    ("load", "truncate_staging_dataset"): "true",
    ("load", "start_new_jobs_on_signal"): "true",
    ("runtime", "dlthub_telemetry"): "false",
    ("runtime", "http_show_error_body"): "false",
}
"""Values that say what holds in any case: nobody has to be told."""


def tell_settings(places: Iterable[SearchableProvider], pipeline_name: str, destination: Destination | None) -> None:
    """Tell, once in a process, of settings that count for a pipeline and that nothing reads.

    Args:
        places: Where the settings of the project stand.
        pipeline_name: Its name.
        destination: Where it loads to.
    """
    # below names of pipelines, sources and steps
    outer = ("sources", "source", "normalize", "pipelines", pipeline_name.lower())
    for provider in places:
        keys = provider.keys()
        for key in keys:
            # variables and files write one key in two ways
            path = key.lower().replace("__", ".").split(".")
            if len(path) < 2:
                continue
            head, section, name = path[0], path[-2], path[-1]
            why = OPTIONS.get(section, {}).get(name) if head in (*outer, section) else None
            if why is not None and _text(provider.get(key)[0]) != _AS_WANTED.get((section, name)):
                tell_without_effect(provider.describe(key), why)
            elif destination is not None and _ignores(destination, path):
                tell_without_effect(provider.describe(key), "nothing of the destination depends on it")


def _ignores(destination: Destination, path: list[str]) -> bool:
    """Tell whether a setting is of a destination, or of all, and not read by it."""
    own = ["destination", destination.destination_name.lower()]
    if path[-1] not in WITHOUT_EFFECT or not (path[-2] == "destination" or path[-3:-1] == own):
        return False
    known = known_settings(type(destination))
    # a class of the program's own may read anything
    return known is not None and path[-1] not in known


def _text(value: object) -> str:
    return str(value).strip().lower()
