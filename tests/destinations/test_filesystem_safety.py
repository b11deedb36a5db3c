"""The filesystem destination when things go wrong: kills, races, wrong settings."""

from __future__ import annotations

import os
import shutil
import signal
from datetime import datetime, timezone
from pathlib import Path

import pytest

import dlt
from dlt.destinations.impl.filesystem.layout import Layout
from dlt.destinations.impl.filesystem.snapshot import Change, Snapshots
from dlt.errors import (
    ConfigFieldMissing,
    DestinationTerminalException,
    DestinationTransientException,
    InvalidFilesystemLayout,
    PipelineStepFailed,
)
from dlt.io.store import Store, translated
from tests.processes import run_python

PROGRAM = """
import sys, dlt

@dlt.source
def rows(last, disposition):
    @dlt.resource(table_name="rows", primary_key="id", write_disposition=disposition)
    def one(cursor=dlt.sources.incremental("id", initial_value=0)):
        yield [{"id": n, "tags": [{"n": n}]} for n in range(1, last + 1)]
    return one

folder, last, disposition = sys.argv[1:]
dlt.pipeline(
    "killed", destination=dlt.destinations.filesystem(folder + "/bucket"), dataset_name="data", pipelines_dir=folder
).run(rows(int(last), disposition))
"""


def program(folder: Path, last: int, disposition: str, crash_point: str | None = None) -> int:
    """Run the program; return its exit code."""
    environment = {**os.environ, **({"DLT_CRASH_POINT": crash_point} if crash_point else {})}
    return run_python(["-c", PROGRAM, str(folder), str(last), disposition], env=environment).returncode


def ids(folder: Path) -> list[tuple[int, int]]:
    """Return the ids that readers see, each with the number of its nested rows."""
    destination = dlt.destinations.filesystem(str(folder / "bucket"))
    with destination.connect("data") as client:
        if not client.has_dataset():
            return []
        sql = "SELECT id, (SELECT count(*) FROM rows__tags t WHERE t._dlt_parent_id = r._dlt_id) FROM rows r ORDER BY 1"
        return list(client.sql_client().execute_sql(sql))


@pytest.mark.parametrize(
    ("crash_point", "disposition"),
    [
        ("filesystem.file_written", "append"),
        ("filesystem.before_manifest", "append"),
        ("filesystem.before_manifest", "merge"),
        ("filesystem.before_manifest", "replace"),
        ("filesystem.after_manifest", "append"),
        ("filesystem.after_manifest", "merge"),
    ],
)
def test_a_killed_load(tmp_path: Path, crash_point: str, disposition: str) -> None:
    """Before its manifest a load is invisible; afterwards the same call finishes it, and nothing is doubled."""
    assert program(tmp_path, 2, disposition) == 0
    first = [(1, 1), (2, 1)]
    assert ids(tmp_path) == first
    assert program(tmp_path, 4, disposition, crash_point) == -signal.SIGKILL
    # the cursor gives the new rows only, or begins again where all of the table is replaced
    second = [*first, (3, 1), (4, 1)]
    assert ids(tmp_path) == (second if crash_point == "filesystem.after_manifest" else first)
    assert program(tmp_path, 5, disposition) == 0
    assert ids(tmp_path) == [*second, (5, 1)]


def test_a_failed_load_leaves_no_files(tmp_path: Path) -> None:
    """Files that were written before an error are deleted, and readers never saw them."""
    destination = dlt.destinations.filesystem(str(tmp_path / "bucket"))
    pipeline = dlt.pipeline("failing", destination=destination, dataset_name="data", pipelines_dir=str(tmp_path / "p"))
    pipeline.extract([{"id": 1}], table_name="first")
    pipeline.extract([{"id": 1}], table_name="second")
    pipeline.normalize()
    # a file where the folder of a table has to be
    (tmp_path / "bucket" / "data").mkdir(parents=True)
    (tmp_path / "bucket" / "data" / "second").write_text("in the way")
    with pytest.raises(PipelineStepFailed, match="second"):
        pipeline.load()
    with destination.connect("data") as client:
        assert client.table_files("second") == []
    (tmp_path / "bucket" / "data" / "second").unlink()
    pipeline.load()
    assert dict(pipeline.dataset().row_counts().fetchall()) == {"first": 1, "second": 1}


def test_undoing_a_load_that_another_process_committed(tmp_path: Path) -> None:
    """Two processes load one package: the one that fails later deletes none of the files that now count."""
    destination = dlt.destinations.filesystem(str(tmp_path / "bucket"))
    pipeline = dlt.pipeline("twice", destination=destination, dataset_name="data", pipelines_dir=str(tmp_path / "p"))
    pipeline.extract([{"id": 1}], table_name="rows")
    pipeline.normalize()
    (package,) = pipeline.workdir.packages("normalized")
    chain = [package.schema.get_table("rows")]
    path = os.path.join(package.path, next(file.name for file in package.files if file.table == "rows"))
    with destination.connect("data", package.schema) as slow:
        slow.begin()
        slow.stage(chain, package.load_id)
        slow.load_files(chain[0], "rows", [path], "parquet")
        pipeline.load()
        slow.rollback()
        slow.begin()
        assert slow.has_load(package.load_id)
    assert dict(pipeline.dataset().row_counts().fetchall()) == {"rows": 1}


def test_two_loads_at_once(tmp_path: Path) -> None:
    """Appends of two processes both count; two rewrites of a table do not, the slower one has to run again."""
    import fsspec

    snapshots = Snapshots(Store(fsspec.filesystem("file"), str(tmp_path / "data")))
    base = snapshots.newest()
    first = Change(add={"a": [{"path": "1"}]}, loads=[{"load_id": "1"}])
    second = Change(add={"a": [{"path": "2"}]}, loads=[{"load_id": "2"}])
    snapshots.commit(base, first)
    assert snapshots.commit(base, second).paths() == {"1", "2"}
    assert snapshots.commit(base, first).number == 2, "the same load counts once"
    with pytest.raises(DestinationTransientException, match="another load changed the tables a "):
        snapshots.commit(base, Change(replace={"a": []}, loads=[{"load_id": "3"}]))
    assert snapshots.newest().paths() == {"1", "2"}


def test_old_snapshots_are_deleted(tmp_path: Path) -> None:
    """A dataset keeps its last ten snapshots."""
    destination = dlt.destinations.filesystem(str(tmp_path / "bucket"))
    pipeline = dlt.pipeline("many", destination=destination, dataset_name="data", pipelines_dir=str(tmp_path / "p"))
    for number in range(13):
        pipeline.run([{"id": number}], table_name="rows")
    kept = sorted(os.listdir(tmp_path / "bucket" / "data" / "_dlt_snapshots"))
    assert kept == [f"{number:012d}.json" for number in range(4, 14)]
    assert dict(pipeline.dataset().row_counts().fetchall()) == {"rows": 13}


def test_state_of_another_dataset_after_a_kill(tmp_path: Path) -> None:
    """A state that waits for its dataset is written there by the next load."""
    import fsspec

    filesystem, root = fsspec.filesystem("file"), str(tmp_path)
    state = {"_dlt_id": "s", "pipeline_name": "p", "version": 3, "created_at": "2024", "state": "text"}
    waiting = Change(outbox=[{"dataset": "main", "state": state}], loads=[{"load_id": "1"}])
    own = Snapshots(Store(filesystem, f"{root}/other"))
    own.commit(own.newest(), waiting)
    destination = dlt.destinations.filesystem(root)
    with destination.connect("main") as main:
        assert main.read_state("p") is None
        with destination.connect("other") as client:
            client.begin()
            client.commit()
        assert main.read_state("p") == "text"
    assert own.newest().outbox == []


# -- layouts and settings


def test_layout() -> None:
    """Every kind of placeholder; names depend on the load alone, unless a moment is given."""
    load = "1700000000.5"
    path = Layout("{schema_name}/{table_name}/{YYYY}-{MM}-{DD}/{load_package_timestamp}/{load_id}.{file_id}.{ext}").path
    assert path("s", "t", load, "7", "parquet") == "s/t/2023-11-14/1700000000/1700000000.5.7.parquet"
    given = datetime(2020, 2, 3, 4, 5, tzinfo=timezone.utc)
    extra = {"owner": "me", "upper": lambda schema, table, load_id, file_id, ext: table.upper()}
    layout = Layout("{owner}/{upper}/{table_name}/{curr_date}T{HH}{mm}/{timestamp}.{load_id}.{file_id}", extra, given)
    assert layout.path("s", "t", load, "7", "csv") == f"me/T/t/2020-02-03T0405/{int(given.timestamp())}.{load}.7"


def test_layout_without_load_id(tmp_path: Path) -> None:
    """Files of two loads get names of their own even then."""
    destination = dlt.destinations.filesystem(str(tmp_path / "bucket"), layout="{table_name}/{file_id}.{ext}")
    pipeline = dlt.pipeline("names", destination=destination, dataset_name="data", pipelines_dir=str(tmp_path / "p"))
    for number in range(2):
        pipeline.run([{"id": number}], table_name="rows")
    assert dict(pipeline.dataset().row_counts().fetchall()) == {"rows": 2}


@pytest.mark.parametrize("template", ["{table_name}/{owner}.{file_id}", "{table_name}/{load_id}"])
def test_wrong_layouts(template: str) -> None:
    """The error names what is wrong, and what is known."""
    with pytest.raises(InvalidFilesystemLayout, match="file_id"):
        Layout(template)


def test_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings come from the section of the destination's name; without a URL the error says where."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigFieldMissing, match=r"secrets\.toml: destination\.lake\.bucket_url"):
        _ = dlt.destinations.filesystem(destination_name="lake").bucket_url
    monkeypatch.setenv("DESTINATION__LAKE__BUCKET_URL", f"file://{tmp_path}/lake/")
    monkeypatch.setenv("DESTINATION__LAKE__LAYOUT", "x/{table_name}/{load_id}.{file_id}.{ext}")
    destination = dlt.destination("filesystem", destination_name="lake")
    dlt.pipeline("p", destination=destination, dataset_name="d", pipelines_dir=str(tmp_path / "p")).run(
        [{"id": 1}], table_name="rows"
    )
    assert len(list((tmp_path / "lake" / "d" / "x" / "rows").glob("*.parquet"))) == 1


def test_missing_rights() -> None:
    """They are a terminal error that names the path; other errors may pass."""
    with pytest.raises(DestinationTerminalException, match="some/path: no right"), translated("some/path"):
        raise PermissionError("denied")
    with pytest.raises(DestinationTransientException, match="some/path"), translated("some/path"):
        raise OSError("network")


def test_names_of_an_earlier_run_do_not_collide(tmp_path: Path) -> None:
    """A new working folder loads beside what is there."""
    destination = dlt.destinations.filesystem(str(tmp_path / "bucket"))
    for folder in ("a", "b"):
        pipeline = dlt.pipeline(
            f"p_{folder}", destination=destination, dataset_name="data", pipelines_dir=str(tmp_path / folder)
        )
        pipeline.run([{"id": 1}], table_name="rows")
        shutil.rmtree(tmp_path / folder)
    with destination.connect("data") as client:
        assert client.sql_client().execute_sql("SELECT count(*) FROM rows") == [(2,)]
