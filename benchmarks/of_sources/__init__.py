"""The parts of `benchmarks/sources.py`: one module for each kind of ready-made source.

A part has

- `TITLE`: what is loaded,
- `CASES`: by name, the CPU seconds that this project may take at most, or None where there is no such goal,
- `prepare(folder)`: a context manager that starts what data comes from, in a process of its own, and yields settings,
- `load(case, settings, pipeline)`: loads it with the `dlt` of the interpreter that runs it, and returns the row counts.
"""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType


def parts() -> dict[str, ModuleType]:
    """Return the parts by name."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return {name: importlib.import_module(f"{__name__}.{name}") for name in names}
