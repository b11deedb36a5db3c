"""What checkers know of the settings of destinations is what destinations take."""

from __future__ import annotations

import inspect

import pytest

from dlt.destinations import arguments
from dlt.destinations.base import KNOWN, load_destination
from dlt.destinations.settings import OF_CAPABILITIES, WITHOUT_EFFECT, known_settings

TYPES: dict[str, type] = {
    "bigquery": arguments.BigQueryArguments,
    "duckdb": arguments.DuckDbArguments,
    "ducklake": arguments.DuckDbArguments,
    "dummy": arguments.DummyArguments,
    "filesystem": arguments.FilesystemArguments,
    "motherduck": arguments.DuckDbArguments,
    "postgres": arguments.Arguments,
    "redshift": arguments.RedshiftArguments,
    "sqlalchemy": arguments.SqlAlchemyArguments,
}


@pytest.mark.parametrize("name", KNOWN)
def test_a_checker_knows_every_setting_and_no_other(name: str) -> None:
    """Those that have no parameter of their own, those of all destinations, and those of PyPI `dlt` 1.x."""
    kind = load_destination(name)
    parameters = set(inspect.signature(kind).parameters) - {"settings"}
    taken = {*(known_settings(kind) or {}), *OF_CAPABILITIES, *WITHOUT_EFFECT} - {"destination_type"} - parameters
    assert set(TYPES[name].__annotations__) == taken


def test_every_destination_is_told_apart() -> None:
    """One that is new has to say here what checkers know of it."""
    assert sorted(TYPES) == sorted(KNOWN)
