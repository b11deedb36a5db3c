"""The program that runs under the names of PyPI `dlt` 1.x."""

from dlt.configuration.run_context import PluggableRunContext, RunContextBase

__all__ = ["PluggableRunContext", "RunContextBase"]
