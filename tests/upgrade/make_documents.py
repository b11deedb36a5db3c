"""Make `documents/`: one document of each kind as releases wrote them before documents said their version.

    git worktree add /tmp/earlier 825e6ed
    PYTHONPATH=/tmp/earlier .venv/bin/python tests/upgrade/make_documents.py tests/upgrade/documents

That commit is of 28 November 2026. Made once; who changes this file makes them anew with the same commit.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

import dlt
from dlt.io.sealed import seal

ROOT = Path("/tmp/dlt-upgrade-documents")
PROGRAM = f"""
import dlt

def source():
    return dlt.resource([{{"id": 1}}], name="rows", primary_key="id", write_disposition="merge")

def pipeline():
    return dlt.pipeline("shop", destination=dlt.destinations.duckdb("{ROOT}/task.duckdb"), dataset_name="kept")
"""


@dlt.resource(primary_key="id", write_disposition="append")
def orders(cursor: Any = dlt.sources.incremental("seen", initial_value=dt.date(2026, 1, 1))) -> Iterator[Any]:
    """Give a row with nested ones, and keep bytes in the state."""
    dlt.current.resource_state()["token"] = b"\x00\xff"
    yield [{"id": 1, "seen": dt.date(2026, 1, 2), "tags": ["a", "b"]}]


def make_own(target: Path) -> None:
    """Make the documents of a pipeline's folder."""
    pipeline = dlt.pipeline(
        "shop",
        destination=dlt.destinations.duckdb(f"{ROOT}/shop.duckdb"),
        dataset_name="kept",
        pipelines_dir=f"{ROOT}/pipelines",
    )
    folder = ROOT / "pipelines" / "shop"
    pipeline.extract(orders())
    (package,) = (folder / "extracted").iterdir()
    for name in ("package.json", "undo.json"):
        shutil.copy(package / name, target / f"extracted.{name}")
    pipeline.normalize()
    pipeline.load()
    (package,) = (folder / "loaded").iterdir()
    shutil.copy(package / "package.json", target / "loaded.package.json")
    for name in ("state.json", "trace.json"):
        shutil.copy(folder / name, target / name)


def make_journals(target: Path) -> None:
    """Make the journals that a process leaves only when it is killed."""
    (target / "abandon.json").write_bytes(seal(orjson.dumps({"load_ids": ["1.5"]})))
    (target / "commit.json").write_bytes(seal(orjson.dumps({"stage": "extracted", "load_ids": ["1.5", "2.5"]})))


def make_task(target: Path) -> None:
    """Make the token of a task, and the manifest of its package."""
    from dlt.tasks import Spec, StepContext, extract_step

    program = ROOT / "program.py"
    program.write_text(PROGRAM)
    spec = Spec(source=f"{program}:source", pipeline=f"{program}:pipeline", work_dir=f"{ROOT}/work")
    (target / "token.json").write_text(json.dumps(extract_step(spec, StepContext("run 1")).to_dict()))
    (manifest,) = (ROOT / "work").rglob("package.json")
    shutil.copy(manifest, target / "task.package.json")


if __name__ == "__main__":
    os.environ["RUNTIME__USER_LOG"] = "false"
    made = Path(sys.argv[1]).absolute()
    made.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(ROOT, ignore_errors=True)
    ROOT.mkdir()
    os.chdir(ROOT)
    make_own(made)
    make_journals(made)
    make_task(made)
