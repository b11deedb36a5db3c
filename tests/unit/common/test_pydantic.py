"""Models under contracts, under the names of PyPI `dlt` 1.x; the expected values are those of 1.31."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, RootModel, ValidationError

from dlt.common.libs.pydantic import (
    DltConfig,
    apply_schema_contract_to_model,
    column_mode_to_extra,
    create_list_model,
    extra_to_column_mode,
    get_extra_from_model,
    pydantic_to_table_schema_columns,
    resolve_variant_model,
    validate_and_filter_item,
    validate_and_filter_items,
)
from dlt.errors import DataValidationError


class Inner(BaseModel):
    """A model in a field."""

    a: int


class Outer(BaseModel):
    """A model with models in it."""

    inner: Inner
    more: list[Inner] = []
    dlt_config: ClassVar[DltConfig] = {"skip_nested_types": True}


class Click(BaseModel):
    """One kind of event."""

    kind: Literal["click", "tap"]
    id: int
    element: str


class Buy(BaseModel):
    """Another kind of event."""

    kind: Literal["buy"]
    id: int
    price: float


class Event(RootModel[Annotated[Click | Buy, Field(discriminator="kind")]]):
    """An event of either kind."""


def test_what_a_model_says_of_other_fields_is_a_mode() -> None:
    """A row that would be discarded is refused first."""
    modes: list[Any] = ["evolve", "discard_value", "freeze", "discard_row"]
    assert [column_mode_to_extra(mode) for mode in modes] == ["allow", "ignore", "forbid", "forbid"]
    assert [extra_to_column_mode(extra) for extra in ("allow", "ignore", "forbid", None)] == [
        "evolve",
        "discard_value",
        "freeze",
        "discard_value",
    ]

    class Strict(BaseModel):
        model_config = ConfigDict(extra="forbid")

    assert (get_extra_from_model(Strict), get_extra_from_model(Inner)) == ("forbid", None)
    assert apply_schema_contract_to_model(Strict, "freeze") is Strict
    assert apply_schema_contract_to_model(Inner, "discard_value") is Inner


def test_models_within_take_what_the_contract_lets_in() -> None:
    """The settings of the model stay, and objects are of the model itself, too."""
    given = {"inner": {"a": 1, "x": 2}, "more": [{"a": 3, "y": 4}], "z": 5}
    loose: Any = apply_schema_contract_to_model(Outer, "evolve")
    made = loose.model_validate(given)
    assert isinstance(made, Outer) and made.model_dump() == given
    assert loose.dlt_config == Outer.dlt_config and loose.__name__ == "OuterExtraAllow"
    with pytest.raises(ValidationError):
        apply_schema_contract_to_model(Outer, "freeze").model_validate(given)
    any_value: Any = apply_schema_contract_to_model(Outer, "freeze", "evolve")
    assert any_value.model_validate({"inner": "x"}).inner == "x" and not issubclass(any_value, Outer)
    with pytest.raises(NotImplementedError):
        apply_schema_contract_to_model(Outer, "evolve", "discard_value")


def test_rows_that_break_a_contract_are_discarded_or_refused() -> None:
    """The error tells the place; the page that was passed stays as it was."""
    lenient = apply_schema_contract_to_model(Inner, "discard_row", "discard_row")
    page = create_list_model(lenient, "discard_row", "discard_row")
    items: list[Any] = [{"a": 1}, {"a": "x", "b": 1}, {"a": 2, "b": 1}, {"a": 3}]
    found = validate_and_filter_items("t", page, items, "discard_row", "discard_row")
    assert [each.a for each in found] == [1, 3] and len(items) == 4
    assert validate_and_filter_item("t", lenient, items[1], "discard_row", "discard_row") is None
    with pytest.raises(ValidationError):
        validate_and_filter_items("t", page, ["x"], "discard_row", "discard_row")

    frozen = apply_schema_contract_to_model(Inner, "freeze", "freeze")
    with pytest.raises(DataValidationError) as caught:
        validate_and_filter_items("t", create_list_model(frozen), items, "freeze", "freeze")
    error = caught.value
    assert (error.column_name, error.schema_entity, error.data_item) == ("('items', 1, 'a')", "data_type", items[1])
    with pytest.raises(DataValidationError) as caught:
        validate_and_filter_item("t", frozen, items[2], "freeze", "freeze")
    assert (caught.value.column_name, caught.value.schema_contract) == ("('b',)", {"columns": "freeze"})
    with pytest.raises(NotImplementedError, match="column_mode=evolve"):
        validate_and_filter_item("t", frozen, items[2], "evolve", "freeze")


def test_a_choice_of_models_has_the_columns_that_all_have() -> None:
    """An item is of the model that its field names."""
    assert set(pydantic_to_table_schema_columns(Event)) == {"kind", "id"}
    assert resolve_variant_model(Event, {"kind": "tap"}) is Click
    assert resolve_variant_model(Event, Buy(kind="buy", id=1, price=2)) is Buy
    assert resolve_variant_model(Event, {"kind": "else"}) is None and resolve_variant_model(Inner, {}) is Inner
    given = {"kind": "buy", "id": 1, "price": 2.0, "more": 3}
    loose = apply_schema_contract_to_model(Event, "evolve")
    assert loose.model_validate(given).model_dump() == given
    with pytest.raises(ValidationError):
        apply_schema_contract_to_model(Event, "freeze").model_validate(given)
    odd = {"kind": "else", "more": 3}
    assert apply_schema_contract_to_model(Event, "evolve", "evolve").model_validate(odd).model_dump() == odd
