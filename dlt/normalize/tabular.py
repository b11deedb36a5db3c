"""Arrow tables and frames: renamed and cast by column, value by value only where they do not fit their column."""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping
from typing import cast

from dlt.errors import DataValidationError, SchemaIdentifierNormalizationCollision
from dlt.formats.arrow_values import column_of
from dlt.late import pa, pc
from dlt.normalize.casts import KeptOut, all_finite, coalesced, days_in_bounds, holds_nul, moments_in_bounds, place
from dlt.normalize.placement import DiscardRow, Placement, QuarantineRow
from dlt.schema.capabilities import Capabilities
from dlt.schema.contract import with_row
from dlt.schema.limits import digits_of, limited
from dlt.schema.naming import name_of_key
from dlt.schema.quarantine import Refusal
from dlt.schema.system_columns import LOAD_ID, ROW_ID
from dlt.schema.typing import ColumnSchema

ROW_COLUMNS = (ROW_ID, LOAD_ID)
"""System columns of rows; Arrow data gets those that its table has."""


def loads_unchanged(placement: Placement, table: str, schema: pa.Schema) -> bool:
    """Tell whether columns keep their names, and have types that every destination of Arrow data takes as they are."""
    columns = placement.columns(table)
    called = placement.called[table]
    # rows in the same table have ids, which the file would lack
    if any("data_type" in columns.get(name, {}) for name in ROW_COLUMNS):
        return False
    for field in schema:
        name, kind = field.name, field.type
        # a name that changes means that the file must be written anew
        own = name_of_key(placement.schema.naming, name)
        if own != name or own in called or len(schema.get_all_field_indices(name)) > 1:
            return False
        # what engines read as it is: no dictionaries, views, large texts or unsigned numbers
        plain = pa.types.is_string(kind) or pa.types.is_boolean(kind) or pa.types.is_date32(kind)
        number = pa.types.is_signed_integer(kind) or pa.types.is_float64(kind) or pa.types.is_float32(kind)
        exact = kind in (pa.timestamp("us", "UTC"), pa.timestamp("us"), pa.time64("us"), pa.binary())
        if not (plain or number or exact or pa.types.is_decimal128(kind)):
            return False
        if placement.filtered(table, name):
            return False
        known = columns.get(name, {})
        # of columns that are there and of the same type no value can be refused
        if "data_type" not in known and not _takes(placement, table, name):
            return False
        if not _same_column(known, column_of(name, kind), placement.capabilities):
            return False
        if placement.as_in_1x and kind == pa.timestamp("us") and known.get("timezone", True):
            return False
    return True


def _takes(placement: Placement, table: str, name: str) -> bool:
    try:
        return placement.accepts(table, {"name": name, "data_type": "text"})
    except (DiscardRow, QuarantineRow, DataValidationError):
        return False


def _same_column(known: ColumnSchema | dict[str, object], added: ColumnSchema, capabilities: Capabilities) -> bool:
    if "data_type" not in known:
        return added == limited(added, capabilities) and all(
            known.get(key, added.get(key)) == added.get(key) for key in ("precision", "scale", "timezone")
        )
    if known["data_type"] != added["data_type"]:
        return False
    if added["data_type"] == "decimal":
        return digits_of(cast(ColumnSchema, known), capabilities) == digits_of(added, capabilities)
    zone = known.get("timezone", True) == added.get("timezone", True)
    return zone and all(known.get(key) == added.get(key) for key in ("precision", "scale"))


def holds_plain_values(batch: pa.RecordBatch, capabilities: Capabilities) -> bool:
    """Tell whether a batch of types that load unchanged has only values that every column of its type holds."""
    types = pa.types
    for array in batch.columns:
        kind = array.type
        if (
            (types.is_timestamp(kind) and not moments_in_bounds(array))
            or (types.is_date32(kind) and not days_in_bounds(array))
            or (types.is_floating(kind) and not capabilities.supports_nan and not all_finite(array))
            or (types.is_string(kind) and not capabilities.supports_nul and holds_nul(array))
        ):
            return False
    return True


def has_gaps(batch: pa.RecordBatch, required: Collection[str]) -> bool:
    """Tell whether a row leaves out a column that it must fill."""
    return any(name not in batch.schema.names or batch.column(name).null_count for name in required)


def conform(
    placement: Placement,
    table: str,
    batch: pa.RecordBatch,
    kept_out: KeptOut | None = None,
    required: Mapping[str, str] | None = None,
) -> dict[str, pa.Array]:
    """Return the columns of a batch under their final names and types, without what the contract discards.

    Args:
        placement: Decides the columns.
        table: Name of the table.
        batch: The batch.
        kept_out: Gets the rows that go to quarantine, by their numbers in the batch.
        required: Columns that every row must fill, with the reasons, where rows that leave one out go to quarantine.

    Raises:
        SchemaIdentifierNormalizationCollision: two columns get one name.
        DataValidationError: the contract is frozen.
    """
    arrays: dict[str, pa.Array] = {}
    called = placement.called[table]
    names: set[str] = set()
    refused: list[pa.Array] = []
    for field, array in zip(batch.schema, batch.columns, strict=True):
        # a column that holds nothing but NULL says nothing of its type
        if pa.types.is_null(field.type):
            continue
        name = name_of_key(placement.schema.naming, field.name)
        name = called.get(name, name)
        if name in names:
            raise SchemaIdentifierNormalizationCollision(
                f"table {table}: two columns of the Arrow data become {name!r}, one of them is {field.name!r}. "
                "Rename one of them.",
                table=table,
                column=name,
            )
        names.add(name)
        known = placement.columns(table).get(name)
        if known is None or "data_type" not in known:
            added = _new_column(placement, name, field.type)
            if not _accepted(placement, table, added, (batch, array), refused, kept_out):
                continue
            placement.add_column(table, {**added, **(known or {}), "data_type": added["data_type"]})
            placement.paths.note(table, name, (field.name,))
        elif placement.filtered(table, name):
            continue
        try:
            columns, discarded = place(placement, table, name, array, kept_out)
        except DataValidationError as error:
            raise with_row(error, _first_row(batch, array)) from None
        for column, values in columns.items():
            arrays[column] = coalesced(arrays.get(column), values, table, column)
        if discarded is not None:
            refused.append(discarded)
    refused += _gaps(arrays, batch.num_rows, required or {}, kept_out)
    return _kept(arrays, refused)


def _accepted(
    placement: Placement,
    table: str,
    column: ColumnSchema,
    found: tuple[pa.RecordBatch, pa.Array],
    refused: list[pa.Array],
    kept_out: KeptOut | None,
) -> bool:
    """Tell whether a new column is taken; of one that is not, rows that have a value may be refused."""
    batch, array = found
    try:
        return placement.accepts(table, column)
    except DiscardRow:
        # only rows that have a value for the column break the contract
        refused.append(array.is_valid())
    except QuarantineRow as why:
        refused.append(array.is_valid())
        _keep_out(kept_out, refused[-1], why.refusal)
    except DataValidationError as error:
        raise with_row(error, _first_row(batch, array)) from None
    return False


def _gaps(
    arrays: Mapping[str, pa.Array], count: int, required: Mapping[str, str], kept_out: KeptOut | None
) -> list[pa.Array]:
    """Return masks of the rows that leave out columns which they must fill."""
    found = []
    # a column that is missing as a whole is one without a value
    for name, reason in required.items():
        found.append(arrays[name].is_null() if name in arrays else pc.is_null(pa.nulls(count)))
        _keep_out(kept_out, found[-1], Refusal("data_type", name, f"there is no value, and the column is {reason}"))
    return found


def _keep_out(kept_out: KeptOut | None, mask: pa.Array, refusal: Refusal) -> None:
    if kept_out is not None:
        for row in pc.indices_nonzero(mask).to_pylist():
            kept_out.setdefault(row, refusal)


def _new_column(placement: Placement, name: str, kind: pa.DataType) -> ColumnSchema:
    column = limited(column_of(name, kind), placement.capabilities)
    if placement.as_in_1x:
        # moments without a zone count as UTC, as those of rows do
        column.pop("timezone", None)
    return column


def _first_row(batch: pa.RecordBatch, array: pa.Array) -> dict[str, object] | None:
    """Return the first row that has a value in a column."""
    if not len(array):
        return None
    position = max(array.is_valid().index(True).as_py(), 0)
    return {name: column[position].as_py() for name, column in zip(batch.schema.names, batch.columns, strict=True)}


def _kept(arrays: dict[str, pa.Array], refused: list[pa.Array]) -> dict[str, pa.Array]:
    """Return the columns without the rows of which one of the masks is true."""
    if not refused:
        return arrays
    # one pass over the columns at the end, whatever number of columns refused rows
    kept = pc.invert(functools.reduce(pc.or_, refused))
    return {name: array.filter(kept) for name, array in arrays.items()}
