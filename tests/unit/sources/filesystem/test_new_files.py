"""Which files a later run loads: those that are new, changed, or late; each row once, also after a kill."""

from __future__ import annotations

import datetime
import os
from pathlib import Path
from typing import Any

import pytest

import dlt
from dlt.pipeline.exceptions import PipelineStepFailed
from dlt.sources.filesystem import filesystem, read_csv, read_jsonl, readers, seen
from tests.processes import run_python

CURSOR = "modification_date"


def write(path: Path, *numbers: int, at: float = 1_700_000_000, pad: str = "") -> None:
    """Write a file of numbers that was changed at a moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("n,text\n" + "".join(f"{number},x{pad}\n" for number in numbers))
    os.utime(path, (at, at))


class Loads:
    """A pipeline that loads new files of a folder.

    Args:
        folder: Where everything lies.
    """

    def __init__(self, folder: Path) -> None:
        self.files = folder / "files"
        self.pipeline = dlt.pipeline(
            "new_files",
            pipelines_dir=str(folder / "pipelines"),
            destination=dlt.destinations.duckdb(str(folder / "db.duckdb")),
            dataset_name="d",
        )

    def resource(self, **cursor: Any) -> Any:
        """Return what reads new files."""
        incremental = dlt.sources.incremental(CURSOR, **cursor)
        return (filesystem(str(self.files), file_glob="**/*.csv", incremental=incremental) | read_csv()).with_name("t")

    def load(self, **cursor: Any) -> None:
        """Load new files."""
        self.pipeline.run(self.resource(**cursor))

    def numbers(self) -> list[int]:
        """Return what is loaded."""
        with self.pipeline.sql_client() as client:
            return [row[0] for row in client.execute_sql("SELECT n FROM t ORDER BY n")]


@pytest.fixture
def loads(tmp_path: Path) -> Loads:
    """A pipeline and an empty folder."""
    return Loads(tmp_path)


def test_new_late_and_changed_files(loads: Loads) -> None:
    """A file counts by its URL, time and size, not by the newest time that was seen."""
    write(loads.files / "a.csv", 1)
    loads.load()
    loads.load()
    assert loads.numbers() == [1]
    write(loads.files / "late.csv", 2, at=1_600_000_000)
    loads.load()
    assert loads.numbers() == [1, 2]
    # of the same moment as one that is loaded, and changed without a new moment
    write(loads.files / "same.csv", 3)
    loads.load()
    write(loads.files / "same.csv", 3, pad="y")
    loads.load()
    loads.load()
    assert loads.numbers() == [1, 2, 3, 3]
    write(loads.files / "a.csv", 4, at=1_700_000_100)
    loads.load()
    assert loads.numbers() == [1, 2, 3, 3, 4]


def test_files_before_the_initial_value_are_never_loaded(loads: Loads) -> None:
    """Also not in a later run."""
    start = datetime.datetime(2023, 1, 1, tzinfo=datetime.timezone.utc)
    write(loads.files / "old.csv", 1, at=start.timestamp() - 1)
    write(loads.files / "new.csv", 2, at=start.timestamp())
    loads.load(initial_value=start)
    loads.load(initial_value=start)
    assert loads.numbers() == [2]
    loads.load(initial_value="2022-01-01T00:00:00Z")
    assert loads.numbers() == [1, 2]


def test_a_state_with_a_mark_only(loads: Loads, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files before it were loaded, and are remembered from now on."""
    write(loads.files / "a.csv", 1)
    with monkeypatch.context() as patch:
        # as an earlier release loads it
        patch.setattr(seen, "applies_to", lambda _incremental: False)
        loads.load()
    assert "seen_files" not in loads.pipeline.state["sources"]["new_files"]["resources"]["filesystem_t"]
    loads.load()
    assert loads.numbers() == [1]
    write(loads.files / "late.csv", 2, at=1_600_000_000)
    loads.load()
    assert loads.numbers() == [1, 2]


def test_the_state_is_bounded(
    loads: Loads, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The newest files are remembered one by one; one that comes before them is told."""
    monkeypatch.setattr(seen, "MOST_FILES", 10)
    for number in range(30):
        write(loads.files / f"{number}.csv", number, at=1_700_000_000 + number)
    loads.load()
    state = loads.pipeline.state["sources"]["new_files"]["resources"]["filesystem_t"]["seen_files"]
    assert len(state["files"]) <= 10 and loads.numbers() == list(range(30))
    loads.load()
    assert loads.numbers() == list(range(30))
    write(loads.files / "late.csv", 100, at=1_600_000_000)
    assert "older than" not in capsys.readouterr().err
    loads.load()
    assert 100 not in loads.numbers() and "late.csv, are older" in capsys.readouterr().err
    write(loads.files / "new.csv", 101, at=1_800_000_000)
    loads.load()
    assert loads.numbers()[-1] == 101


def test_a_file_that_breaks_a_run_is_loaded_by_the_next(loads: Loads) -> None:
    """Nothing of that run counts, not even the files before it."""
    write(loads.files / "a.csv", 1)
    (loads.files / "b.csv").write_text('n,text\n1,"x\n')
    with pytest.raises(PipelineStepFailed, match=r"b\.csv cannot be read"):
        loads.load()
    write(loads.files / "b.csv", 2)
    loads.load()
    assert loads.numbers() == [1, 2]


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_files_in_portions(loads: Loads, order: Any) -> None:
    """With an order and a limit each run takes the next ones."""
    for number in range(4):
        write(loads.files / f"{3 - number}.csv", number, at=1_700_000_000 + number)
    taken: list[list[int]] = []
    for _ in range(5):
        files = filesystem(
            str(loads.files),
            file_glob="*.csv",
            files_per_page=1,
            incremental=dlt.sources.incremental(CURSOR, row_order=order),
        ).add_limit(1)
        loads.pipeline.run((files | read_csv()).with_name("t"))
        taken.append(loads.numbers())
    assert list(map(len, taken)) == [1, 2, 3, 4, 4]
    assert taken[0] == ([0] if order == "asc" else [3])


def test_each_name_has_a_state_of_its_own(loads: Loads) -> None:
    """Two readers of one folder do not take each other's files."""
    write(loads.files / "a.csv", 1)
    (loads.files / "b.jsonl").write_text('{"n": 2}\n')
    for _ in range(2):
        cursor = dlt.sources.incremental(CURSOR)
        found = readers(str(loads.files), file_glob="**/*.csv", incremental=cursor).read_csv()
        other = readers(str(loads.files), file_glob="*.csv", incremental=cursor).read_csv()
        lines = filesystem(str(loads.files), file_glob="*.jsonl")
        lines.apply_hints(incremental=cursor)
        loads.pipeline.run([found.with_name("t"), other.with_name("u"), (lines | read_jsonl()).with_name("v")])
    assert loads.numbers() == [1]
    with loads.pipeline.sql_client() as client:
        assert client.execute_sql("SELECT (SELECT count(*) FROM u), (SELECT count(*) FROM v)") == [(1, 1)]


@pytest.mark.parametrize("refresh", ["drop_sources", "drop_resources", "drop_data"])
def test_a_refresh_loads_all_files_again(loads: Loads, refresh: Any) -> None:
    """As the table begins anew, so do the files."""
    write(loads.files / "a.csv", 1)
    loads.load()
    loads.pipeline.run(loads.resource(), refresh=refresh)
    assert loads.numbers() == [1]


def test_the_destination_remembers_files(loads: Loads) -> None:
    """A machine without the working folder loads what is new."""
    write(loads.files / "a.csv", 1)
    loads.load()
    loads.pipeline.drop()
    write(loads.files / "b.csv", 2)
    loads.load()
    assert loads.numbers() == [1, 2]


PROGRAM = """
import sys
import dlt
from dlt.pipeline.exceptions import PipelineStepFailed
from dlt.sources.filesystem import filesystem, read_csv

folder = sys.argv[1]
pipeline = dlt.pipeline("new_files", pipelines_dir=folder + "/pipelines", dataset_name="d",
                        destination=dlt.destinations.duckdb(folder + "/db.duckdb"))
files = filesystem(folder + "/files", file_glob="**/*.csv", incremental=dlt.sources.incremental("modification_date"))
pipeline.run((files | read_csv()).with_name("t"))
"""


@pytest.mark.parametrize(
    "point",
    [
        "commit.extracted_package.renamed",
        "commit.normalized_package.renamed",
        "load.after_publish",
    ],
)
def test_a_kill_loses_and_doubles_no_file(tmp_path: Path, loads: Loads, point: str) -> None:
    """A file is done when the package with its rows is committed, together with the state."""
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    write(loads.files / "a.csv", 1)
    write(loads.files / "b.csv", 2, at=1_600_000_000)
    environment = {**os.environ, "RUNTIME__USER_LOG": "false"}
    killed = run_python([str(program), str(tmp_path)], env={**environment, "DLT_CRASH_POINT": point})
    assert killed.returncode < 0, killed.stderr
    write(loads.files / "c.csv", 3, at=1_500_000_000)
    again = run_python([str(program), str(tmp_path)], env=environment)
    assert again.returncode == 0, again.stderr
    assert loads.numbers() == [1, 2, 3]
