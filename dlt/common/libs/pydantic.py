"""Pydantic models as columns, and the settings that they may carry as `dlt_config`."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from dlt.extract.models import columns_of
from dlt.lazy_names import lazy_names

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError

    from dlt.common.libs.pydantic_contracts import (
        apply_schema_contract_to_model,
        column_mode_to_extra,
        create_list_model,
        extra_to_column_mode,
        get_extra_from_model,
        resolve_variant_model,
        validate_and_filter_item,
        validate_and_filter_items,
    )
    from dlt.extract.models import Columns


class DltConfig(TypedDict, total=False):
    """How a model becomes columns."""

    skip_nested_types: bool
    skip_complex_types: bool
    is_authoritative_model: bool
    return_validated_models: bool


def pydantic_to_table_schema_columns(model: BaseModel | type[BaseModel]) -> Columns:
    """Return the columns of a model.

    Args:
        model: The model, or an object of it.
    """
    return columns_of(model if isinstance(model, type) else type(model))


__all__ = [
    "BaseModel",
    "DltConfig",
    "ValidationError",
    "apply_schema_contract_to_model",
    "column_mode_to_extra",
    "create_list_model",
    "extra_to_column_mode",
    "get_extra_from_model",
    "pydantic_to_table_schema_columns",
    "resolve_variant_model",
    "validate_and_filter_item",
    "validate_and_filter_items",
]
_CONTRACTS = [
    "apply_schema_contract_to_model",
    "column_mode_to_extra",
    "create_list_model",
    "extra_to_column_mode",
    "get_extra_from_model",
    "resolve_variant_model",
    "validate_and_filter_item",
    "validate_and_filter_items",
]

# a model is asked for its settings without the package
__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "BaseModel": "pydantic:BaseModel",
        "ValidationError": "pydantic:ValidationError",
        **{name: f"dlt.common.libs.pydantic_contracts:{name}" for name in _CONTRACTS},
    },
)
