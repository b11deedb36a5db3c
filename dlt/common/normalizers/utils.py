"""Ids of rows under the names of PyPI `dlt` 1.x."""

from __future__ import annotations

from dlt.common.utils import many_uniq_ids_base64, uniq_id_base64

__all__ = ["DLT_ID_LENGTH_BYTES", "generate_dlt_id", "generate_dlt_ids"]

DLT_ID_LENGTH_BYTES = 10
"""Random bytes of an id, which has 14 characters."""


def generate_dlt_id() -> str:
    """Return a random id of a row."""
    return uniq_id_base64(DLT_ID_LENGTH_BYTES)


def generate_dlt_ids(n_ids: int) -> list[str]:
    """Return random ids of rows.

    Args:
        n_ids: How many.
    """
    return many_uniq_ids_base64(n_ids, DLT_ID_LENGTH_BYTES)
