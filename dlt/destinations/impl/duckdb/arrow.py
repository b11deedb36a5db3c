"""Results of DuckDB as Arrow data."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from operator import methodcaller

from dlt.io.mapped import mapped_batches, schema_of
from dlt.late import duckdb, pa


def as_table(result: duckdb.DuckDBPyConnection) -> pa.Table:
    """Return the rest of a result."""
    with warnings.catch_warnings():
        # versions between the two names tell of the one that goes
        warnings.simplefilter("ignore", UserWarning)
        # DuckDB 2.0 renamed it; the types that come with it know the new name only
        return methodcaller("to_arrow_table" if hasattr(result, "to_arrow_table") else "fetch_arrow_table")(result)


def batches_of(query: str, rows: int) -> Iterator[pa.RecordBatch]:
    """Yield the result of a query on files, in a database of its own.

    Args:
        query: The query.
        rows: Rows of a batch at most.
    """
    with duckdb.connect() as connection:
        # moments without a zone are UTC, whatever the zone of the machine is
        connection.execute("SET TimeZone = 'UTC'")
        found = connection.sql(query)
        name = "to_arrow_reader" if hasattr(found, "to_arrow_reader") else "fetch_arrow_reader"
        yield from methodcaller(name, rows)(found)


@contextmanager
def batches_of_files(paths: Sequence[str]) -> Iterator[pa.RecordBatchReader]:
    """Give the rows of files of Arrow, which are mapped into memory a few batches at a time.

    Args:
        paths: The files, which may have numbers of several widths, and some columns more or fewer.
    """
    schemas = [schema_of(path) for path in paths]
    is_one = all(schema.equals(schemas[0]) for schema in schemas)
    schema = schemas[0] if is_one else pa.unify_schemas(schemas, promote_options="permissive")
    with pa.RecordBatchReader.from_batches(schema, _batches(paths, schema)) as rows:
        yield rows


def _batches(paths: Sequence[str], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    for path in paths:
        for batch in mapped_batches(path):
            if batch.schema.equals(schema):
                yield batch
            else:
                whole = [schema.empty_table(), pa.Table.from_batches([batch])]
                yield from pa.concat_tables(whole, promote_options="permissive").to_batches()
