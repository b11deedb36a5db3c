"""Formats of items, and what wrote them in PyPI `dlt` 1.x."""

from typing import Literal

from dlt.common.data_writers.writers import DataWriter
from dlt.common.typing import TLoaderFileFormat

__all__ = ["DataWriter", "TDataItemFormat", "TLoaderFileFormat"]

TDataItemFormat = Literal["arrow", "object", "file", "model"]
"""What items are: tables of Arrow, Python objects, files, queries."""
