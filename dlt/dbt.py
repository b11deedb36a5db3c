"""`dlt.dbt` of PyPI `dlt` 1.x: runs of dbt packages, which are not here yet."""

from dlt.helpers.dbt import get_venv, package

__all__ = ["get_venv", "package"]
