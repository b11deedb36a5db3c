"""Command lines as texts for PyPI `dlt` 1.x give them, and what those who read them look for."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

import dlt
from dlt import context
from dlt.cli import main


@dlt.source(name="repo")
def repo() -> Any:
    """Return pulls with labels and a cursor, and issues."""

    @dlt.resource(primary_key="id", write_disposition="merge")
    def pulls(at: Any = dlt.sources.incremental("id")) -> Any:
        dlt.current.source_state()["archives"] = ["2022/05"]
        yield [{"id": n, "labels": [{"name": "a"}]} for n in (1, 2)]

    return pulls, dlt.resource([{"id": 1}], name="issues")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work where a pipeline `repo_pipeline` ran."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DLT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("RUNTIME__USER_LOG", "false")
    made = dlt.pipeline("repo_pipeline", destination="duckdb", dataset_name="repo_data")
    made.run(repo())
    (tmp_path / "repo.schema.json").write_text(made.default_schema.to_pretty_json())
    context.activate(None)
    return tmp_path


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("pipeline", ["1 pipeline found in", "repo_pipeline (last run: "]),
        ("pipeline --list-pipelines", ["repo_pipeline (last run: "]),
        ("--debug pipeline -l", ["repo_pipeline (last run: "]),
        ("pipeline --list-pipelines --pipelines-dir nowhere", ["No pipelines found in nowhere"]),
        ("pipeline repo_pipeline info", ["Found pipeline repo_pipeline in", "dataset_name: repo_data", "Local state:"]),
        (
            "pipeline -v repo_pipeline info",
            ['"archives": [', '"last_value": 2', "pulls with 2 table(s) and 1 resource state slot(s)", "received data"],
        ),
        ("-v pipeline repo_pipeline info", ['"archives": [']),
        ("pipeline -vv repo_pipeline info", ['"archives": [']),
        ("pipeline repo_pipeline trace", ["Run started at", "Step extract COMPLETED", "Step load COMPLETED"]),
        ("pipeline -vv repo_pipeline trace", ["Jobs details:"]),
        ("pipeline repo_pipeline load-package", ["The package with load id", "is in LOADED state", "Jobs details:"]),
        ("pipeline -v repo_pipeline load-package", ["Schema update:", "pulls__labels:"]),
        ("pipeline repo_pipeline failed-jobs", ["Checking failed jobs in load id", "No failed jobs found"]),
        ("pipeline repo_pipeline drop-pending-packages", ["No pending packages found"]),
        ("pipeline repo_pipeline abort-packages", ["No pending packages found. Nothing to abort."]),
        ("pipeline repo_pipeline schema --format mermaid --remove-defaults", ["erDiagram", "pulls__labels"]),
        ("pipeline repo_pipeline drop", ["Could not select any resources to drop"]),
        (
            "-y pipeline repo_pipeline drop pulls",
            [
                "About to drop the following data in dataset repo_data in destination duckdb:",
                "Selected schema: repo",
                "Selected resource(s): ['pulls']",
                "Table(s) to drop: ['pulls__labels', 'pulls']",
                "Resource(s) state to reset: ['pulls']",
                "Source state path(s) to reset: []",
            ],
        ),
        ('-y pipeline repo_pipeline drop "re:^pul"', ["Selected resource(s): ['pulls']"]),
        ("-y pipeline repo_pipeline drop --drop-all", ["Selected resource(s): ['issues', 'pulls']"]),
        ("-y pipeline repo_pipeline drop --state-paths archives", ["Source state path(s) to reset: ['archives']"]),
        ("-y pipeline repo_pipeline drop pulls --state-only", ["Table(s) to drop: []", "state to reset: ['pulls']"]),
        ("-y pipeline repo_pipeline drop --schema repo issues", ["Table(s) to drop: ['issues']"]),
        ("--non-interactive pipeline repo_pipeline sync", ["Found pipeline repo_pipeline in"]),
        ("-y pipeline repo_pipeline sync --destination duckdb --dataset-name repo_data", ["default_schema_name: repo"]),
        ("schema repo.schema.json", ["name: repo", "pulls__labels:"]),
        ("schema repo.schema.json --format json --remove-defaults", ['"name": "repo"']),
        ("--no-pwd schema repo.schema.json --format dbml", ["pulls__labels"]),
        ("telemetry", ["Telemetry is DISABLED"]),
        ("init --list-destinations", ["duckdb"]),
    ],
)
def test_a_line_does_what_it_is_given_for(line: str, told: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 0, and the words that people and scripts look for."""
    assert main(shlex.split(line)) == 0
    shown = capsys.readouterr().out
    assert not [text for text in told if text not in shown], shown


@pytest.mark.parametrize(
    ("line", "told", "code"),
    [
        ("pipeline unknown info", "No local pipeline state found", 254),
        ("pipeline repo_pipeline load-package NONE", "has no package NONE", 255),
        ("pipeline repo_pipeline drop --schema nothing pulls", "has no schema 'nothing'", 255),
        ("schema nothing.yaml", "nothing.yaml", 255),
        ("deploy repo_pipeline.py github-action --schedule @daily", "is not offered", 255),
    ],
)
def test_a_line_that_cannot_be_done(
    line: str, told: str, code: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line, exit code 1; with the switch the code that scripts know."""
    assert main(shlex.split(line)) == 1
    shown = capsys.readouterr()
    assert told in shown.err and shown.err.count("\n") == 1
    monkeypatch.setenv("COMPAT__DLT1", "true")
    assert main(shlex.split(line)) == code
    assert main(["--debug", *shlex.split(line)]) == code


def test_what_is_printed_as_a_schema_is_one(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It goes into a file and is read again."""
    assert main(["pipeline", "repo_pipeline", "schema"]) == 0
    (folder / "again.yaml").write_text(capsys.readouterr().out)
    assert main(["schema", "again.yaml"]) == 0
    assert yaml.safe_load(capsys.readouterr().out) == yaml.safe_load((folder / "again.yaml").read_text())


def test_a_trace_tells_where_values_came_from(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Those of settings with the place that had them, of secrets only that they were found; also in another process."""
    (folder / ".dlt").mkdir()
    (folder / ".dlt" / "config.toml").write_text('[sources.shop]\nregion = "north"\nurl = "https://me:pass9@host/x"\n')
    (folder / ".dlt" / "secrets.toml").write_text('[sources.shop]\nplain = "hidden1"\nkey = "hidden2"\n')
    monkeypatch.setenv("SOURCES__SHOP__ACCESS_TOKEN", "hidden3")

    @dlt.source(section="shop", name="shop")
    def shop(
        region: str = dlt.config.value,
        url: str = dlt.config.value,
        plain: str = dlt.config.value,
        key: str = dlt.secrets.value,
        access_token: str = "",
    ) -> Any:
        return dlt.resource([{"id": 1}], name="items")

    made = dlt.pipeline("shop_pipeline", destination="duckdb")
    made.run(shop())
    assert made.last_trace is not None
    found = {value.key: value for value in made.last_trace.resolved_config_values}
    assert (found["region"].value, found["region"].provider_name) == ("north", "config.toml")
    assert tuple(found["region"].sections) == ("sources", "shop")
    assert all(found[name].is_secret_hint and found[name].value is None for name in ("plain", "key", "access_token"))
    context.activate(None)
    capsys.readouterr()
    assert main(["pipeline", "shop_pipeline", "trace"]) == 0
    assert "resolved" not in capsys.readouterr().out
    assert main(["pipeline", "shop_pipeline", "trace", "-v"]) == 0
    said = capsys.readouterr().out
    assert "`sources.shop.region` = north from `config.toml`" in said
    assert "`sources.shop.key` = <secret> from `secrets.toml`" in said
    assert "`sources.shop.access_token` = <secret> from `Environment Variables`" in said
    stored = Path(made.working_dir, "trace.json").read_text()
    assert not any(secret in said + stored for secret in ("hidden1", "hidden2", "hidden3", "pass9"))
