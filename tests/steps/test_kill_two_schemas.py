"""One extract of two schemas makes two packages: a kill between them keeps both or neither."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.processes import run_python

pytestmark = pytest.mark.slow
PROGRAM = """
import dlt

def make(name):
    @dlt.source(name=name)
    def source():
        @dlt.resource(name=f"{name}_rows")
        def rows(at=dlt.sources.incremental("id", initial_value=0)):
            yield [{"id": number} for number in range(1, 5)]
        return rows
    return source()

pipeline = dlt.pipeline("two", pipelines_dir="p", destination="duckdb", dataset_name="d")
pipeline.run([make("one"), make("other")])
with pipeline.sql_client() as client:
    for table in ("d.one_rows", "d_other.other_rows"):
        print(sorted(client.execute_sql(f"SELECT id FROM {table}")))
print(sorted(pipeline.state["sources"]))
"""
POINTS = [
    "write.commit.json.written",
    "write.commit.json.synced",
    "write.commit.json.renamed",
    "move.journaled_package.before",
    "move.journaled_package.renamed",
    "move.journaled_package.before#2",
    "move.journaled_package.renamed#2",
    "journal.before_removal",
    "load.after_commit",
    "load.before_commit#2",
]


def run(**environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run the program."""
    variables = {**os.environ, **environment}
    return run_python(["two.py"], env=variables)


@pytest.mark.parametrize("point", POINTS)
def test_both_schemas_or_neither(own_folder: Path, point: str) -> None:
    """The journal finishes what a kill cut."""
    (own_folder / "two.py").write_text(PROGRAM)
    killed = run(DLT_CRASH_POINT=point)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    again = run()
    assert again.returncode == 0, again.stderr
    every = "[(1,), (2,), (3,), (4,)]"
    assert again.stdout.decode().splitlines() == [every, every, "['one', 'other']"]
