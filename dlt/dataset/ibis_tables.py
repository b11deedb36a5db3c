"""Datasets as connections of ibis, where ibis is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlt.errors import IbisNotAvailable, MissingDependencyException

if TYPE_CHECKING:
    from dlt.dataset.ibis_backend import Asked, DatasetBackend


def connected(dataset: Asked) -> DatasetBackend:
    """Return a connection of ibis that reads a dataset.

    Args:
        dataset: The dataset.

    Raises:
        MissingDependencyException: ibis is not installed.
        IbisNotAvailable: ibis does not speak the SQL of the destination.
    """
    try:
        # here, as its class is made of one of a package that need not be there
        from dlt.dataset.ibis_backend import COMPILERS, DatasetBackend
    except ImportError as error:
        raise MissingDependencyException(
            f"dataset {dataset.dataset_name}: ibis is not installed. Run: pip install 'ibis-framework[duckdb]'"
        ) from error
    dialect = dataset.destination_dialect or ""
    if dialect not in COMPILERS:
        raise IbisNotAvailable(
            f"dataset {dataset.dataset_name}: ibis does not speak the SQL of its destination ({dialect or 'none'}). "
            "ibis.memtable(dataset.table(...).arrow()) is a table of it."
        )
    return DatasetBackend(dataset, dialect)
