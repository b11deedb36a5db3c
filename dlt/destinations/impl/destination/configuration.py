"""Settings of destinations that are functions, for specs that derive from them."""

from __future__ import annotations

from typing import ClassVar

from dlt.configuration.spec import configspec
from dlt.destinations.client_spec import DestinationClientConfiguration

__all__ = ["CustomDestinationClientConfiguration"]


@configspec
class CustomDestinationClientConfiguration(DestinationClientConfiguration):
    """What the decorator takes; a spec with arguments of the function derives from it, or from any other spec.

    Attributes:
        loader_file_format: "parquet" for Arrow tables as items; rows as dicts otherwise.
        batch_size: Rows of a batch; 0 to get the path of the whole file.
        skip_dlt_columns_and_tables: Leave out what the library adds.
        max_table_nesting: Levels of nested tables; 0 keeps documents whole.
        max_parallel_load_jobs: Without effect: batches are delivered one after the other.
    """

    # functions look for their arguments below the name of their destination already
    __section__: ClassVar[str | None] = None
    loader_file_format: str = "typed-jsonl"
    batch_size: int = 10
    skip_dlt_columns_and_tables: bool = True
    max_table_nesting: int | None = 0
    max_parallel_load_jobs: int | None = None
