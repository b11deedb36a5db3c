"""Functions on type hints tell what they tell in PyPI `dlt` 1.x."""

from __future__ import annotations

import collections.abc
from types import SimpleNamespace
from typing import (
    Annotated,
    Any,
    ClassVar,
    Final,
    ForwardRef,
    Generic,
    Literal,
    NewType,
    Optional,
    TypeVar,
    Union,
)

import pytest
from typing_extensions import TypedDict

from dlt.common import typing as t
from dlt.common.wei import Wei

T = TypeVar("T")
Text = NewType("Text", str)
Maybe = NewType("Maybe", str | None)  # type: ignore[valid-newtype]  # programs write it
Letter = NewType("Letter", Literal["a"])  # type: ignore[valid-newtype]  # programs write it


class Shape(TypedDict):
    """A dict."""

    a: str


class Box(Generic[T]):
    """A generic class."""


class IntBox(Box[int]):
    """One of it."""


class Called:
    """Objects that are called."""

    def __call__(self) -> None:
        """Do nothing."""


KINDS: dict[str, tuple[list[Any], list[Any]]] = {
    "is_optional_type": (
        [Optional[str], str | None, ClassVar[str | None], Annotated[str | None, "x"], Maybe, Optional[Text]],
        [str, Union[str, int], Text, Annotated[Union[str, int], None], None],
    ),
    "is_union_type": ([Optional[str], str | int, Annotated[str | None, 1]], [str, list[str], Maybe]),
    "is_literal_type": (
        [Literal["a"], Final[Literal[1]], Optional[Literal["a"]], Annotated[Literal["a"], 1], Letter],
        ["a", str, Union[Literal["a"], int], list[Literal["a"]]],
    ),
    "is_newtype_type": ([Text, Optional[Text], ClassVar[Text], Letter], [str, 1, T, list[Text]]),
    "is_list_generic_type": (
        [list[str], list[str], collections.abc.Sequence[str], tuple[int, ...]],
        [list, str, set[str], Optional[list[str]], dict[str, int]],
    ),
    "is_dict_generic_type": ([dict[str, int], collections.abc.MutableMapping[str, str]], [dict, Shape, list[str]]),
    "is_set_generic_type": ([set[str], frozenset[int]], [set, list[str]]),
    "is_typeddict": ([Shape], [dict, dict[str, str], Optional[Shape]]),
    "is_annotated": ([Annotated[str, 1]], [str, Optional[Annotated[str, 1]]]),
    "is_final_type": ([Final[str]], [str]),
    "is_any_type": ([Any], [object, str]),
    "is_callable_type": (
        [Called, collections.abc.Callable[[int], str], t.Callable, lambda: None],
        [Box, "a", Text, Optional[Called], print],
    ),
}


@pytest.mark.parametrize("name", KINDS)
def test_kinds_of_hints(name: str) -> None:
    """Those that are of a kind, and those that are not."""
    positive, negative = KINDS[name]
    tell = getattr(t, name)
    assert [hint for hint in positive if not tell(hint)] == []
    assert [hint for hint in negative if tell(hint)] == []


@pytest.mark.parametrize(
    ("hint", "inner"),
    [
        (str, str),
        (1, 1),
        (Optional[str], str),
        (Union[str, int], Union[str, int]),
        (Union[str, int, None], str),
        (Text, str),
        (Maybe, str),
        (Literal[1, 2], int),
        (Final[Annotated[str | None, None]], str),
        (Optional[Annotated[Text, 1]], str),
        (list[str], list[str]),
        (Shape, Shape),
        (Optional[list[Text]], list[Text]),
    ],
)
def test_the_type_inside(hint: Any, inner: Any) -> None:
    """Of modifiers, unions with None, NewTypes and Literals."""
    assert t.extract_inner_type(hint) == inner


def test_what_is_preserved() -> None:
    """If a program asks for it."""
    assert t.extract_inner_type(Optional[Text], preserve_new_types=True) is Text
    assert t.extract_inner_type(Optional[Literal[1]], preserve_literal=True) == Literal[1]
    assert t.extract_inner_type(Optional[Annotated[str, 1]], preserve_annotated=True) == Annotated[str, 1]
    assert t.annotation_metadata(Optional[Annotated[str, "a", 1]]) == ("a", 1) and t.annotation_metadata(str) == ()
    assert t.extract_union_types(Optional[str]) == [str, type(None)]
    assert t.extract_union_types(Optional[str], no_none=True) == [str]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (list, collections.abc.Sequence[str], True),
        (IntBox, Box[str], True),
        (Box[int], Box[str], True),
        (bool, int, True),
        (list, Optional[list], False),
        (Literal["a"], Literal["a"], False),
        (list, Text, False),
        (None, Box, False),
        ("a", str, False),
    ],
)
def test_subclasses(one: Any, other: Any, expected: bool) -> None:
    """Of classes and generic types by their class."""
    assert t.is_subclass(one, other) is expected


def test_types_of_a_class_in_a_union() -> None:
    """And those above it."""
    assert t.get_all_types_of_class_in_union(Union[Box[int], IntBox, str], Box) == [Box[int], IntBox]
    assert t.get_all_types_of_class_in_union(Union[Box[int], str], IntBox) == []
    assert t.get_all_types_of_class_in_union(Union[Box[int], str], IntBox, with_superclass=True) == [Box[int]]
    assert t.get_all_types_of_class_in_union(str, str) == []


def test_literals() -> None:
    """Their values, and more of them."""
    colours: Any = Literal["red"]
    for value in ("green", "red", "blue"):
        t.add_value_to_literal(colours, value)
    assert t.get_literal_args(colours) == ["red", "green", "blue"]
    with pytest.raises(ValueError, match="is not a Literal"):
        t.get_literal_args(str)


def test_names_and_places() -> None:
    """Of types, and of what their hints are looked up in."""
    assert [t.get_type_name(hint) for hint in (str, Text, Box[int], 1)] == ["str", "Text", "Box", "1"]
    for found in (test_literals, Box, Box()):
        assert t.get_type_globals(found)["Box"] is Box
    assert t.get_type_globals(None)["len"] is len and t.get_type_globals(SimpleNamespace(__module__=None)) == {}
    assert t.resolve_single_annotation("Box[int]", globalns={"Box": Box}) == Box[int]
    assert t.resolve_single_annotation(ForwardRef("int")) is int and t.resolve_single_annotation(str) is str
    assert t.resolve_single_annotation("nope") == "nope"
    with pytest.raises(NameError):
        t.resolve_single_annotation("nope", raise_on_error=True)


def test_the_argument_of_a_generic_class() -> None:
    """As an object of it was made; of a sample where it was made with Any."""
    assert t.get_generic_type_argument_from_instance(Box[int]()) is int
    assert t.get_generic_type_argument_from_instance(SimpleNamespace(__orig_class__=Optional[Box[Any]]), 1) is int
    assert t.get_generic_type_argument_from_instance(Box()) is Any


def test_values_that_are_stored_as_others() -> None:
    """Amounts of Ethereum are such."""
    assert issubclass(Wei, t.SupportsVariant) and isinstance(Wei(1), t.SupportsVariant)
    assert t.TTimeInterval(1, 2).end == 2  # type: ignore[arg-type]  # a tuple of any two
