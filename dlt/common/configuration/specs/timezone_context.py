"""The time zone that a run works in, under the name of PyPI `dlt` 1.x."""

from dlt.extract.incremental.context import TimezoneContext

__all__ = ["TimezoneContext"]
