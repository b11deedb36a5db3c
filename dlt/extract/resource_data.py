"""What a resource is made of: its name, its section and its function, by the data that was given."""

from __future__ import annotations

import inspect
import os
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any, NoReturn

from dlt.errors import (
    InvalidResourceDataTypeBasic,
    InvalidResourceDataTypeIsNone,
    InvalidResourceDataTypeMultiplePipes,
    InvalidTransformerGeneratorFunction,
    ResourceNameMissing,
)
from dlt.extract.descriptions import Described
from dlt.extract.function import Function
from dlt.extract.items import is_whole
from dlt.types import Wrapped

if TYPE_CHECKING:
    from typing_extensions import ParamSpec

    Q = ParamSpec("Q")


class NoParent(Enum):
    """`data_from` of a transformer that is bound with `|` later."""

    NO_PARENT = "no parent"


NO_PARENT = NoParent.NO_PARENT
# a program knows its arguments, and would have to say their types at each use
ByArguments = Callable[[Mapping[str, Any]], str]
"""Gives a name, from the arguments that a function is called with."""


def refuse_pipe(self: Described, data: object) -> NoReturn:
    """Say that a resource has one pipe, as in PyPI `dlt` 1.x.

    Args:
        self: The resource, whose method it is.
        data: What was to be another pipe of it.

    Raises:
        InvalidResourceDataTypeMultiplePipes: always.
    """
    raise InvalidResourceDataTypeMultiplePipes(
        f"Resource '{self.name}' has one pipe. Put resources into a list, or into a source under names of their "
        "own; a transformer takes the items of a resource.",
        resource_name=self.name,
        item=data,
    )


def name_of(data: object) -> str | None:
    """Return the name that data has by itself."""
    if isinstance(data, (str, bytes, Mapping)) or is_whole(data):
        return None
    name = getattr(data, "__name__", None)
    # all lambdas have one name, so their states and tables would be one
    return name if isinstance(name, str) and name != "<lambda>" else None


def section_of(data: object) -> str | None:
    """Return the section of configuration that data belongs to: that of a function's module."""
    if inspect.isgenerator(data) and data.gi_frame is not None:
        return str(data.gi_frame.f_globals.get("__name__", "")).rpartition(".")[2] or None
    if isinstance(getattr(data, "__module__", None), str) and callable(data):
        return module_section(data)
    return None


def module_section(function: Wrapped) -> str:
    """Return the section that a module asks for with `__source_name__`, else its name."""
    # an object that can be called stands where its class does
    place = function if inspect.isroutine(function) else type(function)
    module = inspect.getmodule(place)
    named = None if module is None else vars(module).get("__source_name__")
    name = function.__module__.rpartition(".")[2]
    if name == "__main__":
        # a script is known by its file, as it is when another one imports it
        name = os.path.splitext(os.path.basename(inspect.getsourcefile(place) or name))[0]
    return str(named or name)


def check_data(data: object, name: object) -> None:
    """Check that a resource can be made of data, and has a name.

    Raises:
        InvalidResourceDataType: the data is no resource's data.
        ResourceNameMissing: there is no name.
    """
    if data is None:
        raise InvalidResourceDataTypeIsNone(
            f"Resource '{name}': the data is None. Did the function forget to return or yield it?",
            resource_name=name,
            item=None,
        )
    if not isinstance(name, str) or not name:
        raise ResourceNameMissing(
            f"A resource made of {type(data).__name__} has no name. Pass name= to dlt.resource, or table_name= to run "
            "and extract.",
            resource_name=None,
        )
    # they can be iterated, and letters or keys are what nobody wants to load
    if isinstance(data, (str, bytes, Mapping)) and not is_whole(data):
        raise InvalidResourceDataTypeBasic(
            f"Resource '{name}': found {type(data).__name__}. Pass a list, [data], or a generator function.",
            resource_name=name,
            item=data,
        )
    if not callable(data) and not is_whole(data) and not isinstance(data, (Iterable, AsyncIterator)):
        raise InvalidResourceDataTypeBasic(
            f"Resource '{name}': found {type(data).__name__}, which cannot be iterated. Pass [data].",
            resource_name=name,
            item=data,
        )


def function_of(data: Wrapped, name: str, section: str | None, data_from: object, spec: type | None) -> Function:
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
    function = Function(data, data_from is not None, spec=spec, sections=("sources", section or "", name))
    if data_from is not None:
        _check_takes_item(data, name)
    return function


def _check_takes_item(data: Wrapped, name: str) -> None:
    signature = inspect.signature(data)
    parameters = list(signature.parameters.values())
    if not parameters:
        code, wanted = 1, "a first parameter, which gets the item of the parent"
    elif len(parameters) > 1 and parameters[1].kind is inspect.Parameter.POSITIONAL_ONLY:
        code, wanted = (
            2,
            f"the parameter {parameters[1].name!r} behind the '/', as the item alone is passed by its place",
        )
    elif parameters[0].kind in (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.VAR_KEYWORD):
        code, wanted = 3, "a first parameter that can be passed by its place, which gets the item of the parent"
    else:
        return
    raise InvalidTransformerGeneratorFunction(
        f"Transformer '{name}': its function has the signature {signature}, and needs {wanted}.",
        transformer_name=name,
        resource_name=name,
        func_name=name_of(data) or name,
        sig=signature,
        code=code,
    )
