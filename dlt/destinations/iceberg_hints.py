"""How the files of an Iceberg table are to be partitioned, as values: `iceberg_partition` makes them."""

from __future__ import annotations

from collections.abc import Sequence

from dlt.late_dataclass import dataclass

# the key under which schemas of PyPI dlt 1.x have them
X_PARTITION = "x-iceberg-partition"
X_PROPERTIES = "x-iceberg-table-properties"


@dataclass(frozen=True)
class PartitionSpec:
    """One field by which an Iceberg table is partitioned.

    Attributes:
        source_column: The column.
        transform: "identity", "year", "month", "day", "hour", "bucket" or "truncate".
        param_value: Number of buckets, or length of what is kept.
        partition_field: Name of the field; made of column and transform when None.
    """

    source_column: str
    transform: str = "identity"
    param_value: int | None = None
    partition_field: str | None = None

    def to_dict(self) -> dict[str, object]:
        """Return it as a schema holds it."""
        given = {
            "transform": self.transform,
            "source_column": self.source_column,
            "partition_field": self.partition_field,
            "param_value": self.param_value,
        }
        return {key: value for key, value in given.items() if value is not None}


class iceberg_partition:
    """Fields by which an Iceberg table is partitioned."""

    @staticmethod
    def identity(column_name: str) -> PartitionSpec:
        """Partition by the values of a column."""
        return PartitionSpec(column_name)

    @staticmethod
    def year(column_name: str, partition_field_name: str | None = None) -> PartitionSpec:
        """Partition by the year of a date or moment."""
        return PartitionSpec(column_name, "year", None, partition_field_name)

    @staticmethod
    def month(column_name: str, partition_field_name: str | None = None) -> PartitionSpec:
        """Partition by the month of a date or moment."""
        return PartitionSpec(column_name, "month", None, partition_field_name)

    @staticmethod
    def day(column_name: str, partition_field_name: str | None = None) -> PartitionSpec:
        """Partition by the day of a date or moment."""
        return PartitionSpec(column_name, "day", None, partition_field_name)

    @staticmethod
    def hour(column_name: str, partition_field_name: str | None = None) -> PartitionSpec:
        """Partition by the hour of a moment."""
        return PartitionSpec(column_name, "hour", None, partition_field_name)

    @staticmethod
    def bucket(num_buckets: int, column_name: str, partition_field_name: str | None = None) -> PartitionSpec:
        """Partition by a hash of the values of a column."""
        return PartitionSpec(column_name, "bucket", num_buckets, partition_field_name)

    @staticmethod
    def truncate(width: int, column_name: str, partition_field_name: str | None = None) -> PartitionSpec:
        """Partition by the beginning of texts, or by whole numbers in steps."""
        return PartitionSpec(column_name, "truncate", width, partition_field_name)


def partition_hints(partition: str | PartitionSpec | Sequence[str | PartitionSpec] | None) -> list[dict[str, object]]:
    """Return the fields as a schema holds them.

    Args:
        partition: Columns, or what `iceberg_partition` makes.

    Raises:
        ValueError: one is something else.
    """
    given = [partition] if isinstance(partition, (str, PartitionSpec)) else list(partition or ())
    specs = [PartitionSpec(part) if isinstance(part, str) else part for part in given]
    for part in specs:
        if not isinstance(part, PartitionSpec):
            raise ValueError(f"iceberg_adapter: partition has {part!r}. Give columns, or what iceberg_partition makes.")
    return [part.to_dict() for part in specs]
