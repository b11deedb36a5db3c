"""Runs of dbt: names of PyPI `dlt` 1.x."""

from dlt.absent import absent_names
from dlt.helpers.dbt.exceptions import DBTProcessingError

__all__ = ["DBTProcessingError"]
__getattr__ = absent_names(
    __name__,
    "dlt.helpers.dbt.create_runner(...) runs commands of dbt in its own process.",
    "initialize_dbt_logging run_dbt_command is_incremental_schema_out_of_sync_error",
)
