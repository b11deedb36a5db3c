"""Destinations by whatever names them, and what is said where one is not there."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

import dlt
from dlt.destinations import Destination
from dlt.errors import MissingDependencyException, NativeValueError, UnknownDestinationModule


def test_a_destination_by_its_reference() -> None:
    """A name, a path or a class, with a name of its own, credentials and settings."""
    found = Destination.from_reference("duckdb", credentials=":memory:", destination_name="mine", environment="test")
    assert (found.destination_type, found.destination_name, found.environment) == ("duckdb", "mine", "test")
    assert found.config_params == {"credentials": ":memory:", "destination_name": "mine"}
    assert Destination.from_reference("dlt.destinations.duckdb").destination_type == "duckdb"
    kind: Any = dlt.destinations.filesystem
    assert Destination.from_reference(kind, bucket_url="/x").config_params["bucket_url"] == "/x"


def test_a_destination_with_a_name_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """`dlt.destination(name, destination_type=...)`, or the type in the configuration."""
    found = dlt.destination("warehouse", destination_type="duckdb", credentials=":memory:")
    assert (found.destination_type, found.destination_name, found.credentials) == ("duckdb", "warehouse", ":memory:")
    assert dlt.destination("duckdb", destination_name="w").destination_name == "w"
    monkeypatch.setenv("DESTINATION__WAREHOUSE__DESTINATION_TYPE", "duckdb")
    monkeypatch.setenv("DESTINATION__WAREHOUSE__CREDENTIALS", "w.duckdb")
    made = dlt.destination("warehouse")
    assert (made.destination_type, made.path.rpartition("/")[2]) == ("duckdb", "w.duckdb")


def test_the_name_of_a_destination_may_be_configured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A pipeline takes type and name of its destination from the configuration."""
    monkeypatch.setenv("DLT_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("PIPELINES__SHOP__DESTINATION_TYPE", "duckdb")
    monkeypatch.setenv("PIPELINES__SHOP__DESTINATION_NAME", "mine")
    monkeypatch.setenv("DESTINATION__MINE__CREDENTIALS", "mine.duckdb")
    pipeline = dlt.pipeline("shop")
    assert (pipeline.destination.destination_name, Path(pipeline.destination.path).name) == ("mine", "mine.duckdb")
    pipeline.deactivate()


def test_a_destination_of_one_pipeline_stays_where_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The destination of a pipeline is the same file for another one; one of no pipeline is named after each."""
    monkeypatch.setenv("DLT_DATA_DIR", str(tmp_path))
    free = dlt.destinations.duckdb()
    first = dlt.pipeline("first", destination=free)
    paths = [
        Path(dlt.pipeline(name, destination=destination).destination.path).name
        for name, destination in (("second", first.destination), ("third", free), ("fourth", "duckdb"))
    ]
    assert paths == ["first.duckdb", "third.duckdb", "fourth.duckdb"]
    assert Path(first.destination("mine.duckdb").path).name == "mine.duckdb"
    dlt.pipeline("fourth").deactivate()


def test_a_name_that_is_much_like_a_destination() -> None:
    """The message has the destination that was meant, and how one gets a name of its own."""
    with pytest.raises(UnknownDestinationModule, match=r"'postgress', did you mean 'postgres'\?.*destination_type"):
        dlt.destination("postgress")


DRIVERS = [
    ("duckdb", "duckdb", "duckdb", "x.duckdb"),
    ("ducklake", "duckdb", "ducklake", "x"),
    ("postgres", "psycopg2", "postgres", "postgresql://u:p@127.0.0.1:1/d"),
    ("redshift", "psycopg2", "redshift", "redshift://u:p@127.0.0.1:1/d"),
    ("sqlalchemy", "sqlalchemy", "sqlalchemy", "sqlite:///x.db"),
]


@pytest.mark.parametrize(("name", "package", "extra", "credentials"), DRIVERS)
def test_a_missing_driver_names_the_extra_of_its_destination(
    name: str, package: str, extra: str, credentials: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The advice installs what this destination needs, not another one's."""
    for module in [module for module in sys.modules if module == package or module.startswith(f"{package}.")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, package, None)
    destination = getattr(dlt.destinations, name)(credentials, destination_name="mine")
    with (
        pytest.raises(MissingDependencyException, match=rf'destination mine.*"dlt-tasks\[{extra}\]"'),
        destination.connect("data"),
    ):
        raise AssertionError("not reached")


def test_what_the_program_says_comes_before_the_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    """A setting of a destination that is passed in code is not configured away."""
    monkeypatch.setenv("DESTINATION__DUCKDB__MEMORY_LIMIT", "900MB")
    for destination, limit in ((dlt.destinations.duckdb("a.db"), "900MB"), (dlt.destinations.duckdb("a.db"), "700MB")):
        if limit == "700MB":
            destination = destination(memory_limit=limit)
        with destination.connect("data") as client:
            assert client.memory_limit == limit  # type: ignore[attr-defined]  # of DuckDB's client


def test_an_error_of_native_values_takes_the_spec_or_a_text() -> None:
    """Programs for 1.x raise it with spec, value and message; the value is not kept."""
    error = NativeValueError(dict, "very-private", "bad value")
    assert (str(error), error.spec) == ("bad value", dict) and "very-private" not in repr(error.__dict__)
    assert str(NativeValueError("only text")) == "only text"
