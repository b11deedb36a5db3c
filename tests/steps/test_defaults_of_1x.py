"""Each default that docs/differences.md lists, tried with and without the switch that brings back those of 1.x."""

from __future__ import annotations

import datetime as dt
import logging
import re
import shutil
import warnings
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import dlt
from dlt import cli
from dlt.configuration.defaults import OF_1X, OURS
from dlt.errors import ConfigFieldMissingException, PipelineStepFailed

PAGE = Path(__file__).parents[2] / "docs" / "differences.md"


def dataset_name() -> object:
    """Return the name of the dataset, and what programs compare it with."""
    pipeline = dlt.pipeline("shop", destination="duckdb")
    assert pipeline.dataset_name == pipeline.pipeline_name + pipeline.DEFAULT_DATASET_SUFFIX
    return pipeline.dataset_name


def schema_names() -> object:
    """Return names of first schemas: of a list, of a function, and of a pipeline that is nothing but the suffix."""

    def orders() -> Any:
        yield {"a": 1}

    names = []
    for name, data in (("chess_pipeline", [1]), ("shop_pipeline", orders), ("pipeline", [1])):
        pipeline = dlt.pipeline(name, destination="dummy")
        pipeline.extract(data, table_name="t")
        names.append(pipeline.default_schema_name)
    return names


def datasets_of_schemas() -> object:
    """Return the datasets of two schemas."""
    pipeline = dlt.pipeline("shop", destination="duckdb", dataset_name="data")
    for name in ("first", "second"):
        pipeline.run(dlt.source(lambda name=name: dlt.resource([1], name=f"of_{name}"), name=name)())
    return [pipeline.dataset_for("first"), pipeline.dataset_for("second")]


def rows_after_pending() -> object:
    """Return what a run leaves that finds a package."""
    pipeline = dlt.pipeline("shop", destination="duckdb", dataset_name="data")
    pipeline.extract([1], table_name="t")
    pipeline.run([2], table_name="t")
    return pipeline.dataset().t.select("value").fetchall()


def failed_job() -> object:
    """Tell how a run ends whose job fails for good."""

    @dlt.destination
    def refuses(items: Any, table: Any) -> None:
        raise dlt.destinations.exceptions.DestinationTerminalException("no")

    try:
        info = dlt.pipeline("shop", destination=refuses).run([1], table_name="t")
    except PipelineStepFailed:
        return "raises"
    return "in the info" if info.has_failed_jobs else "loaded"


def loaded_files() -> object:
    """Return how many files a loaded package still has, and how many packages are kept at most."""
    pipeline = dlt.pipeline("shop", destination="dummy")
    loaded = Path(pipeline.run([1], table_name="t").load_packages[0].package_path)
    # as if many runs had been before
    for number in range(100):
        shutil.copytree(loaded, loaded.with_name(f"{number}.5"))
    pipeline.run([2], table_name="t")
    kept = pipeline.list_completed_load_packages()
    jobs = pipeline.get_load_package_info(kept[-1]).jobs["completed_jobs"]
    return sum(Path(job.file_path).exists() for job in jobs), len(kept)


def order_of_columns() -> object:
    """Return the columns of tables, taken in pages and in rows: some are declared, some come from documents."""
    columns: Any = {"z": {"data_type": "bigint"}, "m": {"data_type": "text"}, "k": {"nullable": False}}
    pipeline = dlt.pipeline("shop", destination="duckdb", dataset_name="data")
    rows: list[Any] = [{"a": 1, "d": {"p": {"q": 1}, "r": 2}, "e": {"s": 3}, "l": None, "k": 2, "z": 3, "m": "x"}]
    rows.append({"l": 1, "f": 2, "k": 3})
    found = []
    for table, rest in (("pages", []), ("rows", [{"a": "text", "k": 5}])):
        pipeline.run([*rows, *rest], table_name=table, columns=columns)
        found.append([name for name in pipeline.dataset()[table].columns if not name.startswith("_dlt")])
    return found


def variants_of_moments() -> object:
    """Return the variant columns of text that is a moment, in a page and by itself, and of text that is none."""
    pipeline = dlt.pipeline("shop", destination="duckdb", dataset_name="data")
    moment = "2024-01-02T03:04:05Z"
    for table, runs in (("page", [[{"a": 1}, {"a": moment}]]), ("runs", [[{"a": 1}], [{"a": moment}], [{"a": "x"}]])):
        for rows in runs:
            pipeline.run(rows, table_name=table)
    return [
        [name for name in pipeline.dataset()[table].columns if name.startswith("a__v")] for table in ("page", "runs")
    ]


def contract_that_is_gone() -> object:
    """Return the columns of two tables whose contracts are gone from the code: one of a run, one of a resource."""
    pipeline = dlt.pipeline("shop", destination="duckdb", dataset_name="data")
    for table in ("run", "resource"):
        pipeline.run([{"a": 1}], table_name=table)
    first = dlt.resource([{"a": 1}], name="resource", schema_contract={"columns": "discard_value"})
    pipeline.run(first)
    pipeline.run([{"a": 1, "b": 2}], table_name="resource")
    pipeline.run([{"a": 1}], table_name="run", schema_contract={"columns": "discard_value"})
    pipeline.run([{"a": 1, "b": 2}], table_name="run")
    return ["b" in pipeline.dataset()[table].columns for table in ("run", "resource")]


def nested_key() -> object:
    """Return the rows of a nested table with a key, and of one below it, after two loads; and what is seen of it."""
    pipeline = dlt.pipeline("shop", destination="duckdb", dataset_name="data")
    hints: Any = {"lines": {"primary_key": "id", "write_disposition": "merge"}}
    for lines in ([{"id": 1, "n": 1, "tags": [{"t": 1}]}, {"id": 2, "n": 1}], [{"id": 1, "n": 2, "tags": [{"t": 2}]}]):
        rows = [{"order": 1, "lines": lines}]
        pipeline.run(
            dlt.resource(rows, name="orders", primary_key="order", nested_hints=hints), write_disposition="merge"
        )
    table = pipeline.default_schema.tables["orders__lines"]
    data = pipeline.dataset()
    found = [sorted(data["orders__lines"].select("id", "n").fetchall()), data["orders__lines__tags"]["t"].fetchall()]
    return [*found, "_dlt_load_id" in table["columns"], table.get("parent"), table.get("resource")]


def formats_of_files() -> object:
    """Return the formats of files of rows and of Arrow tables in a bucket."""
    pipeline = dlt.pipeline("shop", destination=dlt.destinations.filesystem("bucket"), dataset_name="data")
    pipeline.run([{"a": 1, "b": [1]}], table_name="rows")
    pipeline.run(pa.table({"a": [1]}), table_name="frame")
    return {path.parent.name: path.name.partition("-")[2].split(".")[1] for path in Path("bucket").glob("data/[rf]*/*")}


def endings_of_text() -> object:
    """Return the endings of files of text, and the rows that are read from them, of two loads of which one merges."""
    pipeline = dlt.pipeline("shop", destination=dlt.destinations.filesystem("bucket"), dataset_name="data")
    found: list[object] = []
    for kind in ("jsonl", "csv"):
        for row in ({"id": 1, "v": "a"}, {"id": 2, "v": "b"}):
            pipeline.run([row], table_name=kind, loader_file_format=kind)  # type: ignore[arg-type]
        paths = Path("bucket").glob(f"data/{kind}/*")
        found += [{path.name.partition("-")[2].partition(".")[2] for path in paths}]
        pipeline.run([{"id": 2, "v": "c"}], table_name=kind, primary_key="id", write_disposition="merge")
        found += [sorted(pipeline.dataset()[kind].select("id", "v").fetchall())]
    return found


def counted_rows() -> object:
    """Return the rows that normalize counts in two runs, of which the second changes no state."""
    pipeline = dlt.pipeline("shop", destination="dummy")
    counts = []
    for _ in range(2):
        pipeline.run([1], table_name="t")
        counts.append(pipeline.last_trace.last_normalize_info.row_counts)
    return counts


def states_that_stay() -> list[object]:
    """Return whether the state is at the destination, and is counted, after runs of which the last one restores."""
    pipeline = dlt.pipeline("shop", destination="duckdb", dataset_name="data")
    numbers = dlt.resource(range(2), name="t", columns={"value": {"data_type": "bigint"}})
    found: list[object] = []
    for restores in (False, False, True):
        pipeline.config.restore_from_destination = restores
        pipeline.run(numbers)
        with pipeline.sql_client() as client:
            tables = [name for (name,) in client.execute_sql("SELECT table_name FROM information_schema.tables")]
        told = "_dlt_pipeline_state" in pipeline.last_trace.last_normalize_info.row_counts
        found.append(("_dlt_pipeline_state" in tables, told))
    return found


def jobs_of_state() -> object:
    """Return the tables of the jobs of two loads, and whether files stay; the second load changes no state."""
    pipeline = dlt.pipeline("shop", destination="dummy")
    found = []
    for _ in range(2):
        info = pipeline.run([1], table_name="t")
        jobs = pipeline.get_load_package_info(info.loads_ids[0]).jobs["completed_jobs"]
        assert info.load_packages[0].jobs["completed_jobs"] == jobs
        found.append([(job.job_file_info.table_name, job.rows, Path(job.file_path).exists()) for job in jobs])
    return found


def steps_of_traces() -> object:
    """Return the steps of a run that loads, and of one that fails, as another process reads them."""
    pipeline = dlt.pipeline("shop", destination="dummy")

    def orders() -> Any:
        yield 1
        raise ValueError("no more")

    pipeline.run([1], table_name="t")
    good = dlt.attach("shop").last_trace
    assert all(step.step_info.loads_ids for step in good.steps)
    with pytest.raises(PipelineStepFailed):
        pipeline.run(orders)
    bad = dlt.attach("shop").last_trace
    assert all(step.step_exception for step in bad.steps)
    return [[step.step for step in trace.steps] for trace in (good, bad)]


def key_after_an_empty_one() -> object:
    """Return the key of a table that a later run declares without one."""
    pipeline = dlt.pipeline("shop", destination="duckdb")
    for key in ("a", ""):
        pipeline.run(dlt.resource([{"a": 1}], name="t", primary_key=key))
    return pipeline.default_schema.get_table_columns("t")["a"].get("primary_key")


def level_of_the_logger() -> object:
    """Return the level while a pipeline runs."""
    levels = set()

    @dlt.resource
    def items() -> Any:
        levels.add(logging.getLogger("dlt").getEffectiveLevel())
        yield {"a": 1}

    dlt.pipeline("shop", destination="dummy").run(items())
    return levels


def misplaced_secret() -> object:
    """Return what the accessor gives."""
    try:
        with warnings.catch_warnings():
            # that it warns has its own test
            warnings.simplefilter("ignore", UserWarning)
            return dlt.secrets.get("api.password")
    except ConfigFieldMissingException:
        return "an error"


def exit_codes() -> object:
    """Return how commands end that fail: of a pipeline that is not there, and others."""
    dlt.pipeline("shop", destination="duckdb").run([1], table_name="t")
    return [cli.main(["pipeline", "nobody", "info"]), cli.main(["pipeline", "shop", "load-package", "12.5"])]


AS_IN_1X = ("z", "m", "a", "k", "e__s", "d__r", "d__p__q", "l", "f")
AS_THEY_COME = ("d__p__q", "d__r", "e__s", "l", "k", "z", "m", "f")


def moments_of_arrow() -> list[bool]:
    """Return whether columns of moments without a zone, of Arrow and of rows, have one."""
    moment = dt.datetime(2024, 1, 2, 3)
    pipeline = dlt.pipeline("shop", destination="duckdb")
    pipeline.run(pa.table({"at": pa.array([moment], pa.timestamp("us"))}), table_name="arrow")
    pipeline.run([{"at": moment}], table_name="rows")
    found = [pipeline.dataset()[name]["at"].fetchall()[0][0] for name in ("arrow", "rows")]
    assert {one.replace(tzinfo=None) for one in found} == {moment}
    return [one.tzinfo is not None for one in found]


def keys_of_one_column() -> object:
    """Return what is loaded of rows with two keys of one column: nested, of one shape, and of several."""
    found: list[object] = []
    for rows in (
        [{"Content-Type": "text; x", "content_type": "text", "in": [{"aB": 1, "a_b": 2}]}, {"Content-Type": "alone"}],
        [{"Content-Type": n, "content_type": n + 1} for n in range(2000)][-1:],
        [{"aB": 1, "a_b": 2}, {"aB": 1.5, "a_b": "x"}],
    ):
        pipeline = dlt.pipeline(f"mail{len(found)}", destination="duckdb", dataset_name="data")
        try:
            pipeline.run(rows, table_name="t")
        except PipelineStepFailed as error:
            found.append(type(error.__cause__).__name__)
            continue
        dataset = pipeline.dataset()
        names = ["a_b", "a_b__v_text"] if "aB" in rows[0] else ["content_type"]
        found.append(sorted(map(str, dataset.t.select(*names).fetchall())))
        found.extend(dataset["t__in"].select("a_b").fetchall() if "t__in" in dataset.tables else [])
    return found


TRIED: dict[str, tuple[Callable[[], object], object, object]] = {
    "name of the dataset": (dataset_name, "shop_dataset", "shop"),
    "name of the first schema": (
        schema_names,
        ["chess", "shop", "pipeline"],
        ["chess_pipeline", "orders", "pipeline"],
    ),
    "several schemas": (datasets_of_schemas, ["data", "data"], ["data", "data_second"]),
    "`run(data)` finds packages of an earlier run": (rows_after_pending, [(1,)], [(1,), (2,)]),
    "a failed job": (failed_job, "raises", "in the info"),
    "files of loaded packages": (loaded_files, (1, 102), (0, 100)),
    'an empty key, such as `primary_key=""`, where earlier runs declared one': (key_after_an_empty_one, True, None),
    "order of columns": (
        order_of_columns,
        [[*AS_IN_1X], [*AS_IN_1X, "a__v_text"]],
        [["a", *AS_THEY_COME], ["a", "a__v_text", *AS_THEY_COME]],
    ),
    "a variant column for text that was read as a moment": (
        variants_of_moments,
        # text that is none does not fit there, and a run that has some fails with PyPI dlt
        [["a__v_text"], ["a__v_text", "a__v_binary"]],
        [["a__v_timestamp"], ["a__v_timestamp", "a__v_text"]],
    ),
    "moments without a zone in Arrow tables and frames": (moments_of_arrow, [True, True], [False, True]),
    "a contract that the code no longer gives": (contract_that_is_gone, [False, False], [True, True]),
    "keys of one object that become one column, with different values": (
        keys_of_one_column,
        [["('alone',)", "('text',)"], (2,), ["(2000,)"], ["(2, None)", "(None, 'x')"]],
        ["SchemaIdentifierNormalizationCollision"] * 3,
    ),
    "a nested table with a key in `nested_hints`": (
        nested_key,
        [[(1, 2), (2, 1)], [(2,)], True, None, "orders"],
        [[(1, 2)], [(2,)], False, "orders", None],
    ),
    "files of rows at `filesystem`": (
        formats_of_files,
        {"rows": "jsonl", "rows__b": "jsonl", "frame": "parquet"},
        {"rows": "parquet", "rows__b": "parquet", "frame": "parquet"},
    ),
    "files of JSONL and CSV at `filesystem`": (
        endings_of_text,
        [{"jsonl.gz"}, [(1, "a"), (2, "c")], {"csv.gz"}, [(1, "a"), (2, "c")]],
        [{"jsonl"}, [(1, "a"), (2, "c")], {"csv"}, [(1, "a"), (2, "c")]],
    ),
    "the state of the pipeline in `row_counts` of normalize": (
        counted_rows,
        [{"t": 1, "_dlt_pipeline_state": 1}, {"t": 1}],
        [{"t": 1}, {"t": 1}],
    ),
    "the state of the pipeline among the jobs of a load": (
        jobs_of_state,
        [[("t", 1, True), ("_dlt_pipeline_state", 1, True)], [("t", 1, True)]],
        [[("t", 1, False)], [("t", 1, False)]],
    ),
    "the state of the pipeline, with `restore_from_destination = false`": (
        states_that_stay,
        [(False, False), (False, False), (True, True)],
        [(True, False), (True, False), (True, False)],
    ),
    "steps of a trace": (
        steps_of_traces,
        [["extract", "normalize", "load", "run"], ["extract", "run"]],
        [["extract", "normalize", "load"], ["extract"]],
    ),
    "level of the logger `dlt` while a pipeline runs, where nothing sets it": (
        level_of_the_logger,
        {logging.WARNING},
        {logging.CRITICAL},
    ),
    "`dlt.secrets.get(key)` of a secret that stands in `config.toml` only": (misplaced_secret, None, "an error"),
    "a command that fails": (exit_codes, [254, 255], [1, 1]),
}
"""For each row of the table: what tries it, what it is with the switch, and without."""


def test_the_page_lists_what_is_tried() -> None:
    """Each row of the table of defaults has its case here, and each default that the switch changes is one."""
    table = PAGE.read_text(encoding="utf-8").partition("## Defaults")[2].partition("## Behaviour")[0]
    rows = [row for row in re.findall(r"^\| (.+?) \|", table, re.MULTILINE) if not row.startswith(("|", "-"))]
    assert rows == list(TRIED)
    assert all(getattr(OF_1X, field.name) != getattr(OURS, field.name) for field in fields(OURS))


@pytest.mark.parametrize("of_1x", [True, False], ids=["of 1.x", "ours"])
@pytest.mark.parametrize("row", TRIED)
def test_the_switch_decides_each_default(own_folder: Path, row: str, of_1x: bool) -> None:
    """With it all defaults of PyPI dlt 1.x are back; without it ours hold."""
    (own_folder / ".dlt").mkdir()
    # a table of the file, as the page shows it
    (own_folder / ".dlt" / "config.toml").write_text(
        f'[compat]\ndlt1 = {str(of_1x).lower()}\n[api]\npassword = "x"\n', encoding="utf-8"
    )
    tried, with_it, without = TRIED[row]
    assert tried() == (with_it if of_1x else without)


def test_a_table_that_its_key_parts_has_its_own_disposition(own_folder: Path) -> None:
    """Where its root is replaced, with rows and without, its rows stay unless it is replaced too."""
    (own_folder / ".dlt").mkdir()
    (own_folder / ".dlt" / "config.toml").write_text("[compat]\ndlt1 = true\n", encoding="utf-8")
    hints: Any = {
        "merged": {"primary_key": "id", "write_disposition": "merge"},
        "added": {"primary_key": "id"},
        "replaced": {"primary_key": "id", "write_disposition": "replace"},
    }
    pipeline = dlt.pipeline("shop", destination="duckdb", dataset_name="data")
    for ids in ((1, 2), (2, 3), ()):
        rows = [{"order": 1, **{name: [{"id": one} for one in ids] for name in hints}}] if ids else []
        pipeline.run(dlt.resource(rows, name="orders", nested_hints=hints, write_disposition="replace"))
        if ids == (2, 3):
            kept = [sorted(pipeline.dataset()[f"orders__{name}"]["id"].fetchall()) for name in hints]
            assert kept == [[(1,), (2,), (3,)], [(1,), (2,), (2,), (3,)], [(2,), (3,)]]
    assert pipeline.dataset()["orders"].fetchall() == []
    assert [len(pipeline.dataset()[f"orders__{name}"].fetchall()) for name in ("merged", "added")] == [3, 4]


def test_levels_of_nested_tables_count_from_the_root(own_folder: Path) -> None:
    """Also below a table that its key parts from it."""
    (own_folder / ".dlt").mkdir()
    (own_folder / ".dlt" / "config.toml").write_text("[compat]\ndlt1 = true\n", encoding="utf-8")
    pipeline = dlt.pipeline("shop", destination="duckdb", dataset_name="data")
    rows = [{"order": 1, "lines": [{"id": 1, "tags": [{"t": 1}]}]}]
    for levels in (1, 2):
        name = f"orders_{levels}"
        hints: Any = {"lines": {"primary_key": "id"}}
        pipeline.run(dlt.resource(rows, name=name, nested_hints=hints, max_table_nesting=levels))
    assert pipeline.dataset()["orders_1__lines"].select("id", "tags").fetchall() == [(1, '[{"t":1}]')]
    tables = {name for name in pipeline.default_schema.tables if name.startswith("orders_")}
    assert tables == {"orders_1", "orders_1__lines", "orders_2", "orders_2__lines", "orders_2__lines__tags"}
