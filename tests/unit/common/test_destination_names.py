"""Destinations, their adapters and deep paths under the names of PyPI `dlt` 1.x."""

from __future__ import annotations

from typing import Any

import pytest

import dlt
from dlt.common.destination import Destination, DestinationCapabilitiesContext, DestinationReference
from dlt.common.destination.capabilities import (
    DataTypeMapper,
    adjust_schema_to_capabilities,
    merge_caps_file_formats,
)
from dlt.common.destination.client import DestinationClientDwhConfiguration, StateInfo
from dlt.common.destination.configuration import CsvFormatConfiguration, ParquetFormatConfiguration
from dlt.common.destination.exceptions import DestinationIncompatibleLoaderFileFormatException
from dlt.common.destination.utils import resolve_merge_strategy, resolve_replace_strategy
from dlt.common.schema.utils import new_table
from dlt.destinations import adapters
from dlt.destinations.adapters import bigquery_partition, iceberg_adapter, iceberg_partition, postgres_adapter
from dlt.destinations.impl.motherduck.configuration import MotherDuckCredentials
from dlt.destinations.impl.postgres.factory import PostgresTypeMapper
from dlt.destinations.missing import MISSING
from dlt.destinations.path_utils import create_path, get_file_format_and_compression, get_placeholders
from dlt.destinations.sql_client import SqlClientBase
from dlt.destinations.utils import info_schema_null_to_bool, parse_db_data_type_str_with_precision
from dlt.errors import NotOffered, UnknownDestinationModule


@pytest.mark.parametrize("name", sorted(MISSING))
def test_a_destination_that_is_not_here_says_so_at_use(name: str) -> None:
    """It imports; a call, and its name as text, tell where the data may go."""
    kind: Any = getattr(dlt.destinations, name)
    assert kind is getattr(dlt.destinations, name)
    with pytest.raises(NotOffered, match=name):
        kind(credentials="anything")
    with pytest.raises(UnknownDestinationModule, match="not part of this library"):
        dlt.pipeline("to_nowhere", destination=name)
    adapter = getattr(adapters, f"{name}_adapter", None)
    if adapter is not None:
        with pytest.raises(NotOffered, match=f"{name}_adapter"):
            adapter([1])


def test_a_name_of_ones_own_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A destination configured as `snowflake` may be of another type."""
    monkeypatch.setenv("DESTINATION__SNOWFLAKE__DESTINATION_TYPE", "dummy")
    found = Destination.from_reference("snowflake")
    assert (found.destination_type, found.destination_name) == ("dlt.destinations.dummy", "snowflake")


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("md:shop?motherduck_token=abc", "md:shop?motherduck_token=abc"),
        ("md:///shop?token=abc", "md:shop?motherduck_token=abc"),
        ("md:", "md:my_db"),
        ({"database": "shop", "password": "a/b"}, "md:shop?motherduck_token=a/b"),
        (MotherDuckCredentials(database="shop"), "md:shop"),
    ],
)
def test_motherduck_is_duckdb_with_a_url(given: object, url: str) -> None:
    """The token goes to DuckDB, and into no message."""
    made = dlt.destinations.motherduck(given)
    assert made.path == url
    assert "token" not in made.displayable_credentials()
    assert made.capabilities() == dlt.destinations.duckdb().capabilities()


def test_motherduck_is_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the section of its name."""
    monkeypatch.setenv("DESTINATION__MOTHERDUCK__CREDENTIALS__DATABASE", "shop")
    monkeypatch.setenv("DESTINATION__MOTHERDUCK__CREDENTIALS__PASSWORD", "abc")
    assert dlt.destinations.motherduck().path == "md:shop?motherduck_token=abc"


def test_references() -> None:
    """A destination, or its class, by its short name or its path."""
    assert DestinationReference.find("duckdb") is DestinationReference.find("dlt.destinations.duckdb")
    assert DestinationReference.from_reference(None) is None
    found = DestinationReference.from_reference("duckdb", "file.duckdb", "mine", "test")
    assert found is not None
    assert (found.destination_name, found.environment, found.credentials) == ("mine", "test", "file.duckdb")
    with pytest.raises(UnknownDestinationModule):
        DestinationReference.find("nothing")


def test_hints_of_iceberg_tables() -> None:
    """They stand in the schema as programs for 1.x read them."""
    resource = iceberg_adapter(
        dlt.resource([{"a": 1}], name="r"),
        partition=["region", iceberg_partition.month("ts"), iceberg_partition.bucket(4, "a", "ab")],
        table_properties={"p": "1"},
    )
    table = resource.compute_table_schema()
    assert table["table_format"] == "iceberg"
    assert table["x-iceberg-partition"] == [
        {"transform": "identity", "source_column": "region"},
        {"transform": "month", "source_column": "ts"},
        {"transform": "bucket", "source_column": "a", "partition_field": "ab", "param_value": 4},
    ]
    assert table["x-iceberg-table-properties"] == {"p": "1"}
    assert iceberg_partition.truncate(3, "s").param_value == 3
    for wrong in ({}, {"partition": [5]}, {"table_properties": {"a": 5}}):
        with pytest.raises(ValueError, match="iceberg_adapter"):
            iceberg_adapter([1], **wrong)  # type: ignore[arg-type]  # that is what is wrong


def test_hints_of_postgres_and_bigquery() -> None:
    """Geometries are marked; ranges of numbers are what `bigquery_adapter` takes."""
    columns = postgres_adapter(dlt.resource([{"g": "POINT(1 1)"}], name="p"), geometry="g").columns
    assert columns["g"]["x-postgres-geometry"] and columns["g"]["x-postgres-srid"] == 4326
    with pytest.raises(ValueError, match="Give geometry"):
        postgres_adapter([1])
    ranges = bigquery_partition.range_bucket("n", 0, 100, 10)
    table = adapters.bigquery_adapter(dlt.resource([1], name="b"), partition=ranges).compute_table_schema()
    assert table["x-bigquery"]["partition"] == ranges


def test_types_of_postgres() -> None:
    """What a type of Postgres stands for, and how a column is written; as 1.31 does."""
    mapper = PostgresTypeMapper(dlt.destinations.postgres("postgresql://u:p@h/d").capabilities())
    assert isinstance(mapper, DataTypeMapper)
    assert mapper.from_destination_type("varchar", 10) == {"data_type": "text", "precision": 10}
    assert mapper.from_destination_type("numeric", 38, 9) == {"data_type": "decimal", "precision": 38, "scale": 9}
    assert mapper.from_destination_type("jsonb") == {"data_type": "json"}
    assert mapper.from_destination_type("integer", 32) == {"data_type": "bigint", "precision": 32}
    assert mapper.from_destination_type("timestamp with time zone", 6) == {"data_type": "timestamp", "precision": 6}
    assert mapper.from_destination_type("uuid") == {"data_type": "text"}
    assert mapper.to_destination_type({"name": "a", "data_type": "json"}, new_table("t")) == "jsonb"


def test_capabilities() -> None:
    """Formats that two places have in common, and digits of seconds that a destination has."""
    few = DestinationCapabilitiesContext(
        preferred_loader_file_format="parquet", supported_loader_file_formats=("parquet", "jsonl")
    )
    assert merge_caps_file_formats("a", None, few, None) == ("parquet", ("parquet", "jsonl"))
    one = DestinationCapabilitiesContext(supported_loader_file_formats=("jsonl",))
    assert merge_caps_file_formats("a", "b", few, one) == ("jsonl", ["jsonl"])
    columns: Any = {
        "t": {"name": "t", "data_type": "timestamp", "precision": 9},
        "n": {"name": "n", "data_type": "text"},
    }
    assert "precision" not in adjust_schema_to_capabilities(columns, few)["t"]


def test_strategies() -> None:
    """How a table is merged and replaced; None where a destination cannot."""
    merged: Any = {"t": {**new_table("t", write_disposition="merge"), "x-merge-strategy": "upsert"}}
    assert resolve_merge_strategy(merged, merged["t"]) == "upsert"
    only = DestinationCapabilitiesContext(supported_merge_strategies=("scd2",))
    assert resolve_merge_strategy(merged, merged["t"], only) is None
    plain: Any = {"t": new_table("t", write_disposition="merge")}
    assert resolve_merge_strategy(plain, plain["t"]) == "delete-insert"
    assert resolve_merge_strategy(plain, plain["t"], only) == "scd2"
    assert resolve_merge_strategy({"t": new_table("t")}, new_table("t")) is None
    assert resolve_replace_strategy(plain["t"], None, only) == "truncate-and-insert"
    assert resolve_replace_strategy(plain["t"], "staging-optimized", None) == "staging-optimized"


def test_settings() -> None:
    """Their fields and defaults are those of 1.31."""
    assert dict(CsvFormatConfiguration().items())["quoting"] == "quote_needed"
    assert ParquetFormatConfiguration().version == "2.4"
    assert DestinationClientDwhConfiguration().staging_dataset_name_layout == "%s_staging"
    assert StateInfo(1, 4, "p", "s", None, "h").version_hash == "h"  # type: ignore[arg-type]


def test_paths_of_files() -> None:
    """A layout gives the path of a file of a load."""
    layout = "{table_name}/{load_id}.{file_id}.{ext}"
    assert create_path(layout, "users.abc.0.jsonl", "s", "1700000000.5") == "users/1700000000.5.abc.jsonl"
    assert get_placeholders(layout) == ["table_name", "load_id", "file_id", "ext"]
    assert get_file_format_and_compression("a/users.abc.0.jsonl.gz") == ("jsonl", True)
    assert get_file_format_and_compression("users.abc.0.parquet") == ("parquet", False)


def test_texts_of_databases() -> None:
    """What INFORMATION_SCHEMA says."""
    assert info_schema_null_to_bool("YES") and not info_schema_null_to_bool("NO")
    with pytest.raises(ValueError, match="neither"):
        info_schema_null_to_bool("MAYBE")
    assert parse_db_data_type_str_with_precision("numeric(38, 9)") == ("numeric", 38, 9)
    assert parse_db_data_type_str_with_precision("timestamp(6) with time zone") == ("timestamp with time zone", 6, None)
    assert parse_db_data_type_str_with_precision("text") == ("text", None, None)


def test_clients_of_the_engine_are_names() -> None:
    """They import, and say what to do instead."""
    from dlt.common.destination.client import RunnableLoadJob
    from dlt.destinations.impl.postgres.configuration import PostgresClientConfiguration

    for absent in (RunnableLoadJob, PostgresClientConfiguration):
        with pytest.raises(NotOffered):
            absent()


def test_types_may_stand_behind_destinations_and_clients() -> None:
    """Programs write those of settings, clients and connections there."""
    assert Destination[Any, Any].__origin__ is Destination
    assert SqlClientBase[Any].__origin__ is SqlClientBase


def test_a_destination_type_for_all_pipelines_is_no_setting_of_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """An unknown one is told, and not looked up in itself forever."""
    monkeypatch.setenv("DESTINATION_TYPE", "dlt.destinations.unknown")
    with pytest.raises(UnknownDestinationModule):
        dlt.pipeline("typed")


def test_capabilities_are_filled_one_after_the_other() -> None:
    """As a destination of a program does it; what is set on one is set on no other."""
    caps = DestinationCapabilitiesContext.generic_capabilities()
    caps.preferred_loader_file_format, caps.max_timestamp_precision = "jsonl", 3
    assert caps["preferred_loader_file_format"] == "jsonl"
    assert DestinationCapabilitiesContext().max_timestamp_precision == 6


@pytest.mark.parametrize(
    ("version", "unit", "most", "expected"),
    [
        ("2.6", None, 9, 9),
        ("2.6", None, 3, 3),
        ("2.6", "ms", 9, 3),
        ("2.4", None, 9, None),
        ("2.4", "ns", 9, 9),
    ],
)
def test_digits_of_seconds_are_those_that_destination_and_files_keep(
    version: str, unit: Any, most: int, expected: int | None
) -> None:
    """Six are what a column has without a hint; the column itself is changed."""
    caps = DestinationCapabilitiesContext()
    caps.parquet_format, caps.max_timestamp_precision = (
        ParquetFormatConfiguration(version=version, coerce_timestamps=unit),
        most,
    )
    columns: Any = {"at": {"name": "at", "data_type": "timestamp", "precision": 9, "timezone": True}}
    assert adjust_schema_to_capabilities(columns, caps) is columns
    assert columns["at"].get("precision") == expected and "timezone" not in columns["at"]


def test_a_format_is_one_that_destination_and_staging_have() -> None:
    """Without one in common there is nothing to load."""
    caps, staging = DestinationCapabilitiesContext(), DestinationCapabilitiesContext()
    caps.supported_staging_file_formats, caps.preferred_staging_file_format = ("csv", "parquet"), "parquet"
    staging.supported_loader_file_formats = ("jsonl", "parquet", "csv")
    assert merge_caps_file_formats("a", "b", caps, staging) == ("parquet", ["csv", "parquet"])
    staging.supported_loader_file_formats = ("jsonl",)
    with pytest.raises(DestinationIncompatibleLoaderFileFormatException, match="a reads none of the files that b"):
        merge_caps_file_formats("a", "b", caps, staging)


def test_programs_name_destinations() -> None:
    """Which are then found as those that come with the library."""

    class Lake(Destination):
        """One of a program."""

        kind = "lake"

    DestinationReference.register(Lake, "shop.lake")
    try:
        assert DestinationReference.DESTINATIONS["shop.lake"] is DestinationReference.find("shop.lake") is Lake
        assert isinstance(Destination.from_reference("shop.lake", destination_name="l"), Lake)
    finally:
        del DestinationReference.DESTINATIONS["shop.lake"]
    with pytest.raises(KeyError):
        DestinationReference.find("shop.lake")


def test_what_classes_of_destinations_do_not_have_says_what_to_do() -> None:
    """The client is one for all, and capabilities are those that the class says."""
    made = dlt.destinations.duckdb()
    with pytest.raises(NotOffered, match=r"client_class .* pipeline\.destination_client\(\)"):
        _ = made.client_class
    with pytest.raises(NotOffered, match=r"adjust_capabilities .* own_capabilities"):
        made.adjust_capabilities(made.capabilities(), made.spec(), None)
