"""Checks of data in the life of a pipeline: what is declared, what waits, and the ways out of a check that failed."""

from __future__ import annotations

import datetime
import os
import signal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import dlt
from dlt import check
from dlt.errors import ChecksFailed, InvalidCheck, PipelineStepFailed
from dlt.tasks import is_terminal
from tests.processes import run_python


def count(pipeline: Any, table: str) -> int:
    """Return how many rows a table has, 0 where it is not there."""
    with pipeline.sql_client() as client:
        there = client.execute_sql("SELECT 1 FROM information_schema.tables WHERE table_name = %s", table)
        return client.execute_sql(f"SELECT count(*) FROM {table}")[0][0] if there else 0


def items(rows: Any, *checks: Any, **hints: Any) -> Any:
    """Return a resource with checks."""
    return dlt.resource(rows, name="items", checks=list(checks), **hints)


def failing(pipeline: Any, data: Any) -> ChecksFailed:
    """Run; return the error of the checks, which is one that no retry mends."""
    with pytest.raises(PipelineStepFailed) as failed:
        pipeline.run(data)
    assert failed.value.step == "load" and is_terminal(failed.value)
    assert isinstance(failed.value.__cause__, ChecksFailed)
    return failed.value.__cause__


def test_a_first_load_that_fails_leaves_no_table(pipeline: Any) -> None:
    """Neither of the data nor of the checks."""
    failing(pipeline, items([{"id": None}, {"id": 1}], check.not_null("id")))
    assert count(pipeline, "items") == count(pipeline, "_dlt_checks") == 0


def test_the_package_of_a_load_that_failed_is_given_up(pipeline: Any) -> None:
    """Its rows come again, as the cursor goes back with it; then the mended data is loaded."""

    @dlt.resource(name="items", checks=[check.between("v", 0, 9)])
    def read(v: int, at: Any = dlt.sources.incremental("id")) -> Any:
        yield [{"id": number, "v": v} for number in range((at.last_value or 0) + 1, 4)]

    error = failing(pipeline, read(10))
    assert "3 of 3 rows" in str(error) and "LOAD__RAISE_ON_FAILED_CHECKS" in str(error)
    failing(pipeline, None)
    pipeline.abort_packages()
    pipeline.run(read(5))
    assert count(pipeline, "items") == 3 and [done.passed for done in pipeline.check_results()] == [True]


def test_a_load_whose_check_failed_can_be_loaded_as_it_is(pipeline: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A setting lets it through; what failed is recorded."""
    failing(pipeline, items([{"id": 1}, {"id": 1}], check.unique("id")))
    monkeypatch.setenv("LOAD__RAISE_ON_FAILED_CHECKS", "false")
    info = pipeline.run()
    assert "error: table items, check unique(id): 2 of 2 rows (id=1)" in str(info)
    assert [(done["passed"], done["keys"]) for done in info.asdict()["checks"]] == [(False, [{"id": 1}])]
    assert [(done.passed, done.failing) for done in pipeline.check_results()] == [(False, 2)]
    assert count(pipeline, "items") == 2


def test_a_package_that_waits_knows_what_failed(pipeline: Any) -> None:
    """Also in another process: it stands in its manifest."""
    error = failing(pipeline, items([{"id": 1}, {"id": 1}], check.unique("id")))
    (load_id,) = pipeline.list_normalized_load_packages()
    assert tuple(pipeline.get_load_package_info(load_id).checks) == error.checks


def test_a_check_that_code_no_longer_declares_is_gone(pipeline: Any) -> None:
    """One that a schema holds otherwise stays."""
    pipeline.run(items([{"id": 1}], check.not_null("id")))
    pipeline.run(dlt.resource([{"id": None}], name="items"))
    assert count(pipeline, "items") == 2
    pipeline.default_schema.tables["items"]["x-checks"] = [check.not_null("id").to_dict()]
    failing(pipeline, dlt.resource([{"id": None}], name="items"))


def test_rows_are_counted_also_where_none_come(pipeline: Any) -> None:
    """A resource that gives nothing is what such a check is for; a replaced table keeps its rows."""
    few = check.row_count(min=1)
    pipeline.run(items([{"id": 1}], few, write_disposition="replace"))
    error = failing(pipeline, items([], few, write_disposition="replace"))
    assert "check row_count(at least 1): there are 0 rows" in str(error)
    assert count(pipeline, "items") == 1
    pipeline.abort_packages()
    # other checks hold where there are no rows, so that nothing need be loaded
    for rows, loads in ([{"id": 2}], 2), ([], 2):
        pipeline.run(items(rows, check.not_null("id"), write_disposition="append"))
        assert count(pipeline, "_dlt_loads") == loads


def test_the_newest_value_counts(pipeline: Any) -> None:
    """Older rows do no harm beside one that is new enough."""
    now, day = datetime.datetime.now(datetime.timezone.utc), datetime.timedelta(days=1)
    one = check.fresh("at", 2 * day)
    pipeline.run(items([{"at": now - 9 * day}, {"at": now - day}], one))
    assert "the newest of 1 rows is older" in str(failing(pipeline, items([{"at": now - 3 * day}], one)))


def test_a_column_without_values_is_null_in_all_rows(pipeline: Any) -> None:
    """It is known as soon as a row names it, or a hint does."""
    rows = [{"id": 1, "note": None}, {"id": 2, "note": None}]
    checks = [check.accepted("note", ["x"]), check.unique("note"), check.not_null("note", severity="warn")]
    info = pipeline.run(items(rows, *checks, columns={"note": {"nullable": True}}))
    assert [(done.failing, done.checked) for done in info.checks] == [(0, 2), (0, 2), (2, 2)]


def test_tables_of_arrow_and_pandas_get_load_ids_for_checks(pipeline: Any) -> None:
    """Rows of the load are told from others; a table that was loaded without them is not checked wrongly."""
    one = check.between("v", 0, 9)
    pipeline.run(items(pd.DataFrame({"v": [1, 2]}), one))
    assert [done.checked for done in pipeline.run(items(pd.DataFrame({"v": [3]}), one)).checks] == [1]
    pipeline.run(dlt.resource(pd.DataFrame({"v": [100]}), name="old"))
    with pytest.raises(PipelineStepFailed, match=r"table old: .*rows that are there have no _dlt_load_id") as failed:
        pipeline.run(dlt.resource(pd.DataFrame({"v": [1]}), name="old", checks=[one]))
    assert isinstance(failed.value.__cause__, InvalidCheck)
    pipeline.abort_packages()
    whole = check.between("v", 0, 9, scope="table", severity="warn")
    info = pipeline.run(dlt.resource(pd.DataFrame({"v": [1]}), name="old", checks=[whole]))
    assert [(done.failing, done.checked) for done in info.checks] == [(1, 2)]


def test_keys_that_are_secret_are_not_shown(pipeline: Any) -> None:
    """Neither those of the row nor those that are there twice; then the id of the row tells which one it is."""
    rows = [{"api_token": "s3cr3t", "v": 10}, {"api_token": "s3cr3t", "v": 1}]
    info = pipeline.run(
        items(
            rows,
            check.between("v", 0, 9, severity="warn"),
            check.unique("api_token", severity="warn"),
            check.sql("SELECT api_token FROM {rows} AS r", severity="warn"),
            primary_key="api_token",
        )
    )
    assert [done.failing for done in info.checks] == [1, 2, 2]
    assert [list(key) for key in info.checks[0].keys] == [["_dlt_id"]] and not info.checks[1].keys
    assert "s3cr3t" not in str(info) and "s3cr3t" not in str(info.asdict()["checks"])


def test_a_plan_tells_a_check_that_cannot_be_done(pipeline: Any) -> None:
    """Before anything is written."""
    with pytest.raises(PipelineStepFailed, match=r"table items, column 'w'.*no such column\. Known are v\.") as failed:
        pipeline.plan(items([{"v": 1}], check.not_null("w")))
    assert isinstance(failed.value.__cause__, InvalidCheck)


def test_a_check_that_cannot_be_done_leaves_no_package(pipeline: Any) -> None:
    """Who mends it runs again, and no package of the run before is in the way."""
    for wrong in (check.not_null("w"), check.between("v", datetime.date(2024, 1, 1))):
        with pytest.raises(PipelineStepFailed, match="Nothing of this run was kept") as failed:
            pipeline.run(items([{"v": 1}], wrong))
        assert failed.value.step == "normalize" and not pipeline.has_pending_data
    info = pipeline.run(items([{"v": 1}], check.not_null("v")))
    assert [done.passed for done in info.checks] == [True] and count(pipeline, "items") == 1


@pytest.mark.parametrize(
    "wrong", ["SELEC v FROM {rows} AS r", "SELECT nope FROM {rows} AS r", "SELECT * FROM {rows} AS r JOIN lost ON true"]
)
def test_a_query_that_the_destination_refuses_is_told_with_its_check(pipeline: Any, wrong: str) -> None:
    """Pipeline, table and check, beside what the destination says."""
    with pytest.raises(PipelineStepFailed, match=r"pipeline spec, table items: .* refuses the query of sql\(mine\)"):
        pipeline.run(items([{"v": 1}], check.unique("v"), check.sql(wrong, "mine")))


def test_a_query_may_end_with_a_comment(pipeline: Any) -> None:
    """The rest of the question stands on a line of its own."""
    info = pipeline.run(items([{"v": 1}, {"v": 2}], check.sql("SELECT v FROM {rows} AS r WHERE v > 5 -- none")))
    assert [done.passed for done in info.checks] == [True]


def test_numbers_of_any_size(pipeline: Any) -> None:
    """A schema has them as texts."""
    info = pipeline.run(items([{"v": 2**70}], check.between("v", 2**69, 2**71), check.accepted("v", [2**70])))
    assert [done.passed for done in info.checks] == [True, True]


def test_checks_of_lists_in_lists(pipeline: Any) -> None:
    """Their path may lead through a list of which nothing is said."""
    inner: Any = {("l", "m"): {"checks": [check.between("q", 0, 5)]}}
    resource = dlt.resource([{"id": 1, "l": [{"m": [{"q": 1}, {"q": 9}]}]}], name="items", nested_hints=inner)
    (failed,) = (done for done in failing(pipeline, resource).checks if not done.passed)
    assert (failed.table, failed.failing, failed.checked) == ("items__l__m", 1, 2)


def test_values_of_other_types_refer_to_nothing(pipeline: Any) -> None:
    """It is told, whatever the engine would make of it; numbers of all kinds may be equal."""
    pipeline.run([{"id": 1, "code": "x", "share": 1.0}], table_name="others")
    info = pipeline.run(items([{"v": 1}], check.references("v", "others.id"), check.references("v", "others.share")))
    assert [done.passed for done in info.checks] == [True, True]
    with pytest.raises(PipelineStepFailed, match=r"column 'v'.* the column is bigint, and others\.code is text"):
        pipeline.run(items([{"v": 1}], check.references("v", "others.code")))


def test_checks_of_a_schema_file_come_back(tmp_path: Path) -> None:
    """Those of code stand in their place as long as code declares some, be they none."""
    (tmp_path / "files").mkdir()
    text = "name: spec\ntables:\n  items:\n    x-checks:\n      - {check: not_null, columns: [v]}\n"
    (tmp_path / "files" / "spec.schema.yaml").write_text(text)
    place = dlt.destinations.duckdb(str(tmp_path / "spec.duckdb"))
    pipeline = dlt.pipeline("spec", destination=place, import_schema_path=str(tmp_path / "files"))
    plain, row = ["not_null(v)"], {"v": 1}
    for checks, expected in (
        (None, plain),
        ([check.unique("v")], ["unique(v)"]),
        (None, plain),
        ([], []),
        (None, plain),
    ):
        resource = dlt.resource([row], name="items", checks=checks)
        assert [done.check for done in pipeline.run(resource).checks] == expected, checks


def test_results_are_read_from_any_machine(pipeline: Any, tmp_path: Path) -> None:
    """A folder that knows nothing yet takes the schemas from the destination; so do counts of rows."""
    info = pipeline.run(items([{"v": 1}], check.not_null("v")))

    def elsewhere(folder: str) -> Any:
        place = {"destination": pipeline.destination, "dataset_name": "data", "pipelines_dir": str(tmp_path / folder)}
        return dlt.pipeline(pipeline.pipeline_name, **place)

    assert [done.load_id for done in elsewhere("one").check_results()] == info.loads_ids
    counts = elsewhere("two").reconcile().tables
    assert [(found.load_id, found.there) for found in counts] == [(info.loads_ids[0], 1)]


def test_a_second_schema_has_its_results_in_its_dataset(pipeline: Any) -> None:
    """The results of all of them are found."""
    for name in ("one", "two"):
        pipeline.run(dlt.source(lambda name=name: items([{"id": 1}], check.unique("id"), table_name=name), name=name)())
    assert sorted(done.table for done in pipeline.check_results()) == ["one", "two"]


def test_nothing_is_done_for_loads_without_checks(pipeline: Any) -> None:
    """There is no table for their results, and no question to the destination."""
    info = pipeline.run([{"id": 1}], table_name="items")
    assert info.checks == [] and pipeline.check_results() == [] and "checks" not in str(info)
    assert count(pipeline, "_dlt_checks") == 0


PROGRAM = """
import sys, dlt
from dlt import check
kind, where, top = sys.argv[1:]
places = {"duckdb": dlt.destinations.duckdb, "filesystem": dlt.destinations.filesystem}
pipeline = dlt.pipeline("killed", destination=places[kind](where), dataset_name="data")
rows = [{"id": n, "l": [n]} for n in range(5)]
pipeline.run(dlt.resource(rows, name="t", checks=[check.unique("id"), check.between("id", 0, int(top))]))
"""


@pytest.mark.parametrize("kind", ["duckdb", "filesystem"])
def test_a_kill_leaves_the_checks_of_a_load_done_or_not_done(kind: str, tmp_path: Path) -> None:
    """Rows and results are there together or not at all, and the next run leaves each of them once."""
    where = str(tmp_path / ("killed.duckdb" if kind == "duckdb" else "bucket"))
    place: Any = dlt.destinations.duckdb(where) if kind == "duckdb" else dlt.destinations.filesystem(where)

    def run(point: str | None, top: int = 9) -> int:
        environment = {**os.environ, **({"DLT_CRASH_POINT": point} if point else {})}
        return run_python(["-c", PROGRAM, kind, where, str(top)], env=environment).returncode

    def found() -> tuple[int, int]:
        reader = dlt.pipeline("killed", destination=place, dataset_name="data")
        with reader.destination_client_for() as client:
            there = client.stored_tables(["t", "_dlt_checks"])
            sql = client.sql_client()
            assert sql is not None
            names = ("t", "_dlt_checks")
            counts = [
                sql.execute_sql(f"SELECT count(*) FROM {sql.make_qualified_table_name(name)}")
                if name in there
                else None
                for name in names
            ]
        return tuple(rows[0][0] if rows else 0 for rows in counts)  # type: ignore[return-value]

    loads = 0
    for point in ("load.after_publish", "load.after_checks", "load.before_commit", "load.after_commit"):
        assert run(point) == -signal.SIGKILL, point
        assert found() == ((loads + (point == "load.after_commit")) * 5, (loads + (point == "load.after_commit")) * 2)
        assert run(None) == 0
        # what waited was loaded, and then the rows of the second run
        loads += 2
        assert found() == (loads * 5, loads * 2), point
    for point in ("load.after_publish", None):
        assert run(point, top=3) != 0
        assert found() == (loads * 5, loads * 2), point
