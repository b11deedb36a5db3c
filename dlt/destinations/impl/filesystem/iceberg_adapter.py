"""The adapter of Iceberg tables under its path of PyPI `dlt` 1.x."""

from dlt.absent import absent_names
from dlt.destinations.adapters import iceberg_adapter
from dlt.destinations.iceberg_hints import X_PARTITION as PARTITION_HINT
from dlt.destinations.iceberg_hints import X_PROPERTIES as TABLE_PROPERTIES_HINT
from dlt.destinations.iceberg_hints import PartitionSpec, iceberg_partition

__all__ = ["PARTITION_HINT", "TABLE_PROPERTIES_HINT", "PartitionSpec", "iceberg_adapter", "iceberg_partition"]


__getattr__ = absent_names(
    __name__,
    "iceberg_partition.identity(column) makes a field.",
    "parse_partition_hints create_identity_specs",
)
