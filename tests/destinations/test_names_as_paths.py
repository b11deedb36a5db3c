"""Names that come from data never lead out of the folder where they belong, and tables never share a file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

import dlt
from dlt.destinations.impl.filesystem.layout import Layout
from dlt.errors import DatabaseTerminalException, InvalidFilesystemLayout
from dlt.ids import digest_id
from dlt.io.paths import LONGEST, is_inside, segment
from tests.destinations.cases import lake_in

NAMES = [
    *("../../../outside", "..", ".", "a/b", "a\\b", "a?b", "a*b", "a_b", "a[1]", "~root", "C:x", "%2e%2e%2fx", "!2Fx"),
    *("Rows", "rows", "k=v", " x ", "a.", "a.b", "n" * 300, "é" * 150, "ünï"),
]


@pytest.mark.parametrize("name", [*NAMES, "", "x\x00y", "\ud800", "x\n", "C:\\x", "_dlt_snapshots"])
def test_a_name_as_a_segment(name: str) -> None:
    """It is one part of a path on every system, in URLs and for DuckDB's patterns; other names give other parts."""
    found = segment(name)
    assert is_inside(found) and "/" not in found and len(found.encode()) <= LONGEST
    assert not set(found) & set('\\:*?"<>|[]{}%#') and found.isprintable() and found[0] not in ".~"
    assert [other for other in NAMES if segment(other) == found] in ([name], [])
    assert segment(name, 60) == found or len(segment(name, 60).encode()) <= 60


def test_names_without_strange_letters_stay() -> None:
    """Folders that earlier versions made are found again."""
    for name in ("orders", "Orders__items", "ünï", "a b", "a-b.c", "orders▶items", "1732806000.5", "_dlt_loads"):
        assert segment(name) == name


@pytest.mark.parametrize("kind", ["native", "delta", "iceberg"])
def test_tables_with_strange_names(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two loads of each, with nested rows, are read back; nothing is written outside of the dataset."""
    monkeypatch.setenv("SCHEMA__NAMING", "direct")
    bucket = tmp_path / "deep" / "er" / "bucket"
    destination = dlt.destinations.filesystem(str(bucket), table_format=kind)
    # a commit for each table and load takes its time
    names = NAMES if kind == "native" else ["../../../outside", "%2e%2e%2fx", "a.b", "n" * 300]
    pipeline = dlt.pipeline("names", destination=destination, dataset_name="data", pipelines_dir=str(tmp_path / "p"))
    for number in (1, 2):
        rows = [{"id": number, "l": [{"z": number}]}]
        info = pipeline.run([dlt.resource(rows, name=f"r{n}", table_name=name) for n, name in enumerate(names)])
        assert not info.has_failed_jobs, str(info)
    for name in names:
        found = pipeline.dataset()[name].select("id").fetchall()
        assert sorted(found) == [(1,), (2,)], name
        assert sorted(pipeline.dataset()[f"{name}▶l"].select("z").fetchall()) == [(1,), (2,)], name
    assert os.listdir(tmp_path / "deep") == ["er"] and os.listdir(tmp_path / "deep" / "er") == ["bucket"]
    assert os.listdir(bucket) == ["data"] and {"deep", "p"} <= set(os.listdir(tmp_path))
    assert not (tmp_path / "outside").exists() and not (tmp_path / "deep" / "outside").exists()


def test_a_lake_with_strange_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """DuckLake keeps files of such tables in its folder too."""
    monkeypatch.setenv("SCHEMA__NAMING", "direct")
    (tmp_path / "deep" / "er").mkdir(parents=True)
    lake = lake_in(tmp_path / "deep" / "er")
    pipeline = dlt.pipeline("names", destination=dlt.destinations.ducklake(lake), dataset_name="data")
    names = ["../../../outside", "a/b", "a\\b", "..", "~root", "C:x", "%2e%2e%2fx", "Rows"]
    rows = [{"id": number} for number in range(50)]
    pipeline.run([dlt.resource(rows, name=f"r{n}", table_name=name) for n, name in enumerate(names)])
    for name in names:
        assert len(pipeline.dataset()[name].select("id").fetchall()) == 50, name
    outside = [path for path in tmp_path.rglob("*.parquet") if "lake.files" not in path.parts]
    assert outside == [] and not list(tmp_path.parent.glob("outside*"))


@pytest.mark.parametrize("kind", ["parquet", "jsonl"])
def test_tables_whose_names_look_alike_have_files_of_their_own(kind: Any, tmp_path: Path, monkeypatch: Any) -> None:
    """In the working folder too, where both are written at the same time: they differ in what was left out or cut."""
    monkeypatch.setenv("SCHEMA__NAMING", "direct")
    names = ["a/b", "a?b", "a_b", "A_b", "a_b-2", "n" * 200, "n" * 201]
    destination = dlt.destinations.filesystem(str(tmp_path / "bucket"))
    pipeline = dlt.pipeline("alike", destination=destination, dataset_name="data", pipelines_dir=str(tmp_path / "p"))
    rows = [[{"id": f"{name} {n}"} for n in range(3)] for name in names]
    pipeline.extract([dlt.resource(rows[n], name=f"r{n}", table_name=name) for n, name in enumerate(names)])
    pipeline.normalize(loader_file_format=kind)
    (package,) = pipeline.workdir.packages("normalized")
    assert len({file.name.casefold() for file in package.files}) == len(package.files)
    pipeline.load()
    for name in names:
        assert pipeline.dataset()[name].select("id").fetchall() == [(f"{name} {n}",) for n in range(3)]
    with pipeline.sql_client() as client:
        # one connection reads both, one after the other
        for name in ("a_b", "A_b", "a_b"):
            assert client.execute_sql(f'SELECT min(id) FROM "{name}"') == [(f"{name} 0",)]
        with pytest.raises(DatabaseTerminalException, match="a_b, A_b differ by case only"):
            client.execute_sql('SELECT * FROM "a_b", "A_b"')


@pytest.mark.parametrize(
    ("template", "why"),
    [
        ("../{table_name}/{file_id}.{ext}", "not inside of the dataset"),
        ("/{table_name}/{file_id}.{ext}", "not inside of the dataset"),
        ("C:/{table_name}/{file_id}.{ext}", "not inside of the dataset"),
        ("_dlt_snapshots/{table_name}.{file_id}", "does not begin with _dlt_snapshots"),
        ("{table_name}/{file_id:.3}.{ext}", "may cut file_id"),
        ("{table_name!r}/{file_id}.{ext}", "may cut table_name"),
        ("{table_name}/{load_id}.{ext}", "two files would get one name"),
    ],
)
def test_layouts_that_are_not_safe(template: str, why: str) -> None:
    """They are refused by name before anything is written."""
    with pytest.raises(InvalidFilesystemLayout, match=why):
        Layout(template)


def test_placeholders_that_lead_outside() -> None:
    """What a placeholder of the user gives may be several folders, but none above the dataset."""
    layout = Layout("{where}/{table_name}/{file_id}.{ext}", {"where": "eu/west"})
    assert layout.path("s", "t", "1.0", "7", "csv") == f"eu/west/t/{digest_id('1.0')}-7.csv"
    for where in ("..", "eu/../..", "", "a\\b"):
        with pytest.raises(InvalidFilesystemLayout, match="not inside of the dataset"):
            Layout(layout.template, {"where": where}).path("s", "t", "1.0", "7", "csv")


def test_a_long_name_in_a_layout_without_folders() -> None:
    """The table's name gives way, and stays apart from others."""
    layout = Layout("{table_name}.{load_id}.{file_id}.{ext}")
    found = {layout.path("s", "n" * length, "1.0", "7", "csv") for length in (250, 251)}
    assert len(found) == 2 and all(len(path) <= LONGEST for path in found)


@pytest.mark.parametrize("kind", ["parquet", "jsonl", "csv"])
def test_a_column_is_not_taken_from_the_path(kind: Any, tmp_path: Path) -> None:
    """A layout with dt=2024 in it leaves a column dt as it was loaded."""
    template = "{table_name}/dt={YYYY}/{load_id}.{file_id}.{ext}"
    destination = dlt.destinations.filesystem(str(tmp_path / "bucket"), layout=template)
    pipeline = dlt.pipeline("hive", destination=destination, dataset_name="data", pipelines_dir=str(tmp_path / "p"))
    pipeline.run([{"id": 1, "dt": "mine"}], table_name="t", loader_file_format=kind)
    assert pipeline.dataset()["t"].select("dt").fetchall() == [("mine",)]
