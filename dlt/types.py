"""Names for the values that travel through the library.

A value whose type nobody can write down has one name here, with the reason; everywhere else `Any` is a question that
was not answered.
"""

from __future__ import annotations

import datetime
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

__all__ = [
    "DictStrAny",
    "DictStrStr",
    "JsonObject",
    "P",
    "ReadOnlyRow",
    "Row",
    "StrAny",
    "StrStr",
    "TAnyDateTime",
    "TDataItem",
    "TDataItems",
    "TFun",
    "Unread",
    "Wrapped",
    "override",
]

if TYPE_CHECKING:
    from typing_extensions import ParamSpec, override

    P = ParamSpec("P", default=...)
else:
    # typing_extensions takes a tenth of the time of `import dlt`, and only checkers look at what it adds
    from typing import ParamSpec

    P = ParamSpec("P")

    def override(method):
        """Mark a method as one that the class above has, for checkers."""
        return method


"""The parameters of a user's function; any parameters where a person names a generic class alone."""

TDataItem = Any
"""One item that a source yields: a dict, any other JSON-like value, an Arrow table or a frame."""
TDataItems = Any
"""One item or a list of items."""
Row = dict[str, Any]
"""One row as a source yields it or a query returns it: values by column; what a value is, the row's source says."""
ReadOnlyRow = Mapping[str, Any]
"""A row that the reader leaves as it is; also one that is no dict, such as a row of a driver."""
JsonObject = dict[str, Any]
"""A document of JSON whose shape this program does not own: a file that a person wrote, a foreign service's answer."""
Wrapped = Callable[..., Any]
"""A function of a user's, called with the arguments that configuration and the user give; it may return anything."""
TAnyDateTime = datetime.datetime | datetime.date | str | float | int
DictStrAny = dict[str, Any]
DictStrStr = dict[str, str]
StrAny = Mapping[str, Any]
StrStr = Mapping[str, str]
TFun = TypeVar("TFun")


class Unread(ABC):
    """Rows at a destination that are read when they are needed: an item like a frame, whose rows come page by page."""

    @property
    @abstractmethod
    def columns_schema(self) -> Mapping[str, Any]:
        """Return the columns, with their types as far as they are known."""

    @abstractmethod
    def iter_arrow(self, chunk_size: int = 10_000) -> Iterator[TDataItem]:
        """Yield Arrow tables."""
