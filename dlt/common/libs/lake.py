"""Tables of a pipeline that have a table format."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dlt.errors import OpenTableClientNotAvailable


def native_tables(pipeline: Any, kind: str, tables: Sequence[str], schema_name: str | None) -> dict[str, Any]:
    """Return tables by name, each as the package of its format has it.

    Args:
        pipeline: A pipeline.
        kind: The format, delta or iceberg.
        tables: Names of tables; all of this format when there are none.
        schema_name: Schema of the tables; the default one when None.

    Raises:
        OpenTableClientNotAvailable: the destination has no table formats.
        ValueError: a table has not this format.
    """
    with pipeline.destination_client(schema_name) as client:
        if not hasattr(client, "table_formats"):
            raise OpenTableClientNotAvailable(
                f"pipeline {pipeline.pipeline_name}: {kind} tables are kept by the filesystem destination; this one is "
                f"{pipeline.destination.destination_name}."
            )
        formats = client.table_formats()
        for name in tables:
            if formats.get(name) != kind:
                raise ValueError(
                    f"pipeline {pipeline.pipeline_name}: table {name} is not a {kind} table. Those are: "
                    f"{', '.join(sorted(n for n, found in formats.items() if found == kind)) or 'none'}."
                )
        known = set(pipeline.schemas[schema_name or pipeline.default_schema_name].tables)
        wanted = tables or [name for name, found in formats.items() if found == kind and name in known]
        return {name: client.open_table(name) for name in wanted}
