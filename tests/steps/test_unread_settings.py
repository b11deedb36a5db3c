"""Settings of PyPI `dlt` 1.x that nothing here reads are told to whoever set them, once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import dlt
from dlt import user_log
from dlt.pipeline.unread import OPTIONS


@pytest.fixture
def told(tmp_path: Path, own_folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Any:
    """Make a pipeline as a new process does, and return what it told."""

    def make(config: str = "", destination: str = "duckdb") -> list[str]:
        monkeypatch.setattr(user_log, "_told", set())
        monkeypatch.delenv("RUNTIME__USER_LOG", raising=False)
        (own_folder / ".dlt").mkdir(exist_ok=True)
        (own_folder / ".dlt" / "config.toml").write_text(config)
        for _ in range(2):
            dlt.pipeline("shop", destination=destination, pipelines_dir=str(tmp_path / "pipelines"))
        return [line.removeprefix("dlt: ") for line in capfd.readouterr().err.splitlines()]

    return make


@pytest.mark.parametrize(("section", "name"), [(section, name) for section in OPTIONS for name in OPTIONS[section]])
def test_each_of_them_is_told(told: Any, monkeypatch: pytest.MonkeyPatch, section: str, name: str) -> None:
    """By its name, with what holds instead."""
    variable = f"{section}__{name}".upper()
    monkeypatch.setenv(variable, "3")
    assert told() == [f"the environment variable {variable} has no effect here: {OPTIONS[section][name]}."]


@pytest.mark.parametrize(
    "table", ["load", "shop.load", "pipelines.shop.load", "normalize.data_writer", "sources.books.data_writer"]
)
def test_wherever_it_stands(told: Any, table: str) -> None:
    """In a file, with the place where it stands."""
    name = "workers" if table.endswith("load") else "buffer_max_items"
    (line,) = told(f"[{table}]\n{name} = 3\n")
    assert line.startswith(f"{table}.{name} in ") and "config.toml has no effect here: " in line


@pytest.mark.parametrize(
    "config",
    [
        "",
        "[other.load]\nworkers = 3\n",
        "[sources.books]\nworkers = 3\n",
        "[extract]\nworkers = 3\n",
        "[runtime]\ndlthub_telemetry = false\n",
        "[normalize.data_writer]\ndisable_compression = true\nfile_max_items = 5\n",
        "[load]\ntruncate_staging_dataset = true\n",
        "[destination.postgres]\ncreate_indexes = true\n",
    ],
)
def test_nothing_is_told_of_others(told: Any, config: str) -> None:
    """Of another pipeline, of a program's own, or with a value that says what holds in any case."""
    assert told(config) == []


@pytest.mark.parametrize("table", ["destination", "destination.duckdb"])
def test_settings_of_the_destination(told: Any, table: str) -> None:
    """Those that its class does not read."""
    (line,) = told(f'[{table}]\nreplace_strategy = "staging-optimized"\n')
    assert line.startswith(f"{table}.replace_strategy in ")
    assert line.endswith("has no effect here: nothing of the destination depends on it.")
