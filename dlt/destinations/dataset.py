"""Datasets under the older names of PyPI `dlt` 1.x; they stand in `dlt.dataset`."""

from __future__ import annotations

from importlib import import_module

from dlt.absent import absent_names

_NAMES = {"ReadableDBAPIDataset": "Dataset", "ReadableDBAPIRelation": "Relation"}
_absent = absent_names(
    __name__,
    "pipeline.dataset() reads a dataset, and pipeline.sql_client() is a client of its destination.",
    "get_destination_client_initial_config get_destination_clients",
)


def __getattr__(name: str) -> object:
    # by name: datasets know destinations, and nothing of destinations may need them
    return getattr(import_module("dlt.dataset"), _NAMES[name]) if name in _NAMES else _absent(name)
