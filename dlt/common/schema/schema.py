"""The schema under the name of PyPI `dlt` 1.x."""

from dlt.common.schema import utils
from dlt.schema.schema import Schema

__all__ = ["Schema", "utils"]
