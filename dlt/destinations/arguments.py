"""Settings that destinations take by name, as checkers see them; nothing imports it when a program runs.

What a destination makes of them stands in the dataclass of its own; a test holds both lists alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from typing import TYPE_CHECKING, Protocol, TypeAlias, TypedDict

from dlt.configuration.spec import BaseConfiguration
from dlt.schema.naming import NamingConvention

if TYPE_CHECKING:
    from dlt.destinations.base import Destination


class OpenConnection(Protocol):
    """A connection that the program opened, of whatever driver: one that is not installed has no types."""

    def cursor(self) -> object:
        """Return a cursor."""

    def commit(self) -> object:
        """Commit."""


Credentials: TypeAlias = "str | Mapping[str, object] | BaseConfiguration | OpenConnection | None"
"""Credentials as text, by the names of their fields, as a spec, or an open connection; those that are configured when
None."""
DatabaseFile: TypeAlias = "Credentials | PathLike[str]"
"""Credentials of a database in a file, or its path."""
Bucket: TypeAlias = "str | Destination"


class Arguments(TypedDict, total=False):
    """What every destination takes."""

    # what a program may say otherwise than the destination does
    naming_convention: str | type[NamingConvention] | NamingConvention | None
    max_table_nesting: int | None
    max_identifier_length: int | None
    max_column_identifier_length: int | None
    decimal_precision: tuple[int, int] | None
    wei_precision: tuple[int, int] | None
    # of PyPI dlt 1.x, and read by nothing here: a program that passes them goes on, and is told
    always_refresh_views: object
    as_staging_destination: object
    autodetect_schema: object
    automatic_migration: object
    batch_size: object
    config_kwargs: object
    create_followup_jobs: object
    create_followup_table_chain_reference_jobs: object
    create_followup_table_chain_sql_jobs: object
    create_primary_keys: object
    create_unique_indexes: object
    csv_format: object
    dataset_name: object
    default_schema_name: object
    deltalake_configuration: object
    deltalake_storage_options: object
    deltalake_streamed_exec: object
    enable_atomic_replace: object
    enable_dataset_name_normalization: object
    fail_followup_job_creation: object
    fail_table_chain_followup_job_creation: object
    force_iceberg: object
    iceberg_namespace_properties: object
    iceberg_table_properties: object
    iceberg_use_catalog_purge: object
    ignore_unknown_values: object
    info_tables_query_threshold: object
    insert_values_writer_type: object
    loader_file_format_selector: object
    loader_parallelism_strategy: object
    local_dir: object
    max_parallel_load_jobs: object
    max_query_length: object
    max_rows_per_insert: object
    max_state_files: object
    merge_strategies_selector: object
    override_data_path: object
    parquet_format: object
    preferred_loader_file_format: object
    preferred_staging_file_format: object
    read_only: object
    recommended_file_size: object
    replace_strategies_selector: object
    replace_strategy: object
    should_set_case_sensitivity_on_new_dataset: object
    staging_config: object
    staging_dataset_name_layout: object
    supported_loader_file_formats: object
    supported_merge_strategies: object
    supported_replace_strategies: object
    timeout: object
    truncate_tables_on_staging_destination_before_load: object
    warn_unsafe_layout_separators: object


# create_indexes is not among those of all: Postgres has a parameter of this name, and checkers refuse one that stands
# in both places; a class between them would be a third level


class DuckDbArguments(Arguments, total=False):
    """What DuckDB takes, and what is made of it."""

    create_indexes: object
    memory_limit: str | None


class DummyArguments(Arguments, total=False):
    """What becomes of loads that go nowhere."""

    create_indexes: object
    loader_file_format: str | None
    fail_prob: float
    retry_prob: float
    exception_prob: float
    completed_prob: float
    fail_schema_update: bool
    fail_schema_update_transiently: bool
    fail_terminally_in_init: bool
    fail_transiently_in_init: bool
    fail_table_names: list[str] | None


class FilesystemArguments(Arguments, total=False):
    """What files take beside their place and layout."""

    create_indexes: object
    kwargs: Mapping[str, object] | None
    client_kwargs: Mapping[str, object] | None


class BigQueryArguments(Arguments, total=False):
    """What BigQuery takes beside its place."""

    create_indexes: object
    project_id: str | None
    api_endpoint: str | None
    http_timeout: float
    file_upload_timeout: float
    retry_deadline: float
    streaming_insert: bool
    staging: Bucket | None


class RedshiftArguments(Arguments, total=False):
    """What Redshift takes beside its cluster."""

    create_indexes: object
    staging_bucket: str | None
    staging: Bucket | None


class SqlAlchemyArguments(Arguments, total=False):
    """What SQLAlchemy takes beside a URL."""

    create_indexes: object
    engine_args: Mapping[str, object] | None
