"""A working folder in which PyPI `dlt` 1.x left packages: their rows are not forgotten."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

import dlt
from dlt.cli import main
from dlt.errors import PipelineHasPendingDataException, PipelineStepFailed


@dlt.resource
def orders(at: Any = dlt.sources.incremental("id")) -> Any:
    """Return rows with a cursor."""
    yield [{"id": n} for n in range(1, 5)]


@pytest.fixture(params=[("normalize", "extracted"), ("load", "normalized")], ids="/".join)
def folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a pipeline `shop` whose cursor is at 3, and rows 1 to 3 in a package of 1.x."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DLT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("RUNTIME__USER_LOG", "false")
    found = tmp_path / "data" / "pipelines" / "shop"
    waiting = found.joinpath(*request.param, "1795949125.3528337", "new_jobs")
    waiting.mkdir(parents=True)
    (waiting / "orders.37c976cc8e.0.typed-jsonl.gz").write_bytes(b"rows")
    cursor = {"initial_value": None, "last_value": 3, "unique_hashes": [], "start_value": None}
    state = {
        "_state_version": 1,
        "_state_engine_version": 4,
        "pipeline_name": "shop",
        "schema_names": ["shop"],
        "default_schema_name": "shop",
        "sources": {"shop": {"resources": {"orders": {"incremental": {"id": cursor}}}}},
        "_local": {"first_run": True},
    }
    (found / "state.json").write_text(json.dumps(state))
    return found


def test_a_run_does_not_go_on_behind_them(folder: Path) -> None:
    """Row 4 alone would be loaded; the error says what to do, and without the packages the run goes on."""
    pipeline = dlt.pipeline("shop", destination="duckdb")
    with pytest.raises(PipelineStepFailed, match=r"PyPI dlt left packages in .*1795949125\.3528337") as failed:
        pipeline.run(orders())
    assert isinstance(failed.value.exception, PipelineHasPendingDataException)
    assert not (folder / "extracted").exists() and (folder / "state.json").exists()
    for name in ("normalize", "load"):
        shutil.rmtree(folder / name, ignore_errors=True)
    pipeline.run(orders())
    found = pipeline.dataset().orders.select("id").fetchall()
    assert (4,) in found and (1,) not in found


def test_the_command_shows_them(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Beside its own packages; what would go on behind them is refused."""
    assert main(["pipeline", "shop", "info"]) == 0
    assert "Has 1 packages that wait for PyPI dlt" in capsys.readouterr().out
    assert main(["pipeline", "shop", "run-pending", "--destination", "duckdb"]) in (0, 1)
    assert main(["-y", "pipeline", "shop", "delete-folder"]) == 0
    assert not os.path.exists(folder / "normalize") and not os.path.exists(folder / "load")


def test_a_pipeline_that_begins_anew_forgets_them(folder: Path) -> None:
    """Its folder is wiped, as it is wiped of its own packages."""
    pipeline = dlt.pipeline("shop", destination="duckdb", dev_mode=True)
    pipeline.run(orders())
    assert len(pipeline.dataset().orders.fetchall()) == 4
