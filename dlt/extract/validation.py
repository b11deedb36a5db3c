"""Items checked against the Pydantic model that a resource has as its columns."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypedDict, cast

from dlt.absent import absent_names
from dlt.context import current
from dlt.errors import DataValidationError
from dlt.extract.hints import TableHints
from dlt.extract.items import Meta, are_frames, is_frame
from dlt.extract.masks import has_masked
from dlt.extract.model_fields import choices_of, is_model, is_model_item, model_config
from dlt.extract.models import Columns, columns_of
from dlt.extract.quarantine import QuarantinedItem
from dlt.extract.steps import Map, Step
from dlt.schema.naming import name_of_key, naming_from
from dlt.schema.quarantine import MODE as QUARANTINE
from dlt.schema.quarantine import MODEL, Refusal
from dlt.secret_words import may_be_secret_name
from dlt.types import TDataItem, TDataItems

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError
    from pydantic_core import ErrorDetails

    from dlt.extract.resource_hints import ResourceHints
    from dlt.extract.vocabulary import ContractHint
    from dlt.schema.schema import Schema
    from dlt.schema.typing import ContractDict, ContractMode

    _Known = dict[type[BaseModel], type[BaseModel] | None]
    """What became of models by now; None while it is not known, as of a model that contains itself."""

Extra = Literal["allow", "ignore", "forbid"]
MODE_OF_EXTRA: dict[str, ContractMode] = {"allow": "evolve", "ignore": "discard_value", "forbid": "freeze"}
EXTRA_OF_MODE: dict[str, Extra] = {
    "evolve": "allow",
    "discard_value": "ignore",
    "freeze": "forbid",
    "discard_row": "forbid",
    "quarantine": "forbid",
}


class PartialTable(TypedDict):
    """What a model says of a table."""

    columns: Columns


class Hinted(Protocol):
    """A resource, as far as its validator knows it."""

    @property
    def name(self) -> str:
        """Return its name."""

    @property
    def hints(self) -> TableHints:
        """Return its hints."""


class PydanticValidator(Step):
    """Check every item and give it back as a dict with the model's types; drop it where the contract says so.

    Args:
        model: Pydantic model.
        column_mode: Contract mode for fields that the model does not have.
        data_mode: Contract mode for values that do not fit.
        table_name: For messages.
        explicit: The user gave the contract; it is not that of the model itself.
    """

    by_item = True
    # the last one but for the cursor, as it checks what will be stored
    placement_affinity = 0.9

    def __init__(
        self, model: type[BaseModel], column_mode: str, data_mode: str, table_name: str = "items", explicit: bool = True
    ) -> None:
        # Pydantic is there where a model is; once for a validator and not for each row
        from pydantic import ValidationError

        self._failure = ValidationError
        self.hints: TableHints = {}
        """Those of its resource: where they mask a column, no message shows a value."""
        self.model = model
        self.column_mode = column_mode
        self.data_mode = data_mode
        self.table_name = table_name
        self._strict = with_extra(model, EXTRA_OF_MODE[column_mode], explicit)
        self._own: PydanticValidator | None = None
        self._raises = data_mode not in ("discard_value", QUARANTINE)
        self.quarantines = QUARANTINE in (column_mode, data_mode)
        """Some items may go to quarantine."""
        self._keep_models = bool(model_config(model).get("return_validated_models"))
        super().__init__(self._check)
        self._map = Map(self._check)

    def under(self, contract: ContractHint | None) -> PydanticValidator:
        """Return what checks items in a run that has a contract; None gives back the one that the resource has.

        Args:
            contract: The contract of the run.
        """
        own = self._own or self
        if contract is None:
            return own
        modes = _modes(self.model, contract)
        found = PydanticValidator(self.model, modes["columns"], modes["data_type"], self.table_name)
        found._own, found.hints = own, self.hints
        return found

    def __call__(self, item: TDataItem, meta: Meta = None) -> TDataItems:
        """Validate an item; frames pass as they are."""
        return item if is_frame(item) or are_frames(item) else self._map(item, meta)

    def _check(self, item: TDataItem) -> TDataItem:
        failure: ValidationError | None = None
        try:
            valid = self._strict.model_validate(item.model_dump(by_alias=True) if is_model_item(item) else item)
        except self._failure as error:
            failure = error
        if failure is not None:
            # outside of the handler: the error of pydantic shows values, and may not hang on ours where they are masked
            return self._on_errors(item, failure)
        # by alias, as the columns of a model are named by alias too
        return valid if self._keep_models else valid.model_dump(by_alias=True)

    def compute_table_schema(self, item: TDataItem = None, _meta: Meta = None) -> PartialTable | None:
        """Return the columns of the model; of the one that an item is, where the model is a choice of several.

        Args:
            item: The item.
            _meta: Its mark; it makes no difference.

        Returns:
            A partial table, or None where the item is none of them.
        """
        choices = choices_of(self.model) if item is not None else []
        if not choices:
            return {"columns": columns_of(self.model)}
        # by the model of the user, as fields that it does not have make no difference to its columns
        try:
            fitting = self.model.model_validate(item.model_dump(by_alias=True) if is_model_item(item) else item)
        except self._failure:
            return None
        return {"columns": columns_of(type(vars(fitting)["root"]))}

    def _on_errors(self, item: TDataItem, error: ValidationError) -> TDataItem:
        found = error.errors()
        broken = (
            ("columns", self.column_mode, [e for e in found if e["type"] == "extra_forbidden"]),
            ("data_type", self.data_mode, [e for e in found if e["type"] != "extra_forbidden"]),
        )
        for entity, mode, kinds in broken:
            # a nested model may forbid by itself what the contract lets pass
            forbidden = entity == "columns" and mode not in ("discard_row", QUARANTINE) and self._raises
            if kinds and (mode == "freeze" or forbidden):
                place = ".".join(str(part) for part in kinds[0]["loc"])
                hides = has_masked(self.table_name, self.hints, current().schema)
                told = f"found {kinds[0]['type']}" if hides else kinds[0]["msg"]
                raise DataValidationError(
                    f"Table '{self.table_name}', column '{place}': {told} (model "
                    f"{self.model.__name__}). Mend the item, or set schema_contract for '{entity}' to 'discard_row'.",
                    schema_name=None,
                    table_name=self.table_name,
                    column_name=place,
                    schema_entity=entity,
                    contract_mode=mode,
                    data_item=None if hides else item,
                    validation_error=None if hides else error,
                ) from (None if hides else error)
        for _, mode, kinds in broken:
            if kinds and (mode == QUARANTINE or (mode != "discard_row" and self.data_mode == QUARANTINE)):
                return self._quarantined(item, kinds[0])
        # values that do not fit become variants later
        if all(e["type"] != "extra_forbidden" for e in found) and self.data_mode == "evolve":
            return item.model_dump(by_alias=True) if is_model_item(item) else item
        if self.data_mode == "discard_value" and isinstance(item, Mapping):
            bad = {e["loc"][0] for e in found if e["loc"]}
            return {key: value for key, value in item.items() if key not in bad}
        return None

    def _quarantined(self, item: TDataItem, error: ErrorDetails) -> QuarantinedItem:
        given = item.model_dump(by_alias=True) if is_model_item(item) else item
        place = _place_of(error["loc"])
        # what a validator of the program says may hold the value
        secret = any(may_be_secret_name(str(part)) for part in error["loc"]) or has_masked(
            self.table_name, self.hints, current().schema
        )
        why = f"{error['type'] if secret else error['msg']} (model {self.model.__name__})"
        whole = given if isinstance(given, Mapping) else {"value": given}
        return QuarantinedItem(whole, Refusal(MODEL, place, why), self.model.__name__)


def _place_of(keys: Iterable[int | str]) -> str:
    """Return the place of a value in an item, with names as columns have them: `items[0].n`."""
    schema = current().schema
    naming = cast("Schema", schema).naming if schema is not None else naming_from()
    found = [""]
    for key in keys:
        if isinstance(key, int):
            found[-1] += f"[{key}]"
            # rows of a list have columns of their own
            found.append("")
        else:
            name = name_of_key(naming, key)
            found[-1] = naming.shorten_fragments(found[-1], name) if found[-1] else name
    return ".".join(part for part in found if part).replace(".[", "[")


def may_hold_back(resources: Iterable[ResourceHints]) -> frozenset[str]:
    """Return the names of the resources of which a model may put items into quarantine."""
    # asked once for a source: pages of all others are not looked through
    return frozenset(
        resource.name
        for resource in resources
        for step in resource.pipe.steps
        if isinstance(step, PydanticValidator) and step.quarantines
    )


def with_extra(model: type[BaseModel], extra: str, explicit: bool) -> type[BaseModel]:
    """Return a model that takes fields which it does not have as the contract says; models in its fields do so too.

    Args:
        model: Pydantic model.
        extra: "allow", "ignore" or "forbid".
        explicit: The user gave the contract, so that it counts for nested models with a setting of their own too.
    """
    known: _Known = {}
    found = _replaced(model, extra, explicit, known)
    names = {each.__name__: each for each in known.values() if each is not None}
    # only now all the names exist that models which contain each other refer to
    for each in known.values():
        if each is not None:
            each.model_rebuild(_types_namespace=names)
    return found


def _replaced(model: type[BaseModel], extra: str, explicit: bool, known: _Known) -> type[BaseModel]:
    from pydantic import create_model

    is_outermost = not known
    known[model] = None
    model.model_rebuild(raise_errors=False)  # fields may name classes that came later
    # as `create_model` takes them: beside its options, which have other types
    fields: dict[str, Any] = {}
    for key, field in model.model_fields.items():
        inner = _replaced_inside(field.annotation, extra, explicit, known)
        if inner is not field.annotation:
            fields[key] = (inner, copy(field))
    own = model.model_config.get("extra")
    found, name = model, _name(model, extra)
    # a root model has no fields of its own, and pydantic no such setting for it
    if not model.__pydantic_root_model__ and (own or "ignore") != extra and (is_outermost or explicit or own is None):
        space = {"model_config": {"extra": extra}, "__module__": model.__module__}
        # a class of a class that is a value has no statement, and `create_model` takes a base or settings, not both
        found = cast("type[BaseModel]", type(name, (model,), space))
    if fields:
        found = create_model(name, __base__=found, __module__=model.__module__, **fields)
    known[model] = found
    return found


def _replaced_inside(annotation: object, extra: str, explicit: bool, known: _Known) -> object:
    """Return an annotation with its models replaced; the same one where it has none."""
    if is_model(annotation) and not typing.get_args(annotation):
        if annotation.__pydantic_root_model__:
            return annotation  # it is a value, and has no fields
        if annotation in known:
            return known[annotation] or typing.ForwardRef(_name(annotation, extra))
        return _replaced(annotation, extra, explicit, known)
    parts = typing.get_args(annotation)
    origin = typing.get_origin(annotation)
    if origin is None or not parts or origin is typing.Literal:
        return annotation
    inner = tuple(_replaced_inside(part, extra, explicit, known) for part in parts)
    if all(new is old for new, old in zip(inner, parts, strict=True)):
        return annotation
    if origin in (typing.Union, types.UnionType):
        return typing.Union[inner]
    # Annotated and the aliases of `typing` are not made from their origin
    return annotation.copy_with(inner) if hasattr(annotation, "copy_with") else origin[inner]


def _name(model: type[BaseModel], extra: str) -> str:
    # one that the module of the model does not have
    return f"{model.__name__}Extra{extra.capitalize()}"


def default_contract(model: type[BaseModel]) -> ContractDict:
    """Return the contract that a model itself asks for."""
    extra = model.model_config.get("extra") or "ignore"
    return {"tables": "evolve", "columns": MODE_OF_EXTRA[extra], "data_type": "freeze"}


def _modes(model: type[BaseModel], contract: object) -> ContractDict:
    """Return the contract of a model; what another one leaves out is that which the model asks for."""
    modes = default_contract(model)
    if isinstance(contract, str):
        modes["columns"] = modes["data_type"] = cast("ContractMode", contract)
    elif isinstance(contract, Mapping):
        modes.update(cast("ContractDict", contract))
    return modes


def validator_for(resource: Hinted, known: PydanticValidator | None) -> PydanticValidator | None:
    """Return the step that checks the items of a resource, or None; fill in the contract that the model asks for.

    Args:
        resource: Resource whose columns may be a Pydantic model.
        known: What checked its items before.
    """
    model = resource.hints.get("columns")
    # where more was said of single columns of a model, they are a dict, and the model still checks items
    if known is not None and isinstance(model, (Mapping, Sequence)):
        model = known.model
    if not is_model(model):
        return None
    contract = resource.hints.get("schema_contract")
    modes = _modes(model, contract)
    # what the model asks for holds for the table too, not only for its items
    if contract is None:
        resource.hints["schema_contract"] = modes.copy()
    found = PydanticValidator(model, modes["columns"], modes["data_type"], resource.name, explicit=contract is not None)
    found.hints = resource.hints
    return found


__getattr__ = absent_names(
    __name__,
    "A pydantic model as columns= checks items.",
    "create_item_validator",
)
