"""Full disks, folders without rights, signals: a clear error, nothing lost."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import dlt
from dlt import user_log
from dlt.errors import PipelineStepFailed
from dlt.packages.documents import Documents


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a folder on a file system of four megabytes."""
    folder = tmp_path / "small"
    folder.mkdir()
    line = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    mounted = subprocess.run(line, capture_output=True, check=False)
    if mounted.returncode != 0:
        pytest.skip(f"a tmpfs cannot be mounted here: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def big() -> Any:
    """Return more rows than the small disk holds."""
    return dlt.resource(({"id": n, "text": os.urandom(500).hex()} for n in range(20_000)), name="big")


def test_a_full_disk_is_told_and_loses_nothing(small_disk: Path, own_folder: Path) -> None:
    """What was loaded and what waits is still there; with room the next run goes on."""
    pipeline = dlt.pipeline(
        "full", pipelines_dir=str(small_disk), destination=dlt.destinations.duckdb("full.duckdb"), dataset_name="d"
    )
    pipeline.run([{"id": 1}], table_name="items")
    pipeline.extract([{"id": 2}], table_name="items")
    with pytest.raises(PipelineStepFailed, match="No space left on device"):
        pipeline.extract(big())
    assert len(pipeline.list_extracted_load_packages()) == 1
    pipeline.run()
    assert sorted(pipeline.dataset().items.select("id").fetchall()) == [(1,), (2,)]


def test_a_full_disk_of_the_destination_hides_the_load(small_disk: Path) -> None:
    """The package waits, and nothing of it is visible."""
    target = dlt.destinations.duckdb(str(small_disk / "full.duckdb"))
    pipeline = dlt.pipeline("full", destination=target, dataset_name="d")
    pipeline.run([{"id": 1}], table_name="items")
    with pytest.raises(PipelineStepFailed, match=r"(?i)space|write|memory"):
        pipeline.run(big())
    assert pipeline.has_pending_data
    assert pipeline.dataset().items.select("id").fetchall() == [(1,)]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_rights_is_named(own_folder: Path) -> None:
    """The error names the folder."""
    locked = own_folder / "locked"
    locked.mkdir(mode=0o500)
    with pytest.raises(PipelineStepFailed, match="locked"):
        dlt.pipeline("p", pipelines_dir=str(locked)).extract([1], table_name="t")


def test_a_run_on_a_disk_without_room_names_the_folder(small_disk: Path, tmp_path: Path) -> None:
    """Its own error is the one to see, not that of the trace, which does not fit either; with what to do."""
    pipeline = dlt.pipeline(
        "p", pipelines_dir=str(small_disk), destination=dlt.destinations.duckdb(str(tmp_path / "p.duckdb"))
    )
    with pytest.raises(PipelineStepFailed, match=r"step extract .*\. The disk of the working folder .*/p is full"):
        pipeline.run([{"id": number, "text": os.urandom(500).hex()} for number in range(9000)], table_name="t")
    pipeline.run([{"id": 1}], table_name="t")
    assert pipeline.dataset().t.select("id").fetchall() == [(1,)]


def test_a_trace_that_cannot_be_stored(pipeline: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that has loaded is no failure: to run it again would load its rows twice. It is told."""

    def full(self: Any, trace: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    told: list[str] = []
    monkeypatch.setattr(Documents, "write_trace", full)
    monkeypatch.setattr(user_log, "error", told.append)
    assert not pipeline.run([{"id": 1}], table_name="t").has_failed_jobs
    assert "the trace of the run cannot be stored: [Errno 28] No space left on device." in told[0]


def test_a_file_in_place_of_the_folder_is_named(own_folder: Path) -> None:
    """A folder without rights is named, also for root."""
    (own_folder / "file").write_text("")
    with pytest.raises(PipelineStepFailed, match="file"):
        dlt.pipeline("p", pipelines_dir=str(own_folder / "file")).extract([1], table_name="t")


SLOW = """
import sys, time
import dlt

@dlt.resource
def slow():
    yield {"id": 1}
    print("extracting", flush=True)
    time.sleep(600)  # only the signal ends it: nobody waits for so long
    yield {"id": 2}

pipeline = dlt.pipeline("slow", destination="duckdb")
pipeline.extract([{"id": 0}], table_name="slow")
pipeline.run(slow())
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_run_and_loses_nothing(own_folder: Path, number: signal.Signals) -> None:
    """The process ends with an error code; what was loaded stays, half an extract leaves nothing."""
    (own_folder / "slow.py").write_text(SLOW)
    child = subprocess.Popen([sys.executable, "slow.py"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert child.stdout is not None and child.stdout.readline() == "extracting\n"
    child.send_signal(number)
    assert child.wait(timeout=250) != 0
    found = dlt.attach("slow", destination="duckdb")
    assert found.dataset().slow.select("id").fetchall() == [(0,)]
    assert not found.has_pending_data
    assert not list(Path(found.working_dir, "tmp").iterdir())


def test_signals_are_left_alone_in_notebooks(monkeypatch: pytest.MonkeyPatch, pipeline: Any) -> None:
    """A notebook or streamlit handles them itself."""
    monkeypatch.setitem(sys.modules, "ipykernel", sys)
    before = signal.getsignal(signal.SIGTERM)
    seen: list[Any] = []

    @dlt.resource
    def watching() -> Any:
        seen.append(signal.getsignal(signal.SIGTERM))
        yield {"id": 1}

    pipeline.run(watching())
    assert seen == [before]
