"""Where killed programs load, and what readers find there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.kills import program

Place = dict[str, Any]
Content = dict[str, Any]
PROJECT = Path(__file__).parents[2]


class Programs:
    """Runs of the program, each in a process of its own.

    Args:
        process: The process that forks them.
        folder: Where their messages go.
    """

    def __init__(self, process: Any, folder: Path) -> None:
        self._process, self._folder, self._count = process, folder, 0

    def start(self, place: Place, folder: Path, do: str = "run", **order: Any) -> tuple[int, int | str]:
        """Run it; return the id of the process and its exit code, or "stopped"."""
        errors = str(self._folder / "errors.txt")
        return self._ask({"place": place, "folder": str(folder), "do": do, "errors": errors, **order})

    def wake(self, process: int) -> int | str:
        """Let a stopped process go on; return its exit code."""
        return self._ask({"do": "wake", "process": process})[1]

    def errors(self) -> str:
        """Return what the last process said."""
        return (self._folder / "errors.txt").read_text()

    def run(self, place: Place, folder: Path, do: str = "run", **order: Any) -> None:
        """Run it to its end, which must be a good one."""
        _, code = self.start(place, folder, do, **order)
        assert code == 0, self.errors()

    def _ask(self, order: dict[str, Any]) -> tuple[int, int | str]:
        self._count += 1
        print(json.dumps({"number": self._count, **order}), file=self._process.stdin, flush=True)
        while answer := self._process.stdout.readline():
            number, process, code = json.loads(answer)
            if number == self._count:
                return process, code
            # the answer to an order of a test that ran out of time
        raise AssertionError("the program is gone")


@contextmanager
def programs(folder: Path) -> Iterator[Programs]:
    """Start the process that forks runs."""
    environment = {**os.environ, "RUNTIME__USER_LOG": "false", "DLT_DATA_DIR": str(folder / "data")}
    command = [sys.executable, "-m", "tests.kills.program"]
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=PROJECT, env=environment, **pipes) as process:
        try:
            yield Programs(process, folder)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait()


def content(place: Place, folder: Path) -> Content:
    """Return what readers find: the rows of all tables, keyed by what the source knows, and the state.

    Args:
        place: Where.
        folder: A folder for a pipeline that reads.
    """
    shutil.rmtree(folder, ignore_errors=True)
    reader = program.pipeline(place, str(folder))
    reader.sync_destination()
    dataset = reader.dataset()
    docs, tags = (dataset[name].arrow().to_pylist() for name in ("docs", "docs__tags"))
    loads = {row["load_id"] for row in dataset["_dlt_loads"].arrow().to_pylist()}
    reader.deactivate()
    assert {row["_dlt_load_id"] for row in docs} <= loads, "rows of a load that is not recorded as complete"
    known = {row["_dlt_id"]: row["id"] for row in docs}
    assert len(known) == len(docs), "a row id is there twice"
    return {
        "docs": sorted((row["id"], row["seen"], row["place__city"], row.get("_dlt_valid_to") is None) for row in docs),
        "tags": sorted(
            (known.get(row["_dlt_parent_id"]), row["_dlt_list_idx"], row["name"], row["in"]) for row in tags
        ),
        "runs_until": _runs_until(reader.state),
    }


def _runs_until(state: dict[str, Any]) -> int | None:
    found = [
        resource["runs_until"]
        for source in state["sources"].values()
        for resource in source.get("resources", {}).values()
        if "runs_until" in resource
    ]
    return found[0] if found else None


def outside(place: Place, table: str) -> list[dict[str, Any]]:
    """Return the rows of a Delta or Iceberg table in a folder as a program sees them that knows nothing of ours."""
    path = str(Path(place["url"], place.get("dataset", "kept"), table).absolute())
    if place["kind"] == "delta":
        from deltalake import DeltaTable

        return list(DeltaTable(path).to_pyarrow_table().to_pylist())
    from pyiceberg.table import StaticTable

    return list(StaticTable.from_metadata(path).scan().to_arrow().to_pylist())
