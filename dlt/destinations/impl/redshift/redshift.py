"""The client of Redshift under its path of PyPI `dlt` 1.x."""

from dlt.destinations.impl.redshift.client import RedshiftClient

__all__ = ["RedshiftClient"]
