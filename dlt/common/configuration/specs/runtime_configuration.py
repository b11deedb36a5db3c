"""Settings of the section `runtime` under the name of PyPI `dlt` 1.x."""

from dlt.configuration.runtime import RuntimeConfiguration

__all__ = ["RunConfiguration", "RuntimeConfiguration"]
RunConfiguration = RuntimeConfiguration
