"""What a resource is made of: its name, its section and its function, by the data that was given."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING

from dlt.errors import (
    InvalidTransformerGeneratorFunction,
    ResourceNameMissing,
)
from dlt.extract.function import Function
from dlt.extract.items import is_frame
from dlt.types import Wrapped

if TYPE_CHECKING:
    from typing_extensions import ParamSpec

    Q = ParamSpec("Q")


def name_of(data: object) -> str | None:
    """Return the name that data has by itself."""
    if isinstance(data, (str, bytes, Mapping)) or is_frame(data):
        return None
    name = getattr(data, "__name__", None)
    # all lambdas have one name, so their states and tables would be one
    return name if isinstance(name, str) and name != "<lambda>" else None


def section_of(data: object) -> str:
    """Return the section of configuration that data belongs to: the module of a function."""
    module = getattr(data, "__module__", None)
    return str(module).rpartition(".")[2] if module else ""


def check_name(name: object, data: object) -> None:
    """Check that a resource has a name.

    Raises:
        ResourceNameMissing: it has none.
    """
    if not isinstance(name, str) or not name:
        raise ResourceNameMissing(
            f"A resource made of {type(data).__name__} has no name. Pass name= to dlt.resource, or table_name= to run "
            "and extract."
        )


def function_of(data: Wrapped, name: str, section: str, data_from: object, spec: type | None) -> Function:
    """Return the function of a resource or transformer.

    Args:
        data: What the user wrote.
        name: Name of the resource.
        section: Section of its configuration.
        data_from: Parent of a transformer; None for a resource.
        spec: Configuration of the function.

    Raises:
        InvalidTransformerGeneratorFunction: the function of a transformer takes no item.
    """
    function = Function(data, data_from is not None, spec=spec, sections=("sources", section, name))
    if data_from is not None and not _takes_item(data):
        raise InvalidTransformerGeneratorFunction(
            f"Transformer '{name}': its function needs a first positional parameter, the item of the parent.",
            transformer_name=name,
        )
    return function


def _takes_item(data: Wrapped) -> bool:
    first = next(iter(inspect.signature(data).parameters.values()), None)
    return first is not None and first.kind not in (first.KEYWORD_ONLY, first.VAR_KEYWORD)
