"""Classes as columns: what their annotations say of types, and how their models check items."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import uuid
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Generic, Literal, TypeVar, Union

import pytest
from pydantic import BaseModel, ConfigDict, Field, RootModel
from typing_extensions import NotRequired, Required, TypedDict

import dlt
from dlt.errors import DataValidationError, InvalidHint
from dlt.extract.model_fields import is_model, is_model_item
from dlt.extract.models import columns_dict, columns_of
from dlt.extract.validation import PydanticValidator


class Colour(enum.Enum):
    """An enumeration of texts."""

    RED = "red"


class Size(enum.Enum):
    """An enumeration of several types."""

    SMALL = 1
    LARGE = "l"


class Level(enum.IntEnum):
    """An enumeration that is a number."""

    LOW = 1


class Price(RootModel[decimal.Decimal]):
    """A value with a class of its own."""


class Inner(BaseModel):
    """A nested model."""

    a: int = 0


Content = TypeVar("Content")


class Box(BaseModel, Generic[Content]):
    """A model with a parameter."""

    content: Content


class Tree(BaseModel):
    """A model that contains itself."""

    value: int = 0
    children: list[Tree] = []


ANNOTATIONS: list[tuple[Any, str | None, bool]] = [
    (int, "bigint", False),
    (bool, "bool", False),
    (int | None, "bigint", True),
    (float, "double", False),
    (str, "text", False),
    (bytes, "binary", False),
    (decimal.Decimal, "decimal", False),
    (datetime.datetime, "timestamp", False),
    (datetime.date, "date", False),
    (datetime.time, "time", False),
    (uuid.UUID, "text", False),
    (Colour, "text", False),
    (Level, "bigint", False),
    (Size, "text", False),
    (Literal["a", "b"], "text", False),
    (Literal[1, None], "bigint", True),
    (int | str, None, False),
    (int | str | None, None, True),
    (Annotated[int, Field(gt=0)], "bigint", False),
    (Annotated[int | None, Field()], "bigint", True),
    (list[int], "json", False),
    (dict[str, Any] | None, "json", True),
    (Mapping[str, int], "json", False),
    (Sequence[int], "json", False),
    (set[int], "json", False),
    (Inner, "json", False),
    (list[Inner] | None, "json", True),
    (Any, None, True),
    (object, None, False),
]


@pytest.mark.parametrize(("annotation", "data_type", "nullable"), ANNOTATIONS)
def test_annotations_are_types_of_columns(annotation: Any, data_type: str | None, nullable: bool) -> None:
    """The same of a dataclass, a TypedDict and a model; where several types may come, the data says which."""
    made = [
        dataclasses.make_dataclass("D", [("field", annotation)]),
        TypedDict("D", {"field": annotation}),  # type: ignore[operator] # made of values
    ]
    expected: dict[str, Any] = {"name": "field", "nullable": nullable}
    if data_type is not None:
        expected["data_type"] = data_type
    for kind in made:
        assert columns_of(kind) == {"field": expected}


def test_fields_that_may_be_left_out_are_nullable() -> None:
    """By NotRequired, by a class whose fields are all optional, and not where Required says otherwise."""

    class Loose(TypedDict, total=False):
        a: int
        b: Required[int]

    class Strict(TypedDict):
        a: NotRequired[int]
        b: int

    for kind in (Loose, Strict):
        found = columns_of(kind)
        assert (found["a"]["nullable"], found["b"]["nullable"]) == (True, False)


def test_columns_have_the_names_that_items_have() -> None:
    """An alias is the key of the data; documents may be left to the data altogether."""

    class Order(BaseModel):
        order_id: int = Field(alias="orderId")
        lines: list[int] = []
        dlt_config: ClassVar[dict[str, Any]] = {"skip_nested_types": True}

    assert list(columns_dict(Order)) == ["orderId"]


@pytest.mark.parametrize(
    ("columns", "advice"),
    [
        ([{"data_type": "text"}], "Each is a dict with 'name'"),
        (["id"], "Each is a dict with 'name'"),
        ("id", "found str as columns. Give a dict by name"),
        (3, "found int as columns"),
        ({"id": "text"}, "Give a dict of hints, such as {'data_type': 'text'}"),
    ],
)
def test_what_is_no_declaration_of_columns(columns: Any, advice: str) -> None:
    """The message says what would be one."""
    with pytest.raises(InvalidHint) as caught:
        columns_dict(columns)
    assert advice in str(caught.value)


def test_what_is_a_model() -> None:
    """A class and its instances; nothing else, also not a class with fields of another kind."""
    assert is_model(Inner) and is_model(Price) and not is_model(Inner()) and not is_model(int)
    assert is_model_item(Inner()) and not is_model_item(Inner) and not is_model_item({"a": 1})


def check(model: type[BaseModel], columns: str, data_type: str = "freeze", explicit: bool = True) -> Any:
    """Return the check of one item."""
    return PydanticValidator(model, columns, data_type, "t", explicit)


class Outer(BaseModel):
    """A model with models in all kinds of annotations."""

    plain: Inner = Inner()
    listed: list[Inner] = []
    mapped: dict[str, Inner] = {}
    maybe: Inner | None = None
    chosen: Inner | Price | None = None
    marked: Annotated[list[Inner], Field()] = []
    boxed: Box[Inner] | None = None
    tree: Tree | None = None


MORE: list[dict[str, Any]] = [
    {"plain": {"a": 1, "more": 2}},
    {"listed": [{"a": 1, "more": 2}]},
    {"mapped": {"k": {"a": 1, "more": 2}}},
    {"maybe": {"a": 1, "more": 2}},
    {"marked": [{"a": 1, "more": 2}]},
    {"boxed": {"content": {"a": 1, "more": 2}}},
    {"tree": {"children": [{"value": 1, "more": 2}]}},
    {"more": 2},
]


@pytest.mark.parametrize("item", MORE)
def test_other_fields_follow_the_contract_wherever_the_model_stands(item: dict[str, Any]) -> None:
    """In lists, dicts, unions and annotations, in models with parameters and in those that contain themselves."""
    assert "'more': 2" in str(check(Outer, "evolve")(item))
    assert "more" not in str(check(Outer, "discard_value")(item))
    assert check(Outer, "discard_row")(item) is None
    with pytest.raises(DataValidationError, match=r"column '.*more': Extra inputs are not permitted \(model Outer\)"):
        check(Outer, "freeze")(item)


def test_a_value_with_a_class_of_its_own_has_no_fields() -> None:
    """It is checked as the value that it is."""
    assert check(Outer, "freeze")({"chosen": "1.5"})["chosen"] == decimal.Decimal("1.5")


def test_a_model_that_says_what_it_takes_is_asked_unless_the_user_says_otherwise() -> None:
    """A nested model's own setting holds against the model above it, and not against the contract of the user."""

    class Own(BaseModel):
        model_config = ConfigDict(extra="allow")
        a: int

    class Above(BaseModel):
        own: Own

    item = {"own": {"a": 1, "more": 2}}
    assert check(Above, "discard_value", explicit=False)(item) == item
    assert check(Above, "discard_value")(item) == {"own": {"a": 1}}


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")  # of a model that was made without a check
@pytest.mark.parametrize(
    ("mode", "found"),
    [("evolve", {"a": "x"}), ("discard_row", None), ("discard_value", {})],
)
def test_values_that_do_not_fit(mode: str, found: Any) -> None:
    """They pass as they are for a variant, or the row or the field goes; an item may be a model as well."""
    assert check(Inner, "evolve", mode)({"a": "x"}) == found
    wrong = Inner.model_construct(a="x")
    assert check(Inner, "evolve", mode)(wrong) == (None if mode == "discard_value" else found)


def test_models_are_kept_where_they_are_wanted() -> None:
    """`return_validated_models`: steps that come later see the model and not a dict."""

    class Kept(BaseModel):
        a: int
        dlt_config: ClassVar[dict[str, Any]] = {"return_validated_models": True}

    assert isinstance(check(Kept, "evolve")({"a": "1"}), Kept)


def test_a_contract_that_comes_after_the_model_counts() -> None:
    """Hints that bring a contract alone have the items checked by it; one that goes leaves that of the model."""

    class User(BaseModel):
        a: int

    rows = [{"a": 1}, {"a": 2, "more": 3}, {"a": "x"}]
    made = dlt.resource(rows, name="users", columns=User)
    made.apply_hints(schema_contract="discard_row")
    assert made.validator is not None
    assert (made.validator.column_mode, made.validator.data_mode) == ("discard_row", "discard_row")
    assert list(made) == [{"a": 1}]
    made.apply_hints(schema_contract={})
    assert (made.validator.column_mode, made.validator.data_mode) == ("discard_value", "freeze")
    assert made.schema_contract == {"tables": "evolve", "columns": "discard_value", "data_type": "freeze"}


class Narrow(BaseModel):
    """A model."""

    a: int


class Wide(Narrow):
    """One with a field more."""

    b: float = 0.5


@pytest.mark.parametrize("first", [Narrow, {"a": {"data_type": "bigint"}}, None])
def test_a_model_that_comes_later_checks_the_items(first: Any) -> None:
    """It takes the place of the columns that were there, and of the model that checked items."""
    made = dlt.resource([{"a": "1"}], name="rows", columns=first)
    made.apply_hints(columns=Wide)
    assert list(made) == [{"a": 1, "b": 0.5}] and list(made.columns) == ["a", "b"]
    made.apply_hints(columns=Narrow)
    assert list(made) == [{"a": 1}] and list(made.columns) == ["a"]


def test_a_model_goes_on_to_check_items_where_more_is_said_of_its_columns() -> None:
    """Hints of single columns and keys leave the check alone; columns that are taken away take it along."""
    made = dlt.resource([{"a": "1"}], name="rows", columns=Wide)
    made.apply_hints(columns={"a": {"precision": 10}}, primary_key="a")
    assert list(made) == [{"a": 1, "b": 0.5}]
    assert made.compute_table_schema()["columns"]["a"]["precision"] == 10
    made.apply_hints(columns={})
    assert list(made) == [{"a": "1"}] and made.validator is None


def test_a_validator_can_be_taken_away_and_put_back() -> None:
    """The columns stay those of the model."""

    class User(BaseModel):
        a: int

    made = dlt.resource([{"a": "1"}, {"a": "2"}], name="users", columns=User)
    validator = made.validator
    assert list(made) == [{"a": 1}, {"a": 2}] and validator is not None and validator.model is User
    made.validator = None
    assert list(made) == [{"a": "1"}, {"a": "2"}] and made.validator is None
    assert made.columns["a"]["data_type"] == "bigint"
    made.validator = validator
    assert list(made) == [{"a": 1}, {"a": 2}]


class Click(BaseModel):
    """A row of one kind."""

    kind: Literal["click"]
    id: int
    element: str


class Purchase(BaseModel):
    """A row of another kind."""

    kind: Literal["purchase"]
    id: int
    amount: float


class Event(RootModel[Annotated[Union[Click, Purchase], Field(discriminator="kind")]]):
    """A row of either kind."""


CLICK: dict[str, Any] = {"kind": "click", "id": 1, "element": "x"}
PURCHASE: dict[str, Any] = {"kind": "purchase", "id": 2, "amount": 1.5}


def test_a_choice_of_models_has_the_columns_that_all_of_them_have() -> None:
    """What only some of the rows have comes with the data."""
    assert {name: column["data_type"] for name, column in columns_of(Event).items()} == {"kind": "text", "id": "bigint"}


def test_the_columns_of_an_item_are_those_of_its_model() -> None:
    """None where it is no row of any of them."""
    validator = PydanticValidator(Event, "evolve", "discard_row")

    def columns(item: Any = None) -> list[str] | None:
        found = validator.compute_table_schema(item)
        return None if found is None else list(found["columns"])

    assert columns() == ["kind", "id"] and columns({"kind": "else"}) is None
    assert columns(CLICK) == list(CLICK) and columns(Purchase(**PURCHASE)) == list(PURCHASE)


@pytest.mark.parametrize(
    ("mode", "kept"),
    [
        ("evolve", [CLICK, {**CLICK, "more": 1}, PURCHASE]),
        ("discard_value", [CLICK, CLICK, PURCHASE]),
        ("discard_row", [CLICK, PURCHASE]),
    ],
)
def test_items_of_a_choice_are_checked_by_the_model_that_they_are(mode: Any, kept: Any) -> None:
    """Fields that it does not have pass as the contract says; an item of none of the models is no row."""
    items = [CLICK, {**CLICK, "more": 1}, PURCHASE, {"kind": "else", "id": 3}]
    contract: Any = {"columns": mode, "data_type": "discard_row"}
    assert list(dlt.resource(items, name="events", columns=Event, schema_contract=contract)) == kept


def test_whoever_iterates_gets_the_objects_that_were_yielded() -> None:
    """Models and dataclasses become rows where they are written, not before."""

    class User(BaseModel):
        a: int

    @dataclasses.dataclass
    class Point:
        a: int

    given = [User(a=1), Point(2), {"a": 3}]
    assert list(dlt.resource(given, name="things")) == given
    pipeline = dlt.pipeline("things", destination="dummy")
    pipeline.extract(dlt.resource(given, name="things"))
    assert pipeline.normalize().row_counts["things"] == 3
