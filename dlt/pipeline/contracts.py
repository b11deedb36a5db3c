"""The contracts that the code has now, put in force for packages that wait."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from dlt.schema.contract import declare

if TYPE_CHECKING:
    from dlt.extract.source import DltSource
    from dlt.schema.schema import Schema


def put_in_force(sources: Iterable[DltSource], schemas: Mapping[str, Schema], default_name: str, keep: bool) -> None:
    """Let the contracts of sources and resources count for what was extracted before.

    Args:
        sources: What is about to be extracted.
        schemas: The live schemas of the pipeline.
        default_name: Name of the schema of data without a source.
        keep: Contracts that the code does not give any more stay.
    """
    for source in sources:
        name = default_name if source.implicit else source.schema.name
        # nothing of it was extracted before
        if name not in schemas:
            continue
        schema, given = schemas[name], source.run_contract
        own = source.schema.settings.get("schema_contract")
        declare(schema.settings, given if given is not None else own, keep and source.implicit)
        for resource in source.resources.selected.values():
            table_name, contract = resource.table_name, resource.schema_contract
            if callable(table_name) or callable(contract):
                continue
            table = schema.tables.get(schema.naming.normalize_tables_path(str(table_name)))
            if table is not None:
                # what the run says comes before what the resource says
                declare(table, given if given is not None else contract, keep)
