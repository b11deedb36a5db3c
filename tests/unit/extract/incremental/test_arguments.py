"""A cursor of which signature, configuration and call each set parts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import dlt
from dlt.errors import (
    ConfigFieldMissingException,
    ConfigurationValueError,
    ConfigValueCannotBeCoercedException,
    IncrementalCursorPathMissing,
    IncrementalUnboundError,
)

Cursor = dlt.sources.incremental
SECTION = "SOURCES__TEST_ARGUMENTS__NUMBERS__"


def rows() -> list[dict[str, int]]:
    """Return ten rows; `other` falls as `at` grows."""
    return [{"at": number, "other": 9 - number} for number in range(10)]


@dlt.resource
def numbers(at: Any = Cursor("at", initial_value=1)) -> Iterator[Any]:
    """Yield rows; the cursor is the default."""
    yield rows()


@dlt.resource(name="numbers")
def optional(at: Cursor[int] | None = None) -> Iterator[Any]:
    """Yield rows; the cursor may be left out."""
    yield rows()


@dlt.resource(name="numbers")
def required(at: Cursor[int]) -> Iterator[Any]:
    """Yield rows; the cursor must be passed."""
    yield rows()


@dlt.resource(name="numbers")
def placed(at: Cursor[int] = dlt.config.value) -> Iterator[Any]:
    """Yield rows; the cursor may come from the configuration."""
    yield rows()


def values(data: Any) -> list[int]:
    """Return the cursor values that a resource yields."""
    return [row["at"] for row in data]


CALLS: list[tuple[Callable[[], Any], list[int]]] = [
    (lambda: numbers(), list(range(1, 10))),
    (lambda: numbers(7), [7, 8, 9]),
    (lambda: numbers(at=7), [7, 8, 9]),
    (lambda: numbers(at=0), list(range(10))),
    (lambda: numbers(at=Cursor(initial_value=3, end_value=6)), [3, 4, 5]),
    (lambda: numbers(at=Cursor[int](initial_value=3)), [3, 4, 5, 6, 7, 8, 9]),
    (lambda: numbers(at={"initial_value": 3, "end_value": 6}), [3, 4, 5]),
    (lambda: numbers(at={"end_value": 4, "range_end": "closed", "range_start": "open"}), [2, 3, 4]),
    (lambda: numbers(at=Cursor("other", end_value=3)), [7, 8]),
    (lambda: numbers(at=Cursor(end_value=3, last_value_func=min, initial_value=6)), [4, 5, 6]),
    (lambda: numbers(at=Cursor()), list(range(1, 10))),
    (lambda: optional(), list(range(10))),
    (lambda: optional(at=None), list(range(10))),
    (lambda: optional(at=Cursor("at", initial_value=8)), [8, 9]),
    (lambda: optional(at={"cursor_path": "at", "initial_value": 8}), [8, 9]),
    (lambda: required(Cursor("at", initial_value=8)), [8, 9]),
    (lambda: dlt.resource(rows(), name="r", incremental={"cursor_path": "at", "initial_value": 8}), [8, 9]),
    (lambda: dlt.resource(rows(), name="r", incremental=Cursor("at", initial_value=8)), [8, 9]),
    (lambda: dlt.resource(rows(), name="r").apply_hints(incremental={"cursor_path": "other", "end_value": 2}), [8, 9]),
    (lambda: numbers().apply_hints(incremental=Cursor("other", initial_value=8)), [0, 1]),
    (lambda: numbers(at=3).apply_hints(incremental=Cursor("other", initial_value=8)), [0, 1]),
    (lambda: numbers(at=3).apply_hints(incremental=Cursor(end_value=5)), [3, 4]),
    (lambda: dlt.resource(rows(), name="r").add_step(Cursor("at", initial_value=7)), [7, 8, 9]),
    (lambda: dlt.resource(rows(), name="r").add_map(Cursor("at", initial_value=7)), [7, 8, 9]),
    (lambda: dlt.resource(rows(), name="r").add_filter(Cursor("at", initial_value=7)), [7, 8, 9]),
    (lambda: dlt.resource(rows(), name="r") | Cursor("at", initial_value=7), [7, 8, 9]),
]


@pytest.mark.parametrize(("make", "expected"), CALLS)
def test_the_call_is_merged_into_the_signature(make: Callable[[], Any], expected: list[int]) -> None:
    """A start value, a dict and an incremental set what they name, and leave the rest as the signature has it."""
    assert values(make()) == expected


def test_a_transformer_and_a_source_take_a_start_value() -> None:
    """What holds for a resource holds for a transformer, and for a source that hands its cursor on."""

    @dlt.transformer
    def kept(item: Any, at: Any = Cursor("at", initial_value=4)) -> Any:
        yield item

    @dlt.source
    def shop(at: Any = Cursor("at", initial_value=2)) -> Any:
        return dlt.resource(rows(), name="orders", incremental=at)

    assert values(dlt.resource(rows(), name="all") | kept(at=7)) == [7, 8, 9]
    assert values(shop(at=8)) == [8, 9] and values(shop()) == list(range(2, 10))
    assert values(shop(at={"end_value": 4})) == [2, 3]


def test_what_the_other_one_does_not_set_stays() -> None:
    """Only settings that were passed are merged, those that equal a default included."""
    one = Cursor("at", 1, lag=2, row_order="asc", primary_key="id", range_start="open", last_value_func=min)
    made = one.merge(Cursor(lag=0, on_cursor_value_missing="include"))
    assert (made.cursor_path, made.lag, made.range_start, made.last_value_func) == ("at", 0, "open", min)
    made = one.merge(Cursor("b", range_start="closed", last_value_func=max, primary_key=()))
    assert (made.cursor_path, made.range_start, made.last_value_func, made.primary_key) == ("b", "closed", max, ())
    again = Cursor("c", end_value=9).merge(made.copy())
    assert (again.last_value_func, again.row_order, again.end_value) == (max, "asc", 9)


def test_none_needs_an_optional_parameter() -> None:
    """Nobody loads everything by passing None where the signature does not allow it."""
    with pytest.raises(ConfigFieldMissingException, match="at=None was passed, but the parameter is not optional"):
        list(numbers(at=None))


def test_a_start_value_without_a_cursor() -> None:
    """A value cannot be a start where no path of a cursor is known."""
    with pytest.raises(IncrementalCursorPathMissing, match="has no cursor_path"):
        list(required(at=5))
    with pytest.raises(ConfigFieldMissingException, match=f"{SECTION}AT__CURSOR_PATH"):
        list(required())


FROM_CONFIGURATION: list[tuple[Callable[[], Any], dict[str, str], list[int]]] = [
    (numbers, {"AT__INITIAL_VALUE": "8"}, [8, 9]),
    (numbers, {"AT__END_VALUE": "3"}, [1, 2]),
    (numbers, {"AT": '{"initial_value": 8}'}, [8, 9]),
    (numbers, {"AT": "8"}, [8, 9]),
    (numbers, {"AT": "other"}, [0, 1, 2, 3, 4, 5, 6, 7, 8]),
    (numbers, {"AT__CURSOR_PATH": "other", "AT__LAST_VALUE_FUNC": "min"}, [8, 9]),
    (numbers, {"AT": '{"initial_value": 8}', "AT__INITIAL_VALUE": "9"}, [9]),
    (lambda: numbers(at=5), {"AT__INITIAL_VALUE": "8", "AT__END_VALUE": "7"}, [5, 6]),
    (lambda: numbers(at=Cursor(initial_value=5)), {"AT__INITIAL_VALUE": "8"}, [5, 6, 7, 8, 9]),
    (optional, {"AT__CURSOR_PATH": "at", "AT__INITIAL_VALUE": "8"}, [8, 9]),
    (required, {"AT__CURSOR_PATH": "at", "AT__INITIAL_VALUE": "8"}, [8, 9]),
    (placed, {"AT": '{"cursor_path": "at", "initial_value": 8}'}, [8, 9]),
    (lambda: placed(at=Cursor("other", initial_value=8)), {"AT__END_VALUE": "9"}, [1]),
]


@pytest.mark.parametrize(("make", "variables", "expected"), FROM_CONFIGURATION)
def test_settings_from_the_configuration(
    make: Callable[[], Any], variables: dict[str, str], expected: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The argument's own section sets one setting or all; the call comes before it."""
    for name, value in variables.items():
        monkeypatch.setenv(SECTION + name, value)
    assert values(make()) == expected


def test_settings_from_a_file_keep_their_types(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table of config.toml sets a cursor; the type hint says what text means; a wrong key is named."""

    @dlt.resource
    def days(day: Cursor[dt.date] = Cursor("day")) -> Iterator[Any]:
        assert day.start_value == dt.date(2024, 2, 2)
        yield [{"at": number, "day": dt.date(2024, 2, number)} for number in range(1, 4)]

    monkeypatch.chdir(tmp_path)
    file = tmp_path / ".dlt" / "config.toml"
    file.parent.mkdir()
    file.write_text('[sources.test_arguments.days.day]\ninitial_value = "2024-02-02"\nprimary_key = ["at"]\n')
    assert values(days()) == [2, 3]
    file.write_text('[sources.test_arguments.days.day]\ninitial_value = "yesterday"\n')
    with pytest.raises(ConfigValueCannotBeCoercedException, match=r"day\.initial_value: 'yesterday' is not date"):
        list(days())
    file.write_text('[sources.test_arguments.days.day]\ninital_value = "2024-02-02"\n')
    with pytest.raises(
        ConfigurationValueError, match="'inital_value' is no setting of a cursor, did you mean 'initial"
    ):
        list(days())


@pytest.mark.parametrize("name", ["updated", "path", "name", "user", "home", "lang", "_", "tz"])
def test_a_bare_variable_is_no_cursor(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable with the name of the argument, which somebody set for another purpose, replaces nothing."""
    space: dict[str, Any] = {"dlt": dlt, "rows": rows}
    exec(f"def orders({name}=dlt.sources.incremental('at', initial_value=8)):\n    yield rows()", space)
    for value in ("other", "/usr/bin:/bin", "5"):
        monkeypatch.setenv(name.upper(), value)
        assert values(dlt.resource(space["orders"])()) == [8, 9]
        assert values(dlt.resource(space["orders"])(**{name: 9})) == [9]


def test_a_resource_has_one_cursor() -> None:
    """A second incremental keeps no values, so reading its last value is an error and not its start for ever."""

    @dlt.resource
    def both(at: Any = Cursor("at", initial_value=8), other: Any = Cursor("other", initial_value=5)) -> Iterator[Any]:
        with pytest.raises(IncrementalUnboundError, match="that of the parameter 'at'"):
            print(other.last_value)
        assert other.initial_value == 6
        yield rows()

    assert values(both(other=6)) == [8, 9]


def test_a_parameter_comes_before_the_decorator() -> None:
    """A cursor that the parameter itself has counts; what a call passes, or is set later, comes before both."""

    @dlt.resource(incremental=Cursor("at", initial_value=3))
    def some(at: Cursor[int] = Cursor("at", initial_value=7)) -> Iterator[Any]:
        yield rows()

    @dlt.resource(incremental=Cursor("at", initial_value=3))
    def waiting(at: Cursor[int] | None = None) -> Iterator[Any]:
        yield rows()

    def first(resource: Any) -> int:
        return next(iter(resource))["at"]

    later = some()
    later.apply_hints(incremental=Cursor("at", initial_value=5))
    assert (first(some()), first(later), first(some(at=9)), first(waiting())) == (7, 5, 9, 3)


def test_settings_of_a_call_hold_for_one_run(tmp_path: Path) -> None:
    """The state goes on from run to run whatever a call sets; a backfill leaves it as it was."""
    starts: list[Any] = []

    @dlt.resource
    def moving(at: Any = Cursor("at", initial_value=2, lag=2)) -> Iterator[Any]:
        starts.append((at.start_value, at.end_value))
        yield rows()

    pipeline = dlt.pipeline(
        "moving", destination=dlt.destinations.duckdb(str(tmp_path / "x.duckdb")), pipelines_dir=str(tmp_path)
    )
    for data in (moving(), moving(at=Cursor(lag=0)), moving(at=Cursor(initial_value=3, end_value=6)), moving(at=4)):
        pipeline.run(data)
    assert starts == [(2, None), (9, None), (3, 6), (7, None)]


def test_a_lag_does_not_move_the_start_of_an_own_function(tmp_path: Path) -> None:
    """With a last_value_func of the user's own the lag has no effect, so rows at the start come once all the same."""

    @dlt.resource(primary_key="at")
    def latest(at: Any = Cursor("at", lag=5, last_value_func=lambda values: max(values))) -> Iterator[Any]:
        yield rows()

    pipeline = dlt.pipeline(
        "latest", destination=dlt.destinations.duckdb(str(tmp_path / "x.duckdb")), pipelines_dir=str(tmp_path)
    )
    pipeline.run(latest())
    pipeline.run(latest())
    assert pipeline.dataset().row_counts().fetchall() == [("latest", 10)]


def test_a_cursor_from_the_configuration_keeps_the_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A resource that loads incrementally because the configuration says so does not empty its table on a quiet day."""

    @dlt.resource(write_disposition="replace")
    def kept(at: Cursor[int] | None = None) -> Iterator[Any]:
        yield rows()

    monkeypatch.setenv("SOURCES__TEST_ARGUMENTS__KEPT__AT__CURSOR_PATH", "at")
    destination = dlt.destinations.duckdb(str(tmp_path / "x.duckdb"))
    pipeline = dlt.pipeline("kept", destination=destination, pipelines_dir=str(tmp_path))
    pipeline.run(kept())
    pipeline.run(kept())
    assert pipeline.dataset().row_counts().fetchall() == [("kept", 10)]
