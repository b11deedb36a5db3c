"""Tables of a pipeline that have a table format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from dlt.errors import OpenTableClientNotAvailable

if TYPE_CHECKING:
    from dlt.pipeline.pipeline import Pipeline


Native = Any
"""A table as the package of its format has it: a DeltaTable, or a Table of pyiceberg."""


@runtime_checkable
class LakeClient(Protocol):
    """A client of a destination that keeps tables in a format."""

    def table_formats(self) -> Mapping[str, str]:
        """Return the formats of tables by their names."""

    def open_table(self, name: str) -> Native:
        """Return a table."""


def native_tables(pipeline: Pipeline, kind: str, tables: Sequence[str], schema_name: str | None) -> dict[str, Native]:
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
    with pipeline.destination_client_for(schema=schema_name) as client:
        if not isinstance(client, LakeClient):
            name = pipeline.destination.destination_name if pipeline.destination is not None else None
            raise OpenTableClientNotAvailable(
                f"pipeline {pipeline.pipeline_name}: {kind} tables are kept by the filesystem destination; this one is "
                f"{name}."
            )
        formats = client.table_formats()
        for name in tables:
            if formats.get(name) != kind:
                raise ValueError(
                    f"pipeline {pipeline.pipeline_name}: table {name} is not a {kind} table. Those are: "
                    f"{', '.join(sorted(n for n, found in formats.items() if found == kind)) or 'none'}."
                )
        # other pipelines may load into the same dataset
        known = set(pipeline.schemas[schema_name or str(pipeline.default_schema_name)].tables)
        wanted = tables or [name for name, found in formats.items() if found == kind and name in known]
        return {name: client.open_table(name) for name in wanted}
