"""Items checked against the Pydantic model that a resource has as its columns."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from copy import copy
from typing import Any

from dlt.errors import DataValidationError
from dlt.extract.items import Meta, is_frame
from dlt.extract.models import is_model, model_config
from dlt.extract.steps import Map, Step
from dlt.types import TDataItem

_MODE_OF_EXTRA = {"allow": "evolve", "ignore": "discard_value", "forbid": "freeze"}
_EXTRA_OF_MODE = {"evolve": "allow", "discard_value": "ignore", "freeze": "forbid", "discard_row": "forbid"}


class Validate(Map):
    """Check every item and give it back as a dict with the model's types; drop it where the contract says so.

    Args:
        model: Pydantic model.
        columns: Contract mode for fields that the model does not have.
        data_type: Contract mode for values that do not fit.
        table_name: For messages.
        explicit: The user gave the contract; it is not that of the model itself.
    """

    sticky = True

    def __init__(self, model: Any, columns: str, data_type: str, table_name: str, explicit: bool = True) -> None:
        self.model = model
        self.columns_mode = columns
        self.data_mode = data_type
        self.table_name = table_name
        self._strict = _with_extra(model, _EXTRA_OF_MODE[columns], explicit)
        self._keep_models = bool(model_config(model).get("return_validated_models"))
        Step.__init__(self, self._check)

    def __call__(self, item: TDataItem, meta: Meta = None) -> Any:
        """Validate an item; frames pass as they are."""
        return item if is_frame(item) else super().__call__(item, meta)

    def _check(self, item: TDataItem) -> Any:
        from pydantic import ValidationError

        try:
            valid = self._strict.model_validate(item.model_dump(by_alias=True) if is_model(item) else item)
        except ValidationError as error:
            return self._on_errors(item, error)
        return valid if self._keep_models else valid.model_dump(by_alias=True)

    def _on_errors(self, item: TDataItem, error: Any) -> Any:
        found = error.errors()
        for entity, mode, kinds in (
            ("columns", self.columns_mode, [e for e in found if e["type"] == "extra_forbidden"]),
            ("data_type", self.data_mode, [e for e in found if e["type"] != "extra_forbidden"]),
        ):
            # a nested model may forbid by itself what the contract lets pass
            forbidden = entity == "columns" and mode != "discard_row" and self.data_mode != "discard_value"
            if kinds and (mode == "freeze" or forbidden):
                place = ".".join(str(part) for part in kinds[0]["loc"])
                raise DataValidationError(
                    f"Table '{self.table_name}', column '{place}': {kinds[0]['msg']} (model "
                    f"{self.model.__name__}). Mend the item, or set schema_contract for '{entity}' to 'discard_row'.",
                    table_name=self.table_name,
                    column_name=place,
                    schema_entity=entity,
                    contract_mode=mode,
                    data_item=item,
                    validation_error=error,
                ) from error
        if all(e["type"] != "extra_forbidden" for e in found) and self.data_mode == "evolve":
            return item.model_dump(by_alias=True) if is_model(item) else item
        if self.data_mode == "discard_value" and isinstance(item, Mapping):
            bad = {e["loc"][0] for e in found if e["loc"]}
            return {key: value for key, value in item.items() if key not in bad}
        return None


def _with_extra(model: Any, extra: str, explicit: bool, known: dict[Any, Any] | None = None) -> Any:
    """Return a model that takes fields which it does not have as the contract says; models in its fields do so too.

    Args:
        model: Pydantic model.
        extra: "allow", "ignore" or "forbid".
        explicit: The user gave the contract, so that it counts for nested models with a setting of their own too.
        known: What became of models by now: None while it is not known, as of a model that contains itself.
    """
    from pydantic import create_model

    outermost, known = known is None, {} if known is None else known
    # a name that the module of the model does not have
    name = f"{model.__name__}__{extra}"
    if model in known:
        return known[model] or typing.ForwardRef(name)
    known[model] = None
    model.model_rebuild(raise_errors=False)  # fields may name classes that came later
    fields: dict[str, Any] = {}
    for key, field in model.model_fields.items():
        inner = _with_extra_inside(field.annotation, extra, explicit, known)
        if inner is not field.annotation:
            fields[key] = (inner, copy(field))
    own = model.model_config.get("extra")
    found = model
    if (own or "ignore") != extra and (outermost or explicit or own is None):
        found = type(name, (model,), {"model_config": {"extra": extra}, "__module__": model.__module__})
    if fields:
        found = create_model(name, __base__=found, __module__=model.__module__, **fields)
    known[model] = found
    if outermost:
        names = {each.__name__: each for each in known.values()}
        for each in known.values():
            each.model_rebuild(_types_namespace=names)
    return found


def _with_extra_inside(annotation: Any, extra: str, explicit: bool, known: dict[Any, Any]) -> Any:
    """Return an annotation with its models replaced; the same one where it has none."""
    if isinstance(annotation, type) and is_model(annotation) and not typing.get_args(annotation):
        if getattr(annotation, "__pydantic_root_model__", False):
            return annotation  # it is a value, and has no fields
        return _with_extra(annotation, extra, explicit, known)
    parts = typing.get_args(annotation)
    origin = typing.get_origin(annotation)
    if not parts or origin is typing.Literal:
        return annotation
    inner = tuple(_with_extra_inside(part, extra, explicit, known) for part in parts)
    if all(new is old for new, old in zip(inner, parts, strict=True)):
        return annotation
    if origin in (typing.Union, types.UnionType):
        return typing.Union[inner]
    return annotation.copy_with(inner) if hasattr(annotation, "copy_with") else origin[inner]


def default_contract(model: Any) -> dict[str, str]:
    """Return the contract that a model itself asks for."""
    extra = model.model_config.get("extra") or "ignore"
    return {"tables": "evolve", "columns": _MODE_OF_EXTRA[extra], "data_type": "freeze"}


def validator_for(resource: Any) -> Validate | None:
    """Return the step that checks the items of a resource, or None; fill in the contract that the model asks for.

    Args:
        resource: Resource whose columns may be a Pydantic model.
    """
    model = resource.hints.get("columns")
    if not (isinstance(model, type) and is_model(model)):
        return None
    contract = resource.hints.get("schema_contract")
    modes = default_contract(model)
    if isinstance(contract, str):
        modes.update(columns=contract, data_type=contract)
    elif isinstance(contract, Mapping):
        modes.update(contract)
    elif contract is None:
        resource.hints["schema_contract"] = dict(modes)
    return Validate(model, modes["columns"], modes["data_type"], str(resource.name), explicit=contract is not None)
