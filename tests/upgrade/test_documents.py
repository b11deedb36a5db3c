"""Documents of releases that said no version are read as they were, and nothing of them is lost when they are written.

`documents/` was made by `make_documents.py` with the code of such a release; see there.
"""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path
from typing import Any

import orjson
import pytest

from dlt.io import typed_json
from dlt.io.codec import Document
from dlt.io.sealed import unseal
from dlt.packages.abandon import JOURNAL_DOCUMENT, Journal
from dlt.packages.manifest import MANIFEST_DOCUMENT
from dlt.packages.undo import UNDO_DOCUMENT
from dlt.packages.workdir import COMMIT_DOCUMENT, CommitJournal, Workdir
from dlt.pipeline.trace import restore_trace
from dlt.states.cursor import Cursor, CursorKey
from dlt.states.delta import decode_delta
from dlt.tasks import Token

FOLDER = Path(__file__).with_name("documents")
KINDS: dict[str, Document[Any]] = {
    "extracted.package.json": MANIFEST_DOCUMENT,
    "loaded.package.json": MANIFEST_DOCUMENT,
    "task.package.json": MANIFEST_DOCUMENT,
    "extracted.undo.json": UNDO_DOCUMENT,
    "abandon.json": JOURNAL_DOCUMENT,
    "commit.json": COMMIT_DOCUMENT,
}


def read(name: str) -> Any:
    """Return a document."""
    return KINDS[name].load((FOLDER / name).read_bytes(), name)


def missing(before: Any, after: Any, place: str = "") -> list[str]:
    """Return what one JSON value has and another one lacks; what is empty says nothing."""
    if isinstance(before, dict) and isinstance(after, dict):
        return [where for key in before for where in missing(before[key], after.get(key), f"{place}.{key}")]
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        return [where for number in range(len(before)) for where in missing(before[number], after[number], place)]
    return [] if before == after or (not before and not after) else [place]


@pytest.mark.parametrize("name", KINDS)
def test_nothing_is_lost_when_it_is_written_again(name: str) -> None:
    """Every value is in the document that this release writes, which says a version."""
    document = KINDS[name]
    loads = typed_json.loads if document.exact else orjson.loads
    before = unseal((FOLDER / name).read_bytes(), loads)
    after = unseal(document.dump(read(name)), loads)
    assert "version" not in before and after["version"] == 1
    assert missing(before, after) == []


def test_manifests() -> None:
    """Files, metrics, jobs and works are what they were."""
    extracted, loaded, task = (read(f"{name}.package.json") for name in ("extracted", "loaded", "task"))
    (file,) = extracted.files
    assert (file.table, file.format, file.rows) == ("orders", "arrow", 1) and file.crc32
    assert extracted.metrics["extract"].rows == {"orders": 1}
    assert {job.table: (job.rows, job.state) for job in loaded.jobs} == {
        "orders": (1, "completed"),
        "orders__tags": (2, "completed"),
    }
    assert loaded.completed_at > loaded.created_at == extracted.created_at
    assert [work.resources for work in task.works] == [{"rows": "repeats"}]
    assert decode_delta(task.state_delta)[-1].path == ("schema_names",)


def test_what_an_extract_changed() -> None:
    """A cursor and a value of the user, with their types; neither was there before."""
    undo = read("extracted.undo.json")
    deep = {change.path: change for change in undo.state if change.is_deep}
    key = CursorKey("shop", "orders", "seen")
    assert set(deep) == {key.path, ("sources", "shop", "resources", "orders", "token")}
    assert Cursor.read(deep[key.path].value).last_value == dt.date(2026, 1, 2)
    assert deep["sources", "shop", "resources", "orders", "token"].value == b"\x00\xff"
    assert (undo.new_schema, undo.state_version, undo.tables["orders"]) == (True, 0, None)


def test_journals() -> None:
    """What a killed process had begun is finished by the release after it."""
    assert read("abandon.json") == Journal(("1.5",))
    assert read("commit.json") == CommitJournal("extracted", ("1.5", "2.5"))


def test_state_and_trace(tmp_path: Path) -> None:
    """The folder gives both as they were."""
    folder = tmp_path / "shop"
    folder.mkdir()
    for name in ("state.json", "trace.json"):
        shutil.copy(FOLDER / name, folder / name)
    workdir = Workdir(str(folder))
    state, trace = workdir.read_state(), workdir.read_trace()
    assert state is not None and trace is not None and workdir.repairs == []
    assert state["sources"]["shop"]["resources"]["orders"]["incremental"]["seen"]["last_value"] == dt.date(2026, 1, 2)
    (step,) = restore_trace(trace).steps
    assert (step.step, step.step_info.destination_type, step.step_info.has_failed_jobs) == ("load", "duckdb", False)


def test_a_token() -> None:
    """It is of the version of today."""
    token = Token.from_dict(orjson.loads((FOLDER / "token.json").read_bytes()))
    assert (token.pipeline_name, token.run_id, token.rows) == ("shop", "run 1", {"rows": 1})
    assert missing(orjson.loads((FOLDER / "token.json").read_bytes()), token.to_dict()) == []
