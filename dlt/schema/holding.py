"""Whether a column that was made in an earlier run holds the values of one that is declared now."""

from __future__ import annotations

from typing import cast

from dlt.schema.capabilities import Capabilities
from dlt.schema.limits import digits_of, int_range
from dlt.schema.typing import ColumnSchema, DataType

OTHER_TYPES: dict[DataType, frozenset[DataType]] = {
    "text": frozenset({"json"}),
    "decimal": frozenset({"bigint", "wei"}),
    "wei": frozenset({"bigint", "decimal"}),
    "timestamp": frozenset({"date"}),
}
"""What a column of another type takes without changing a value; what does not fit is an error of the engine."""


def holds(there: ColumnSchema, declared: ColumnSchema, capabilities: Capabilities) -> bool:
    """Tell whether a loaded column takes all values of the column as it is declared now.

    Args:
        there: The column as it was loaded.
        declared: Hints of the run, which come before those of the column.
        capabilities: What the destination can do.
    """
    wanted = cast(ColumnSchema, {**there, **declared})
    kind = there["data_type"]
    if wanted["data_type"] != kind and wanted["data_type"] not in OTHER_TYPES.get(kind, ()):
        return False
    if wanted["data_type"] in ("decimal", "wei"):
        # digits before the point are checked value by value; those behind it would be rounded in silence
        return digits_of(there, capabilities)[1] >= digits_of(wanted, capabilities)[1]
    if wanted["data_type"] != kind:
        return True
    if kind == "bigint":
        return int_range(there)[1] >= int_range(wanted)[1]
    if kind == "timestamp":
        # a column without a precision holds all that a moment has
        return there.get("precision", 9) >= wanted.get("precision", 0)
    if kind in ("text", "binary") and capabilities.enforces_length and there.get("precision"):
        return there["precision"] >= (wanted.get("precision") or there["precision"])
    return True


def type_text(column: ColumnSchema) -> str:
    """Return the type of a column as a message shows it."""
    sizes = [str(size) for size in (column.get("precision"), column.get("scale")) if size is not None]
    return column["data_type"] + (f"({', '.join(sizes)})" if sizes else "")
