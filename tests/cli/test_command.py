"""The command `dlt`, as people and programs see it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import dlt
from dlt import context
from dlt.configuration.providers.parsing import parse_toml


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with a pipeline `shop` that ran once and has one package waiting."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DLT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("RUNTIME__USER_LOG", "false")
    pipeline = dlt.pipeline("shop", destination=dlt.destinations.duckdb(str(tmp_path / "shop.duckdb")))
    pipeline.run([{"id": 1, "tags": [1, 2]}], table_name="orders")
    pipeline.extract([{"id": 2}], table_name="orders")
    monkeypatch.setenv("DESTINATION__DUCKDB__CREDENTIALS", str(tmp_path / "shop.duckdb"))
    context.activate(None)
    return tmp_path


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command."""
    line = [sys.executable, "-m", "dlt.cli", *arguments]
    return subprocess.run(line, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)


def as_json(*arguments: str) -> Any:
    """Return what the command prints as JSON."""
    found = command(*arguments, "--json")
    assert found.returncode == 0, found.stderr
    return json.loads(found.stdout)


def test_pipelines_are_listed(folder: Path) -> None:
    """`dlt pipeline list` and `-l` name the pipelines of the folder."""
    assert "shop" in command("pipeline", "list").stdout == command("pipeline", "-l").stdout
    assert as_json("pipeline", "list")["pipelines"] == ["shop"]


def test_info_trace_packages_and_show(folder: Path) -> None:
    """Info shows state, last run, packages, and tables with their counts."""
    info = as_json("pipeline", "shop", "info")
    assert info["default_schema_name"] == "shop" and len(info["extracted_packages"]) == 1
    assert [step["step"] for step in as_json("pipeline", "shop", "trace")["steps"]] == ["extract"]
    assert sorted(package["state"] for package in as_json("pipeline", "shop", "packages")) == ["extracted", "loaded"]
    assert as_json("pipeline", "shop", "show")["tables"] == {"orders": 1, "orders__tags": 2}
    shown = command("pipeline", "shop", "show").stdout
    assert shown.split("\n")[1].split() == ["table", "rows"] and "orders__tags     2" in shown
    assert "orders" in command("pipeline", "shop", "schema").stdout
    assert as_json("pipeline", "shop", "failed-jobs") == {}


def test_dropping_needs_a_word(folder: Path) -> None:
    """Nothing is deleted without --yes where nobody can be asked."""
    refused = command("pipeline", "shop", "drop-pending-packages")
    assert refused.returncode == 1 and "--yes" in refused.stderr
    assert as_json("pipeline", "shop", "drop-pending-packages", "--yes")["dropped"]
    assert command("pipeline", "shop", "delete-folder").returncode == 1
    assert command("pipeline", "shop", "delete-folder", "--yes").returncode == 0
    assert command("pipeline", "shop", "info").returncode == 1


def test_sync_takes_a_pipeline_from_the_destination(folder: Path) -> None:
    """A pipeline whose folder is gone is restored from the destination."""
    command("pipeline", "shop", "delete-folder", "--yes")
    found = as_json("pipeline", "shop", "sync", "--destination", "duckdb", "--dataset-name", "shop")
    assert found["schema_names"] == ["shop"] and not found["first_run"]


def test_an_unknown_pipeline_is_one_clear_line(folder: Path) -> None:
    """Errors: one line, exit code 1."""
    found = command("pipeline", "nope", "info")
    assert found.returncode == 1 and found.stderr.count("\n") == 1 and "nope" in found.stderr


def test_explain_shows_places_and_hides_secrets(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command says where a value comes from."""
    monkeypatch.setenv("SOURCES__API__TOKEN", "geheim")
    shown = command("config", "explain", "sources.api.token", "--secret").stdout
    assert "found  Environment Variables: SOURCES__API__TOKEN" in shown and "geheim" not in shown
    assert as_json("config", "explain", "sources.api.token")["value"] == "geheim"


@pytest.mark.parametrize(
    "source", ["github", "arrow", "dataframe", "debug", "default", "fruitshop", "filesystem", "sql_database"]
)
def test_init_makes_a_project_that_runs(source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Init writes the script of a template, and config, secrets, requirements and ignore file beside it."""
    project = tmp_path / "project"
    project.mkdir()
    monkeypatch.chdir(project)
    monkeypatch.setenv("DLT_DATA_DIR", str(tmp_path / "data"))
    made = command("init", source, "duckdb")
    assert made.returncode == 0 and f"pipeline {source} is ready" in made.stdout
    ran = subprocess.run([sys.executable, f"{source}_pipeline.py"], capture_output=True, text=True, check=False)
    assert ran.returncode == 0 and f"into dataset {source}_data" in ran.stdout, ran.stderr
    assert "secrets.toml" in (project / ".gitignore").read_text()
    assert "dlt-tasks[duckdb]" in (project / "requirements.txt").read_text()
    assert (project / ".dlt" / "secrets.toml").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("source", ["requests", "rest_api", "github_api"])
def test_templates_of_apis_run_up_to_the_network(source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing else is missing."""
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "DLT_DATA_DIR": str(tmp_path / "data"),
        # nobody listens there
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "RUNTIME__REQUEST_MAX_ATTEMPTS": "1",
    }.items():
        monkeypatch.setenv(name, value)
    assert command("init", source, "duckdb").returncode == 0
    ran = subprocess.run([sys.executable, f"{source}_pipeline.py"], capture_output=True, text=True, check=False)
    assert ran.returncode == 1 and "ProxyError" in ran.stderr, ran.stderr


def test_init_lists_what_there_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sources that come with the library, and templates; a misspelt name is told with the one that was meant."""
    monkeypatch.chdir(tmp_path)
    shown = command("init", "-l").stdout
    assert all(f"\n{name}: " in shown for name in ("filesystem", "rest_api", "sql_database", "fruitshop"))
    assert "sql_database" in (told := command("init", "sql_databse", "duckdb")).stdout + told.stderr


def test_init_is_used_again_in_one_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another source and another destination come beside the first; nothing that is there is written over."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "requirements.txt").write_text("mine\n")
    assert command("init", "fruitshop", "duckdb").returncode == 0
    script = (tmp_path / "fruitshop_pipeline.py").read_text()
    again = command("init", "fruitshop", "postgres")
    assert again.returncode == 1 and "fruitshop_pipeline.py already exists" in again.stderr
    other = command("init", "shop", "postgres")
    assert other.returncode == 0 and "dlt-tasks[postgres]" in other.stdout
    assert command("init", "debug", "postgres").returncode == 0
    secrets = (tmp_path / ".dlt" / "secrets.toml").read_text()
    assert secrets.count("[destination.postgres.credentials]") == secrets.count("[destination.duckdb.credentials]") == 1
    assert (tmp_path / "fruitshop_pipeline.py").read_text() == script
    assert (tmp_path / "requirements.txt").read_text() == "mine\n"


@pytest.mark.parametrize(
    ("known", "told"),
    [
        ("[destination.postgres_old.credentials]\nhost = 'x'\n# [destination.postgres]\n", None),
        ("destination.postgres.credentials.host = 'x'\n", None),
        ("destination = { postgres = { credentials = { host = 'x' } } }\n", None),
        ("destination = { duckdb = { credentials = 'x' } }\n", 'This could not be added.*database = "dlt"'),
    ],
)
def test_secrets_that_are_there_stay_toml(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, known: str, told: str | None
) -> None:
    """Whatever form they have: the section is added where there is none of it, or shown where it cannot be."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / ".dlt" / "secrets.toml"
    path.parent.mkdir()
    path.write_text(known)
    made = command("init", "shop", "postgres")
    assert made.returncode == 0 and bool(re.search(told or "could not be added", made.stdout, re.DOTALL)) == bool(told)
    found: Any = parse_toml(path.read_text(), "")["destination"]
    assert path.read_text().startswith(known) and ("postgres" in found) == (told is None)
    assert ("port" in found.get("postgres", {}).get("credentials", {})) == ("postgres_old" in found)


@pytest.mark.parametrize(
    ("patterns", "warns"), [("*.pyc\n", True), ("secrets.toml\n", False), ("/.dlt/\n", False), ("*.toml\n", False)]
)
def test_secrets_that_would_get_into_a_repository_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, patterns: str, warns: bool
) -> None:
    """What a person wrote is not written over, and the line that is missing is named; the advice works."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".gitignore").write_text(patterns)
    made = command("init", "shop", "duckdb")
    assert ("Add the line secrets.toml" in made.stdout + made.stderr) == warns
    assert (tmp_path / ".gitignore").read_text() == patterns
    (tmp_path / ".gitignore").write_text("secrets.toml\n" + patterns)
    again = command("init", "other", "duckdb")
    assert "Add the line secrets.toml" not in again.stdout + again.stderr


def test_a_file_in_the_place_of_the_folder_is_told_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is written before."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".dlt").write_text("")
    assert ".dlt is a file here" in command("init", "shop", "duckdb").stderr
    assert [path.name for path in tmp_path.iterdir()] == [".dlt"]


def test_init_refuses_names_of_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a destination that there is none of, and of a source that could name no file."""
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    assert "no destination" in command("init", "github", "nowhere").stderr
    assert "no name" in command("init", "git-hub!", "duckdb").stderr
