"""Models of Pydantic under a contract, as PyPI `dlt` 1.x has them: what they take, and what becomes of items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn, get_args

from pydantic import BaseModel, RootModel, ValidationError, create_model

from dlt.errors import DataValidationError
from dlt.extract.model_fields import choices_of
from dlt.extract.validation import EXTRA_OF_MODE, MODE_OF_EXTRA, Extra, with_extra
from dlt.schema.typing import ContractMode

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

Variants = tuple[str, Mapping[object, type[BaseModel]]]
_NO_DOCUMENT = ("model_type", "model_attributes_type", "dict_type")
"""Errors of items that are no documents at all."""


def column_mode_to_extra(column_mode: ContractMode) -> Extra:
    """Return what a model does with fields that it does not have, under a contract."""
    return EXTRA_OF_MODE.get(column_mode, "forbid")


def extra_to_column_mode(extra: str | None) -> ContractMode:
    """Return the contract that a model asks for by what it does with fields that it does not have."""
    return MODE_OF_EXTRA.get(extra or "", "discard_value")


def get_extra_from_model(model: type[BaseModel]) -> str | None:
    """Return what a model says of fields that it does not have, None if nothing."""
    return model.model_config.get("extra")


def apply_schema_contract_to_model(
    model: type[BaseModel], column_mode: ContractMode, data_mode: ContractMode = "freeze"
) -> type[BaseModel]:
    """Return a model that takes what a contract lets in; models in its fields do so too.

    Args:
        model: The model; it is not changed.
        column_mode: For fields that it does not have.
        data_mode: For values that do not fit; "evolve" takes any value.

    Raises:
        NotImplementedError: single values are to be discarded.
    """
    if data_mode == "discard_value":
        raise NotImplementedError("data_mode is discard_value: a model takes an item whole. Set discard_row.")
    settings = vars(model).get("dlt_config")
    found = _lenient(model) if data_mode == "evolve" else model
    extra = column_mode_to_extra(column_mode)
    if found.__pydantic_root_model__ or (get_extra_from_model(found) or "ignore") != extra:
        found = with_extra(found, extra, True)
    # a model of any values is derived from none that could have them
    if settings is not None and found is not model:
        type.__setattr__(found, "dlt_config", settings)
    return found


def _lenient(model: type[BaseModel]) -> type[BaseModel]:
    name = f"{model.__name__}Any"
    if model.__pydantic_root_model__:
        return create_model(name, __base__=RootModel[Any])
    # no field is required: an item may leave out what its contract does not ask for
    fields: dict[str, Any] = {key: (Any, None) for key in model.model_fields}
    return create_model(name, **fields)


def create_list_model(
    model: type[BaseModel], column_mode: ContractMode = "freeze", data_mode: ContractMode = "freeze"
) -> type[BaseModel]:
    """Return a model of a page of items.

    Args:
        model: The model of an item.
        column_mode: Contract for fields that it does not have.
        data_mode: Contract for values that do not fit.
    """
    kind = "LenientList" if "discard_row" in (column_mode, data_mode) else "List"
    page: Any = list[model]  # type: ignore[valid-type]  # a model is a value here
    return create_model(f"{kind}{model.__name__}", items=(page, ...))


def validate_and_filter_items(
    table_name: str,
    list_model: type[BaseModel],
    items: Sequence[object],
    column_mode: ContractMode,
    data_mode: ContractMode,
) -> list[Any]:
    """Return the items of a page that a contract lets in, as objects of their model.

    Args:
        table_name: Name of the table, for messages.
        list_model: A model that `create_list_model` made.
        items: The page; it is not changed.
        column_mode: Contract for fields that the model does not have.
        data_mode: Contract for values that do not fit.

    Raises:
        DataValidationError: an item breaks a contract that is frozen.
        NotImplementedError: the model refuses what the contract lets in.
    """
    # checked once more without the broken ones: Pydantic gives back a page as a whole
    while True:
        try:
            return list(vars(list_model.model_validate({"items": list(items)}))["items"])
        except ValidationError as error:
            broken = set()
            for found in _errors(error):
                position = int(found["loc"][1])
                _judge(table_name, list_model, items[position], found, column_mode, data_mode, error)
                broken.add(position)
            items = [item for position, item in enumerate(items) if position not in broken]


def validate_and_filter_item(
    table_name: str, model: type[BaseModel], item: object, column_mode: ContractMode, data_mode: ContractMode
) -> Any | None:
    """Return an item as an object of its model, None if the contract discards it.

    Args:
        table_name: Name of the table, for messages.
        model: The model.
        item: The item.
        column_mode: Contract for fields that the model does not have.
        data_mode: Contract for values that do not fit.

    Raises:
        DataValidationError: the item breaks a contract that is frozen.
        NotImplementedError: the model refuses what the contract lets in.
    """
    try:
        return model.model_validate(item)
    except ValidationError as error:
        for found in _errors(error):
            _judge(table_name, model, item, found, column_mode, data_mode, error)
        return None


def _errors(error: ValidationError) -> list[ErrorDetails]:
    """Return the errors of a page; what is no document is no row that could be discarded."""
    found = error.errors()
    if any(each["type"] in _NO_DOCUMENT for each in found):
        raise error
    return found


def _judge(
    table_name: str,
    model: type[BaseModel],
    item: object,
    found: ErrorDetails,
    column_mode: ContractMode,
    data_mode: ContractMode,
    error: ValidationError,
) -> None:
    """Raise unless the contract discards an item for what was found."""
    # two contracts meet in one list of errors
    is_extra = found["type"] == "extra_forbidden"
    entity, mode = ("columns", column_mode) if is_extra else ("data_type", data_mode)
    if mode == "freeze":
        _refuse(table_name, model, item, found, entity, error)
    if mode != "discard_row":
        word = "column_mode" if is_extra else "data_mode"
        raise NotImplementedError(f"{word}={mode}: {model.__name__} refuses what it lets in. Make it with this mode.")


def _refuse(
    table_name: str, model: type[BaseModel], item: object, found: ErrorDetails, entity: str, error: ValidationError
) -> NoReturn:
    # as programs for PyPI dlt read it: Pydantic's own way to the value
    place = str(tuple(found["loc"]))
    raise DataValidationError(
        f"Table '{table_name}', column {place}: {found['msg']} (model {model.__name__}). Mend the item, or set "
        f"schema_contract for '{entity}' to 'discard_row'.",
        schema_name=None,
        table_name=table_name,
        column_name=place,
        schema_entity=entity,
        contract_mode="freeze",
        table_schema=model,
        schema_contract={entity: "freeze"},
        data_item=item,
        validation_error=error,
    ) from error


def resolve_variant_model(
    model: type[BaseModel], item: object, discriminator_map: Variants | None = None
) -> type[BaseModel] | None:
    """Return the model of an item: one of several by the value of a field, None if it is of none of them.

    Args:
        model: A model, or a choice of several.
        item: A document, or an object of a model.
        discriminator_map: The field, and the models by its values, where they are known.
    """
    chosen = discriminator_map or _variants(model)
    if chosen is None:
        return model
    field, kinds = chosen
    value = item.get(field) if isinstance(item, Mapping) else vars(item).get(field)
    return kinds.get(value)


def _variants(model: type[BaseModel]) -> Variants | None:
    """Return the field by whose value one of several models is chosen, and the models by its values."""
    kinds = choices_of(model)
    field = model.model_fields["root"].discriminator if kinds else None
    if not isinstance(field, str):
        return None
    return field, {value: kind for kind in kinds for value in get_args(kind.model_fields[field].annotation)}
