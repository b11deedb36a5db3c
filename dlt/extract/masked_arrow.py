"""Columns of Arrow tables and frames masked: each distinct value once."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

from dlt.extract.masked_values import text_of
from dlt.formats.column_rows import PLAIN_TEXT
from dlt.formats.frames import as_arrow
from dlt.formats.pages import JSON_FIELD
from dlt.late import pa
from dlt.types import TDataItem

if TYPE_CHECKING:
    from dlt.extract.masked_values import MaskValue

Frame = Any
"""A frame of pandas, which need not be installed."""


class Masker(Protocol):
    """What is masked in the columns of a table, by their names at the source."""

    goes_inside: bool

    def column(self, key: str) -> MaskValue | None:
        """Return what masks a column, None where it is not masked."""

    def is_document(self, key: str) -> bool:
        """Tell whether texts in a column are documents."""

    def value(self, key: str, value: TDataItem) -> TDataItem:
        """Return a value with what is inside of it masked; the same one where nothing is."""

    def document_text(self, key: str, text: TDataItem) -> TDataItem:
        """Return JSON text with what is inside of it masked; the same one where nothing is."""


def masked_frame(masker: Masker, item: TDataItem) -> TDataItem:
    """Return an Arrow table, a pandas or a polars frame masked; None for anything else.

    Args:
        masker: What is masked.
        item: The item; it is not changed.
    """
    module = type(item).__module__.partition(".")[0]
    if module == "pandas" and hasattr(item, "isetitem"):
        # not as Arrow: what Arrow says of a column of mixed values has a value in it
        return _masked_pandas(masker, item)
    table = as_arrow(item)
    return None if table is None else _masked(masker, table, None)


def masked_batch(masker: Masker, batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return rows that a reader holds in columns masked.

    Args:
        masker: What is masked.
        batch: The rows.
    """
    return _masked(masker, batch, PLAIN_TEXT)


def _masked(masker: Masker, table: TDataItem, metadata: dict[bytes, bytes] | None) -> TDataItem:
    fields, arrays = [], []
    for field, column in zip(table.schema, table.columns, strict=True):
        mask = masker.column(field.name)
        if mask is not None:
            array = _masked_column(column, mask)
            field = pa.field(field.name, array.type, field.nullable, metadata)
        elif masker.goes_inside:
            array = _masked_inside(masker, field, column)
            field = field.with_type(array.type)
        else:
            array = column
        fields.append(field)
        arrays.append(array)
    return type(table).from_arrays(arrays, schema=pa.schema(fields, table.schema.metadata))


def _masked_column(column: TDataItem, mask: MaskValue) -> TDataItem:
    chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    found = [_masked_array(chunk, mask) for chunk in chunks]
    kinds = {chunk.type for chunk in found if not pa.types.is_null(chunk.type)}
    kind = kinds.pop() if len(kinds) == 1 else pa.string()
    if kinds:
        # a function may give values of another type for each chunk
        found = [pa.array([value for chunk in found for value in chunk.to_pylist()])]
        kind = found[0].type
    found = [chunk.cast(kind) if pa.types.is_null(chunk.type) else chunk for chunk in found]
    return pa.chunked_array(found, kind) if isinstance(column, pa.ChunkedArray) else found[0]


def _masked_array(array: pa.Array, mask: MaskValue) -> pa.Array:
    array = _readable(array)
    kind = array.type
    if not pa.types.is_nested(kind) and not pa.types.is_dictionary(kind):
        # of a few types Arrow finds no equal values: each value is masked for itself
        with suppress(pa.ArrowNotImplementedError):
            array = array.dictionary_encode()
    if not pa.types.is_dictionary(array.type):
        return pa.array(_each(array.to_pylist(), mask))
    # in Python, as Arrow has no HMAC; each distinct value once
    distinct = pa.array(_each(_readable(array.dictionary).to_pylist(), mask))
    return distinct.take(array.indices)


def _readable(array: pa.Array) -> pa.Array:
    """Return nanoseconds as microseconds: only pandas has values for them, and rows have none."""
    kind = array.type
    if pa.types.is_timestamp(kind) and kind.unit == "ns":
        return array.cast(pa.timestamp("us", kind.tz), safe=False)
    if pa.types.is_time64(kind) and kind.unit == "ns":
        return array.cast(pa.time64("us"), safe=False)
    if pa.types.is_duration(kind) and kind.unit == "ns":
        return array.cast(pa.duration("us"), safe=False)
    return array


def _each(values: list[TDataItem], mask: Callable[[TDataItem], object]) -> list[object]:
    return [None if value is None else mask(value) for value in values]


def _masked_inside(masker: Masker, field: pa.Field, column: TDataItem) -> TDataItem:
    """Return a column of documents with what is inside of them masked; another one as it is."""
    plain = _decoded(column)
    kind = plain.type
    is_text = pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    is_text = is_text or pa.types.is_binary(kind) or pa.types.is_large_binary(kind)
    if is_text and ((field.metadata or {}).items() >= JSON_FIELD.items() or masker.is_document(field.name)):
        values = plain.to_pylist()
        found = [masker.document_text(field.name, value) for value in values]
    elif pa.types.is_map(kind):
        values = plain.to_pylist()
        found = [None if value is None else _masked_map(masker, field.name, value) for value in values]
        if not pa.types.is_string(kind.item_type):
            # what is masked is text, and stands beside the others
            found = [
                value and [(key, item if item is None else text_of(item)) for key, item in value] for value in found
            ]
        kind, is_text = pa.map_(kind.key_type, pa.string()), True
    elif pa.types.is_nested(kind):
        values = plain.to_pylist()
        found = [masker.value(field.name, value) for value in values]
    else:
        return column
    if all(new is old for new, old in zip(found, values, strict=True)):
        return column
    array = pa.array(found, kind if is_text else None)
    return pa.chunked_array([array]) if isinstance(column, pa.ChunkedArray) else array


def _masked_map(masker: Masker, key: str, entries: list[tuple[TDataItem, TDataItem]]) -> TDataItem:
    """Return the entries of a map masked: its keys lead to its values, as those of a document do."""
    document = dict(entries)
    found = masker.value(key, document)
    return entries if found is document else [*found.items()]


def _decoded(column: TDataItem) -> TDataItem:
    """Return a column whose values stand for themselves, and not as a place in a dictionary or a type of their own."""
    if isinstance(column, pa.ChunkedArray):
        chunks = [_decoded(chunk) for chunk in column.chunks]
        return pa.chunked_array(chunks, chunks[0].type) if chunks else column
    if isinstance(column.type, pa.BaseExtensionType):
        return _decoded(column.storage)
    if pa.types.is_dictionary(column.type):
        return _decoded(column.dictionary_decode())
    return column


def _masked_pandas(masker: Masker, frame: Frame) -> Frame:
    made = frame.copy(deep=False)
    for position, label in enumerate(frame.columns):
        column, mask = frame.iloc[:, position], masker.column(str(label))
        # texts and documents are of many dtypes: of objects, of pandas' own and of Arrow's
        if mask is None and not (masker.goes_inside and column.dtype.kind in "OU"):
            continue
        values, missing = column.astype(object).tolist(), column.isna().tolist()
        if mask is not None:
            found = [None if gone else mask(value) for value, gone in zip(values, missing, strict=True)]
        else:
            found = [
                value if gone else masker.value(str(label), value) for value, gone in zip(values, missing, strict=True)
            ]
        if any(new is not old for new, old in zip(found, values, strict=True)):
            made.isetitem(position, type(column)(found, index=frame.index, dtype=object))
    return made
