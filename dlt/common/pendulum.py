"""pendulum, for programs that use it; it is not needed by the library itself."""

from __future__ import annotations

import importlib
from typing import Any

from dlt.errors import MissingDependencyException

try:
    pendulum: Any = importlib.import_module("pendulum")
except ImportError as error:
    raise MissingDependencyException(
        "dlt.common.pendulum needs the package pendulum, which is not installed. Run: pip install pendulum"
    ) from error
