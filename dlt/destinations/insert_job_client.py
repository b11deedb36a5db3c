"""Clients that load INSERT statements: names of PyPI `dlt` 1.x."""

from dlt.absent import absent_names

__getattr__ = absent_names(
    __name__,
    "A destination of your own derives from dlt.destinations.Destination; rows alone go to @dlt.destination.",
    "InsertValuesJobClient InsertValuesLoadJob",
)
