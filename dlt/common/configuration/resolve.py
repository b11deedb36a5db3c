"""Resolution under the names of PyPI `dlt` 1.x."""

from dlt.configuration import resolve_configuration

__all__ = ["resolve_configuration"]
