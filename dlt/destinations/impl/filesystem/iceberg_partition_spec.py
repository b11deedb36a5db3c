"""How a table is partitioned, as pyiceberg has it: names of PyPI `dlt` 1.x."""

from dlt.absent import absent_names

__getattr__ = absent_names(
    __name__,
    "dlt.destinations.adapters.iceberg_partition makes what iceberg_adapter takes.",
    "build_iceberg_partition_spec get_partition_transform create_iceberg_table_with_partition",
)
