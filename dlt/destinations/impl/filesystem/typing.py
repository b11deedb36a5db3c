"""Placeholders of layouts under the name of PyPI `dlt` 1.x."""

from collections.abc import Callable, Mapping

TExtraPlaceholders = Mapping[str, str | int | float | Callable[[str, str, str, str, str], str]]
