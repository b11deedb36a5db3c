"""Names for the values that travel through the library."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar

TDataItem = Any
"""One item that a source yields: a dict, any other JSON-like value, an Arrow table or a frame."""
TDataItems = Any
"""One item or a list of items."""
TAnyDateTime = datetime.datetime | datetime.date | str | float | int
DictStrAny = dict[str, Any]
DictStrStr = dict[str, str]
StrAny = Mapping[str, Any]
StrStr = Mapping[str, str]
TFun = TypeVar("TFun")
