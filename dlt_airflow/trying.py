"""What the button that tests a connection does. Used by Airflow's servers."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping

import dlt
from dlt.redact import clean_error
from dlt_airflow.arguments import hidden
from dlt_airflow.connections import collect, configured


def tried(conn_id: str) -> tuple[bool, str]:
    """Log in to each destination of a connection; return whether all let us in, and a sentence.

    Args:
        conn_id: Id of a connection of the type dlt.
    """
    try:
        values = collect([conn_id], None)
    except Exception as error:  # noqa: BLE001 - the page shows a sentence
        return False, _told(error)
    # a source cannot be tried without its code
    names = [str(name) for name in values.get("destination") or ()]
    with configured(values):
        for name in names:
            try:
                _log_in(name)
            except Exception as error:  # noqa: BLE001 - the page shows a sentence
                return False, f"{name}: {_told(error)}"
    if names:
        return True, f"Logged in to {', '.join(names)}."
    keys = sorted(_keys(values))
    if not keys:
        return False, "The connection says nothing. Fill in a destination, or settings as TOML or JSON."
    return True, f"It can be read, and names no destination to log in to. It has {', '.join(keys)}."


def _log_in(name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        pipeline = dlt.pipeline("dlt_connection_test", pipelines_dir=folder, destination=name, dataset_name="dlt_test")
        # it asks for what is there, and makes nothing
        pipeline.sync_destination()


def _told(error: BaseException) -> str:
    clean_error(error, hidden())
    return f"{type(error).__name__}: {error}"


def _keys(values: Mapping[str, object], prefix: str = "") -> Iterator[str]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _keys(value, f"{prefix}{key}.")
        else:
            yield prefix + key
