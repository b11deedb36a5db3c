"""Tables of a schema as BigQuery's table resources."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterable, Mapping

from google.cloud.bigquery import PartitionRange, RangePartitioning, SchemaField, Table, TimePartitioning

from dlt.clock import moment_of
from dlt.destinations.impl.bigquery.dialect import DIALECT
from dlt.errors import DatabaseTerminalException
from dlt.schema.typing import ColumnSchema, TableSchema
from dlt.schema.x_keys import X_BIGQUERY
from dlt.types import JsonObject, ReadOnlyRow

_DAY_MS = 24 * 3600 * 1000
_RANGE = {"start": -172_800_000, "end": 691_200_000, "interval": 86_400}
"""Days of Unix seconds, in as many partitions as a table may have; for whole numbers without a range."""


def table_hints(table: TableSchema) -> JsonObject:
    """Return what `bigquery_adapter` said of a table."""
    found = table.get(X_BIGQUERY)
    return dict(found) if isinstance(found, Mapping) else {}


def field_of(column: ColumnSchema, *, staged: bool = False) -> SchemaField:
    """Return a column as a field.

    Args:
        column: The column.
        staged: For a table that takes files: every field may be absent, and JSON is text, since Parquet has no JSON.
    """
    kind = DIALECT.type_of(column)
    if staged and kind == "JSON":
        kind = "STRING"
    base, _, sizes = kind.partition("(")
    numbers = [int(number) for number in re.findall(r"\d+", sizes)]
    options: JsonObject = {}
    if base in ("NUMERIC", "BIGNUMERIC"):
        options["precision"], options["scale"] = numbers
    elif numbers and not staged:
        options["max_length"] = numbers[0]
    if not staged:
        rounding = column.get(f"{X_BIGQUERY}-rounding")
        if rounding:
            options["rounding_mode"] = rounding
        if column.get("description"):
            options["description"] = column["description"]
    required = not staged and not column.get("nullable", True)
    return SchemaField(column["name"], base, "REQUIRED" if required else "NULLABLE", **options)


def column_of(field: SchemaField) -> ColumnSchema:
    """Return a field as a column; without a data type for one that we never make."""
    if field.mode == "REPEATED":
        return {"name": field.name}
    sizes = ""
    if field.field_type in ("NUMERIC", "BIGNUMERIC"):
        # what a type without sizes holds; of the 77th digit BIGNUMERIC has a part only
        default = (38, 9) if field.field_type == "NUMERIC" else (76, 38)
        precision = field.precision or default[0]
        sizes = f"({precision},{(field.scale or 0) if field.precision else default[1]})"
    return DIALECT.column_of(field.name, f"{field.field_type}{sizes}")


def columns_of(native: Table) -> dict[str, ColumnSchema]:
    """Return the columns of a table at BigQuery."""
    return {field.name: column_of(field) for field in native.schema}


def new_table(reference: str, table: TableSchema, name_of: Callable[[str], str]) -> Table:
    """Return the resource for a table that is not there yet.

    Args:
        reference: project.dataset.table.
        table: The table.
        name_of: Gives the name of a column as it is in the table.
    """
    native = Table(reference, [field_of(column) for column in table["columns"].values()])
    set_partition(native, table, name_of)
    set_properties(native, table)
    return native


def set_partition(native: Table, table: TableSchema, name_of: Callable[[str], str]) -> None:
    """Set how a table is partitioned and clustered; both are decided when it is made."""
    hints, columns = table_hints(table), table["columns"]
    asked = hints.get("partition")
    if asked is None:
        asked = next((name for name, column in columns.items() if column.get("partition")), None)
    days = hints.get("partition_expiration_days")
    if asked is not None or days is not None:
        spec: ReadOnlyRow = asked if isinstance(asked, Mapping) else {"column": asked}
        field = name_of(str(spec["column"])) if spec.get("column") else None
        kind = columns[field]["data_type"] if field in columns else None
        if field is not None and kind not in ("date", "timestamp", "bigint"):
            raise DatabaseTerminalException(
                f"table {table['name']}: BigQuery cannot partition by column {field}, which is of type "
                f"{kind or 'unknown'}. Choose a column of type date, timestamp or bigint."
            )
        if kind == "bigint":
            bounds = {key: spec.get(key, default) for key, default in _RANGE.items()}
            native.range_partitioning = RangePartitioning(field=field, range_=PartitionRange(**bounds))
        else:
            native.time_partitioning = TimePartitioning(
                type_=str(spec.get("granularity", "DAY")).upper(),
                field=field,
                expiration_ms=int(days * _DAY_MS) if days else None,
            )
    clustered = hints.get("cluster") or [name for name, column in columns.items() if column.get("cluster")]
    if clustered:
        native.clustering_fields = [name_of(str(name)) for name in clustered]


def set_properties(native: Table, table: TableSchema) -> list[str]:
    """Set description, labels and expiration as the schema says; return the names of those that changed."""
    hints = table_hints(table)
    description, labels = hints.get("description") or table.get("description"), hints.get("labels")
    expires = _moment(hints.get("expires"))
    # BigQuery changes those fields of a table that are named to it
    changed = []
    # what a schema does not say stays: people may have set it at BigQuery
    if description and description != native.description:
        native.description = description
        changed.append("description")
    if labels and labels != native.labels:
        native.labels = labels
        changed.append("labels")
    if expires and expires != native.expires:
        native.expires = expires
        changed.append("expires")
    return changed


def _moment(value: object) -> datetime.datetime | None:
    if value is None:
        return None
    moment = value if isinstance(value, datetime.datetime) else moment_of(str(value))
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=datetime.timezone.utc)


def staged_fields(columns: Iterable[ColumnSchema]) -> list[SchemaField]:
    """Return the fields of a table that takes files."""
    return [field_of(column, staged=True) for column in columns]


def added_columns(qualified: str, columns: Mapping[str, ColumnSchema]) -> str:
    """Return one ALTER TABLE for new columns; two pipelines may add the same ones at once."""
    parts = []
    for name, column in columns.items():
        options = f" OPTIONS (description = {DIALECT.literal(column['description'])})" if _described(column) else ""
        parts.append(f"ADD COLUMN IF NOT EXISTS {DIALECT.quote(name)} {DIALECT.type_of(column)}{options}")
    return f"ALTER TABLE {qualified} {', '.join(parts)}"


def _described(column: ColumnSchema) -> bool:
    return bool(column.get("description"))
