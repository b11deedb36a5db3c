"""Destinations by whatever names them, and what is said where one is not there."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import dlt
from dlt.destinations import Destination
from dlt.errors import (
    MissingDependencyException,
    NativeValueError,
    UnknownDestinationModule,
    UnknownDestinationSetting,
)


def test_a_destination_by_its_reference() -> None:
    """A name, a path or a class, with a name of its own, credentials and settings."""
    found = Destination.from_reference("duckdb", credentials=":memory:", destination_name="mine", environment="test")
    assert (found.destination_type, found.destination_name, found.environment) == (
        "dlt.destinations.duckdb",
        "mine",
        "test",
    )
    assert found.config_params == {"credentials": ":memory:", "destination_name": "mine", "environment": "test"}
    assert Destination.from_reference("dlt.destinations.duckdb").destination_type == "dlt.destinations.duckdb"
    kind: Any = dlt.destinations.filesystem
    assert Destination.from_reference(kind, bucket_url="/x").config_params["bucket_url"] == "/x"


def test_a_destination_with_a_name_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """`dlt.destination(name, destination_type=...)`, or the type in the configuration."""
    found = dlt.destination("warehouse", destination_type="duckdb", credentials=":memory:")
    assert (found.destination_type, found.destination_name, found.credentials) == (
        "dlt.destinations.duckdb",
        "warehouse",
        ":memory:",
    )
    assert dlt.destination("duckdb", destination_name="w").destination_name == "w"
    monkeypatch.setenv("DESTINATION__WAREHOUSE__DESTINATION_TYPE", "duckdb")
    monkeypatch.setenv("DESTINATION__WAREHOUSE__CREDENTIALS", "w.duckdb")
    made = dlt.destination("warehouse")
    assert (made.destination_type, made.path.rpartition("/")[2]) == ("dlt.destinations.duckdb", "w.duckdb")


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
    # what is imported anew takes the place of the package as an attribute, too
    monkeypatch.setattr("dlt.destinations.impl", import_module("dlt.destinations.impl"))
    # those of ours too, which keep what they imported when another test loaded
    own = (f"{package}.", "dlt.destinations.impl.")
    for module in [m for m in sys.modules if f"{m}.".startswith(own)]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, package, None)
    destination = getattr(dlt.destinations, name)(credentials, destination_name="mine")
    with (
        pytest.raises(MissingDependencyException, match=rf'destination mine.*"dlt-tasks\[{extra}\]"'),
        destination.connect("data"),
    ):
        raise AssertionError("not reached")
    for module in [m for m in sys.modules if f"{m}.".startswith(own)]:
        del sys.modules[module]


def test_what_the_program_says_comes_before_the_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    """A setting of a destination that is passed in code is not configured away."""
    monkeypatch.setenv("DESTINATION__DUCKDB__MEMORY_LIMIT", "900MB")
    for destination, limit in ((dlt.destinations.duckdb("a.db"), "900MB"), (dlt.destinations.duckdb("a.db"), "700MB")):
        if limit == "700MB":
            destination = destination(memory_limit=limit)
        with destination.connect("data") as client:
            assert client.session.memory_limit == limit  # type: ignore[attr-defined]  # of DuckDB's client


def test_an_error_of_native_values_takes_the_spec_or_a_text() -> None:
    """Programs for 1.x raise it with spec, value and message; the value is not kept."""
    error = NativeValueError(dict, "very-private", "bad value")
    assert (str(error), error.spec) == ("bad value", dict) and "very-private" not in repr(error.__dict__)
    assert str(NativeValueError("only text")) == "only text"


@pytest.mark.parametrize(
    ("make", "advice"),
    [
        (lambda: dlt.destinations.postgres(credentialz="x"), "did you mean 'credentials'"),
        (lambda: dlt.destinations.duckdb("x.duckdb", memory="1GB"), "did you mean 'memory_limit'"),
        (lambda: dlt.destinations.filesystem("/x", layuot="{table_name}"), "did you mean 'layout'"),
        (lambda: dlt.destinations.bigquery(locaton="EU"), "did you mean 'location'"),
        (lambda: dlt.destinations.redshift(staging_role="r"), "did you mean 'staging_iam_role'"),
        (lambda: dlt.destinations.sqlalchemy("sqlite://", engine_kwarg={}), "did you mean 'engine_kwargs'"),
        (lambda: dlt.destinations.ducklake(catalogue="x"), "Known are"),
        (lambda: dlt.destinations.dummy(fail=1), "Known are"),
        (lambda: dlt.destinations.duckdb()(credentialz="x"), "did you mean 'credentials'"),
        (lambda: dlt.destination("duckdb", credentialz="x"), "did you mean 'credentials'"),
        (lambda: Destination.from_reference("duckdb", credentialz="x"), "did you mean 'credentials'"),
    ],
)
def test_unknown_settings_are_refused(make: Any, advice: str) -> None:
    """A misspelt setting is an error when the destination is made, whichever way; it names what there is."""
    with pytest.raises(UnknownDestinationSetting, match=advice) as failure:
        make()
    assert isinstance(failure.value, TypeError)


def test_unknown_arguments_of_a_destination_function_are_refused() -> None:
    """A function takes the arguments that it has, and all of them if it says so."""

    @dlt.destination
    def sink(items: Any, table: Any, target: str = "a") -> None: ...

    @dlt.destination
    def taking_all(items: Any, table: Any, **others: Any) -> None: ...

    assert sink(target="b").arguments == {"target": "b"} and taking_all(any="b").arguments == {"any": "b"}
    with pytest.raises(UnknownDestinationSetting, match="did you mean 'target'"):
        sink(targte="b")


def test_settings_of_other_versions_are_told(capfd: pytest.CaptureFixture[str]) -> None:
    """What PyPI dlt 1.x has and nothing here reads is accepted, with a word; a class of one's own takes anything."""

    class Mine(Destination):
        destination_type = "mine"

    assert Mine(anything=1).settings == {"anything": 1}
    made = dlt.destinations.duckdb("x.duckdb", replace_strategy="truncate-and-insert")
    assert made.settings == {"replace_strategy": "truncate-and-insert"}
    assert "the setting replace_strategy of PyPI dlt 1.x has no effect here" in capfd.readouterr().err


def test_capabilities_may_be_given(tmp_path: Path) -> None:
    """A program says which naming convention a destination has, and how deep tables nest."""
    made = dlt.destinations.duckdb(str(tmp_path / "x.duckdb"), naming_convention="direct", max_table_nesting=0)
    assert made.capabilities().naming_convention == "direct" and made.capabilities().max_table_nesting == 0
    pipeline = dlt.pipeline("spec", destination=made, dataset_name="data", pipelines_dir=str(tmp_path))
    pipeline.run([{"camelCase": 1, "List": [1]}], table_name="Things")
    assert list(pipeline.default_schema.tables["Things"]["columns"])[:2] == ["camelCase", "List"]
    pipeline.deactivate()


def test_arguments_of_an_engine_are_configured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`engine_kwargs` of SQLAlchemy come from the program or from the configuration, under either name."""
    url = f"sqlite:///{tmp_path}/x.db"
    monkeypatch.setenv("DESTINATION__SQLALCHEMY__ENGINE_KWARGS", '{"isolation_level": "wrong"}')
    configured = dlt.destinations.sqlalchemy(url)
    with pytest.raises(Exception, match="'WRONG' for isolation_level"), configured.connect("data"):
        pass
    for name in ("engine_kwargs", "engine_args"):
        options: Any = {name: {"logging_name": "mine"}}
        monkeypatch.delenv("DESTINATION__SQLALCHEMY__ENGINE_KWARGS", raising=False)
        with dlt.destinations.sqlalchemy(url, **options).connect("data") as client:
            assert client.connection.engine.logging_name == "mine"  # type: ignore[attr-defined]
