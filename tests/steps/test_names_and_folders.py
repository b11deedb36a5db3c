"""Names, folders, options: where a pipeline lives and what it is called."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import dlt
from dlt.errors import InvalidPipelineName, UnknownDestinationModule
from dlt.pipeline import settings


def test_names_come_from_the_script(own_folder: Path) -> None:
    """For `pipeline.py` pipeline, schema and dataset are `dlt_pipeline`."""
    (own_folder / "pipeline.py").write_text(
        "import dlt\n"
        "info = dlt.run([{'id': 1}], destination='duckdb', table_name='t')\n"
        "p = dlt.pipeline()\n"
        "print(p.pipeline_name, p.default_schema_name, info.dataset_name)\n"
    )
    found = subprocess.run([sys.executable, "pipeline.py"], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["dlt_pipeline"] * 3
    assert (own_folder / "dlt_pipeline.duckdb").exists()


def test_working_folder_of_a_user_with_a_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Pipelines of a user stand in ~/.dlt/pipelines."""
    monkeypatch.delenv("DLT_DATA_DIR")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert settings.default_pipelines_dir() == f"{tmp_path}/.dlt/pipelines"


def test_working_folder_of_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pipelines of root stand in /var/dlt/pipelines."""
    monkeypatch.delenv("DLT_DATA_DIR")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert settings.default_pipelines_dir() == "/var/dlt/pipelines"


def test_working_folder_without_a_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no home, pipelines stand in the temporary folder."""
    monkeypatch.delenv("DLT_DATA_DIR")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("HOME", "/no/such/home")
    assert settings.default_pipelines_dir().endswith("/dlt/pipelines")
    assert not settings.default_pipelines_dir().startswith("/no")


@pytest.mark.parametrize("name", ["", "a/b", "..", ".hidden", "x" * 200, 7])
def test_a_name_that_names_no_folder_is_refused(name: Any) -> None:
    """The exception has a name of its own."""
    with pytest.raises(InvalidPipelineName):
        settings.check_name(name)


def test_the_last_pipeline_is_the_active_one() -> None:
    """No arguments give the pipeline that was made last."""
    first = dlt.pipeline()
    assert dlt.pipeline() is first
    second = dlt.pipeline("pipe", destination="duckdb")
    assert dlt.pipeline() is second
    assert dlt.run([{"id": 1}], table_name="t").pipeline is second


def test_options_are_configured_and_arguments_win(monkeypatch: pytest.MonkeyPatch) -> None:
    """Omitted arguments are injected, given ones beat every provider."""
    monkeypatch.setenv("PIPELINES__PIPE__DATASET_NAME", "configured")
    monkeypatch.setenv("PIPELINES__DESTINATION", "duckdb")
    assert dlt.pipeline("pipe").dataset_name == "configured"
    assert dlt.pipeline("pipe", dataset_name="given").dataset_name == "given"
    assert dlt.pipeline("pipe").destination.destination_type == "dlt.destinations.duckdb"


def test_destination_and_staging_are_configured_with_names_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Type and name stand apart, and `config` tells them as PyPI dlt does."""
    for name in ("DESTINATION_TYPE", "DESTINATION_NAME", "STAGING_TYPE", "STAGING_NAME"):
        monkeypatch.setenv(name, {"DESTINATION_TYPE": "redshift", "STAGING_TYPE": "filesystem"}.get(name, name.lower()))
    pipeline = dlt.pipeline("pipe", dev_mode=True)
    assert (pipeline.destination.destination_type, pipeline.destination.destination_name) == (
        "dlt.destinations.redshift",
        "destination_name",
    )
    assert pipeline.staging is not None
    assert (pipeline.staging.destination_type, pipeline.staging.destination_name) == (
        "dlt.destinations.filesystem",
        "staging_name",
    )
    told = dict(pipeline.config)
    assert (told["destination_type"], told["staging_name"], told["dev_mode"]) == ("redshift", "staging_name", True)
    with pytest.raises(KeyError):
        pipeline.config["nothing"]


def test_an_environment_is_configured_for_a_destination(monkeypatch: pytest.MonkeyPatch) -> None:
    """The info and the client tell it; what the program says comes first."""
    monkeypatch.setenv("DESTINATION__DUCK__ENVIRONMENT", "staging")
    monkeypatch.setenv("DESTINATION__ENVIRONMENT", "devel")
    for made, expected in (
        (dlt.destinations.duckdb("x.duckdb", destination_name="duck"), "staging"),
        (dlt.destinations.duckdb("x.duckdb"), "devel"),
        (dlt.destinations.duckdb("x.duckdb", environment="mine"), "mine"),
    ):
        pipeline = dlt.pipeline("pipe", destination=made)
        assert pipeline.run([{"id": 1}], table_name="t").environment == expected
        assert pipeline.destination_client().config.environment == expected


def test_the_default_pipeline_is_configured(own_folder: Path) -> None:
    """`config.toml` names pipeline, destination and dataset."""
    (own_folder / ".dlt").mkdir()
    (own_folder / ".dlt" / "config.toml").write_text(
        '[pipelines]\npipeline_name = "named"\ndestination = "duckdb"\ndataset_name = "things"\n'
    )
    info = dlt.run([{"id": 1}], table_name="t")
    assert info.pipeline.pipeline_name == "named" and info.dataset_name == "things"


def test_two_pipelines_in_one_script_do_not_meet() -> None:
    """State, schemas and destinations are apart."""
    one = dlt.pipeline("one", destination="duckdb")
    two = dlt.pipeline("two", destination="duckdb")
    one.run([{"a": 1}], table_name="t")
    two.run([{"b": 1}], table_name="t")
    assert "b" not in one.default_schema.get_table_columns("t")
    assert Path("one.duckdb").exists() and Path("two.duckdb").exists()


def test_destinations_by_name_class_and_object(own_folder: Path) -> None:
    """What is imported may be passed, by name as well; calling it binds and leaves the original alone."""
    from dlt.destinations import duckdb

    for number, target in enumerate(("duckdb", duckdb, duckdb("x.duckdb"), "dlt.destinations.duckdb")):
        dlt.pipeline(f"p{number}", destination=target).run([{"id": 1}], table_name="t")
    original = duckdb("x.duckdb")
    bound = original("y.duckdb")
    assert bound.path.endswith("y.duckdb") and original.path.endswith("x.duckdb")


def test_an_unknown_destination_names_the_known_ones() -> None:
    """The error lists them."""
    with pytest.raises(UnknownDestinationModule, match="duckdb"):
        dlt.pipeline("p", destination="no_such_thing")


def test_the_secret_stays_here(pipeline: Any) -> None:
    """The salt is made once and hashes are deterministic; it is never at the destination and never in a repr."""
    secret = pipeline.pipeline_secret
    assert secret == dlt.pipeline("spec").pipeline_secret
    hidden = dlt.anonymize("someone@example.org")
    assert hidden == dlt.anonymize("someone@example.org") != dlt.anonymize("other")
    pipeline.run([{"who": hidden}], table_name="t")
    assert secret not in repr(pipeline) and secret not in str(pipeline.state)
    assert secret.encode() not in Path("spec.duckdb").read_bytes()


def test_names_are_as_short_as_the_shorter_limit_says(own_folder: Path) -> None:
    """Of columns and of tables alike: they share the naming convention."""
    for limit in ("max_identifier_length", "max_column_identifier_length"):
        made = dlt.pipeline(limit, destination=dlt.destinations.duckdb(f"{limit}.duckdb", **{limit: 30}))
        made.run([{"a" * 40: 1}], table_name="t")
        assert [len(name) for name in made.default_schema.get_table_columns("t") if name.startswith("a")] == [30]


def test_a_pipeline_with_a_long_name_has_a_schema_with_a_shorter_one() -> None:
    """As with PyPI `dlt`, to which a script of a long name gives a name."""
    pipeline = dlt.pipeline("a" * 100, destination="dummy")
    pipeline.run([1], table_name="numbers")
    assert pipeline.default_schema_name == "aaaaaaaaaaaaaaaaaaaaaaaaaaaaa0vum9gaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"


@pytest.mark.parametrize("kind", ["duckdb", "duckdb file", "filesystem", "sqlalchemy"])
def test_files_of_local_destinations_stand_below_the_folder_for_them(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DLT_LOCAL_DIR names it, for paths that are relative; whoever reads finds them there, from any folder."""
    made: dict[str, Any] = {
        "duckdb": "duckdb",
        "duckdb file": dlt.destinations.duckdb("rows.duckdb"),
        "filesystem": dlt.destinations.filesystem("files"),
        "sqlalchemy": dlt.destinations.sqlalchemy("sqlite:///rows.db"),
    }
    program, elsewhere, local = (tmp_path / name for name in ("program", "elsewhere", "local"))
    for folder in (program, elsewhere, local):
        folder.mkdir()
    monkeypatch.setenv("DLT_LOCAL_DIR", str(local))
    monkeypatch.chdir(program)
    pipeline = dlt.pipeline("daily", destination=made[kind], dataset_name="data", pipelines_dir=str(tmp_path / "work"))
    pipeline.run([{"a": 1}], table_name="t")
    assert not list(program.iterdir()) and list(local.iterdir())
    monkeypatch.chdir(elsewhere)
    assert pipeline.dataset().t.select("a").fetchall() == [(1,)]
    assert not list(elsewhere.iterdir())


def test_the_catalog_and_the_files_of_a_lake_stand_there_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that are files, and have no whole path."""
    from dlt.destinations.impl.ducklake.configuration import file_of, parsed_url

    monkeypatch.setenv("DLT_LOCAL_DIR", str(tmp_path))
    assert file_of(parsed_url("sqlite:///lake.sqlite")) == str(tmp_path / "lake.sqlite")
    assert file_of(parsed_url("sqlite:////var/lake.sqlite")) == "/var/lake.sqlite"
