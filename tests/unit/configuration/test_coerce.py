"""Text as the types that programs ask for."""

from __future__ import annotations

import datetime
import decimal
import enum
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NewType, Union

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt.configuration import TSecretStrValue
from dlt.configuration.coerce import coerce
from dlt.errors import ConfigValueCannotBeCoercedException

UTC = datetime.timezone.utc


class Color(enum.Enum):
    """A choice."""

    RED = "red"


class Size(str, enum.Enum):
    """A choice that is text too."""

    LARGE = "large"


Shop = NewType("Shop", str)
GOOD: list[tuple[Any, Any, Any]] = [
    ("text", Any, "text"),
    ("yes", bool, True),
    ("Off", bool, False),
    (" 12 ", int, 12),
    (3.0, int, 3),
    ("1e3", float, 1000.0),
    ("1.10", decimal.Decimal, decimal.Decimal("1.10")),
    (5, str, "5"),
    (True, str, "true"),
    ("aGk=", bytes, b"hi"),
    ("0x6869", bytes, b"hi"),
    ("2024-02-29T10:00:00Z", datetime.datetime, datetime.datetime(2024, 2, 29, 10, tzinfo=UTC)),
    ("2024-02-29", datetime.datetime, datetime.datetime(2024, 2, 29, tzinfo=UTC)),
    (datetime.date(2024, 2, 29), datetime.datetime, datetime.datetime(2024, 2, 29, tzinfo=UTC)),
    (0, datetime.datetime, datetime.datetime(1970, 1, 1, tzinfo=UTC)),
    ("2024-02-29", datetime.date, datetime.date(2024, 2, 29)),
    ("10:30", datetime.time, datetime.time(10, 30)),
    ("[1, 2]", list[int], [1, 2]),
    ("a, b", list[str], ["a", "b"]),
    (["1"], Sequence[int], [1]),
    ('{"a": 1}', dict[str, Any], {"a": 1}),
    ('{"a": 1}', Mapping[str, int], {"a": 1}),
    ('{"a": "1"}', dict[str, int], {"a": 1}),
    ('[1, "a"]', tuple[int, str], (1, "a")),
    ("1,2", tuple[int, ...], (1, 2)),
    ("", int | None, None),
    ("", str | None, ""),
    ("append", Literal["append", "merge"], "append"),
    ("2", Literal[1, 2], 2),
    ("7", Union[int, None], 7),
    ("large", Size, Size.LARGE),
    (None, int | None, None),
    ("7", Union[int, str], "7"),
    ("seven", int | str, "seven"),
    ('["a"]', Union[str, list[str]], '["a"]'),
    ("pw", TSecretStrValue, "pw"),
    ("red", Color, Color.RED),
    ("north", Shop, "north"),
    ("/data", Path, Path("/data")),
]
BAD: list[tuple[Any, Any]] = [
    ("maybe", bool),
    ("1.5", int),
    (1.5, int),
    (True, int),
    ("one", float),
    ("one", decimal.Decimal),
    ({"a": 1}, str),
    ("tomorrow", datetime.datetime),
    ("[1]", dict),
    ("{", dict),
    ("[1, x]", list[int]),
    ("[1]", tuple[int, str]),
    ("", int),
    (5, list[int]),
    ("upsert", Literal["append", "merge"]),
    ("seven", int | float),
    ("blue", Color),
    ("text", Exception),
]


@pytest.mark.parametrize(("value", "hint", "expected"), GOOD, ids=str)
def test_values_that_fit(value: Any, hint: Any, expected: Any) -> None:
    """Injected values become what the type hint says."""
    found = coerce(value, hint, "key")
    assert found == expected and type(found) is type(expected)


@pytest.mark.parametrize(("value", "hint"), BAD, ids=str)
def test_values_that_do_not_fit(value: Any, hint: Any) -> None:
    """The message names the key; the value of a secret is not shown."""
    with pytest.raises(ConfigValueCannotBeCoercedException, match=r"^key: "):
        coerce(value, hint, "key")
    with pytest.raises(ConfigValueCannotBeCoercedException, match=r"^key: a value of type") as caught:
        coerce(value, hint, "key", secret=True)
    assert caught.value.__cause__ is None


@given(st.text(), st.sampled_from([bool, int, float, dict, list[int], datetime.datetime, bytes, decimal.Decimal]))
def test_any_text_is_taken_or_refused(text: str, hint: Any) -> None:
    """No text ends in another error."""
    named = "key"
    try:
        coerce(text, hint, "key")
    except ConfigValueCannotBeCoercedException as error:
        named = error.field_name
    assert named == "key"
