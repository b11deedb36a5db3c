"""Virtual environments in which programs run, under the name of PyPI `dlt` 1.x."""

from dlt.helpers.venvs import Venv

__all__ = ["Venv"]
