"""The adapter of Iceberg tables under its path of PyPI `dlt` 1.x."""

from dlt.destinations.adapters import iceberg_adapter
from dlt.destinations.iceberg_hints import X_PARTITION as PARTITION_HINT
from dlt.destinations.iceberg_hints import X_PROPERTIES as TABLE_PROPERTIES_HINT
from dlt.destinations.iceberg_hints import PartitionSpec, iceberg_partition

__all__ = ["PARTITION_HINT", "TABLE_PROPERTIES_HINT", "PartitionSpec", "iceberg_adapter", "iceberg_partition"]
