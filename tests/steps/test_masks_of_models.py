"""Masks of a pydantic model hold wherever their field stands: in lists, choices and models inside of models."""
# ruff: noqa: UP006, UP035, UP045

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, List, Literal, Optional, Union

import pytest
from pydantic import AliasChoices, AliasPath, BaseModel, ConfigDict, Field, RootModel

import dlt
from dlt.errors import InvalidHint
from tests.steps.test_masking import CANARY, SALT, files_with

HASHED: Any = {"mask": "hash"}


@pytest.fixture(autouse=True)
def salted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give all pipelines one salt."""
    monkeypatch.setenv("MASK_SALT", SALT)


class To(BaseModel):
    """What stands inside of other models."""

    sku: str
    email: str = Field(json_schema_extra=HASHED)


class Cat(BaseModel):
    """One of two."""

    kind: Literal["cat"]
    email: str = Field(json_schema_extra=HASHED)


class Dog(BaseModel):
    """The other one."""

    kind: Literal["dog"]
    mail: str = Field(json_schema_extra={"mask": "redact"})


class Mails(RootModel[List[To]]):
    """A model that is a list."""


Pet = Annotated[Union[Cat, Dog], Field(discriminator="kind")]
ITEM, PETS = {"sku": "a", "email": CANARY}, [{"kind": "dog", "mail": CANARY}, {"kind": "cat", "email": CANARY}]
INSIDE: dict[str, tuple[Any, Any]] = {
    "a model": (To, ITEM),
    "a model or none": (Optional[To], ITEM),
    "a list or none, as typing has it": (Optional[List[To]], [ITEM]),
    "a list or none": (Union[list[To], None], [ITEM]),
    "a tuple": (tuple[To, ...], [ITEM]),
    "a sequence": (Sequence[To], [ITEM]),
    "a list of lists": (list[list[To]], [[ITEM]]),
    "one of two": (Pet, PETS[0]),
    "a list of one of two": (list[Pet], PETS),
    "a list of one of two, or none": (Optional[list[Union[Cat, Dog]]], PETS),
    "a list that is a model": (Mails, [ITEM]),
}


def model(annotation: Any, **settings: Any) -> type[BaseModel]:
    """Return a model with one field."""
    from pydantic import create_model

    return create_model("Outer", field=(annotation, ...), **settings)


@pytest.mark.parametrize("inside", INSIDE)
@pytest.mark.parametrize("deeper", [False, True])
def test_a_mask_holds_inside_of_a_field(pipeline: Any, tmp_path: Path, inside: str, deeper: bool) -> None:
    """Whatever type the field has, and where the model with the field stands in a list of another one."""
    annotation, value = INSIDE[inside]
    columns, row = model(annotation), {"field": value}
    if deeper:
        columns, row = model(list[columns]), {"field": [row]}  # type: ignore[valid-type]
    pipeline.run([row], table_name="orders", columns=columns)
    assert pipeline.default_schema.data_table_names() and files_with(tmp_path, CANARY) == []


def test_rows_that_are_one_of_several_models(pipeline: Any, tmp_path: Path) -> None:
    """A page has rows of each, and the first tells nothing of the masks of the others."""
    pipeline.run(dlt.resource([PETS], name="pets", columns=RootModel[Union[Cat, Dog]]))
    with pipeline.sql_client() as client:
        assert client.execute_sql("SELECT kind, mail, email IS NULL FROM pets ORDER BY kind") == [
            ("cat", None, False),
            ("dog", "***", True),
        ]
    assert files_with(tmp_path, CANARY) == []


ALIASES: dict[str, Any] = {
    "alias": {"alias": "E-Mail"},
    "dumped": {"serialization_alias": "mailOut"},
    "given": {"validation_alias": "mailIn"},
    "one of some": {"validation_alias": AliasChoices("mailIn", "letters")},
    "in a document": {"validation_alias": AliasPath("contact", "mail")},
}
GIVEN: dict[str, Any] = {"alias": {"E-Mail": CANARY}, "dumped": {"email": CANARY}, "given": {"mailIn": CANARY}}
GIVEN |= {"one of some": {"letters": CANARY}, "in a document": {"contact": {"mail": CANARY}}}


@pytest.mark.parametrize("mode", ["evolve", "discard_value", "quarantine"])
@pytest.mark.parametrize("fits", [True, False])
@pytest.mark.parametrize("case", ALIASES)
def test_a_field_with_another_name_outside(pipeline: Any, tmp_path: Path, case: str, fits: bool, mode: str) -> None:
    """Items that fit are written by the names of a dump; those that do not as they were given."""

    class User(BaseModel):
        model_config = ConfigDict(extra="allow")
        id: Optional[int]
        email: Optional[str] = Field(default=None, json_schema_extra=HASHED, **ALIASES[case])

    rows = [{"id": 1 if fits else "x", **GIVEN[case]}]
    contract: Any = {"data_type": mode}
    pipeline.run(dlt.resource(rows, name="users", columns=User, schema_contract=contract))
    assert pipeline.default_schema.data_table_names() and files_with(tmp_path, CANARY) == []


def test_a_name_of_two_fields_belongs_to_the_one_that_is_written_so(pipeline: Any) -> None:
    """The alias of a field may be the name of another, which has no mask."""

    class Swapped(BaseModel):
        email: str = Field(alias="code", json_schema_extra=HASHED)
        city: str = Field(alias="email")

    pipeline.run([{"code": CANARY, "email": "Ulm"}], table_name="users", columns=Swapped)
    with pipeline.sql_client() as client:
        assert client.execute_sql("SELECT email, code = 'x' FROM users") == [("Ulm", False)]


def test_lists_that_come_with_the_data(pipeline: Any, tmp_path: Path) -> None:
    """Settings that leave lists and documents out of the columns leave out no mask."""

    class Order(BaseModel):
        dlt_config: ClassVar[Any] = {"skip_nested_types": True}
        items: list[To]
        to: To
        whole: list[str] = Field(json_schema_extra=HASHED)

    pipeline.run([{"items": [ITEM], "to": ITEM, "whole": [CANARY]}], table_name="orders", columns=Order)
    assert files_with(tmp_path, CANARY) == []


class Node(BaseModel):
    """A model that contains itself."""

    email: str = Field(json_schema_extra=HASHED)
    children: list[Node] = []


class Covered(BaseModel):
    """One whose own field is masked as a whole."""

    email: str = Field(json_schema_extra=HASHED)
    children: list[Covered] = Field(default=[], json_schema_extra=HASHED)


class Plain(BaseModel):
    """One without masks."""

    children: list[Plain] = []


def test_a_mask_at_a_depth_that_nobody_knows_is_refused(pipeline: Any, tmp_path: Path) -> None:
    """A model that contains itself, and a dict of models: the message says what to do, and that works."""
    with pytest.raises(InvalidHint, match=r"model Node: it contains itself, and has the masks of email"):
        dlt.resource([], name="nodes", columns=Node)
    with pytest.raises(InvalidHint, match=r"masks of email below keys that come with the data"):
        dlt.resource([], name="nodes", columns=model(dict[str, To]))
    row = {"email": "x", "children": [{"email": CANARY, "children": [{"email": CANARY}]}]}
    pipeline.run([row], table_name="nodes", columns=Covered)
    masked: Any = Field(json_schema_extra=HASHED)
    pipeline.run([{"field": {"a": ITEM}}], table_name="others", columns=model(Annotated[dict[str, To], masked]))
    assert files_with(tmp_path, CANARY) == []
    dlt.resource([], name="nodes", columns=Plain)
