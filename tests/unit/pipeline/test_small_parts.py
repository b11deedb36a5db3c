"""Small parts of a pipeline: hooks, hashes of values, what is noted on errors, what is worth another try, places."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

import dlt
from dlt import context
from dlt.errors import (
    ConfigFieldMissingException,
    DestinationTerminalException,
    DestinationTransientException,
    PackageCorrupt,
    PipelineConfigMissing,
    PipelineNotActive,
    PipelineStepFailed,
    SchemaCorruptedException,
    TerminalException,
    TransientException,
)
from dlt.pipeline.anonymize import anonymize
from dlt.pipeline.blame import blame, blame_of
from dlt.pipeline.helpers import retry_load
from dlt.pipeline.hooks import Hooks
from dlt.pipeline.place import Place, check_place, place_of
from dlt.pipeline.refusal import is_fault_of_data
from dlt.schema.update import SchemaUpdate


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, with no pipeline active."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DLT_DATA_DIR", str(tmp_path / "data"))
    context.activate(None)
    return tmp_path


# -- hooks


def test_hooks_are_told_in_their_order(capfd: pytest.CaptureFixture[str]) -> None:
    """Event, pipeline and what it is about; one that fails is told to people, and stops neither others nor a load."""
    told: list[Any] = []
    hooks = Hooks("pipeline", "shop")
    hooks.added += [lambda *what: told.append((1, *what)), lambda *what: told.append((2, *what))]
    hooks.call("step_start", "extract")
    assert told == [(1, "step_start", "pipeline", "extract"), (2, "step_start", "pipeline", "extract")]
    hooks.added.insert(0, lambda *what: 1 / 0)
    hooks.call("step_end", "extract")
    assert [what[:2] for what in told[2:]] == [(1, "step_end"), (2, "step_end")]
    assert "failed at step_end: ZeroDivisionError: division by zero." in capfd.readouterr().err


def test_new_columns_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    """With and without hooks."""
    logger = logging.getLogger("dlt")
    level, logger.level = logger.level, logging.INFO
    logger.addHandler(caplog.handler)
    try:
        update = SchemaUpdate({"orders": {"name": "orders", "columns": {"id": {}, "name": {}}}})
        Hooks(None, "shop").call("schema_change", update)
    finally:
        logger.removeHandler(caplog.handler)
        logger.level = level
    assert {record.getMessage() for record in caplog.records} == {"shop: schema: orders has new id, name"}


# -- hashes


def test_a_hash_is_that_of_value_and_pipeline(tmp_path: Path) -> None:
    """The same whenever it is asked for, by name; another one of another value or pipeline; None stays None."""

    def hashes(name: str) -> list[Any]:
        dlt.pipeline(name, pipelines_dir=str(tmp_path / "work"))
        return [anonymize(value) for value in ("ann@example.org", "bob@example.org", 5, "5", None, "\ud800")]

    one, again, other = hashes("one"), hashes("one"), hashes("other")
    assert one == again and one[4] is None is other[4]
    assert one[2] == one[3] and len({*one[:3], *other[:3]}) == 6
    assert {len(found) for found in one if found} == {32}


def test_a_secret_may_be_configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then another machine makes the same hashes; these were made by an earlier release."""
    monkeypatch.setenv("PIPELINES__SHOP__PIPELINE_SECRET", "s3cr3t")
    dlt.pipeline("shop", pipelines_dir=str(tmp_path / "work"))
    assert anonymize("ann@example.org") == "Wm4G1FJbHve3a/HI/I9vR9Zv8TNKVkqG"


def test_without_a_pipeline_there_is_no_secret() -> None:
    """The message says what to do."""
    with pytest.raises(PipelineNotActive, match="Make a pipeline first"):
        anonymize("x")
    assert anonymize(None) is None


# -- errors


def test_what_is_noted_on_an_error_is_found_on_it() -> None:
    """Nothing on most; a later note counts."""
    error = ValueError("x")
    assert blame_of(error) == (None, None)
    blame(error, "17.5", "Do this.")
    assert blame_of(error) == ("17.5", "Do this.")
    blame(error, "18.5", None)
    assert blame_of(error) == ("18.5", None) and blame_of(KeyError()) == (None, None)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ValueError("x"), True),
        (SchemaCorruptedException("x"), True),
        (DestinationTerminalException("x"), True),
        (OSError("x"), False),
        (MemoryError(), False),
        (PackageCorrupt("x"), False),
        (TransientException("x"), False),
        (ConfigFieldMissingException("x"), False),
        (KeyboardInterrupt(), False),
        (SystemExit(), False),
    ],
    ids=lambda part: type(part).__name__,
)
def test_an_error_of_the_data_comes_back(error: BaseException, expected: bool) -> None:
    """One of the machine may be gone the next time, and keeps the package."""
    assert is_fault_of_data(error) is expected


def failed(step: str | None, cause: BaseException) -> PipelineStepFailed:
    """Return the error of a step."""
    error = PipelineStepFailed("failed", **({"step": step} if step else {}))
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "steps", "expected"),
    [
        (failed("load", ConnectionError()), ("load",), True),
        (failed("load", DestinationTransientException("x")), ("load",), True),
        (failed("load", TerminalException("x")), ("load",), False),
        (failed("load", failed("load", TerminalException("x"))), ("load",), False),
        (failed("extract", ConnectionError()), ("load",), False),
        (failed("extract", ConnectionError()), ("load", "extract"), True),
        (failed(None, ConnectionError()), ("load",), False),
        (ConnectionError(), ("load",), True),
        (TerminalException("x"), ("load",), False),
    ],
)
def test_a_step_that_failed_is_worth_another_try(error: Any, steps: Any, expected: bool) -> None:
    """If it is one of those that are named, and none of its causes lasts."""
    assert retry_load(steps)(error) is expected
    if steps == ("load",):
        assert retry_load()(error) is expected


# -- places


def test_a_pipeline_goes_on_where_it_loads(tmp_path: Path) -> None:
    """Another place is refused, with both in the message; what is not known is no other place."""
    one = dlt.destinations.duckdb(str(tmp_path / "one.duckdb"))
    other = dlt.destinations.duckdb(str(tmp_path / "other.duckdb"))
    place = place_of(one, "shop")
    assert place is not None and place.folder == str(tmp_path) and "one.duckdb" in place.location
    assert place_of(None, "shop") is None
    known: dict[str, Any] = {"_local": {"place": list(place)}}
    check_place("shop", one, known)
    check_place("shop", None, known)
    check_place("shop", other, {"_local": {}})
    with pytest.raises(
        PipelineConfigMissing, match=r"pipeline shop: it loads into .*one\.duckdb, but .*other\.duckdb"
    ) as caught:
        check_place("shop", other, known)
    assert "DESTINATION__DUCKDB__CREDENTIALS" in str(caught.value) and caught.value.config_elem == "destination"


def test_one_relative_path_in_two_folders_is_two_places(tmp_path: Path) -> None:
    """Then the message names the folders."""
    known: dict[str, Any] = {"_local": {"place": ["x", None, "/old/folder"]}}
    here = place_of(dlt.destinations.duckdb("shop.duckdb"), "shop")
    assert here is not None
    known["_local"]["place"][1] = here.location
    with pytest.raises(PipelineConfigMissing, match=f"of the folder /old/folder, but .* of the folder {tmp_path}"):
        check_place("shop", dlt.destinations.duckdb("shop.duckdb"), known)


def test_a_destination_whose_credentials_are_missing_has_no_place() -> None:
    """Extract needs none, and load tells what is missing."""
    assert place_of(dlt.destinations.postgres(), "shop") is None
    assert Place("a", "b", "c")[0] == "a"
