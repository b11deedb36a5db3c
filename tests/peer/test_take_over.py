"""A dataset that PyPI `dlt` 1.x began goes on with this library as if nothing had changed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.peer.environment import peer_python
from tests.peer.side import QUIET

pytestmark = pytest.mark.slow
DAYS = Path(__file__).with_name("days.py")
MOMENTS = ("valid_since", "valid_until", "_dlt_valid_from", "_dlt_valid_to")


def load(python: str, day: int, database: Path, folder: Path, **variables: str) -> None:
    """Load a day with the library of an interpreter.

    Args:
        python: The interpreter.
        day: The day.
        database: File of DuckDB.
        folder: Where pipelines have their folders.
        **variables: More variables of the environment.
    """
    folder.parent.mkdir(exist_ok=True)
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"} | QUIET | variables
    command = [python, "-P", str(DAYS), str(day), str(database), str(folder)]
    done = subprocess.run(
        command, cwd=folder.parent, env=environment, capture_output=True, text=True, check=False, timeout=250
    )
    assert done.returncode == 0, done.stderr[-2000:]


def tables(database: Path) -> dict[str, tuple[dict[str, str], list[str]]]:
    """Return the columns and rows of each table; of moments whether they are there, ids and system tables left out."""
    found: dict[str, tuple[dict[str, str], list[str]]] = {}
    with duckdb.connect(str(database), read_only=True) as connection:

        def ask(query: str, *values: object) -> list[Any]:
            return connection.execute(query, values).fetchall()

        for (name,) in ask("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'shop_data'"):
            columns = dict(ask("SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = ?", name))
            shown = [
                f'"{column}" IS NULL OR year("{column}") = 9999' if column in MOMENTS else f'"{column}"'
                for column in sorted(columns)
                if column in MOMENTS or not column.startswith("_dlt_")
            ]
            rows = [] if name.startswith("_dlt") else ask(f'SELECT {", ".join(shown)} FROM shop_data."{name}"')
            # nested rows of a history carry the ids of their roots here: docs/differences.md tells it
            columns.pop("_dlt_root_id", None)
            found[name] = (columns, sorted(map(repr, rows)))
    return found


@pytest.mark.parametrize("keeps_folder", [True, False], ids=["same folder", "new folder"])
def test_two_days_each_are_four_days(tmp_path: Path, keeps_folder: bool) -> None:
    """Append, replace, merge, histories, cursors, nested rows and two schemas are those of PyPI dlt alone.

    With the defaults of PyPI dlt, both schemas are in one dataset.
    """
    peer = peer_python()
    for day in range(4):
        load(peer, day, tmp_path / "peer.duckdb", tmp_path / "peer" / "pipelines")
        python = peer if day < 2 else sys.executable
        folder = "pipelines" if day < 2 or keeps_folder else "other"
        load(python, day, tmp_path / "both.duckdb", tmp_path / "both" / folder, COMPAT__DLT1="true")
    assert tables(tmp_path / "both.duckdb") == tables(tmp_path / "peer.duckdb")


def test_a_second_schema_in_one_dataset_is_found(tmp_path: Path) -> None:
    """With the defaults of this library it is looked for elsewhere: the error says what to set, and that works."""
    load(peer_python(), 0, tmp_path / "shop.duckdb", tmp_path / "peer" / "pipelines")
    folder = tmp_path / "ours" / "pipelines"
    with pytest.raises(AssertionError, match=r"it is in dataset shop_data, into which PyPI dlt 1.x loads all schemas"):
        load(sys.executable, 1, tmp_path / "shop.duckdb", folder)
    load(sys.executable, 1, tmp_path / "shop.duckdb", folder, USE_SINGLE_DATASET="true")
    assert "days__of" not in tables(tmp_path / "shop.duckdb")
    assert tables(tmp_path / "shop.duckdb")["days"][1] == ["(0, 0)", "(1, 1)"]
