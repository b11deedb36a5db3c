"""Types under the names of PyPI `dlt` 1.x."""

from dlt.configuration import TCredentials, TSecretStrValue, TSecretValue
from dlt.types import DictStrAny, DictStrStr, StrAny, StrStr, TAnyDateTime, TDataItem, TDataItems, TFun, Wrapped

AnyFun = Wrapped
DictStrOptionalStr = dict[str, str | None]

__all__ = [
    "AnyFun",
    "DictStrAny",
    "DictStrOptionalStr",
    "DictStrStr",
    "StrAny",
    "StrStr",
    "TAnyDateTime",
    "TCredentials",
    "TDataItem",
    "TDataItems",
    "TFun",
    "TSecretStrValue",
    "TSecretValue",
]
