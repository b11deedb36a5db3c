"""Programs that `dlt init` begins with, of the sources that come with the library.

Those of files and databases bring an example beside them, so that they run before anything is configured.
"""

from __future__ import annotations

from dlt.cli.template import Template, program

SOURCES: dict[str, Template] = {
    "filesystem": Template(
        "files of a folder or bucket: CSV, JSON lines, Parquet",
        program(
            '''"""Load files of a folder or bucket into {destination}."""

from pathlib import Path

import dlt
from dlt.sources.filesystem import filesystem, read_csv

# a bucket is an address such as "s3://bucket/folder"; its credentials stand in .dlt/secrets.toml
BUCKET_URL = "{source}_files"


def example():
    """Write two files to begin with. Delete it when BUCKET_URL says where yours are."""
    folder = Path(BUCKET_URL)
    folder.mkdir(exist_ok=True)
    (folder / "first.csv").write_text("id,name\\n1,ada\\n2,ben\\n")
    (folder / "second.csv").write_text("id,name\\n3,cleo\\n")


def people():
    """Return the rows of all files that are new or have changed since the last run."""
    since = dlt.sources.incremental("modification_date")
    files = filesystem(bucket_url=BUCKET_URL, file_glob="*.csv", incremental=since)
    # read_jsonl and read_parquet are used in the same way
    rows = (files | read_csv()).with_name("people")
    rows.apply_hints(primary_key="id", write_disposition="merge")
    return rows
''',
            "people()",
            before="    example()\n",
        ),
        ("dlt-tasks[filesystem]",),
    ),
    "rest_api": Template(
        "an API over HTTP, described by a dict",
        program(
            '''"""Load an API over HTTP into {destination}."""

from dlt.sources.rest_api import RESTAPIConfig, rest_api_source

import dlt

CONFIG: RESTAPIConfig = {{
    "client": {{
        "base_url": "https://pokeapi.co/api/v2/",
        # for a token in .dlt/secrets.toml: "auth": {{"token": dlt.secrets["sources.rest_api.token"]}},
    }},
    "resource_defaults": {{"endpoint": {{"params": {{"limit": 1000}}}}, "write_disposition": "replace"}},
    "resources": [
        "pokemon",
        "berry",
        # one request for each row of another resource
        {{"name": "berry_details", "endpoint": {{"path": "berry/{{resources.berry.name}}", "data_selector": "$"}}}},
    ],
}}
''',
            'rest_api_source(CONFIG, name="{source}")',
        ),
    ),
    "sql_database": Template(
        "tables of a database: PostgreSQL, MySQL, SQLite and what else SQLAlchemy knows",
        program(
            '''"""Load tables of a database into {destination}."""

import sqlite3

import dlt
from dlt.sources.sql_database import sql_database

# with another one, leave credentials out below: they are read from .dlt/secrets.toml then
EXAMPLE = "{source}_example.db"


def example():
    """Make a database to begin with. Delete it when yours is configured."""
    with sqlite3.connect(EXAMPLE) as database:
        database.execute("CREATE TABLE IF NOT EXISTS orders (id INTEGER PRIMARY KEY, customer TEXT, placed_at TEXT)")
        database.execute("INSERT OR IGNORE INTO orders VALUES (1, 'ada', '2024-07-01'), (2, 'ben', '2024-07-02')")


def tables():
    """Return tables of the database; of orders only rows that are new since the last run."""
    source = sql_database(credentials=f"sqlite:///{{EXAMPLE}}", table_names=["orders"])
    source.orders.apply_hints(incremental=dlt.sources.incremental("id"), write_disposition="merge", primary_key="id")
    return source
''',
            "tables()",
            before="    example()\n",
        ),
        ("dlt-tasks[sql_database]",),
        '[sources.sql_database]\ncredentials = "postgresql://loader:password@localhost:5432/database"\n',
    ),
    "pg_replication": Template(
        "tables of PostgreSQL, and then their changes",
        '''"""Load tables of PostgreSQL into {destination}, and their changes each time that it runs."""

import dlt
from dlt.sources.pg_replication import init_replication, replication_resource

if __name__ == "__main__":
    pipeline = dlt.pipeline("{source}_pipeline", destination="{destination}", dataset_name="{source}_data")
    # makes slot and publication where they are not there yet; the snapshot is loaded once
    snapshot = init_replication(
        slot_name="{source}_slot",
        pub_name="{source}_pub",
        schema_name="public",
        table_names=["customers", "orders"],
        persist_snapshots=True,
    )
    print(pipeline.run(snapshot))
    print(pipeline.run(replication_resource("{source}_slot", "{source}_pub")))
''',
        ("dlt-tasks[pg_replication]",),
        '[sources.pg_replication]\ncredentials = "postgresql://loader:password@localhost:5432/database"\n',
    ),
}
"""Templates of sources, by the name of the source."""
