"""What is told on stderr and by the logger `dlt`, and by which pipeline."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import dlt
from dlt.errors import ConfigurationValueError, DestinationTerminalException, DltException

PROGRAM = """
import logging, sys
import dlt
{setup}
pipeline = dlt.pipeline("shop", destination="duckdb")
pipeline.run([{{"id": 1, "password": "geheim-1"}}], table_name="items")
dlt.pipeline("shop").run([{{"id": 2, "price": 1.5}}], table_name="items")
"""


def told(own_folder: Path, setup: str = "", **runtime: Any) -> str:
    """Return what a program writes to stderr."""
    lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in runtime.items())
    (own_folder / ".dlt").mkdir(exist_ok=True)
    (own_folder / ".dlt" / "config.toml").write_text(f"[runtime]\n{lines}")
    line = [sys.executable, "-c", PROGRAM.format(setup=setup)]
    done = subprocess.run(line, capture_output=True, text=True, check=True, cwd=own_folder)
    assert done.stdout == ""
    return done.stderr


@pytest.fixture(autouse=True)
def logger_as_it_was() -> Iterator[None]:
    """Leave the logger as it was found."""
    logger = logging.getLogger("dlt")
    level = logger.level
    yield
    logger.setLevel(level)


def test_a_log_level_shows_lines_on_stderr(own_folder: Path) -> None:
    """Steps, rows, bytes, seconds, new columns, state version and place; no values; each line once."""
    shown = told(own_folder, log_level="INFO", user_log=True)
    for words in (
        "[INFO] dlt",
        "shop: extract begins",
        "shop: load into duckdb shop in",
        "table items: 1 rows,",
        "state version 1",
        "schema: items has new id, password",
        "table items got columns price",
        "is in dataset shop at duckdb:///",
    ):
        assert words in shown, words
    assert shown.count("shop: load into duckdb shop in") == 2 and "geheim" not in shown and "dlt: shop" not in shown


def test_a_program_with_its_own_logging_keeps_it(own_folder: Path) -> None:
    """With handlers of its own, also such that come later, each line comes there, and only there."""
    setup = "logging.basicConfig(format='OWN %(message)s', level='INFO')"
    assert all(
        line.startswith("OWN ") for line in told(own_folder, setup, log_level="INFO", user_log=False).splitlines()
    )
    setup = "logging.getLogger('dlt').setLevel('ERROR')"
    assert told(own_folder, setup, log_level="INFO", user_log=False) == ""


def test_lines_as_json(own_folder: Path) -> None:
    """`log_format = "JSON"` writes a document a line."""
    documents = [json.loads(line) for line in told(own_folder, log_level="INFO", log_format="JSON").splitlines()]
    assert documents[0]["level"] == "INFO" and documents[0]["message"] == "shop: extract begins"


def test_settings_of_one_pipeline_are_not_those_of_another(
    own_folder: Path,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A second pipeline changes neither the lines nor the log level nor the excepthook of the first."""
    monkeypatch.setattr(sys, "excepthook", sys.__excepthook__)
    quiet = dlt.pipeline("quiet", destination="duckdb")
    for key, value in (("USER_LOG", "true"), ("LOG_LEVEL", "INFO"), ("EXCEPTHOOK", "true")):
        monkeypatch.setenv(f"LOUD__RUNTIME__{key}", value)
    loud = dlt.pipeline("loud", destination="duckdb")
    quiet.run([{"id": 1}], table_name="items")
    assert "".join(capfd.readouterr()) == "" and caplog.text == ""
    loud.run([{"id": 1}], table_name="items")
    assert "loud: load into" in capfd.readouterr().err and "loud: load begins" in caplog.text
    with pytest.raises(DltException) as caught:
        quiet.run([1], table_name="items", write_disposition="nonsense")
    sys.excepthook(type(caught.value), caught.value, None)
    assert "dlt: PipelineStepFailed" not in capfd.readouterr().err
    quiet.run([{"id": 1}], table_name="items")
    assert "".join(capfd.readouterr()) == ""


def test_a_level_that_the_program_sets_stays(caplog: pytest.LogCaptureFixture) -> None:
    """Pipelines that come later do not set it back."""
    dlt.pipeline("first", destination="duckdb")
    logging.getLogger("dlt").setLevel(logging.INFO)
    dlt.pipeline("second", destination="duckdb").run([{"id": 1}], table_name="items")
    assert logging.getLogger("dlt").level == logging.INFO and "second: load begins" in caplog.text


def test_failed_jobs_are_told_with_their_file(caplog: pytest.LogCaptureFixture) -> None:
    """The table, the path of the file and the destination's words."""

    @dlt.destination
    def sink(items: Any, table: Any) -> None:
        raise DestinationTerminalException("never again")

    caplog.set_level(logging.ERROR, logger="dlt")
    info = dlt.pipeline("failing", destination=sink).run([{"id": 1}], table_name="bad")
    (job,) = info.load_packages[0].jobs["failed_jobs"]
    assert job.file_path in caplog.text and "never again" in caplog.text


@pytest.mark.parametrize(("key", "value"), [("LOG_LEVEL", "LOUD"), ("LOG_FORMAT", "{nonsense")])
def test_a_setting_that_is_none_is_refused(key: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the pipeline is made, by the name of the setting."""
    monkeypatch.setenv(f"RUNTIME__{key}", value)
    with pytest.raises(ConfigurationValueError, match="runtime: "):
        dlt.pipeline("wrong", destination="duckdb")
