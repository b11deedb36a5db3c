"""Names that programs for PyPI `dlt` 1.x import from here."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any

from dlt.common import json
from dlt.user_log import logger

sleep = time.sleep


def __getattr__(name: str) -> Any:
    if name == "pendulum":
        from dlt.common.pendulum import pendulum

        return pendulum
    raise AttributeError(f"dlt.common has no {name!r}")


__all__ = ["Decimal", "json", "logger", "sleep"]
