"""What a call of a resource does: it names it, gives it a cursor, or returns the resource itself."""

from __future__ import annotations

from typing import Any, Optional

import pytest

import dlt
from dlt.errors import (
    ConfigFieldMissingException,
    CreatePipeException,
    InvalidResourceDataTypeMultiplePipes,
    InvalidResourceReturnsResource,
    InvalidTransformerGeneratorFunction,
    ParametrizedResourceUnbound,
    ResourceExtractionError,
    ResourcesNotFoundError,
)
from dlt.extract import DltResource
from dlt.extract.incremental import Incremental

ROWS = [{"at": n} for n in range(6)]


def later(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row whose cursor is one further."""
    return {**row, "at": row["at"] + 1}


@dlt.resource
def rows(at: Any = dlt.sources.incremental("at")) -> Any:
    """Yield rows of a cursor."""
    yield ROWS


def test_steps_that_are_added_change_rows_before_the_cursor_sees_them() -> None:
    """However the cursor came; insert_at puts a step behind it."""
    assert [row["at"] for row in rows(3).add_map(later)] == [3, 4, 5, 6]
    assert [row["at"] for row in rows(3).add_map(later, insert_at=1)] == [3, 4, 5, 6]
    assert [row["at"] for row in rows(3).add_map(later, insert_at=2)] == [4, 5, 6]
    hinted = dlt.resource(ROWS, name="hinted", incremental=dlt.sources.incremental("at", 3))
    assert [row["at"] for row in hinted.add_map(later)] == [3, 4, 5, 6]
    stepped = dlt.resource(ROWS, name="stepped").add_step(dlt.sources.incremental("at", 3))
    assert [row["at"] for row in stepped.add_map(later)] == [3, 4, 5, 6]


def test_a_cursor_without_value_gets_one_from_a_step() -> None:
    """The step stands before the cursor without being put there."""
    made = rows().add_map(lambda row: {"at": row["at"] or 9}, insert_at=1)
    assert len(list(made)) == 6


def test_a_step_before_the_head_changes_what_a_transformer_gets() -> None:
    """A resource that takes no items has nothing there."""

    @dlt.transformer
    def twice(letter: str) -> Any:
        yield letter.upper()
        yield letter.upper()

    letters = dlt.resource(["A", "b", "C"], name="letters")
    assert list(letters | twice().add_filter(str.isupper, insert_at=0)) == ["A", "A", "C", "C"]
    assert list(letters | twice().add_filter(str.isupper)) == ["A", "A", "B", "B", "C", "C"]
    with pytest.raises(CreatePipeException, match="Resource 'letters': insert_at=0"):
        letters.add_map(str.upper, insert_at=0)


def test_a_cursor_of_the_call_comes_before_that_of_the_decorator() -> None:
    """That of the parameter too; one that is set later comes before all."""

    @dlt.resource(incremental=dlt.sources.incremental("at", 5))
    def some(at: Any = dlt.sources.incremental("at", 3)) -> Any:
        yield ROWS

    assert len(list(some())) == 3
    assert len(list(some(dlt.sources.incremental(initial_value=1)))) == 5
    made = some(dlt.sources.incremental(initial_value=1))
    made.apply_hints(incremental=dlt.sources.incremental("at", 4))
    assert len(list(made)) == 2


def test_a_function_whose_cursor_is_taken_away_gets_one_without_values() -> None:
    """By None in the call, or by a hint; it asks for start_value without looking whether there is a cursor."""
    seen: list[Any] = []

    @dlt.resource
    def some(at: Optional[Incremental[int]] = dlt.sources.incremental("at", 3)) -> Any:  # noqa: UP045 - as users write
        assert at is not None
        seen.append((at.start_value, at.last_value, at.incremental))
        yield ROWS

    emptied = some()
    emptied.apply_hints(incremental=Incremental.EMPTY)
    assert len(list(some(at=None))) == len(list(emptied)) == 6
    assert seen == [(None, None, None)] * 2
    assert emptied.incremental is not None and emptied.incremental.incremental is None
    assert len(list(some())) == 3


def test_the_incremental_of_a_resource_is_the_one_that_will_be_used() -> None:
    """With the key of the resource; one without a path where the function awaits a cursor, None where it does not."""
    made = rows(3)
    made.apply_hints(primary_key="id")
    found = made.incremental
    assert found is not None and found.incremental is found
    assert (found.initial_value, found.primary_key) == (3, "id")

    @dlt.resource
    def awaiting(at: Optional[Incremental[int]] = None) -> Any:  # noqa: UP045 - as users write
        yield ROWS

    assert awaiting.incremental is not None and awaiting.incremental.incremental is None
    assert dlt.resource(ROWS, name="plain").incremental is None


def test_a_resource_is_named_by_its_arguments() -> None:
    """Its section too; until it is called it has the name of its function."""

    @dlt.resource(name=lambda args: f"{args['table']}_{args['part']}", section=lambda args: args["table"])
    def some(table: str, part: int = 1) -> Any:
        yield {"n": part}

    assert (some.name, some("users").name, some("users", part=2).name) == ("some", "users_1", "users_2")
    assert some("users").section == "users" and some("users").compute_table_schema()["name"] == "users_1"

    @dlt.transformer(name=lambda args: args["table"])
    def other(item: int, table: str) -> Any:
        yield item

    assert other("orders").name == "orders" and list(dlt.resource([1], name="one") | other("orders")) == [1]


def test_a_name_by_arguments_is_that_of_the_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy with another name is configured by it too, unless it was called before."""

    @dlt.resource(name=lambda args: args["table"])
    def some(table: str, n: int = dlt.config.value) -> Any:
        yield n

    monkeypatch.setenv("SOURCES__TEST_CALLS__USERS__N", "3")
    monkeypatch.setenv("SOURCES__TEST_CALLS__OTHERS__N", "4")
    assert list(some("users")) == [3]
    assert list(some.with_name("others")("users")) == [4]
    assert list(some("users").with_name("others")) == [3]


def test_a_function_that_says_so_returns_the_resource_itself() -> None:
    """With its name and its hints; those of the decorator stay where it has none."""

    @dlt.resource(primary_key="id", write_disposition="merge")
    def some(name: str) -> DltResource:
        return dlt.resource([1, 2], name=name, primary_key="value")

    made = some("returned")
    table = made.compute_table_schema()
    assert made.name == "returned" and list(made) == [1, 2]
    assert list(table["columns"]) == ["value"] and table["write_disposition"] == "merge"

    @dlt.resource
    def wrong() -> DltResource:
        return [1]  # type: ignore[return-value] # what a program gets wrong

    with pytest.raises(InvalidResourceReturnsResource, match=r"Resource 'wrong'.*returned list"):
        wrong()


def test_the_items_of_a_returned_resource_are_those_of_the_one_that_returns_it() -> None:
    """Where the function was not called by the program, as inside of a source."""

    @dlt.resource
    def inner(n: int) -> Any:
        yield {"n": n}

    @dlt.resource
    def outer() -> Any:
        return inner(5)

    assert list(dlt.source(lambda: outer, name="s")()) == [{"n": 5}]
    with pytest.raises(InvalidResourceReturnsResource, match="-> DltResource"):
        list(outer())


def test_a_resource_that_needs_arguments_says_so() -> None:
    """Unless it was called, or the argument is to be configured: then the configuration is missing."""

    @dlt.resource
    def some(table: str, n: int = 1) -> Any:
        yield n

    with pytest.raises(ParametrizedResourceUnbound, match=r"Resource 'some' takes the arguments \(table") as told:
        list(some)
    assert (told.value.resource_name, told.value.func_name) == ("some", "some")
    assert list(told.value.sig.parameters) == ["table", "n"]
    with pytest.raises(ConfigFieldMissingException):
        list(some())

    @dlt.resource
    def configured(n: int = dlt.config.value) -> Any:
        yield n

    with pytest.raises(ConfigFieldMissingException):
        list(configured)


def test_errors_say_what_failed_as_attributes() -> None:
    """For programs that ask for them."""

    @dlt.resource
    def bad() -> Any:
        yield 1
        raise ValueError("no page")

    with pytest.raises(ResourceExtractionError) as failed:
        list(bad)
    error = failed.value
    assert (error.pipe_name, error.func_name, error.kind, error.msg) == ("bad", "bad", "generator", "no page")

    with pytest.raises(ResourcesNotFoundError) as unknown:
        dlt.source(lambda: bad, name="s")().with_resources("bad", "worse")
    assert unknown.value.not_found_resources == {"worse"}

    functions: list[Any] = [lambda: 1, lambda item, n, /: n, lambda *, item: item]
    for code, function in enumerate(functions, 1):
        with pytest.raises(InvalidTransformerGeneratorFunction) as wrong:
            dlt.transformer(function, name="t")
        assert wrong.value.code == code and wrong.value.resource_name == "t"


def test_a_source_does_not_hide_one_of_two_resources_of_a_name() -> None:
    """One of them would not be loaded."""

    @dlt.resource
    def some(n: int) -> Any:
        yield n

    with pytest.raises(InvalidResourceDataTypeMultiplePipes, match="Source 's' gave two resources of the name 'some'"):
        dlt.source(lambda: (some(1), some(2)), name="s")()
    made = dlt.source(lambda: (some(1), some(2).with_name("other")), name="s")()
    assert list(made) == [1, 2]
