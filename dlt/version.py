"""The version of the distribution, and the form in which it is in use."""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import Literal

__version__ = "0.1.0"
DLT_IMPORT_NAME = "dlt"
DLT_PKG_NAME = "dlt-tasks"
PURE = "DLT_PURE_PYTHON"
"""Variable of the environment that takes the form in Python although the compiled one is there."""
_COMPILED = "dlt.formats._columns"
Form = Literal["compiled", "pure"]


def form() -> Form:
    """Return `compiled` where rows are copied into columns by the extension, `pure` where Python does it."""
    return "compiled" if is_compiled(_COMPILED) else "pure"


def is_compiled(module: str) -> bool:
    """Tell whether a module was compiled, and the program may use it.

    Args:
        module: Its full name.
    """
    return os.environ.get(PURE) != "1" and find_spec(module) is not None
