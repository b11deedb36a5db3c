"""Names for the values that travel through the library."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from typing_extensions import ParamSpec

    P = ParamSpec("P", default=...)
else:
    # the one of typing_extensions takes a tenth of the time of `import dlt`, and only checkers look at the default
    from typing import ParamSpec

    P = ParamSpec("P")

"""The parameters of a user's function; any parameters where a person names a generic class alone."""

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
