"""From where the columns of a pipeline's tables come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlt.configuration.similar import did_you_mean
from dlt.errors import TableNotFound
from dlt.schema.origins import origins

if TYPE_CHECKING:
    from dlt.pipeline.parts import Parts
    from dlt.schema.origins import Origin


def lineage_of(parts: Parts, table: str | None, column: str | None) -> list[Origin]:
    """Return where columns come from, over all schemas of a pipeline.

    Args:
        parts: The pipeline.
        table: Name of a table; all of them when None.
        column: Name of a column; all of them when None.

    Raises:
        TableNotFound: no schema has such a table, or the table no such column.
    """
    schemas = parts.home.schemas
    found = [origin for name in schemas for origin in origins(schemas[name])]
    for what, wanted in (("table", table), ("column", column)):
        known = list(dict.fromkeys(getattr(origin, what) for origin in found))
        if wanted is not None and wanted not in known:
            where = f" in {table}" if what == "column" and table is not None else ""
            raise TableNotFound(
                f"pipeline {parts.pipeline_name} has no {what} {wanted!r}{where}{did_you_mean(wanted, known) or '.'} "
                f"There are {', '.join(known) or 'none'}.",
                table_name=table,
            )
        found = [origin for origin in found if wanted is None or getattr(origin, what) == wanted]
    return found
