"""Names of tables for other programs."""

from __future__ import annotations

import pytest

from dlt.places import dataset_of, table_place


@pytest.mark.parametrize(
    ("location", "namespace", "name", "uri"),
    [
        (
            "postgresql://loader:***@db.example/shop?sslmode=require",
            "postgres://db.example:5432",
            "shop.sales.orders",
            "postgres://db.example:5432/shop/sales/orders",
        ),
        (
            "postgresql+psycopg2://u@[::1]:6/s",
            "postgres://[::1]:6",
            "s.sales.orders",
            "postgres://[::1]:6/s/sales/orders",
        ),
        (
            "redshift://u@wh.c3po.eu-west-1.redshift.amazonaws.com:5440/dev",
            "redshift://wh.eu-west-1:5440",
            "dev.sales.orders",
            "redshift://wh.eu-west-1:5440/dev/sales/orders",
        ),
        (
            "redshift://wh.123456789012.us-east-1.redshift-serverless.amazonaws.com/dev",
            "redshift://wh.us-east-1:5439",
            "dev.sales.orders",
            "redshift://wh.us-east-1:5439/dev/sales/orders",
        ),
        ("mysql+pymysql://u:***@db/x", "mysql://db:3306", "sales.orders", "mysql://db:3306/sales/orders"),
        (
            "bigquery://my-project?location=EU",
            "bigquery",
            "my-project.sales.orders",
            "bigquery://my-project/sales/orders",
        ),
        ("s3://bucket/a/b", "s3://bucket", "a/b/sales/orders", "s3://bucket/a/b/sales/orders"),
        ("s3://key:***@bucket", "s3://bucket", "sales/orders", "s3://bucket/sales/orders"),
        ("gcs://bucket", "gs://bucket", "sales/orders", "gs://bucket/sales/orders"),
        (
            "abfss://box@acc.dfs.core.windows.net/a",
            "abfss://box@acc.dfs.core.windows.net",
            "a/sales/orders",
            "abfss://acc.dfs.core.windows.net/box/a/sales/orders",
        ),
        ("/data/lake", "file", "/data/lake/sales/orders", "file:///data/lake/sales/orders"),
        ("file:///data/my lake", "file", "/data/my lake/sales/orders", "file:///data/my%20lake/sales/orders"),
        ("duckdb:////data/w.duckdb", "duckdb:///data/w.duckdb", "sales.orders", "duckdb:///data/w.duckdb/sales/orders"),
        ("sqlite:////data/w.db", "sqlite:///data/w.db", "sales.orders", "sqlite:///data/w.db/sales/orders"),
        (
            "ducklake:postgres://u@h/db, files in s3://x",
            "ducklake:postgres://h/db",
            "sales.orders",
            "ducklake:///postgres%3A/h/db/sales/orders",
        ),
    ],
)
def test_tables_are_named_by_the_standard(location: str, namespace: str, name: str, uri: str) -> None:
    """Namespace and name are those of OpenLineage, the URI tells host, database, dataset and table, and no secret."""
    found = table_place(location, "sales", "orders")
    assert (found.namespace, found.name, found.uri) == (namespace, name, uri)
    assert found.uri.isascii() and "***" not in found.uri


@pytest.mark.parametrize(
    "location",
    [
        "postgresql://u@h:6/db",
        "bigquery://project",
        "s3://bucket/a",
        "file:///data",
        "abfss://box@a.dfs.core.windows.net",
    ],
)
def test_a_uri_leads_back_to_the_names(location: str) -> None:
    """What a table is called by its URI is what it is called by the standard."""
    place = table_place(location, "sales", "orders")
    assert dataset_of(place.uri) == (place.namespace, place.name)
