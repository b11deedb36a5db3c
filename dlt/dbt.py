"""`dlt.dbt` of PyPI `dlt` 1.x: run packages of dbt after a load."""

from dlt.helpers.dbt import get_venv, package

__all__ = ["get_venv", "package"]
