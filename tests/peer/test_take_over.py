"""A dataset that PyPI `dlt` 1.x began goes on with this library as if nothing had changed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import psycopg2
import pytest

from tests.peer.environment import peer_python
from tests.peer.side import QUIET

# each test runs some programs with the other library, whose import alone takes seconds
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]
PROGRAMS = Path(__file__).parent
MOMENTS = ("valid_since", "valid_until", "_dlt_valid_from", "_dlt_valid_to")
OF_1X = {"COMPAT__DLT1": "true"}
Tables = dict[str, tuple[dict[str, str], list[str]]]


def run(python: str, program: str, day: int, place: Path | str, folder: Path, *more: str, **variables: str) -> Any:
    """Run a program of the shop with the library of an interpreter.

    Args:
        python: The interpreter.
        program: Name of a file beside this one.
        day: The day.
        place: Where it loads, as `days.py` takes it.
        folder: Where pipelines have their folders.
        *more: Further arguments.
        **variables: More variables of the environment.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"} | QUIET | variables
    command = [python, "-P", str(PROGRAMS / program), str(day), str(place), str(folder), *more]
    return subprocess.run(
        command, cwd=folder.parent, env=environment, capture_output=True, text=True, check=False, timeout=250
    )


def load(python: str, day: int, place: Path | str, folder: Path, *more: str, **variables: str) -> None:
    """Load a day; the arguments are those of `run`."""
    done = run(python, "days.py", day, place, folder, *more, **variables)
    assert done.returncode == 0, done.stderr[-2000:]


def tables(database: Path) -> Tables:
    """Return the columns and rows of each table; of moments whether they are there, ids and system tables left out."""
    with duckdb.connect(str(database), read_only=True) as connection:
        names = [str(name) for (name,) in connection.execute(NAMES_OF_DUCKDB).fetchall()]

        def ask(query: str, *values: str) -> list[Any]:
            return connection.execute(query, values).fetchall()

        columns = "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = ?"
        return {name: _table(ask, name, dict(ask(columns, name))) for name in names}


def tables_of_postgres(url: str) -> Tables:
    """Return the same of a database of Postgres."""
    connection = psycopg2.connect(url)
    try:

        def ask(query: str, *values: str) -> list[Any]:
            with connection.cursor() as cursor:
                cursor.execute(query, values or None)
                return cursor.fetchall()

        names = [str(name) for (name,) in ask(NAMES_OF_POSTGRES)]
        columns = (
            "SELECT column_name, data_type FROM information_schema.columns "
            "WHERE table_schema = 'shop_data' AND table_name = %s"
        )
        return {name: _table(ask, name, dict(ask(columns, name))) for name in names}
    finally:
        connection.close()


NAMES_OF_DUCKDB = "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'shop_data'"
NAMES_OF_POSTGRES = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'shop_data'"


def _table(ask: Any, name: str, columns: dict[str, str]) -> tuple[dict[str, str], list[str]]:
    shown = [
        f'"{column}" IS NULL OR EXTRACT(YEAR FROM "{column}") = 9999' if column in MOMENTS else f'"{column}"'
        for column in sorted(columns)
        if column in MOMENTS or not column.startswith("_dlt_")
    ]
    rows = [] if name.startswith("_dlt") else ask(f'SELECT {", ".join(shown)} FROM shop_data."{name}"')
    # nested rows of a history carry the ids of their roots here: docs/differences.md tells it
    columns.pop("_dlt_root_id", None)
    return columns, sorted(map(_text, rows))


def _text(row: tuple[Any, ...]) -> str:
    return repr(tuple(bytes(value) if isinstance(value, memoryview) else value for value in row))


def days_of_the_peer(folder: Path, name: str, *more: str, days: int = 4, **variables: str) -> Path:
    """Load days with PyPI dlt; return the folder, in which each day has a copy of what was there behind it.

    Args:
        folder: An empty folder.
        name: Name of the place in the folder of a day, beside `work/pipelines`.
        *more: Further arguments of the program.
        days: How many.
        **variables: More variables of the environment.
    """
    for day in range(days):
        at = folder / str(day)
        if day:
            shutil.copytree(folder / str(day - 1), at)
        load(peer_python(), day, at / name, at / "work" / "pipelines", *more, **variables)
    return folder


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return four days of PyPI dlt in a file of DuckDB."""
    return days_of_the_peer(tmp_path_factory.mktemp("shop"), "shop.duckdb")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return three days of PyPI dlt in files."""
    return days_of_the_peer(tmp_path_factory.mktemp("files"), "shop", days=3)


def shown(python: str, place: Path, folder: Path, **variables: str) -> Any:
    """Return the rows of a dataset of files as the library of an interpreter reads them."""
    done = run(python, "shown.py", 0, place, folder, **variables)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


# -- days by PyPI dlt, then days by this library


@pytest.mark.parametrize("folder", ["work/pipelines", "other/pipelines"], ids=["same folder", "new folder"])
def test_two_days_each_are_four_days(tmp_path: Path, shop: Path, folder: str) -> None:
    """Append, replace, merge, histories, cursors, nested rows and two schemas are those of PyPI dlt alone.

    With the defaults of PyPI dlt, both schemas are in one dataset.
    """
    shutil.copytree(shop / "1", tmp_path / "both")
    at = tmp_path / "both" / "shop.duckdb"
    for day in (2, 3):
        load(sys.executable, day, at, tmp_path / "both" / folder, COMPAT__DLT1="true")
    assert tables(at) == tables(shop / "3" / "shop.duckdb")


def test_two_days_each_are_four_days_in_postgres(tmp_path: Path, postgres: Any) -> None:
    """A server of Postgres holds what it would hold with PyPI dlt alone."""
    alone, both = (postgres.new_database().replace("postgres@", "postgres:any@") for _ in range(2))
    for day in range(3):
        load(peer_python(), day, alone, tmp_path / "alone" / "pipelines")
        load(peer_python() if day < 2 else sys.executable, day, both, tmp_path / "both" / str(day // 2), **OF_1X)
    assert tables_of_postgres(both) == tables_of_postgres(alone)


FILES: dict[str, tuple[tuple[str, ...], dict[str, str]]] = {
    "parquet": (("parquet",), {}),
    "not compressed": (("jsonl",), {"DATA_WRITER__DISABLE_COMPRESSION": "true"}),
    "layout": ((), {"DESTINATION__FILESYSTEM__LAYOUT": "{schema_name}/{table_name}/{YYYY}/{load_id}.{file_id}.{ext}"}),
}


@pytest.mark.parametrize("folder", ["work/pipelines", "other/pipelines"], ids=["same folder", "new folder"])
def test_days_in_files(tmp_path: Path, files: Path, folder: str) -> None:
    """A folder holds the rows that it would hold with PyPI dlt alone, as each of the two reads its own."""
    shutil.copytree(files / "1", tmp_path / "both")
    at = tmp_path / "both" / "shop"
    before = shown(sys.executable, at, tmp_path / "reader" / "pipelines", **OF_1X)
    assert before == shown(peer_python(), files / "1" / "shop", files / "1" / "work" / "pipelines")
    load(sys.executable, 2, at, tmp_path / "both" / folder, **OF_1X)
    after = shown(sys.executable, at, tmp_path / "both" / folder, **OF_1X)
    assert after == shown(peer_python(), files / "2" / "shop", files / "2" / "work" / "pipelines")


@pytest.mark.parametrize("case", FILES)
def test_days_in_files_of_other_kinds(tmp_path: Path, case: str) -> None:
    """Formats, compression and layout may be any that PyPI dlt has, but for CSV."""
    more, variables = FILES[case]
    alone = days_of_the_peer(tmp_path / "alone", "shop", *more, days=2, **variables)
    shutil.copytree(alone / "0", tmp_path / "both")
    at, folder = tmp_path / "both" / "shop", tmp_path / "both" / "other" / "pipelines"
    load(sys.executable, 1, at, folder, *more, **OF_1X, **variables)
    after = shown(sys.executable, at, folder, **OF_1X, **variables)
    assert after == shown(peer_python(), alone / "1" / "shop", alone / "1" / "work" / "pipelines", **variables)


def test_files_of_csv_are_refused(tmp_path: Path) -> None:
    """PyPI dlt writes a missing value as it writes an empty text: nobody can tell one from the other."""
    load(peer_python(), 0, tmp_path / "shop", tmp_path / "work" / "pipelines", "csv")
    refused = run(sys.executable, "days.py", 1, tmp_path / "shop", tmp_path / "work" / "pipelines", "csv", **OF_1X)
    assert refused.returncode == 1 and "a missing value and an empty text are one" in refused.stderr


def test_a_second_schema_in_one_dataset_is_found(tmp_path: Path, shop: Path) -> None:
    """With the defaults of this library it is looked for elsewhere: the error says what to set, and that works."""
    at, folder = tmp_path / "shop.duckdb", tmp_path / "ours" / "pipelines"
    shutil.copy(shop / "0" / "shop.duckdb", at)
    with pytest.raises(AssertionError, match=r"it is in dataset shop_data, into which PyPI dlt 1.x loads all schemas"):
        load(sys.executable, 1, at, folder)
    load(sys.executable, 1, at, folder, USE_SINGLE_DATASET="true")
    assert "days__of" not in tables(at)
    assert tables(at)["days"][1] == ["(0, 0)", "(1, 1)"]


# -- what PyPI dlt left half done


@pytest.mark.parametrize("where", ["extract", "normalize", "first", "last"])
def test_packages_that_wait_are_refused_and_their_program_loads_them(tmp_path: Path, shop: Path, where: str) -> None:
    """Behind a kill of PyPI dlt a run here is an error that changes nothing; loaded by PyPI dlt, days go on."""
    shutil.copytree(shop / "0", tmp_path / "both")
    at, folder = tmp_path / "both" / "shop.duckdb", tmp_path / "both" / "work" / "pipelines"
    killed = run(peer_python(), "stopped.py", 1, at, folder, where)
    assert killed.returncode == -9, killed.stderr[-2000:]
    before = tables(at)
    refused = run(sys.executable, "days.py", 2, at, folder, **OF_1X)
    assert refused.returncode == 1 and "PyPI dlt left packages in" in refused.stderr, refused.stderr[-2000:]
    assert tables(at) == before
    # a run of PyPI dlt that finds packages loads these only, and then it loads the second schema
    load(peer_python(), 1, at, folder)
    # what PyPI dlt makes of a load that it began twice is its own
    shutil.copytree(tmp_path / "both", tmp_path / "alone")
    load(peer_python(), 2, tmp_path / "alone" / "shop.duckdb", tmp_path / "alone" / "work" / "pipelines")
    load(sys.executable, 2, at, folder, **OF_1X)
    assert tables(at) == tables(tmp_path / "alone" / "shop.duckdb")


@pytest.mark.parametrize("name", ["shop.duckdb", "shop"])
def test_a_load_that_was_not_completed_leaves_no_state(tmp_path: Path, shop: Path, files: Path, name: str) -> None:
    """Where the folder is gone with it, rows come again whose load PyPI dlt did not complete, as they do there."""
    began = shop if name == "shop.duckdb" else files
    shutil.copytree(began / "0", tmp_path / "both")
    killed = run(peer_python(), "stopped.py", 1, tmp_path / "both" / name, tmp_path / "both/work/pipelines", "last")
    assert killed.returncode == -9, killed.stderr[-2000:]
    shutil.copytree(tmp_path / "both", tmp_path / "alone")
    load(peer_python(), 1, tmp_path / "alone" / name, tmp_path / "alone" / "other" / "pipelines")
    load(sys.executable, 1, tmp_path / "both" / name, tmp_path / "both" / "other" / "pipelines", **OF_1X)
    if name == "shop.duckdb":
        assert tables(tmp_path / "both" / name) == tables(tmp_path / "alone" / name)
    else:
        # PyPI dlt counts files of loads that it did not complete; here they do not count
        found = shown(sys.executable, tmp_path / "both" / name, tmp_path / "both/other/pipelines", **OF_1X)
        assert found == shown(peer_python(), files / "1" / name, files / "1" / "work" / "pipelines")


# -- a take-over that is killed

POINTS = {
    "shop.duckdb": ("load.before_begin", "load.after_publish", "load.before_commit", "load.after_commit"),
    "shop": ("filesystem.file_written", "filesystem.before_put", "filesystem.after_put", "filesystem.after_manifest"),
}


@pytest.mark.parametrize(("name", "point"), [(name, point) for name, points in POINTS.items() for point in points])
def test_a_take_over_is_done_or_not_done(tmp_path: Path, shop: Path, files: Path, name: str, point: str) -> None:
    """Killed at any point of its first load, this library goes on with the next run as if nothing had been."""
    began = shop if name == "shop.duckdb" else files
    shutil.copytree(began / "1", tmp_path / "both")
    at, folder = tmp_path / "both" / name, tmp_path / "both" / "work" / "pipelines"
    killed = run(sys.executable, "days.py", 2, at, folder, DLT_CRASH_POINT=point, **OF_1X)
    assert killed.returncode == -9, killed.stderr[-2000:]
    # with the defaults of PyPI dlt a run that finds a package loads it, and nothing else: the day is done by that
    load(sys.executable, 2, at, folder, **OF_1X)
    if name == "shop.duckdb":
        assert tables(at) == tables(began / "2" / name)
    else:
        alone = shown(peer_python(), began / "2" / name, began / "2" / "work" / "pipelines")
        assert shown(sys.executable, at, folder, **OF_1X) == alone
