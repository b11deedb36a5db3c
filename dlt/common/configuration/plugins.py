"""Plugins: names of PyPI `dlt` 1.x."""

from dlt.absent import absent_names

__getattr__ = absent_names(
    __name__,
    "Import what you need from your own package: nothing is plugged in here.",
    "PluginContext manager hookimpl hookspec SupportsCliCommand plug_cli plug_run_context",
)
