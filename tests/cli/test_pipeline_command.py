"""Every action of `dlt pipeline`: what it shows, what it changes, and that it loses nothing."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

import dlt
from dlt.cli import main, make_parser
from dlt.errors import DestinationTerminalException, PipelineConfigMissing, PipelineStepFailed

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.usefixtures("folder")


@dlt.source(name="shop")
def shop(last: int = 3) -> Any:
    """Return orders with lines and an incremental cursor, and customers."""

    @dlt.resource
    def orders(at: Any = dlt.sources.incremental("id")) -> Any:
        dlt.current.source_state()["archives"] = ["a", "b"]
        yield [{"id": n, "lines": [{"sku": n}]} for n in range(1, last + 1)]

    @dlt.resource(write_disposition="replace")
    def customers() -> Any:
        yield [{"id": 1}, {"id": 2}]

    return orders, customers


@pytest.fixture
def pipeline() -> Any:
    """Return a pipeline `shop` that ran once."""
    made = dlt.pipeline("shop", destination="duckdb")
    made.run(shop())
    return made


class Told:
    """What a command returned and printed."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Any:
    """Return a function that runs the command."""

    def run(*arguments: str) -> Told:
        capsys.readouterr()
        try:
            options = [word for word in arguments if word == "--no-pwd"]
            given = [word for word in arguments if word not in options]
            code = main([*options, "schema", *given[1:]] if given[:1] == ["--file"] else [*options, "pipeline", *given])
        except SystemExit as usage:
            code = int(str(usage.code))
        shown = capsys.readouterr()
        return Told(code, shown.out, shown.err)

    return run


def rows(table: str) -> list[Any]:
    """Return the ids of a table as a new pipeline object reads them."""
    return sorted(dlt.pipeline("shop", destination="duckdb").dataset().table(table).select("id").fetchall())


# -- showing


def test_info_is_what_comes_without_an_action(pipeline: Any, command: Any) -> None:
    """State, resources, tables, packages; for people one thing a line, and no Python."""
    pipeline.extract(shop(4))
    alone, named, more = command("shop"), command("shop", "info"), command("shop", "info", "-v")
    assert alone.code == named.code == 0 and alone.out == named.out
    for text in (
        f"Found pipeline shop in {pipeline.pipelines_dir}",
        "schema_names: shop\n",
        "dataset_name: shop",
        "orders with 2 table(s) and 1 resource state slot(s)",
        "Has 1 completed load packages with following load ids:",
        "Has 1 extracted packages ready to be normalized with following load ids:",
        "dlt pipeline shop run-pending",
        "dlt pipeline shop trace",
    ):
        assert text in named.out, text
    assert "orders__lines table" in more.out and '"archives": [' in more.out and "archives" not in named.out
    assert command("-v", "shop", "info").out == more.out


def test_load_package_shows_jobs_and_what_was_added(pipeline: Any, command: Any) -> None:
    """The most recent one without an id; with -v the tables and columns that are new."""
    (load_id,) = pipeline.list_completed_load_packages()
    short, long = command("shop", "load-package"), command("shop", "load-package", load_id, "-v")
    assert short.code == long.code == 0
    assert f"Package {load_id} found in" in short.out and "table: orders__lines in completed_jobs" in short.out
    assert "is in LOADED state" in short.out and "Add -v option" in short.out
    added = yaml.safe_load(long.out.partition("Schema update:\n")[2])["tables"]
    assert set(added) == {"orders", "orders__lines", "customers"}
    pipeline.extract(shop(4))
    assert "EXTRACTED state" in command("shop", "load-package").out
    assert json.loads(command("shop", "load-package", load_id, "--json").out)["load_id"] == load_id
    missing = command("shop", "load-package", "123")
    assert missing.code == 1 and "123" in missing.err and missing.err.count("\n") == 1


def test_schema_in_every_format(pipeline: Any, command: Any) -> None:
    """YAML by default, which can be read back; JSON; diagrams with the way from a nested table to its parent."""
    found = yaml.safe_load(command("shop", "schema").out)
    assert found["name"] == "shop" and "orders__lines" in found["tables"]
    assert json.loads(command("shop", "schema", "--format", "json").out)["name"] == "shop"
    assert json.loads(command("shop", "schema", "--json").out)["name"] == "shop"
    assert 'orders__lines }|--|| orders : "_dlt_parent"' in command("shop", "schema", "--format", "mermaid").out
    assert '"orders__lines":"_dlt_parent_id" -> "orders":"_dlt_id"' in command("shop", "schema", "--format", "dot").out
    assert (
        'Ref: "orders__lines"."_dlt_parent_id" > "orders"."_dlt_id"'
        in command("shop", "schema", "--format", "dbml").out
    )
    assert len(command("shop", "schema", "--remove-defaults").out) < len(command("shop", "schema").out)
    assert command("shop", "schema", "--name", "nothing").code == 1
    assert command("shop", "schema", "--format", "poem").code == 2


def test_trace_shows_errors(pipeline: Any, command: Any) -> None:
    """The message; with -v the causes and the places."""

    @dlt.resource
    def bad() -> Any:
        yield {"id": 1}
        raise KeyError("gone")

    with pytest.raises(PipelineStepFailed):
        pipeline.run(bad())
    short, long = command("shop", "trace"), command("shop", "trace", "-v")
    assert (
        "and FAILED in" in short.out
        and "Step extract FAILED" in short.out
        and "gone" in short.out
        and "in bad" not in short.out
    )
    assert "builtins.KeyError" in long.out and "in bad" in long.out


def test_a_schema_file_is_checked_and_written_anew(pipeline: Any, command: Any, folder: Path) -> None:
    """YAML and JSON, of this and of earlier versions; what is no schema is told in one line."""
    (folder / "shop.yaml").write_text(command("shop", "schema").out)
    shown = command("--file", "shop.yaml", "--format", "json")
    (folder / "shop.json").write_text(shown.out)
    assert json.loads(shown.out)["name"] == "shop"
    assert command("--file", "shop.json").out == (folder / "shop.yaml").read_text()
    (folder / "bad.yaml").write_text("- 1\n")
    for name in ("bad.yaml", "nothing.yaml"):
        refused = command("--file", name)
        assert refused.code == 1 and name in refused.err and refused.err.count("\n") == 1


def test_modules_of_the_program_are_found(
    pipeline: Any, command: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A naming convention beside the program, as in its scripts; not with --no-pwd."""
    (folder / "names_of_ours.py").write_text(
        "from dlt.common.normalizers.naming.direct import NamingConvention as Direct\n\n\n"
        "class NamingConvention(Direct):\n    pass\n"
    )
    monkeypatch.setenv("SCHEMA__NAMING", "names_of_ours")
    monkeypatch.syspath_prepend(str(folder))
    dlt.pipeline("named", destination="duckdb").run([{"Id": 1}], table_name="T")
    monkeypatch.setattr("sys.path", [path for path in sys.path if path not in ("", str(folder))])
    monkeypatch.delitem(sys.modules, "names_of_ours")
    refused = command("--no-pwd", "named", "schema")
    assert refused.code == 1 and "names_of_ours" in refused.err
    assert command("named", "schema").code == 0


def test_failed_jobs_and_what_to_do(command: Any) -> None:
    """The table, the file, the destination's words, and the commands that go on."""

    @dlt.destination
    def sink(items: Any, table: Any) -> None:
        raise DestinationTerminalException("never again")

    pipeline = dlt.pipeline("failing", destination=sink)
    info = pipeline.run([{"id": 1}], table_name="bad")
    found = command("failing", "failed-jobs")
    (job,) = info.load_packages[0].jobs["failed_jobs"]
    assert found.code == 0 and job.file_path in found.out and "never again" in found.out
    assert "dlt pipeline failing run-pending" in found.out
    assert command("failing", "failed-jobs", info.loads_ids[0]).out == found.out
    dlt.pipeline("good", destination="duckdb").run([{"id": 1}], table_name="t")
    assert "No failed jobs found" in command("good", "failed-jobs").out


def test_list_tells_when_a_pipeline_ran(pipeline: Any, command: Any) -> None:
    """With `list`, with -l, and with nothing."""
    told = command("list")
    assert told.code == 0 and "1 pipeline found in" in told.out and "shop (last run: " in told.out
    assert command("-l").out == command().out == told.out


# -- changing


@pytest.mark.parametrize("stage", ["extracted", "normalized"])
def test_run_pending_loads_what_waits(pipeline: Any, command: Any, stage: str) -> None:
    """Without the source; once."""
    pipeline.extract(shop(5))
    if stage == "normalized":
        pipeline.normalize()
    done = command("shop", "run-pending")
    assert done.code == 0 and "is LOADED" in done.out, done.err
    assert rows("orders") == [(n,) for n in range(1, 6)]
    again = command("shop", "run-pending")
    assert again.code == 0 and "No package of shop waits" in again.out
    assert rows("orders") == [(n,) for n in range(1, 6)]


@pytest.mark.parametrize(
    "action",
    [["run-pending"], ["drop", "orders", "--yes"], ["sync"], ["show"]],
    ids=["pending", "drop", "sync", "show"],
)
def test_a_command_does_not_go_on_in_another_place(
    pipeline: Any, command: Any, folder: Path, monkeypatch: pytest.MonkeyPatch, action: list[str]
) -> None:
    """The configuration says another place than that where the program loads.

    Nothing is loaded, dropped or forgotten; whoever means the other place says so.
    """
    if action == ["run-pending"]:
        pipeline.extract(shop(4))
    state = pipeline.state
    monkeypatch.setenv("DESTINATION__DUCKDB__CREDENTIALS", str(folder / "other.duckdb"))
    told = command("shop", *action)
    assert told.code == 1 and "Traceback" not in told.err
    assert f"it loads into duckdb:///{folder}/shop.duckdb, but what is configured here is" in told.err
    assert "--destination duckdb" in told.err and not (folder / "other.duckdb").exists()
    again = dlt.attach("shop")
    assert again.state == state and again.has_pending_data == (action == ["run-pending"])
    with pytest.raises(PipelineConfigMissing, match="but what is configured here is"):
        again.run()
    if action == ["run-pending"]:
        assert command("shop", *action, "--destination", "duckdb").code == 0 and (folder / "other.duckdb").exists()


@pytest.mark.parametrize("kind", ["duckdb", "filesystem", "sqlite"])
def test_another_folder_is_another_place(
    kind: str, command: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Paths that count from the working directory are another place in another one."""
    monkeypatch.delenv("DESTINATION__DUCKDB__CREDENTIALS")
    monkeypatch.setenv("DESTINATION__FILESYSTEM__BUCKET_URL", "lake")
    monkeypatch.setenv("DESTINATION__SQLALCHEMY__CREDENTIALS", "sqlite:///shop.db")
    dlt.pipeline("shop", destination="sqlalchemy" if kind == "sqlite" else kind).extract(shop())
    (folder / "elsewhere").mkdir()
    monkeypatch.chdir(folder / "elsewhere")
    told = command("shop", "run-pending")
    assert told.code == 1 and "but what is configured here is" in told.err and f"{folder}/elsewhere" in told.err
    assert list(Path().iterdir()) == []
    monkeypatch.chdir(folder)
    assert command("shop", "run-pending").code == 0


def test_show_tells_that_nothing_was_loaded(command: Any, folder: Path) -> None:
    """A dataset that is not there yet, or no more, is one clear line."""
    dlt.pipeline("shop", destination="duckdb").extract(shop())
    told = command("shop", "show")
    assert told.code == 1 and f"there is no dataset shop at duckdb:///{folder}/shop.duckdb" in told.err


def test_a_function_is_not_known_to_the_command(command: Any) -> None:
    """A package that waits for a function of the program is loaded by the program; the command says so."""

    @dlt.destination
    def sink(items: Any, table: Any) -> None: ...

    made = dlt.pipeline("shop", destination=sink)
    made.extract([{"id": 1}], table_name="orders")
    told = command("shop", "run-pending")
    assert told.code == 1 and "'sink'. That is a function of its program" in told.err
    made.run()
    assert not made.has_pending_data


def test_drop_reloads_a_resource_from_the_start(pipeline: Any, command: Any) -> None:
    """Tables with nested ones and the cursor go, here and at the destination; other resources and their rows stay."""
    refused = command("shop", "drop", "orders")
    assert refused.code == 1 and "--yes" in refused.err and rows("orders") == [(1,), (2,), (3,)]
    assert "Table(s) to drop: ['orders__lines', 'orders']" in refused.out
    assert command("shop", "drop", "orders", "--dry-run").code == 0 and rows("orders") == [(1,), (2,), (3,)]
    done = command("shop", "drop", "orders", "--yes")
    assert done.code == 0 and "Resource(s) state to reset: ['orders']" in done.out, done.err
    fresh = dlt.pipeline("shop", destination="duckdb")
    assert [table["name"] for table in fresh.default_schema.data_tables()] == ["customers"]
    assert "orders" not in fresh.state["sources"]["shop"]["resources"] and fresh.state["sources"]["shop"]["archives"]
    with fresh.sql_client() as client:
        names = client.execute_sql("SELECT table_name FROM information_schema.tables WHERE table_schema = 'shop'")
    assert "orders" not in str(names) and ("customers",) in names and rows("customers") == [(1,), (2,)]
    fresh.run(shop())
    assert rows("orders") == [(1,), (2,), (3,)]


def test_drop_takes_a_pipeline_without_a_folder_from_its_destination(pipeline: Any, command: Any, folder: Path) -> None:
    """It is said where it is; without a destination nobody knows."""
    pipeline.drop()
    refused = command("shop", "drop", "orders", "--yes")
    assert refused.code == 1 and "--destination NAME" in refused.err
    done = command("shop", "drop", "orders", "--destination", "duckdb", "--dataset-name", "shop", "--yes")
    assert done.code == 0 and "No local pipeline state found" in done.err and "Dropped 2 table(s)" in done.out
    assert rows("customers") == [(1,), (2,)] and "orders" not in dlt.attach("shop").default_schema.tables


def test_a_sync_that_finds_nothing_leaves_no_folder(pipeline: Any, command: Any, folder: Path) -> None:
    """Neither where the destination knows no such pipeline, nor where it cannot be asked."""
    nothing = command("shpo", "sync", "--destination", "duckdb", "--dataset-name", "shop")
    assert nothing.code == 1 and "holds no state of pipeline shpo" in nothing.err
    assert command("shpo", "sync", "--destination", "nowhere", "--dataset-name", "shop").code == 1
    assert not Path(pipeline.working_dir).with_name("shpo").exists() and Path(pipeline.working_dir).exists()


def test_a_look_at_a_drop_leaves_the_trace_of_the_last_run(pipeline: Any, command: Any) -> None:
    """Also where the answer is no."""
    before = pipeline.last_trace.transaction_id
    assert command("shop", "drop", "orders", "--dry-run").code == 0 and command("shop", "drop", "orders").code == 1
    assert dlt.attach("shop").last_trace.transaction_id == before


def test_sync_begins_anew_where_the_dataset_was_dropped(pipeline: Any, command: Any) -> None:
    """What the destination forgot is forgotten here, and the next run loads all rows."""
    with pipeline.sql_client() as client:
        client.drop_dataset()
    told = command("shop", "sync")
    assert told.code == 0 and "The dataset is gone from the destination" in told.out, told.err
    again = dlt.pipeline("shop", destination="duckdb")
    assert again.schema_names == [] and not again.state.get("sources")
    again.run(shop())
    assert rows("orders") == [(1,), (2,), (3,)]


def test_a_dropped_resource_is_dropped_for_every_machine(pipeline: Any, command: Any) -> None:
    """Another folder takes state and schema from the destination, as they are after the drop."""
    assert command("shop", "drop", "orders", "--yes").code == 0
    other = dlt.pipeline("shop", destination="duckdb", pipelines_dir="other")
    other.run(shop())
    assert sorted(other.dataset().orders.select("id").fetchall()) == [(1,), (2,), (3,)]


@pytest.mark.parametrize(
    ("arguments", "tables", "resources", "archives"),
    [
        (["re:^order"], ["customers"], set(), True),
        (["--drop-all"], [], set(), True),
        (["orders", "--state-only"], ["customers", "orders", "orders__lines"], set(), True),
        (["--state-paths", "archives"], ["customers", "orders", "orders__lines"], {"orders"}, False),
        (["customers", "--state-paths", "$.archives"], ["orders", "orders__lines"], {"orders"}, False),
    ],
)
def test_what_a_drop_selects(
    pipeline: Any, command: Any, arguments: list[str], tables: list[str], resources: set[str], archives: bool
) -> None:
    """Patterns, all, state only, parts of the source's state."""
    done = command("shop", "drop", *arguments, "--yes")
    assert done.code == 0, done.err
    found = dlt.pipeline("shop", destination="duckdb")
    state = found.state["sources"]["shop"]
    assert sorted(table["name"] for table in found.default_schema.data_tables()) == tables
    assert set(state.get("resources", {})) == resources and ("archives" in state) == archives


def test_a_drop_that_selects_nothing_changes_nothing(pipeline: Any, command: Any) -> None:
    """A misspelt name is an error that lists the resources; none at all is told how to select."""
    misspelt = command("shop", "drop", "oders", "--yes")
    assert misspelt.code == 1 and "oders selected nothing" in misspelt.err and "customers, orders" in misspelt.err
    nothing = command("shop", "drop", "--yes")
    assert nothing.code == 0 and "--drop-all" in nothing.out and "delete-folder" in nothing.out
    assert command("shop", "drop", "re:(", "--yes").code == 1
    assert rows("orders") == [(1,), (2,), (3,)]


def test_a_drop_waits_for_pending_packages(pipeline: Any, command: Any) -> None:
    """Rows that wait would come after the drop."""
    pipeline.extract(shop(4))
    refused = command("shop", "drop", "orders", "--yes")
    assert refused.code == 1 and "run-pending" in refused.err and "abort-packages" in refused.err
    assert command("shop", "run-pending").code == 0 and command("shop", "drop", "orders", "--yes").code == 0


@pytest.mark.parametrize("action", ["abort-packages", "drop-pending-packages"])
def test_packages_that_are_given_up_come_again(pipeline: Any, command: Any, action: str) -> None:
    """The cursor goes back, so that the next run has their rows."""
    load_ids = [pipeline.extract(shop(last)).loads_ids[0] for last in (4, 5)]
    refused = command("shop", action)
    assert refused.code == 1 and "--yes" in refused.err and pipeline.list_extracted_load_packages() == load_ids
    told = command("shop", action, "--yes", "--json")
    assert json.loads(told.out)["dropped"] == load_ids
    assert command("shop", action, "--yes").code == 0
    dlt.pipeline("shop", destination="duckdb").run(shop(5))
    assert rows("orders") == [(n,) for n in range(1, 6)]


def test_one_package_is_given_up(pipeline: Any, command: Any) -> None:
    """By its load id; one that nobody has is an error."""
    first, second = [pipeline.extract(shop(last)).loads_ids[0] for last in (4, 5)]
    assert command("shop", "abort-packages", second, "--yes").code == 0
    assert dlt.pipeline("shop", destination="duckdb").list_extracted_load_packages() == [first]
    missing = command("shop", "abort-packages", "123", "--yes")
    assert missing.code == 1 and "123" in missing.err


def test_the_folder_is_deleted_by_a_word_of_its_own(
    pipeline: Any, command: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The question says what is lost; the destination stays, and gives the pipeline back."""
    pipeline.extract(shop(4))
    asked: list[str] = []
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda question: asked.append(question) or "n")
    assert command("shop", "delete-folder").code == 1 and "1 package(s) that were not loaded are LOST" in asked[0]
    assert command("shop", "delete-folder", "--yes").code == 0
    assert command("shop", "info").code == 1
    found = command("shop", "sync", "--destination", "duckdb", "--dataset-name", "shop", "--json")
    assert json.loads(found.out)["schema_names"] == ["shop"] and rows("orders") == [(1,), (2,), (3,)]


# -- errors, help, documentation


def test_errors_are_one_line_unless_debugged(pipeline: Any, command: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """--debug shows the way; scripts for PyPI dlt find its exit codes."""
    unknown = command("nope", "info")
    assert unknown.code == 1 and unknown.err.count("\n") == 1 and "nope" in unknown.err
    assert "Traceback" in command("--debug", "nope", "info").err
    monkeypatch.setattr(type(pipeline), "schema_names", property(lambda self: [][0]))
    broken = command("shop", "info")
    assert broken.code == 1 and "Traceback" not in broken.err and "IndexError" in broken.err
    monkeypatch.setenv("COMPAT__DLT1", "true")
    assert command("nope", "info").code == 254


def _parsers(parser: argparse.ArgumentParser, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield words, parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, inner in action.choices.items():
                yield from _parsers(inner, (*words, name))


PARSERS = dict(_parsers(make_parser()))


@pytest.mark.parametrize("words", PARSERS)
def test_every_command_has_help_with_an_example(words: tuple[str, ...]) -> None:
    """All options and arguments are explained."""
    actions = [action for action in PARSERS[words]._actions if not isinstance(action, argparse._SubParsersAction)]
    assert all(action.help for action in actions)
    assert "example" in PARSERS[words].format_help() or len(actions) < len(PARSERS[words]._actions)


def test_every_command_is_documented() -> None:
    """docs/cli.md has a heading for each command and names each of its options."""
    page = (ROOT / "docs" / "cli.md").read_text()
    missing = [f"dlt {' '.join(words)}" for words in PARSERS if words and f"`dlt {_written(words)}" not in page]
    assert not missing
    options = {option for parser in PARSERS.values() for action in parser._actions for option in action.option_strings}
    assert not [
        option for option in options if option.startswith("--") and f"`{option}" not in page and option != "--help"
    ]


def _written(words: tuple[str, ...]) -> str:
    return " ".join(("pipeline", "NAME", *words[1:]) if words[0] == "pipeline" and len(words) > 1 else words)
