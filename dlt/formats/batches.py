"""Record batches of pages as rows again."""

from __future__ import annotations

from collections.abc import Iterator

from dlt.formats.arrow_values import values_of
from dlt.late import pa
from dlt.schema.documents import read_document


def batch_rows(batch: pa.RecordBatch) -> Iterator[dict[str, object]]:
    """Yield the rows of a batch of pages; of several fields with one name a row has at most one value."""
    columns: list[tuple[str, list[object]]] = []
    for field, array in zip(batch.schema, batch.columns, strict=True):
        values = _values(array)
        if field.metadata:
            values = [None if text is None else read_document(str(text)) for text in values]
        columns.append((field.name, values))
    yield from _joined(columns, batch.num_rows)


def _values(array: pa.Array) -> list[object]:
    # structs may have several fields of one name, which pyarrow does not turn into dicts
    if pa.types.is_struct(array.type):
        inner = [(field.name, _values(values)) for field, values in zip(array.type, array.flatten(), strict=True)]
        valid = array.is_valid().to_pylist()
        return [row if there else None for row, there in zip(_joined(inner, len(array)), valid, strict=True)]
    if pa.types.is_list(array.type) and pa.types.is_nested(array.type.value_type):
        items, start = _values(array.flatten()), 0
        found: list[object] = []
        for length in array.value_lengths().to_pylist():
            found.append(None if length is None else items[start : start + length])
            start += length or 0
        return found
    return values_of(array)


def _joined(columns: list[tuple[str, list[object]]], count: int) -> Iterator[dict[str, object]]:
    names = [name for name, _ in columns]
    rows = zip(*(values for _, values in columns), strict=True) if columns else iter([()] * count)
    for values in rows:
        # a row that lacks a key and one that has None in it are one and the same
        yield {name: value for name, value in zip(names, values, strict=True) if value is not None}
