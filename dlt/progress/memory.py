"""How much memory the process took."""

from __future__ import annotations

import functools
import os
import sys
from importlib.machinery import BuiltinImporter, PathFinder
from importlib.util import module_from_spec
from types import ModuleType


def peak_megabytes() -> float:
    """Return the most memory that the process had so far; 0 where Python cannot tell."""
    resource = of_python("resource")
    # Windows has no such module
    if resource is None:
        return 0.0
    peak: int = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # macOS counts bytes, Linux kilobytes
    return peak / (1 << 20) if sys.platform == "darwin" else peak / 1024


@functools.cache
def of_python(name: str) -> ModuleType | None:
    """Return a module that comes with Python, whatever a program calls its own files; None where there is none.

    A file `resource.py` beside a program hides the module of that name. Modules that everything imports need no such
    care: a program that hides one of those does not get as far as this library.

    Args:
        name: The module's name, without dots.
    """
    home = os.path.dirname(os.__file__)
    # where modules written in C are, if not in the interpreter itself
    spec = BuiltinImporter.find_spec(name) or PathFinder.find_spec(name, [home, os.path.join(home, "lib-dynload")])
    if spec is None or spec.loader is None:
        return None
    # not into sys.modules: that place belongs to what the program calls so
    made = module_from_spec(spec)
    spec.loader.exec_module(made)
    return made
