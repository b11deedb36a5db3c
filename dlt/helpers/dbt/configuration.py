"""Runs of dbt packages: names of PyPI `dlt` 1.x."""

from dlt.absent import absent_names
from dlt.helpers.dbt import WAY

__getattr__ = absent_names(__name__, WAY, "DBTRunnerConfiguration")
