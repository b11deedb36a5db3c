"""The destination that is a function, under its name of PyPI `dlt` 1.x."""

from __future__ import annotations

from dlt.destinations.decorator import function_destination as destination
from dlt.errors import InvalidDestinationReference as UnknownCustomDestinationCallable

__all__ = ["UnknownCustomDestinationCallable", "destination"]
