"""The program that runs under the names of PyPI `dlt` 1.x."""

from __future__ import annotations

from dlt.absent import absent_names
from dlt.configuration.contexts import Container
from dlt.configuration.run_context import DOT_DLT, PluggableRunContext, RunContext, RunContextBase

__all__ = ["DOT_DLT", "RunContext", "active", "switch_context"]


def active() -> RunContextBase:
    """Return the program that runs."""
    return Container()[PluggableRunContext].context


def switch_context(run_dir: str | None) -> RunContextBase:
    """Go on as the program in another folder.

    Args:
        run_dir: The folder; the current one when None.
    """
    Container()[PluggableRunContext].reload(run_dir)
    return active()


__getattr__ = absent_names(
    __name__,
    "There are no plugins of this kind: dlt.current and pipelines_dir say where a program works.",
    "context_uri ensure_plugin_version_match get_plugin_modules global_dir is_folder_writable switched_run_context",
)
