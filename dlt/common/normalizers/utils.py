"""Ids of rows under the names of PyPI `dlt` 1.x."""

from dlt.ids import random_id

DLT_ID_LENGTH_BYTES = 10


def generate_dlt_id() -> str:
    """Return an id for a row."""
    return random_id(DLT_ID_LENGTH_BYTES)


def generate_dlt_ids(n_ids: int) -> list[str]:
    """Return ids for rows."""
    return [generate_dlt_id() for _ in range(n_ids)]
