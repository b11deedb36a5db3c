"""Packages that are imported when a name of theirs is used for the first time.

A module says `from dlt.late import pa` at its top, and a program that never touches Arrow does not pay for it.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

__all__ = ["duckdb", "np", "orjson", "pa", "pc", "pq"]


class LateModule(ModuleType):
    """A package that is not imported yet; it becomes a plain module when a name of it is looked up."""

    def __getattr__(self, name: str) -> object:
        found = import_module(self.__name__)
        if not hasattr(found, name):
            # also what a tool looks for in every module, such as `__wrapped__`
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        vars(self).update(vars(found))
        # Python looks names of plain modules up faster than those of a class with `__getattr__`
        object.__setattr__(self, "__class__", ModuleType)
        return getattr(found, name)


if TYPE_CHECKING:
    import duckdb
    import numpy as np
    import orjson
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq
else:
    duckdb = LateModule("duckdb")
    np = LateModule("numpy")
    orjson = LateModule("orjson")
    pa = LateModule("pyarrow")
    pc = LateModule("pyarrow.compute")
    pq = LateModule("pyarrow.parquet")
