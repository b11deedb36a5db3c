"""Runs that are loaded once more: cleared tasks, higher revisions, parts, and retries that are none of these."""

from __future__ import annotations

import datetime
import os
import re
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pytest

import dlt
from dlt.errors import LoadUndone, PipelineStepFailed, ReloadUndecided, SpecInvalid, UndoRefused
from dlt.tasks import (
    LoadReport,
    Spec,
    StepContext,
    Token,
    Window,
    cleanup_step,
    extract_step,
    is_terminal,
    load_step,
    normalize_step,
)
from dlt.tasks.folder import RunFolder, former_load_id

PROGRAM = str(Path(__file__).with_name("again_program.py"))
UTC = datetime.timezone.utc


@pytest.fixture(autouse=True)
def database(own_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Name the database."""
    path = own_folder / "again.duckdb"
    monkeypatch.setenv("AGAIN_DB", str(path))
    return path


def spec(source: str = "people", pipeline: Any = f"{PROGRAM}:make_pipeline", **more: Any) -> Spec:
    """Return a spec of the test's program."""
    source_args = more.pop("source_args", {})
    return Spec(f"{PROGRAM}:{source}", pipeline, source_args, work_dir=os.path.abspath("work"), **more)


def run(what: Spec, run_id: str = "r", clean: bool = True, **options: Any) -> LoadReport:
    """Run the steps, and clean up as a teardown does."""
    who = StepContext(run_id, **options)
    token = orjson.loads(orjson.dumps(extract_step(what, who).to_dict()))
    done = orjson.loads(orjson.dumps(normalize_step(token, who).to_dict()))
    report = load_step(done, who)
    if clean:
        cleanup_step(done)
    return report


def rows(database: Path, query: str) -> list[Any]:
    """Return what a query finds."""
    with duckdb.connect(str(database)) as connection:
        return connection.execute(query).fetchall()


def loads(database: Path) -> list[str]:
    """Return the load ids, as they were recorded."""
    return [load_id for (load_id,) in rows(database, "SELECT load_id FROM d._dlt_loads ORDER BY inserted_at, load_id")]


@pytest.mark.parametrize("disposition", ["append", "merge", "replace"])
def test_a_run_that_is_asked_for_again_loads_what_the_source_gives_now(database: Path, disposition: str) -> None:
    """The new values are there, no row twice, nested rows as well, and one more load is recorded."""
    first = run(spec(source_args={"value": "old", "disposition": disposition}))
    again = run(spec(source_args={"value": "new", "disposition": disposition}), generation=1)
    assert not again.skipped and again.load_ids != first.load_ids
    assert again.rows == first.rows == {"people": 3, "people__pets": 3, "people__pets__toys": 3}
    assert rows(database, "SELECT id, value FROM d.people ORDER BY 1") == [(n, "new") for n in range(3)]
    assert rows(database, "SELECT value FROM d.people__pets__toys") == [("new",)] * 3
    assert rows(database, "SELECT count(*) FROM d.people__pets JOIN d.people USING (value)") == [(9,)]
    assert loads(database) == [*first.load_ids, *again.load_ids]
    assert again.removed == (["people"] if disposition == "append" else [])
    assert ("were deleted from people" in again.text) == (disposition == "append")


@pytest.mark.parametrize(("disposition", "pets"), [("replace", "append"), ("append", "replace")])
def test_nested_rows_with_a_disposition_of_their_own_are_there_once(
    database: Path, disposition: str, pets: str
) -> None:
    """Those that are appended under a table that is replaced go with the rows of the earlier load, too."""
    for generation, value in enumerate(("old", "new")):
        args = {"value": value, "disposition": disposition, "pets": pets}
        run(spec(source_args=args), generation=generation)
    for table in ("people", "people__pets", "people__pets__toys"):
        assert rows(database, f"SELECT value, count(*) FROM d.{table} GROUP BY 1") == [("new", 3)], table


def test_other_runs_keep_their_rows(database: Path) -> None:
    """What is taken back is what the same run appended, and nothing else."""
    for name in ("a", "b", "c"):
        run(spec(source_args={"value": name}), name)
    run(spec(source_args={"value": "B"}), "b", generation=1)
    run(spec(source_args={"value": "BB"}), "b", generation=2)
    assert rows(database, "SELECT value, count(*) FROM d.people GROUP BY 1 ORDER BY 1") == [
        ("BB", 3),
        ("a", 3),
        ("c", 3),
    ]
    assert rows(database, "SELECT count(*) FROM d.people__pets__toys") == [(9,)]


def test_a_run_that_finds_nothing_any_more_leaves_nothing(database: Path) -> None:
    """The rows of a run whose source is empty by now go, although there is nothing to load instead."""
    run(spec(), "a")
    run(spec(source_args={"value": "other"}), "b")
    report = run(spec(source_args={"count": 0}), "a", generation=1)
    assert not report.skipped and report.removed == ["people"] and report.rows == {}
    # who waits for these tables is told of it
    assert report.changed == dict.fromkeys(("people", "people__pets", "people__pets__toys"), 0)
    assert rows(database, "SELECT DISTINCT value FROM d.people") == [("other",)]
    assert rows(database, "SELECT count(*) FROM d.people__pets__toys") == [(3,)]


@pytest.mark.parametrize("clean", [True, False])
def test_a_retry_of_what_is_loaded_is_a_no_op(database: Path, clean: bool) -> None:
    """Without a wish nothing is loaded again, whether or not the packages are still there, and the report says so."""
    first = run(spec(source_args={"value": "old"}), clean=clean)
    again = run(spec(source_args={"value": "new"}), clean=clean)
    assert again.skipped and not again.known and again.load_ids == first.load_ids
    assert again.text == f"again: run r was loaded before, as {first.load_ids[0]}. " + (
        "Nothing was loaded now, and nothing was changed."
    )
    assert rows(database, "SELECT DISTINCT value FROM d.people") == [("old",)] and loads(database) == first.load_ids


@pytest.mark.parametrize("clean", [True, False])
def test_load_alone_asked_for_again_is_a_no_op_that_tells(database: Path, clean: bool) -> None:
    """The load task, or normalize and load, of a loaded run change nothing; a retry of a load is told apart."""
    who = StepContext("r", generation=1)
    token = extract_step(spec(), who)
    done = normalize_step(token, who)
    first = load_step(done, who)
    assert load_step(done, StepContext("r", attempt=2, generation=1)).known is False
    if clean:
        cleanup_step(done)
    later = StepContext("r", attempt=3, generation=2)
    report = load_step(normalize_step(token, later), later)
    assert report.skipped and report.known and report.load_ids == first.load_ids
    assert rows(database, "SELECT count(*) FROM d.people") == [(3,)]


def test_a_run_that_was_deleted_and_made_again_is_another_wish(database: Path) -> None:
    """The same id, begun later: its tries and wishes are counted from the beginning, and it is a wish all the same."""
    day = datetime.datetime(2026, 1, 1, tzinfo=UTC)
    run(spec(source_args={"value": "old"}), began=day, attempt=3)
    run(spec(source_args={"value": "new"}), began=day + datetime.timedelta(hours=1), attempt=1)
    assert rows(database, "SELECT DISTINCT value FROM d.people") == [("new",)]


def test_a_try_of_an_older_wish_that_wakes_up_changes_nothing(database: Path) -> None:
    """A package that was extracted before someone asked again is refused or replaced, whichever is loaded first."""
    run(spec(source_args={"value": "first"}))
    slow = normalize_step(extract_step(spec(source_args={"value": "slow"}), StepContext("r", generation=1)))
    fast = normalize_step(extract_step(spec(source_args={"value": "fast"}), StepContext("r", generation=2)))
    load_step(fast, StepContext("r", generation=2))
    report = load_step(slow, StepContext("r", generation=1))
    assert report.skipped and rows(database, "SELECT DISTINCT value FROM d.people") == [("fast",)]
    early = normalize_step(extract_step(spec(source_args={"value": "early"}), StepContext("r", generation=3)))
    last = normalize_step(extract_step(spec(source_args={"value": "last"}), StepContext("r", generation=4)))
    assert load_step(early, StepContext("r", generation=3)).skipped is False
    load_step(last, StepContext("r", generation=4))
    assert rows(database, "SELECT value, count(*) FROM d.people GROUP BY 1") == [("last", 3)]


def test_a_record_of_an_older_wish_does_not_count(own_folder: Path) -> None:
    """An extract that is still alive may write its record first: the one that was asked for later counts."""
    old = extract_step(spec(), StepContext("r"))
    folder = RunFolder(spec(), "again", "r")
    new = Token.from_dict({**old.to_dict(), "revision": 5})
    assert folder.record(new, 1).revision == 5
    assert folder.record(old, 1) == old and folder.record(old, 2).revision == 5
    found = folder.find("extracted")
    assert found is not None and found[1].revision == 5


def day(number: int) -> Window:
    """Return a day of January."""
    return Window(datetime.datetime(2026, 1, number, tzinfo=UTC), datetime.datetime(2026, 1, number + 1, tzinfo=UTC))


@pytest.mark.parametrize("disposition", ["append", "merge"])
def test_a_window_is_loaded_again_and_the_live_cursor_stays(database: Path, disposition: str) -> None:
    """Each day is replaced by what the source has for it now; state and the other days stay as they are."""
    given = {"disposition": disposition}
    for number in (1, 2, 3):
        run(spec("days", source_args={**given, "value": "old"}), f"day {number}", window=day(number))
    run(spec("days", source_args={**given, "first": 4, "last": 5, "value": "live"}), "live")
    run(spec("days", source_args={**given, "value": "new"}), "day 2", window=day(2), generation=1)
    date = "strftime(d.days.\"at\", '%Y-%m-%d')"
    found = rows(database, f"SELECT {date}, value, count(*) FROM d.days GROUP BY 1, 2 ORDER BY 1")
    expected = ["old", "new", "old", "live", "live"]
    assert found == [(f"2026-01-0{number}", value, 2) for number, value in enumerate(expected, 1)]
    pipeline = dlt.pipeline("again", destination=dlt.destinations.duckdb(str(database)), dataset_name="d")
    pipeline.sync_destination()
    cursor = pipeline.state["sources"]["days"]["resources"]["days"]["incremental"]["at"]
    assert cursor["last_value"].startswith("2026-01-05T12")
    pipeline.drop()


def test_a_cursor_goes_on_and_loses_no_rows(database: Path) -> None:
    """Behind a cursor no row comes again: what the run appended stays, and so does the cursor."""
    run(spec("counted", source_args={"last": 3}), "a")
    run(spec("counted", source_args={"last": 5}), "b")
    report = run(spec("counted", source_args={"last": 6}), "a", generation=1)
    assert report.rows == {"counted": 1, "doubled": 1} and report.removed == []
    for table in ("counted", "doubled"):
        assert rows(database, f"SELECT list(id ORDER BY id) FROM d.{table}") == [([1, 2, 3, 4, 5, 6],)]


def test_nobody_can_tell_what_a_state_of_its_own_means(database: Path) -> None:
    """A resource that keeps a state fails with the choice, before anything is kept; each choice does what it says."""
    run(spec("stateful", source_args={"value": "old"}))
    what = spec("stateful", source_args={"value": "new"})
    with pytest.raises(ReloadUndecided, match=r'(?s)table stateful.*reprocess="keep".*reprocess="undo"') as failure:
        run(what, generation=1)
    assert is_terminal(failure.value) and rows(database, "SELECT value FROM d.stateful") == [("old",)]
    run(spec("stateful", source_args={"value": "kept"}, reprocess="keep"), generation=1)
    assert rows(database, "SELECT value FROM d.stateful ORDER BY 1") == [("kept",), ("old",)]
    run(spec("stateful", source_args={"value": "new"}, reprocess="undo"), generation=2)
    # what an earlier wish kept is no longer the load of this run
    assert rows(database, "SELECT value FROM d.stateful ORDER BY 1") == [("new",), ("old",)]
    with pytest.raises(SpecInvalid, match='Pass "auto", "undo" or "keep"'):
        Spec.from_dict({"source": "a:b", "reprocess": "perhaps"})


def test_tables_without_load_ids_are_not_guessed_at(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows of Arrow tables bear no load id unless one asks for it: then they are taken back like others."""
    run(spec("arrow", source_args={"value": "old"}))
    with pytest.raises(PipelineStepFailed) as failure:
        run(spec("arrow", source_args={"value": "new"}), generation=1)
    assert isinstance(failure.value.__cause__, ReloadUndecided) and is_terminal(failure.value)
    assert rows(database, "SELECT value FROM d.arrow") == [("old",)]
    monkeypatch.setenv("NORMALIZE__PARQUET_NORMALIZER__ADD_DLT_LOAD_ID", "true")
    run(spec("arrow", source_args={"value": "s"}), "s")
    run(spec("arrow", source_args={"value": "S"}), "s", generation=1)
    assert rows(database, "SELECT value FROM d.arrow ORDER BY 1") == [("S",), ("old",)]


# -- parts


def parts(wishes: dict[str, int], value: str = "old", source: str = "two", **options: Any) -> LoadReport:
    """Extract and normalize parts by the number of the wish for each, and load them together."""
    tokens = []
    for name, number in wishes.items():
        who = StepContext("r", name, generation=number)
        what = spec(source, source_args={"value": value, **options}).part([name])
        tokens.append(normalize_step(extract_step(what, who), who))
    return load_step(tokens, StepContext("r", generation=max(wishes.values())))


def test_one_part_is_loaded_again_and_the_others_stay(database: Path) -> None:
    """Clearing one mapped task loads that part; load ids of the report are those in `_dlt_loads`."""
    first = parts({"left": 0, "right": 0})
    assert sorted(first.load_ids) == sorted(loads(database)) and len(first.load_ids) == 2
    again = parts({"left": 1, "right": 0}, "new")
    assert again.rows == {"left": 1} and len(again.load_ids) == 1 and again.load_ids[0] in loads(database)
    assert rows(database, "SELECT value FROM d.left UNION ALL SELECT value FROM d.right") == [("new",), ("old",)]
    assert rows(database, "SELECT count(*) FROM d._dlt_loads") == [(3,)]
    assert set(first.info["loads_ids"]) == set(first.load_ids)
    for load_id in first.load_ids:
        assert f"Load package {load_id}" in first.text
    assert parts({"left": 2, "right": 2}, "both").rows == {"left": 1, "right": 1}
    assert rows(database, "SELECT value FROM d.left UNION ALL SELECT value FROM d.right") == [("both",)] * 2


def test_a_part_does_not_empty_the_table_of_the_others(database: Path) -> None:
    """Two parts of one table that is replaced: one alone is refused, all of them are loaded."""
    options = {"disposition": "replace", "table": "both"}
    parts({"left": 0, "right": 0}, **options)
    with pytest.raises(SpecInvalid, match="Clear the extract of all parts"):
        parts({"left": 1, "right": 0}, "new", **options)
    assert rows(database, "SELECT value FROM d.both") == [("old",)] * 2
    parts({"left": 2, "right": 2}, "new", **options)
    assert rows(database, "SELECT value FROM d.both") == [("new",)] * 2


def test_a_part_of_a_shared_table_takes_its_own_rows_back(database: Path) -> None:
    """Two parts append to one table: what one of them left is replaced, the rows of the other stay."""
    parts({"left": 0, "right": 0}, table="both")
    parts({"left": 0, "right": 1}, "new", table="both")
    assert rows(database, "SELECT side, value FROM d.both ORDER BY 1") == [("left", "old"), ("right", "new")]


# -- where there are no transactions


@pytest.mark.parametrize("table_format", ["native", "delta"])
def test_files_are_taken_back_too(own_folder: Path, monkeypatch: pytest.MonkeyPatch, table_format: str) -> None:
    """The files of the earlier load are left out of the snapshot that holds the new ones."""
    if table_format == "delta":
        pytest.importorskip("deltalake")
    monkeypatch.setenv("DESTINATION__FILESYSTEM__BUCKET_URL", str(own_folder / "lake"))
    monkeypatch.setenv("DESTINATION__FILESYSTEM__TABLE_FORMAT", table_format)
    to = {"pipeline_name": "files", "destination": "filesystem", "dataset_name": "d"}
    for name, value, wish in (("a", "a", 0), ("b", "b", 0), ("a", "A", 1), ("a", "AA", 2)):
        run(spec(pipeline=to, source_args={"value": value}), name, generation=wish)
    pipeline = dlt.pipeline(**to)
    found = pipeline.dataset()("SELECT value, count(*) FROM people GROUP BY 1 ORDER BY 1").fetchall()
    assert [tuple(row) for row in found] == [("AA", 3), ("b", 3)]
    assert pipeline.dataset()("SELECT count(*) FROM people__pets__toys").fetchall()[0][0] == 6
    assert pipeline.dataset()("SELECT count(*) FROM _dlt_loads").fetchall()[0][0] == 4


def test_parts_in_files_take_their_own_rows_back(own_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that several parts left in one load tell their part."""
    monkeypatch.setenv("DESTINATION__FILESYSTEM__BUCKET_URL", str(own_folder / "lake"))
    to = {"pipeline_name": "files", "destination": "filesystem", "dataset_name": "d"}
    for value, wishes in (("old", {"left": 0, "right": 0}), ("new", {"left": 0, "right": 1})):
        tokens = []
        for name, number in wishes.items():
            who = StepContext("r", name, generation=number)
            what = spec("two", to, source_args={"value": value, "table": "both"}).part([name])
            tokens.append(normalize_step(extract_step(what, who), who))
        load_step(tokens, StepContext("r", generation=max(wishes.values())))
    found = dlt.pipeline(**to).dataset()('SELECT side, value FROM "both" ORDER BY 1').fetchall()
    assert [tuple(row) for row in found] == [("left", "old"), ("right", "new")]


# -- load ids


def test_load_ids_tell_the_time_and_rise(database: Path) -> None:
    """Load ids of tasks are the time at which a package was made, whatever the run is called or was due."""
    found = []
    for name, due in (("1", 2030), ("2", 2001), ("3", None)):
        moment = datetime.datetime(due, 1, 1, tzinfo=UTC) if due else None
        before = datetime.datetime.now(UTC).timestamp()
        found += run(spec(), name, moment=moment).load_ids
        assert before - 1 <= float(found[-1]) <= datetime.datetime.now(UTC).timestamp() + 1
    assert found == sorted(found) == loads(database) and len(set(found)) == 3
    assert all(re.fullmatch(r"\d{10}\.\d+", load_id) for load_id in found)
    assert [row[0] for row in rows(database, "SELECT DISTINCT _dlt_load_id FROM d.people ORDER BY 1")] == found


# -- what the version before left


def as_of_before(token: Token, folder: RunFolder, stage: str) -> dict[str, Any]:
    """Return a token as version 0.1 made it, and turn what lies in its folder into what that version left there."""
    who = StepContext(token.run_id, token.chunk)
    value = token.to_dict()
    value["version"] = 1
    for key in ("revision", "withheld"):
        value.pop(key)
    value["spec"] = {**value["spec"], "source_args": {"value": "old"}}
    value["spec"].pop("reprocess")
    for reference in value["packages"]:
        new = former_load_id(token.pipeline_name, who, reference["schema_name"])
        old = Path(folder.path, stage, f"{reference['load_id']}-{reference['nonce']}")
        manifest = orjson.loads((old / "package.json").read_bytes())
        manifest.pop("crc32")
        manifest.pop("works")
        manifest["load_id"] = reference["load_id"] = new
        (old / "package.json").write_bytes(orjson.dumps(manifest))
        old.rename(old.with_name(f"{new}-{reference['nonce']}"))
    return orjson.loads(orjson.dumps(value))


def test_what_the_version_before_extracted_is_loaded(database: Path) -> None:
    """A run that was under way when the library was updated loses nothing, and is taken back when it is asked for."""
    token = extract_step(spec(source_args={"value": "old"}), StepContext("r"))
    old = as_of_before(token, RunFolder(spec(), "again", "r"), "extracted")
    report = load_step(normalize_step(old))
    assert not report.skipped and report.load_ids == [old["packages"][0]["load_id"]] and report.load_ids[0] < "1"
    assert load_step(normalize_step(old)).skipped
    cleanup_step(old)
    assert run(spec(source_args={"value": "no"})).skipped
    again = run(spec(source_args={"value": "new"}), generation=1)
    assert again.removed == ["people"]
    assert rows(database, "SELECT value, count(*) FROM d.people GROUP BY 1") == [("new", 3)]


# -- runs that were undone


def a_pipeline() -> Any:
    """Return the pipeline of the runs, as a person has it on a machine of their own."""
    return dlt.pipeline(
        "again", destination=dlt.destinations.duckdb(os.environ["AGAIN_DB"]), dataset_name="d", pipelines_dir="own"
    )


@pytest.mark.parametrize("clean", [True, False])
def test_a_run_that_was_undone_is_extracted_again(database: Path, clean: bool) -> None:
    """A cleared run does all steps anew, without a wish of its own, and its rows are there once."""
    first = run(spec(source_args={"value": "old"}), clean=clean)
    a_pipeline().undo(first.load_ids[0])
    assert rows(database, "SELECT count(*) FROM d.people") == [(0,)]
    again = run(spec(source_args={"value": "new"}), clean=clean)
    assert not again.skipped and again.load_ids != first.load_ids and again.removed == []
    assert rows(database, "SELECT value, count(*) FROM d.people__pets__toys GROUP BY 1") == [("new", 3)]


@pytest.mark.parametrize("keeps", [0, 1])
def test_a_run_that_was_loaded_once_more_is_not_undone(
    database: Path, keeps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows of its earlier load went and are not kept, so that the undo is refused, whatever comes after it.

    It is in nobody's way: loads of other runs that append beside it are undone.
    """
    monkeypatch.setenv("LOAD__KEEP_UNDO", str(keeps))
    for name in ("before", "first"):
        run(spec(source_args={"value": "old"}), name)
    again = run(spec(source_args={"value": "new"}), "first", generation=1)
    assert again.removed == ["people"]
    others = [run(spec(source_args={"value": "other"}), name) for name in ("second", "third")]
    with pytest.raises(UndoRefused, match=r"took the rows of its earlier load away.*load the run once more"):
        a_pipeline().undo(again.load_ids[0])
    a_pipeline().undo(others[0].load_ids[0])
    found = rows(database, "SELECT value, count(*) FROM d.people GROUP BY 1 ORDER BY 1")
    assert found == [("new", 3), ("old", 3), ("other", 3)]


@pytest.mark.parametrize("clean", [True, False])
def test_a_load_task_of_an_undone_run_fails(database: Path, clean: bool) -> None:
    """Its package is neither loaded again nor taken for loaded, also where its files are gone."""
    who = StepContext("r")
    done = normalize_step(extract_step(spec(), who), who)
    first = load_step(done, who)
    if clean:
        cleanup_step(done)
    a_pipeline().undo(first.load_ids[0])
    with pytest.raises((PipelineStepFailed, LoadUndone), match="undone since") as failed:
        load_step(done, who)
    assert is_terminal(failed.value)
    assert rows(database, "SELECT count(*) FROM d.people") == [(0,)]
