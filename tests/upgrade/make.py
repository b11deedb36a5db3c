"""Make `places.tar.xz`: working folders and datasets as an earlier release left them.

    git worktree add /tmp/earlier 46684e2
    PYTHONPATH=/tmp/earlier:. .venv/bin/python tests/upgrade/make.py tests/upgrade/places.tar.xz

That commit is of 24 November 2026: packages carry no undo and no checksums of documents, files of a try have no letters
of their own, and hand-off tokens are of version 1. Each place is made in a folder of its own below ROOT: three rows are
loaded, and then a second load of five rows ends as CASES say. Postgres is kept as the text of pg_dump. Made once; who
changes this file makes the archive anew with the same commit.
"""

from __future__ import annotations

import importlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

from tests.upgrade import program

ROOT = "/tmp/dlt-upgrade"
"""Tokens name it; a test puts its own folder in its place."""
CASES: dict[str, list[tuple[str, str | None]]] = {
    "loaded": [],
    "extracted": [("extract", None)],
    "normalized": [("prepare", None)],
    "both": [("extract", None), ("load", "commit.normalized_package.renamed")],
    "before_commit": [("run", "load.before_commit")],
    "after_commit": [("run", "load.after_commit")],
    "moved": [("run", "move.loaded_package.renamed")],
    "state_behind": [("run", "commit.extracted_package.renamed")],
}
"""What the second load does, and the point at which it is killed."""
MADE = [("files", case) for case in CASES] + [
    *(("duckdb", case) for case in ("loaded", "normalized", "after_commit")),
    *(("delta", case) for case in ("loaded", "after_commit")),
    *(("sqlite", case) for case in ("normalized", "after_commit")),
    *(("postgres", case) for case in ("normalized", "after_commit")),
]


def do(kind: str, root: str, what: str, point: str | None) -> None:
    """Do one thing in a process of its own, and die at a point."""
    from dlt.io import failpoints

    child = os.fork()
    if not child:
        failpoints.arm(point)
        pipeline = program.pipeline(kind, root)
        last = 3 if what == "first" else 5
        if what in ("first", "run"):
            pipeline.run(program.shop(last))
        elif what == "load":
            pipeline.run()
        else:
            pipeline.extract(program.shop(last))
            if what == "prepare":
                pipeline.normalize()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == (-signal.SIGKILL if point else 0), (kind, root, what, point)


def make(kind: str, case: str) -> None:
    """Make one place."""
    root = f"{ROOT}/{kind}-{case}"
    os.makedirs(root)
    server: Any = None
    if kind == "postgres":
        from tests.servers.postgres import PostgresServer, binaries

        server = PostgresServer().start()
        os.environ["UPGRADE_POSTGRES"] = server.new_database()
    do(kind, root, "first", None)
    for what, point in CASES[case]:
        do(kind, root, what, point)
    if kind == "postgres":
        command = [str(binaries() / "pg_dump"), "--inserts", "--no-owner", os.environ["UPGRADE_POSTGRES"]]
        Path(root, "dump.sql").write_bytes(subprocess.run(command, check=True, capture_output=True).stdout)
        server.stop()


def make_tasks() -> None:
    """Make runs of tasks that stopped after extract, and after normalize."""
    from dlt.tasks import Spec, StepContext, extract_step, load_step, normalize_step

    for case in ("extracted", "normalized"):
        root = f"{ROOT}/tasks-{case}"
        os.makedirs(root)
        os.environ["UPGRADE_ROOT"] = root
        shutil.copy(program.__file__, f"{root}/program.py")

        def spec(last: int, root: str = root) -> Any:
            return Spec(
                source=f"{root}/program.py:shop",
                pipeline=f"{root}/program.py:task_pipeline",
                source_args={"last": last},
                handoff=f"file://{root}/handoff",
                work_dir=f"{root}/work",
            )

        load_step(normalize_step(extract_step(spec(3), StepContext("run 1"))))
        token = extract_step(spec(5), StepContext("run 2"))
        if case == "normalized":
            token = normalize_step(token)
        Path(root, "token.json").write_text(json.dumps(token.to_dict()))
        shutil.rmtree(f"{root}/work")


if __name__ == "__main__":
    shutil.rmtree(ROOT, ignore_errors=True)
    os.environ["RUNTIME__USER_LOG"] = "false"
    for name in ("duckdb", "pyarrow.parquet", "deltalake", "sqlalchemy", "psycopg2", "dlt.pipeline", "dlt.load.step"):
        importlib.import_module(name)  # once, and not in each process
    for kind, case in MADE:
        make(kind, case)
    make_tasks()
    with tarfile.open(sys.argv[1], "w:xz", preset=9) as archive:
        archive.add(ROOT, arcname=".")
