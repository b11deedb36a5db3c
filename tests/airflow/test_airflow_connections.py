"""Connections of each type, the form of ours, and the button that tests one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import dlt
from dlt.configuration.credentials.database import ConnectionStringCredentials
from dlt.configuration.credentials.stores import AwsCredentials, AzureServicePrincipalCredentials
from dlt.errors import SpecInvalid
from dlt_airflow.kinds import BY_TYPE, KINDS
from tests.servers.postgres import PostgresServer

POSTGRES = {"drivername": "postgresql", "host": "db", "username": "ada", "password": "p", "database": "shop"}
KINDS_OF_CONNECTIONS: list[tuple[dict[str, Any], str | None, dict[str, Any]]] = [
    (
        {"conn_type": "postgres", "host": "db", "login": "ada", "password": "p", "schema": "shop", "port": 5433,
         "extra": {"sslmode": "require", "cursor": "dictcursor", "nested": {"a": 1}}},
        "destination.postgres.credentials",
        {**POSTGRES, "port": 5433, "query": {"sslmode": "require"}},
    ),
    (
        {"conn_type": "redshift", "host": "db", "login": "ada", "password": "p", "schema": "shop",
         "extra": {"region": "eu-1", "cluster_identifier": "c"}},
        "destination.redshift.credentials",
        {key: value for key, value in POSTGRES.items() if key != "drivername"},
    ),
    (
        {"conn_type": "mysql", "host": "db", "login": "ada", "password": "p", "schema": "shop",
         "extra": {"charset": "utf8mb4", "client": "mysqlclient"}},
        "destination.sqlalchemy.credentials",
        {**POSTGRES, "drivername": "mysql+mysqldb", "query": {"charset": "utf8mb4"}},
    ),
    (
        {"conn_type": "mssql", "host": "db", "login": "ada", "password": "p", "schema": "shop"},
        "destination.sqlalchemy.credentials",
        {**POSTGRES, "drivername": "mssql+pymssql"},
    ),
    (
        {"conn_type": "odbc", "host": "db", "login": "ada", "password": "p", "schema": "shop",
         "extra": {"Driver": "ODBC Driver 18 for SQL Server", "TrustServerCertificate": "yes"}},
        "destination.sqlalchemy.credentials",
        {**POSTGRES, "drivername": "mssql+pyodbc",
         "query": {"TrustServerCertificate": "yes", "driver": "ODBC Driver 18 for SQL Server"}},
    ),
    (
        {"conn_type": "oracle", "host": "db", "login": "ada", "password": "p", "schema": "shop",
         "extra": {"threaded": True}},
        "destination.sqlalchemy.credentials",
        {"drivername": "oracle+oracledb", "host": "db", "username": "ada", "password": "p",
         "query": {"service_name": "shop"}},
    ),
    ({"conn_type": "sqlite", "host": "/data/x.db"}, "destination.sqlalchemy.credentials",
     {"drivername": "sqlite", "database": "/data/x.db"}),
    ({"uri": "sqlite:///data/x.db"}, "destination.sqlalchemy.credentials",
     {"drivername": "sqlite", "database": "/data/x.db"}),
    (
        {"conn_type": "snowflake", "login": "ada", "password": "p", "schema": "public",
         "extra": {"account": "ab123", "region": "eu", "warehouse": "wh", "role": "loader", "database": "shop"}},
        None,
        {"drivername": "snowflake", "host": "ab123.eu", "username": "ada", "password": "p", "database": "shop/public",
         "query": {"warehouse": "wh", "role": "loader"}},
    ),
    ({"conn_type": "duckdb", "host": "/data/shop.duckdb"}, "destination.duckdb.credentials",
     {"database": "/data/shop.duckdb"}),
    ({"conn_type": "motherduck", "schema": "shop", "password": "token"}, "destination.motherduck.credentials",
     {"database": "shop", "password": "token"}),
    (
        {"conn_type": "google_cloud_platform", "extra": {"keyfile_dict": '{"private_key": "k"}', "project": "p"}},
        "destination.bigquery.credentials", {"private_key": "k", "project_id": "p"},
    ),
    (
        {"conn_type": "google_cloud_platform",
         "extra": {"extra__google_cloud_platform__keyfile_dict": '{"private_key": "k", "project_id": "p"}'}},
        "destination.bigquery.credentials", {"private_key": "k", "project_id": "p"},
    ),
    (
        {"conn_type": "aws", "login": "id", "password": "key",
         "extra": {"region_name": "eu-1", "endpoint_url": "http://all", "service_config": {"s3": {"endpoint_url": "http://s3"}}}},
        "destination.filesystem.credentials",
        {"aws_access_key_id": "id", "aws_secret_access_key": "key", "region_name": "eu-1", "endpoint_url": "http://s3"},
    ),
    ({"conn_type": "wasb", "login": "account", "password": "key"}, "destination.filesystem.credentials",
     {"azure_storage_account_name": "account", "azure_storage_account_key": "key"}),
    (
        {"conn_type": "wasb", "host": "https://account.blob.core.windows.net/", "extra": {"sas_token": "sas"}},
        "destination.filesystem.credentials",
        {"azure_storage_account_name": "account", "azure_storage_sas_token": "sas"},
    ),
    (
        {"conn_type": "adls", "host": "account", "login": "client", "password": "secret",
         "extra": {"tenant_id": "tenant"}},
        "destination.filesystem.credentials",
        {"azure_storage_account_name": "account", "azure_tenant_id": "tenant", "azure_client_id": "client",
         "azure_client_secret": "secret"},
    ),
    (
        {"conn_type": "wasb",
         "extra": {"connection_string": "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=k=="}},
        "destination.filesystem.credentials",
        {"azure_storage_account_name": "a", "azure_storage_account_key": "k=="},
    ),
    (
        {"conn_type": "sftp", "host": "files", "login": "ada", "password": "p", "port": 2222,
         "extra": {"key_file": "/k"}},
        "destination.filesystem.credentials",
        {"sftp_port": 2222, "sftp_username": "ada", "sftp_password": "p", "sftp_key_filename": "/k"},
    ),
    (
        {"conn_type": "http", "host": "api.example", "schema": "https", "port": 8443, "login": "ada", "password": "p",
         "extra": {"X-Version": "2"}},
        None, {"base_url": "https://api.example:8443", "username": "ada", "password": "p", "X-Version": "2"},
    ),
    ({"conn_type": "http", "host": "https://api.example/v1", "password": "p"}, None,
     {"base_url": "https://api.example/v1", "password": "p"}),
]  # fmt: skip


def connection(given: dict[str, Any]) -> Any:
    """Return a connection of Airflow."""
    from airflow.sdk import Connection

    if "uri" in given:
        return Connection.from_uri(given["uri"], conn_id="x")
    return Connection(conn_id="x", **{**given, "extra": json.dumps(given.get("extra", {}))})


@pytest.mark.parametrize(
    ("given", "place", "expected"),
    KINDS_OF_CONNECTIONS,
    ids=lambda value: str(value.get("conn_type", "")) if isinstance(value, dict) else "",
)
def test_each_type_says_what_the_library_takes(
    given: dict[str, Any], place: str | None, expected: dict[str, Any], airflow_database: None
) -> None:
    """Its values, and where they stand if nobody says it."""
    from dlt_airflow.connections import values_of
    from dlt_airflow.kinds import kind_of

    found = connection(given)
    assert values_of(found) == expected and kind_of(found).place == place


def test_every_kind_has_a_case() -> None:
    """A type without one would be taken by guess."""
    tried = {BY_TYPE[given.get("conn_type", "sqlite")] for given, _, _ in KINDS_OF_CONNECTIONS}
    assert tried == {*KINDS}


@pytest.mark.parametrize(
    ("spec", "conn_type", "url"),
    [
        (ConnectionStringCredentials, "postgres", "postgresql://ada:p@db:5433/shop?sslmode=require"),
        (ConnectionStringCredentials, "snowflake", "snowflake://ada:p@ab123.eu/shop/public?warehouse=wh&role=loader"),
        (ConnectionStringCredentials, "sqlite", "sqlite:////data/x.db"),
    ],
)
def test_the_values_are_a_url_of_a_database(spec: Any, conn_type: str, url: str) -> None:
    """As `sql_database` takes it."""
    expected = next(values for given, _, values in KINDS_OF_CONNECTIONS if given.get("conn_type") == conn_type)
    assert spec(expected).to_native_representation() == url


@pytest.mark.parametrize(("spec", "conn_type"), [(AwsCredentials, "aws"), (AzureServicePrincipalCredentials, "adls")])
def test_the_values_are_credentials_of_files(spec: Any, conn_type: str) -> None:
    """All names are fields of it."""
    expected = next(values for given, _, values in KINDS_OF_CONNECTIONS if given.get("conn_type") == conn_type)
    assert set(expected) <= set(spec.__dataclass_fields__)


@pytest.mark.parametrize(
    ("conn_type", "extra"),
    [
        ("aws", {"role_arn": "arn:aws:iam::1:role/x"}),
        ("aws", {"extra__aws__role_arn": "arn:aws:iam::1:role/x"}),
        ("postgres", {"iam": True}),
        ("snowflake", {"extra__snowflake__private_key_file": "/key"}),
        ("google_cloud_platform", {"impersonation_chain": "other@example"}),
        ("snowflake", {"private_key_file": "/key", "account": "a"}),
    ],
)
def test_what_would_change_who_logs_in_is_refused(conn_type: str, extra: dict[str, Any]) -> None:
    """And not left out."""
    from dlt_airflow.connections import values_of

    with pytest.raises(SpecInvalid, match=f"{next(iter(extra)).rpartition('__')[2]} of its extras cannot be taken"):
        values_of(connection({"conn_type": conn_type, "extra": extra}))


# -- the form, and the button


def test_the_form_has_fields_of_a_destination(airflow_database: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Name, credentials and bucket; what is typed there stands in the section of the destination."""
    from airflow.providers_manager import ProvidersManager
    from airflow.sdk.log import redact

    from dlt_airflow.connections import collect

    widgets = ProvidersManager().connection_form_widgets
    fields = {name: widget.field for name, widget in widgets.items() if name.startswith("extra__dlt__")}
    assert [name.removeprefix("extra__dlt__") for name in fields] == [
        "destination_name", "destination_credentials", "destination_bucket_url", "secret_config",
    ]  # fmt: skip
    assert all(field["description"] and field["schema"]["title"] for field in fields.values())
    assert fields["extra__dlt__destination_credentials"]["schema"]["format"] == "password"
    extra = {
        "destination_name": "filesystem",
        "destination_credentials": '{"aws_access_key_id": "id-1", "aws_secret_access_key": "key-of-files"}',
        "destination_bucket_url": "s3://bucket",
        "secret_config": "destination.filesystem.layout = 'x'",
    }
    monkeypatch.setenv("AIRFLOW_CONN_FORM", json.dumps({"conn_type": "dlt", "extra": extra}))
    keys = {"aws_access_key_id": "id-1", "aws_secret_access_key": "key-of-files"}
    assert collect(["form"], None) == {
        "destination": {"filesystem": {"credentials": keys, "bucket_url": "s3://bucket", "layout": "x"}}
    }
    assert redact("key-of-files s3://bucket") == "*** s3://bucket"
    del extra["destination_name"]
    monkeypatch.setenv("AIRFLOW_CONN_FORM", json.dumps({"conn_type": "dlt", "extra": extra}))
    with pytest.raises(SpecInvalid, match="Fill in the field Destination"):
        collect(["form"], None)


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    """Start a server."""
    server = PostgresServer().start()
    yield server
    server.stop()


def test_the_button_logs_in(
    postgres: PostgresServer, airflow_database: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A good connection says where it logged in, a bad one why not; nothing is made, and no password is told."""
    from airflow.sdk import Connection

    monkeypatch.setenv("AIRFLOW__CORE__TEST_CONNECTION", "Enabled")

    def press(**extra: str) -> tuple[bool, str]:
        monkeypatch.setenv("AIRFLOW_CONN_BUTTON", json.dumps({"conn_type": "dlt", "extra": extra}))
        found: tuple[bool, str] = Connection(conn_id="button", conn_type="dlt").get_hook().test_connection()
        return found

    url = postgres.new_database()
    assert press(destination_name="postgres", destination_credentials=url) == (True, "Logged in to postgres.")
    with dlt.pipeline(
        "look", destination=dlt.destinations.postgres(url), dataset_name="dlt_test"
    ).sql_client() as client:
        found = client.execute_sql("SELECT 1 FROM information_schema.schemata WHERE schema_name = 'dlt_test'")
        assert not found
    wrong = url.replace("postgresql://", "postgresql://nobody:pass-of-nobody@", 1) if "@" not in url else url + "_none"
    ok, told = press(destination_name="postgres", destination_credentials=wrong)
    assert not ok and told.startswith("postgres: ") and "pass-of-nobody" not in told
    assert press(destination_name="no_such_destination")[0] is False
    assert press(secret_config="sources.shop.api_key = 'key-of-shop'") == (
        True, "It can be read, and names no destination to log in to. It has sources.shop.api_key.",
    )  # fmt: skip
    assert press() == (False, "The connection says nothing. Fill in a destination, or settings as TOML or JSON.")
