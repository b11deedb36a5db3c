"""Values from code, files and variables as types: specs, unions, collections, and what a message shows."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Generic, Literal, NewType, TypeVar

import pytest

import dlt
from dlt.configuration import TSecretStrValue, configspec
from dlt.configuration.coerce import coerce, takes_table
from dlt.configuration.spec import BaseConfiguration
from dlt.errors import ConfigValueCannotBeCoercedException, InvalidNativeValue

UTC = dt.timezone.utc
Item = TypeVar("Item")
Tag = NewType("Tag", str)
Inner = NewType("Inner", dict)


@configspec
class Shop(BaseConfiguration):
    """A spec."""

    name: str = None  # type: ignore[assignment]
    size: int = 3


class Colour(str, enum.Enum):
    """A choice that is text, and so a sequence of characters."""

    RED = "red"


class Number(enum.IntEnum):
    """A choice that is a number."""

    ONE = 1


@pytest.mark.parametrize(
    ("value", "hint", "expected"),
    [
        ({"name": "a"}, Shop, ("a", 3)),
        ({"name": "a", "size": "7", "other": 1}, Shop, ("a", 7)),
        (Shop(name="x"), Shop, ("x", 3)),
        ({"name": "a"}, Shop | None, ("a", 3)),
    ],
    ids=str,
)
def test_a_table_is_a_spec(value: Any, hint: Any, expected: Any) -> None:
    """Fields that it does not know are left out; one that is a spec already stays itself."""
    found = coerce(value, hint, "key")
    assert (found.name, found.size) == expected and (found.is_resolved() or found is value)


@pytest.mark.parametrize("value", [{}, {"size": 1}, {"name": "a", "size": "many"}])
def test_a_table_that_lacks_a_field_is_no_spec(value: Any) -> None:
    """Nor is one with a field of another type."""
    with pytest.raises(ConfigValueCannotBeCoercedException, match=r"^key: "):
        coerce(value, Shop, "key")


@pytest.mark.parametrize(("value", "hint", "expected"), [("7", Shop | int, 7), (7, Shop | float, 7.0)])
def test_a_value_that_a_spec_does_not_read_may_be_another_type_of_the_union(
    value: Any, hint: Any, expected: Any
) -> None:
    """The spec says what it reads where there is no other type."""
    assert coerce(value, hint, "key") == expected
    with pytest.raises(InvalidNativeValue, match="give its fields as a dict: name, size"):
        coerce(value, Shop, "key")


@pytest.mark.parametrize(
    ("value", "hint", "expected"),
    [
        (b"ab", bytes, b"ab"),
        (b"7", int, 7),
        (7, float, 7.0),
        (decimal.Decimal("7"), int, 7),
        (True, bool, True),
        (1, bool, True),
        ("T", bool, True),
        ("n", bool, False),
        (1.5, decimal.Decimal, decimal.Decimal("1.5")),
        (1.5, str, "1.5"),
        (dt.datetime(2024, 1, 2), dt.datetime, dt.datetime(2024, 1, 2)),
        (dt.datetime(2024, 1, 2, 3), dt.date, dt.date(2024, 1, 2)),
        (1.5, dt.datetime, dt.datetime(1970, 1, 1, 0, 0, 1, 500_000, UTC)),
        ("2024-01-02T03:04:05", dt.datetime, dt.datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)),
        (dt.time(3), dt.time, dt.time(3)),
        ("anything", None, "anything"),
        ("anything", type(None), None),
        ("x", Item, "x"),
        ("x", Tag, "x"),
        ({"a": 1}, Inner, {"a": 1}),
        ("7", Annotated[int, "mark"], 7),
        ("7", Annotated[int, "mark"] | None, 7),
        ("", Annotated[str, "mark"] | None, ""),
        ("", Tag | None, None),
        ("red", Colour, Colour.RED),
        (1, Number, Number.ONE),
        (Colour.RED, Colour, Colour.RED),
        (7, int | str, 7),
        ("7", int | str, "7"),
        (7, str | float, "7"),
        ("a,b,,c", list[str], ["a", "b", "c"]),
        ("", list[str], []),
        ("a", list[str], ["a"]),
        (("1", 2), list[int], [1, 2]),
        ("1,2,2", set[int], {1, 2}),
        ("1,2", frozenset[int], frozenset({1, 2})),
        ("1,2", tuple[int, ...], (1, 2)),
        ([1, "a"], tuple, (1, "a")),
        ([1, "a"], list, [1, "a"]),
        ('[[1],["2"]]', list[list[int]], [[1], [2]]),
        ('{"a": ["1"]}', Mapping[str, Sequence[int]], {"a": [1]}),
        (Literal, Literal, Literal),
        (2, Literal["2"], None),
        ("/x", PurePosixPath, PurePosixPath("/x")),
        (Path("/x"), Path, Path("/x")),
    ],
    ids=str,
)
def test_values_become_what_is_asked_for(value: Any, hint: Any, expected: Any) -> None:
    """From text of variables, and from values of files and programs."""
    if hint == Literal["2"]:
        with pytest.raises(ConfigValueCannotBeCoercedException):
            coerce(value, hint, "key")
        return
    found = coerce(value, hint, "key")
    assert found == expected and type(found) is type(expected)


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        (True, float),
        (None, int),
        (None, str | int),
        ([1], int),
        (float("nan"), int),
        (float("inf"), int),
        ([1, 2], str),
        (1e30, dt.datetime),
        (True, dt.datetime),
        ("2024-01-02T03", dt.date),
        ("25:00", dt.time),
        ("not base64!", bytes),
        ("0x686", bytes),
        ("[1,2", list[int]),
        ("1,2", tuple[int, int, int]),
        ("[]", dict),
        ("5", Mapping[str, int]),
        (5, Path),
        ("x", list[int] | dict),
    ],
    ids=str,
)
def test_values_of_another_kind_are_refused(value: Any, hint: Any) -> None:
    """Never with another error."""
    if value is None and hint == (str | int):
        assert coerce(value, hint, "key") == "None"
        return
    with pytest.raises(ConfigValueCannotBeCoercedException) as caught:
        coerce(value, hint, "key")
    assert (caught.value.field_name, caught.value.hint) == ("key", hint)


@pytest.mark.parametrize(
    ("secret", "place", "expected"),
    [
        (False, "", "key: 'x' is not int. It is of type str. Change the value where it is configured."),
        (False, "a in config.toml", "key: 'x' is not int. It is a in config.toml, of type str. Change the value"),
        (True, "", "key: a value of type str is not int. Change the value where it is configured."),
        (True, "a in secrets.toml", "key: a value of type str is not int. It is a in secrets.toml. Change the value"),
    ],
)
def test_a_message_says_where_a_value_stands_and_hides_a_secret(secret: bool, place: str, expected: str) -> None:
    """With its type."""
    with pytest.raises(ConfigValueCannotBeCoercedException) as caught:
        coerce("x", int, "key", secret=secret, place=place)
    assert str(caught.value).startswith(expected)
    assert (caught.value.__cause__ is None) is secret


@pytest.mark.parametrize(
    ("hint", "name"),
    [(list[int], "list[int]"), (int | None, "int | None"), (TSecretStrValue, "str"), (Literal["a"], "Literal['a']")],
)
def test_types_are_named_as_programs_write_them(hint: Any, name: str) -> None:
    """Without marks and modules."""
    with pytest.raises(ConfigValueCannotBeCoercedException, match="is not ") as caught:
        coerce({"a": 1}, hint, "key")
    assert f"is not {name}." in str(caught.value)


@pytest.mark.parametrize(
    ("hint", "expected"),
    [
        (Any, True),
        (None, True),
        (Item, True),
        (object, True),
        (dict, True),
        (dict[str, int], True),
        (Mapping[str, Any], True),
        (Shop, True),
        (Shop | None, True),
        (str | dict, True),
        (Inner, True),
        (dlt.sources.incremental, True),
        (dlt.sources.incremental[int], True),
        (Annotated[dict, "mark"], True),
        (str, False),
        (int | None, False),
        (Tag, False),
        (list[int], False),
        (Literal["a"], False),
        (Colour, False),
        (dt.datetime, False),
    ],
    ids=str,
)
def test_some_types_are_tables(hint: Any, expected: bool) -> None:
    """A section of the name of a value that is none is no value of it."""
    assert takes_table(hint) is expected


class Box(Generic[Item]):
    """A class of the user's own."""


def test_a_value_of_a_class_of_ones_own_stays_itself() -> None:
    """Text is none."""
    box: Box[int] = Box()
    assert coerce(box, Box, "key") is box and coerce(box, Box[int], "key") is box
    with pytest.raises(ConfigValueCannotBeCoercedException, match="is not Box"):
        coerce("x", Box, "key")


class Name(str):
    """A text of the user's own kind."""


class Count(int):
    """A number of the user's own kind."""


def test_a_class_derived_of_text_or_a_number_is_made_of_it() -> None:
    """A text of a class of one's own is no list of letters."""
    name, count = coerce("ada", Name, "key"), coerce("3", Count, "key")
    assert (name, type(name), count, type(count)) == ("ada", Name, 3, Count)
    assert coerce(name, Name, "key") is name and coerce('["a"]', list[Name], "key") == ["a"]
    with pytest.raises(ConfigValueCannotBeCoercedException, match="is not Count"):
        coerce("x", Count, "key")
