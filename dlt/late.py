"""Packages that are imported when a name of theirs is used for the first time.

A module says `from dlt.late import pa` at its top, and a program that never touches Arrow does not pay for it.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

__all__ = ["duckdb", "exp", "imported", "np", "orjson", "pa", "pc", "pq", "sqlglot"]


class LateModule(ModuleType):
    """A package that is not imported yet; when a name of it is looked up, the package itself takes its place."""

    def __getattr__(self, name: str) -> object:
        found = _import(self.__name__)
        # a copy of its names would stay as it is: without what a test puts there, what an import of a part adds later,
        # and what comes after a circular import that is still under way
        for module in tuple(sys.modules.values()):
            # no subclass: those that others make may import something when their names are looked up
            if type(module) is ModuleType:
                names = vars(module)
                for alias in __all__:
                    if names.get(alias) is self:
                        names[alias] = found
        return getattr(found, name)

    def __reduce__(self) -> tuple[Callable[[str], ModuleType], tuple[str]]:
        # modules are pickled by their exact type only: who sends functions of ours by value would fail
        return import_module, (self.__name__,)


def _import(name: str) -> ModuleType:
    """Import a module; a package that was not begun to be imported, in a thread of its own.

    CPython keeps frames in chunks of 16 KiB, and gives a chunk back when the last frame in it returns. An import of a
    hundred modules from where a chunk happens to end takes and gives back memory a thousand times, which doubles what
    it costs; a thread begins with a chunk of its own.
    """
    # whoever is in the middle of importing it would wait for the thread, and the thread for them
    if name.partition(".")[0] in sys.modules:
        return import_module(name)
    failed: list[BaseException] = []

    def run() -> None:
        try:
            import_module(name)
        except BaseException as error:  # noqa: BLE001 - raised to the caller
            failed.append(error)

    thread = threading.Thread(target=run, name=f"import {name}", daemon=True)
    try:
        thread.start()
    except RuntimeError:
        # a process that ends starts no threads any more
        return import_module(name)
    thread.join()
    if failed:
        raise failed[0]
    return import_module(name)


def imported(name: str) -> ModuleType | None:
    """Return a module that the program has imported, None if it has not.

    Args:
        name: The module's whole name.
    """
    # another thread may be in the middle of importing it: whoever asks for it again waits until it is whole;
    # None stands there for one that a program does not let in
    return None if sys.modules.get(name) is None else import_module(name)


if TYPE_CHECKING:
    import duckdb
    import numpy as np
    import orjson
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq
    import sqlglot
    import sqlglot.expressions as exp
else:
    duckdb = LateModule("duckdb")
    exp = LateModule("sqlglot.expressions")
    np = LateModule("numpy")
    orjson = LateModule("orjson")
    pa = LateModule("pyarrow")
    pc = LateModule("pyarrow.compute")
    pq = LateModule("pyarrow.parquet")
    sqlglot = LateModule("sqlglot")
