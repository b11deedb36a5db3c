"""Items of any depth, width and size: they are loaded, or refused with a clear error, in bounded time and memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import dlt
from dlt.errors import InvalidDataItem, PipelineStepFailed, TooManyColumns
from dlt.io.typed_json import MAX_LEVELS

PROGRAM = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
import dlt
from dlt.errors import InvalidDataItem, PipelineStepFailed

def dicts(levels):
    item = {"x": 1}
    for _ in range(levels): item = {"a": item}
    return item

def lists(levels):
    item = [1]
    for _ in range(levels): item = [item]
    return {"l": item}

def both(levels):
    item = {"x": 1}
    for _ in range(levels): item = {"a": [item]}
    return item

loop = {"id": 1}
loop["me"] = loop
ring = [1]
ring += [ring, ring]
item = eval(sys.argv[1])
columns = {"a": {"data_type": "json"}} if "json" in sys.argv else None
good = [{"id": n, "a": {"b": [1, 2.5, {"c": "x"}]}} for n in range(3)]
pipeline = dlt.pipeline("deep", destination="dummy", pipelines_dir=".")
try:
    pipeline.run([*good, item] if "last" in sys.argv else [item], table_name="t", columns=columns)
except PipelineStepFailed as error:
    assert isinstance(error.__cause__, InvalidDataItem), repr(error.__cause__)
    print(error)
"""


@pytest.mark.parametrize(
    ("item", "place"),
    [
        ("dicts(400)", "first"),
        ("lists(10_000)", "first"),
        ("both(150)", "last"),
        ("loop", "last"),
        ("{'l': ring}", "first"),
        ("{'l': ring}", "last"),
        ("{'a': ring}", "json"),
        ("{'a': dicts(100_000)}", "json"),
    ],
)
def test_what_is_nested_too_deep_or_contains_itself_is_refused(tmp_path: Path, item: str, place: str) -> None:
    """The error names table, item and limit; nothing crashes, and memory and time are bounded."""
    command = [sys.executable, "-c", PROGRAM, item, place]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=200, check=False)
    assert run.returncode == 0, run.stderr
    assert f"table t: item {3 if place == 'last' else 0} cannot be stored" in run.stdout
    assert f"deeper than {MAX_LEVELS} levels" in run.stdout


def nested(levels: int, make: Any, innermost: Any) -> Any:
    """Return a value in so many dicts or lists."""
    for _ in range(levels):
        innermost = make(innermost)
    return innermost


def run(tmp_path: Path, data: Any, **options: Any) -> Any:
    """Load data into DuckDB."""
    destination = dlt.destinations.duckdb(str(tmp_path / "limits.duckdb"))
    pipeline = dlt.pipeline("limits", destination=destination, pipelines_dir=str(tmp_path))
    pipeline.run(data, table_name="t", **options)
    return pipeline


@pytest.mark.parametrize("levels", [30, 70, MAX_LEVELS - 2])
def test_deep_dicts_within_the_limit_are_loaded(tmp_path: Path, levels: int) -> None:
    """Beyond the depth that Arrow's files take too."""
    pipeline = run(tmp_path, [{"id": 1, "deep": nested(levels, lambda value: {"a": value}, {"x": 7})}])
    table = pipeline.default_schema.tables["t"]
    assert len([name for name in table["columns"] if not name.startswith("_dlt")]) == 2
    assert (7,) in [row[1:2] for row in pipeline.dataset().t.fetchall()]


def test_deep_lists_make_tables_that_do_not_mix(tmp_path: Path) -> None:
    """Long names of tables that begin alike belong to files of their own."""
    pipeline = run(tmp_path, [{"id": 1, "l": nested(40, lambda value: [value], [1, 2])}])
    names = [name for name in pipeline.default_schema.tables if name.startswith("t__")]
    assert len(names) == 41
    assert sorted(pipeline.dataset().row_counts().fetchall())[0][1] == 1
    deepest = max(pipeline.default_schema.tables.values(), key=lambda table: len(_ancestors(pipeline, table)))
    assert sorted(pipeline.dataset()[deepest["name"]].select("value").fetchall()) == [(1,), (2,)]


def _ancestors(pipeline: Any, table: Any) -> list[str]:
    found = []
    while table.get("parent"):
        found.append(table["parent"])
        table = pipeline.default_schema.tables[table["parent"]]
    return found


def test_documents_within_the_limit_stay_whole(tmp_path: Path) -> None:
    """A JSON column holds a document of any depth that is allowed."""
    document = nested(MAX_LEVELS - 3, lambda value: [value], 5)
    pipeline = run(tmp_path, [{"id": 1, "j": document}], columns={"j": {"data_type": "json"}})
    assert pipeline.dataset().t.select("j").fetchall()[0][0].count("[") == MAX_LEVELS - 3


def test_arrow_data_that_is_nested_too_deep_is_refused(tmp_path: Path) -> None:
    """Arrow's own files take 64 levels; the error names the column."""
    array = nested(70, lambda inner: pa.StructArray.from_arrays([inner], ["a"]), pa.array([1]))
    with pytest.raises(PipelineStepFailed, match="column deep") as failure:
        run(tmp_path, pa.table({"id": [1], "deep": array}))
    assert isinstance(failure.value.__cause__, InvalidDataItem)


def test_a_long_text_is_loaded(tmp_path: Path) -> None:
    """One value of 30 million characters."""
    pipeline = run(tmp_path, [{"id": 1, "text": "x" * 30_000_000}])
    assert pipeline.dataset().query("SELECT length(text) FROM t").fetchall() == [(30_000_000,)]


def into_sqlite(tmp_path: Path) -> Any:
    """Return a pipeline into a destination that takes 2,000 columns."""
    destination = dlt.destinations.sqlalchemy(f"sqlite:///{tmp_path}/wide.db")
    return dlt.pipeline("wide", destination=destination, pipelines_dir=str(tmp_path), dataset_name="d")


WIDE = {f"k{number}": number for number in range(2_001)}


@pytest.mark.parametrize(
    ("data", "table"),
    [
        ([{"id": 1}, WIDE], "t"),
        ([{"id": 1, "document": {"inner": WIDE}}], "t"),
        ([{"id": 1, "list": [{"a": 1}, WIDE]}], "t__list"),
        ([{"id": number, f"k{number}": 1} for number in range(2_001)], "t"),
        (pa.table({name: [1] for name in WIDE}), "t"),
    ],
    ids=["keys", "documents", "lists", "sparse", "arrow"],
)
def test_more_columns_than_the_destination_takes(tmp_path: Path, data: Any, table: str) -> None:
    """They are found in extract, with table and item; nothing waits, and good data loads."""
    pipeline = into_sqlite(tmp_path)
    with pytest.raises(PipelineStepFailed, match=rf"table {table}: it would get 200\d columns.*takes 2000") as failure:
        pipeline.run(data, table_name="t")
    assert failure.value.step == "extract" and isinstance(failure.value.__cause__, TooManyColumns)
    assert not pipeline.has_pending_data
    pipeline.run([{"id": 1}], table_name="t")
    assert pipeline.dataset().t.select("id").fetchall() == [(1,)]


def test_columns_that_are_not_stored_do_not_count(tmp_path: Path) -> None:
    """Documents that stay whole, and what a contract leaves out."""
    pipeline = into_sqlite(tmp_path)
    pipeline.run(dlt.resource([{"id": 1, "document": WIDE}] * 3, name="whole", max_table_nesting=0))
    pipeline.run([{"id": 1, "document": WIDE}] * 3, table_name="hinted", columns={"document": {"data_type": "json"}})
    pipeline.run([{"id": 1}], table_name="t")
    pipeline.run([{**WIDE, "id": 2}], table_name="t", schema_contract={"columns": "discard_value"})
    assert pipeline.dataset().t.select("id").fetchall() == [(1,), (2,)]


def test_columns_that_come_over_several_runs_count_together(tmp_path: Path) -> None:
    """The last one that fits is loaded, and one more is not; a merge needs one for itself."""
    pipeline = into_sqlite(tmp_path)
    pipeline.run([{f"k{number}": 1 for number in range(1_998)}], table_name="t")
    with pytest.raises(PipelineStepFailed, match=r"table t: it would get 2001 columns .* are one_more"):
        pipeline.run([{"one_more": 1}], table_name="t")
    with pytest.raises(PipelineStepFailed, match=r"table m: it would get 2000 columns.*takes 1999"):
        pipeline.run(
            [{f"k{number}": 1 for number in range(1_998)}],
            table_name="m",
            write_disposition="merge",
            primary_key="k1",
        )
