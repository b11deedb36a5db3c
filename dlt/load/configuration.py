"""Settings of load: names of PyPI `dlt` 1.x."""

from dlt.absent import absent_names

__getattr__ = absent_names(
    __name__,
    "The section `load` has the settings.",
    "LoaderConfiguration",
)
