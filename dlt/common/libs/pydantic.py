"""Settings that a Pydantic model may carry as `dlt_config`."""

from typing import TypedDict


class DltConfig(TypedDict, total=False):
    """How a model becomes columns."""

    skip_nested_types: bool
    skip_complex_types: bool
    is_authoritative_model: bool
    return_validated_models: bool


__all__ = ["DltConfig"]
