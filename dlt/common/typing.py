"""Types, and functions on type hints, under the names of PyPI `dlt` 1.x.

Programs import names of the standard library from here too.
"""

from __future__ import annotations

import os
import re
from datetime import datetime, timedelta
from types import GenericAlias
from typing import (  # noqa: UP035  # programs import the old names from here
    IO,
    TYPE_CHECKING,
    Annotated,
    Any,
    Callable,
    ClassVar,
    Concatenate,
    Dict,
    Final,
    ForwardRef,
    Generator,
    Generic,
    Iterable,
    Iterator,
    List,
    Literal,
    Mapping,
    NamedTuple,
    NewType,
    Optional,
    ParamSpec,
    Protocol,
    Sequence,
    Set,
    Tuple,
    Type,
    TypeAlias,
    TypeVar,
    Union,
    get_args,
    get_origin,
    runtime_checkable,
)

from typing_extensions import Never, NotRequired, Required, Self, TypedDict, Unpack, get_type_hints, is_typeddict

from dlt.common.type_hints import (
    AnyType,
    add_value_to_literal,
    annotation_metadata,
    extract_inner_type,
    extract_supertype,
    extract_type_if_modifier,
    extract_union_types,
    get_all_types_of_class_in_union,
    get_generic_type_argument_from_instance,
    get_literal_args,
    get_type_globals,
    get_type_name,
    is_annotated,
    is_any_type,
    is_callable_type,
    is_dict_generic_type,
    is_final_type,
    is_list_generic_type,
    is_literal_type,
    is_newtype_type,
    is_optional_type,
    is_set_generic_type,
    is_subclass,
    is_union_type,
    resolve_single_annotation,
)
from dlt.configuration.values import CONFIG_VALUE as ConfigValue
from dlt.configuration.values import SECRETS_VALUE as SecretValue
from dlt.configuration.values import SecretMark as SecretSentinel
from dlt.configuration.values import TCredentials, TSecretStrValue, TSecretValue
from dlt.types import DictStrAny, DictStrStr, StrAny, StrStr, TAnyDateTime, TDataItem, TDataItems, TFun

__all__ = [
    "IO",
    "TYPE_CHECKING",
    "VARIANT_FIELD_FORMAT",
    "Annotated",
    "Any",
    "AnyFun",
    "AnyType",
    "Callable",
    "CallableAny",
    "ClassVar",
    "Concatenate",
    "ConfigValue",
    "Dict",
    "DictStrAny",
    "DictStrOptionalStr",
    "DictStrStr",
    "Final",
    "ForwardRef",
    "Generator",
    "Generic",
    "GenericAlias",
    "Iterable",
    "Iterator",
    "List",
    "Literal",
    "Mapping",
    "NamedTuple",
    "Never",
    "NewType",
    "NotRequired",
    "Optional",
    "ParamSpec",
    "PathLike",
    "Protocol",
    "REPattern",
    "Required",
    "SecretSentinel",
    "SecretValue",
    "Self",
    "Sequence",
    "Set",
    "StrAny",
    "StrOrBytesPath",
    "StrStr",
    "StrStrStr",
    "SupportsHumanize",
    "SupportsVariant",
    "TAny",
    "TAnyDateTime",
    "TColumnNames",
    "TCredentials",
    "TDataItem",
    "TDataItems",
    "TDynHintType",
    "TFun",
    "TLoaderFileFormat",
    "TSecretStrValue",
    "TSecretValue",
    "TSortOrder",
    "TTableHintTemplate",
    "TTableNames",
    "TTimeInterval",
    "TVariantBase",
    "TVariantRV",
    "TimedeltaSeconds",
    "Tuple",
    "Type",
    "TypeAlias",
    "TypeVar",
    "TypedDict",
    "Union",
    "Unpack",
    "add_value_to_literal",
    "annotation_metadata",
    "extract_inner_type",
    "extract_supertype",
    "extract_type_if_modifier",
    "extract_union_types",
    "get_all_types_of_class_in_union",
    "get_args",
    "get_generic_type_argument_from_instance",
    "get_literal_args",
    "get_origin",
    "get_type_globals",
    "get_type_hints",
    "get_type_name",
    "is_annotated",
    "is_any_type",
    "is_callable_type",
    "is_dict_generic_type",
    "is_final_type",
    "is_list_generic_type",
    "is_literal_type",
    "is_newtype_type",
    "is_optional_type",
    "is_set_generic_type",
    "is_subclass",
    "is_typeddict",
    "is_union_type",
    "resolve_single_annotation",
    "runtime_checkable",
]

AnyFun: TypeAlias = Callable[..., Any]
CallableAny = NewType("CallableAny", object)
DictStrOptionalStr = dict[str, str | None]
StrStrStr = Mapping[str, Mapping[str, str]]
PathLike = os.PathLike
REPattern = re.Pattern
StrOrBytesPath = Union[str, bytes, "os.PathLike[str]", "os.PathLike[bytes]"]
TimedeltaSeconds = int | float | timedelta
TColumnNames = str | Sequence[str]
TTableNames = str | Sequence[str]
TSortOrder = Literal["asc", "desc"]
TLoaderFileFormat = Literal["jsonl", "typed-jsonl", "insert_values", "parquet", "csv", "reference", "model"]

TAny = TypeVar("TAny")
TDynHintType = TypeVar("TDynHintType")
TTableHintTemplate = Union[TDynHintType, Callable[[TDataItem], TDynHintType]]
TVariantBase = TypeVar("TVariantBase", covariant=True)
TVariantRV = tuple[str, object]
VARIANT_FIELD_FORMAT = "v_%s"


class TTimeInterval(NamedTuple):
    """Two moments, the second one excluded."""

    start: datetime
    end: datetime


@runtime_checkable
class SupportsVariant(Protocol[TVariantBase]):
    """A value that is stored as another one where no column holds it: it is called for that."""

    def __call__(self) -> TVariantBase | TVariantRV:
        """Return the value, or the type and the value of what is stored."""


class SupportsHumanize(Protocol):
    """What shows itself to people."""

    def asdict(self) -> dict[str, object]:
        """Return its fields."""

    def asstr(self, verbosity: int = 0) -> str:
        """Return text about it."""
