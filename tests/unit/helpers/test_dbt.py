"""Packages of dbt: where they are, how dbt gets to a destination, and runs of dbt itself."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

import dlt
from dlt.common.runners import Venv
from dlt.errors import ConfigFieldMissingException, MissingDependencyException, NotOffered
from dlt.helpers.dbt import _create_dbt_deps, create_runner, create_venv
from dlt.helpers.dbt.exceptions import (
    DBTNodeResult,
    DBTProcessingError,
    DBTRunnerException,
    IncrementalSchemaOutOfSyncError,
    PrerequisitesException,
)
from dlt.helpers.dbt.profiles import profile_of

PACKAGE = {
    "dbt_project.yml": "name: shop\nversion: '1.0'\nprofile: any\nmodels:\n  shop:\n    +materialized: table\n",
    "models/sources.yml": """
version: 2
sources:
  - name: raw
    schema: "{{ var('source_dataset_name') }}"
    tables:
      - name: orders
        columns:
          - name: id
            data_tests: [unique]
""",
    "models/totals.sql": """
select customer, sum(amount) as total {{ var('more', '') }} from {{ source('raw', 'orders') }} group by 1
""",
    "models/grown.sql": """
{{ config(materialized='incremental', on_schema_change='fail') }}
select id {{ var('more', '') }} from {{ source('raw', 'orders') }}
""",
    "seeds/names.csv": "code,name\na,ada\n",
}


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """Return the folder of a package."""
    folder = tmp_path / "shop_package"
    for name, text in PACKAGE.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def pipeline(tmp_path: Path) -> Any:
    """Return a pipeline that has loaded orders."""
    made = dlt.pipeline(
        "shop",
        destination=dlt.destinations.duckdb(str(tmp_path / "the_db.duckdb")),
        dataset_name="raw_shop",
        pipelines_dir=str(tmp_path / "pipelines"),
    )
    made.run([{"id": 1, "customer": "a", "amount": 2}, {"id": 2, "customer": "a", "amount": 3}], table_name="orders")
    return made


@pytest.fixture(scope="module")
def dbt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Venv]:
    """Return an environment that has dbt and its adapter for DuckDB."""
    with Venv.set_pip_tool("uv" if shutil.which("uv") else "pip"):
        # a package that later versions of dbt need is fetched from elsewhere than the registry when it is built
        yield create_venv(str(tmp_path_factory.mktemp("dbt") / "venv"), ["duckdb"], ">=1.11,<1.12")


def rows(tmp_path: Path, query: str) -> list[Any]:
    """Return what a query finds in the database."""
    with duckdb.connect(str(tmp_path / "the_db.duckdb"), read_only=True) as connection:
        return connection.execute(query).fetchall()


# -- without dbt


@pytest.mark.parametrize(
    ("destination", "kind", "secret"),
    [
        (dlt.destinations.duckdb("x.duckdb"), "duckdb", ""),
        (
            dlt.destinations.postgres("postgresql://loader:geheim@db.example:5433/shop?sslmode=require"),
            "postgres",
            "geheim",
        ),
        (dlt.destinations.redshift("redshift://loader:geheim@db.example/shop"), "redshift", "geheim"),
        (dlt.destinations.motherduck("md:shop?motherduck_token=geheim"), "duckdb", "geheim"),
    ],
)
def test_a_profile_names_variables_and_holds_no_secret(destination: Any, kind: str, secret: str) -> None:
    """The variables are those of the process that dbt runs in."""
    profile = profile_of(destination)
    text = yaml.safe_dump(dict(profile.output))
    assert profile.output["type"] == kind and "destination_dataset_name" in text
    assert not secret or (secret not in text and secret in profile.variables.values())
    assert all(name in text or name.endswith(("PASSWORD", "TOKEN")) for name in profile.variables)


def test_a_destination_that_dbt_does_not_know_is_told(tmp_path: Path) -> None:
    """When the runner is made, with the way that is left."""
    pipeline = dlt.pipeline("p", destination="dummy", dataset_name="d", pipelines_dir=str(tmp_path))
    with pytest.raises(NotOffered, match=r"no profile for destination dummy.*create_runner"):
        dlt.dbt.package(pipeline, str(tmp_path))
    with pytest.raises(NotOffered, match="no open connection"):
        profile_of(dlt.destinations.duckdb(duckdb.connect(":memory:")))


def test_settings_are_looked_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Under the section of the runner; arguments come first, and a key of ssh ends as ssh wants it."""
    with pytest.raises(ConfigFieldMissingException, match="package_location"):
        create_runner(None, None, str(tmp_path))
    monkeypatch.setenv("DBT_PACKAGE_RUNNER__PACKAGE_LOCATION", "https://git.example/some/shop_package.git")
    monkeypatch.setenv("DBT_PACKAGE_RUNNER__PACKAGE_ADDITIONAL_VARS", json.dumps({"a": 1, "b": 2}))
    monkeypatch.setenv("AUTO_FULL_REFRESH_WHEN_OUT_OF_SYNC", "false")
    runner = create_runner(None, None, str(tmp_path), package_repository_ssh_key="KEY", package_profile_name="mine")
    assert runner.package_path == str(tmp_path / "shop_package") and runner.cloned_package_name == "shop_package"
    assert runner.config.package_repository_ssh_key == "KEY\n" and runner.config.package_profile_name == "mine"
    assert runner.config.auto_full_refresh_when_out_of_sync is False
    assert runner._get_package_vars({"b": 3}, "marts") == {"a": 1, "b": 3, "destination_dataset_name": "marts"}


def test_packages_of_an_environment() -> None:
    """A version is one, or a range."""
    assert _create_dbt_deps(["postgres", "duckdb", "motherduck"], "1.9") == [
        "dbt-core==1.9",
        "dbt-postgres",
        "dbt-duckdb",
    ]
    assert _create_dbt_deps(["mssql"]) == ["dbt-core>=1.7,<2", "dbt-sqlserver"]


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")
def test_a_package_of_a_repository_is_cloned_anew(package: Path, tmp_path: Path) -> None:
    """What was changed in the clone goes; a branch that is not there is told."""
    git = ["git", "-C", str(package), "-c", "user.name=a", "-c", "user.email=a@b"]
    for command in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "x"]):
        subprocess.run([*git, *command], check=True)
    runner = create_runner(None, None, str(tmp_path / "work"), package.as_uri())
    runner.ensure_newest_package()
    project = Path(runner.package_path) / "dbt_project.yml"
    project.write_text("changed")
    runner.ensure_newest_package()
    assert project.read_text() == PACKAGE["dbt_project.yml"]
    other = create_runner(None, None, str(tmp_path / "work"), package.as_uri(), "nowhere")
    with pytest.raises(DBTRunnerException, match="branch nowhere: git cannot clone it"):
        other.ensure_newest_package()
    assert project.exists() and os.listdir(tmp_path / "work") == [package.name]


def test_a_folder_without_a_package_is_told(tmp_path: Path) -> None:
    """Before dbt is started."""
    with pytest.raises(DBTRunnerException, match=r"no dbt_project\.yml"):
        create_runner(None, None, None, str(tmp_path)).run_all()


def test_an_environment_without_dbt_is_told(package: Path, pipeline: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what makes one that has it."""
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(MissingDependencyException, match="get_venv"):
        dlt.dbt.package(pipeline, str(package)).run()


def test_errors_travel() -> None:
    """Between processes, with what became of the models."""
    error = DBTProcessingError("run", [DBTNodeResult("m", "no table", 0.1, "error")], "lines")
    found = pickle.loads(pickle.dumps(error))
    assert (found.command, found.run_results, str(found)) == ("run", error.run_results, "dbt run failed: m: no table")
    assert PrerequisitesException(error).args[0] is error


# -- with dbt


@pytest.mark.slow
def test_a_package_runs_on_what_was_loaded(package: Path, pipeline: Any, dbt: Venv, tmp_path: Path) -> None:
    """Sources are tested, seeds loaded, models run, into a dataset of their own; the results are returned."""
    runner = dlt.dbt.package(pipeline, str(package), venv=dbt)
    found = runner.run_all(source_tests_selector="source:*", destination_dataset_name="marts")
    assert {(each.model_name, each.status) for each in found} == {("totals", "success"), ("grown", "success")}
    assert rows(tmp_path, "SELECT customer, total FROM marts.totals") == [("a", 5)]
    assert rows(tmp_path, "SELECT name FROM marts.names") == [("ada",)]
    # a new column of an incremental model: all of it is made anew
    found = runner.run(additional_vars={"more": ", 1 as one"}, destination_dataset_name="marts")
    assert all(each.status == "success" for each in found)
    assert rows(tmp_path, "SELECT id, one FROM marts.grown ORDER BY id") == [(1, 1), (2, 1)]
    assert not [name for name in os.environ if name.startswith("DLT__CREDENTIALS__")]


@pytest.mark.slow
def test_what_dbt_refuses_is_an_error(package: Path, pipeline: Any, dbt: Venv) -> None:
    """Of a source that fails its tests, of a model, of a column that is new, and of arguments."""
    pipeline.run([{"id": 1, "customer": "a", "amount": 2}], table_name="orders")
    runner = dlt.dbt.package(pipeline, str(package), auto_full_refresh_when_out_of_sync=False, venv=dbt)
    with pytest.raises(PrerequisitesException, match="unique_raw_orders_id") as failed:
        runner.run_all(source_tests_selector="source:*")
    assert failed.value.args[0].command == "test"
    with pytest.raises(DBTProcessingError, match=r"(?s)totals: .*nothing") as refused:
        runner.run(["-s", "totals"], additional_vars={"more": ", nothing"})
    assert [each.status for each in refused.value.run_results or ()] == ["error"]
    with pytest.raises(DBTProcessingError, match="wrong-flag"):
        runner.run(["--wrong-flag"])
    runner.run(["-s", "grown"])
    with pytest.raises(IncrementalSchemaOutOfSyncError):
        runner.run(["-s", "grown"], additional_vars={"more": ", 1 as one"})
