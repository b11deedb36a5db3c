"""What the form of a connection says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dlt.types import JsonObject

CONFIGURATION_HELP = (
    'Settings and secrets as TOML or JSON, one key a line: api_key = "…". With '
    'conn_ids={"sources.shop": "this connection"} they stand in that section; in a list of conn_ids they begin at the '
    'top: sources.shop.api_key = "…", destination.postgres.credentials = "postgresql://…".'
)
CONFIGURATION_EXAMPLE = '{"destination": {"postgres": {"credentials": "postgresql://…"}}}'

_TEXT = ["string", "null"]
FIELDS: Mapping[str, JsonObject] = {
    "destination_name": {
        "label": "Destination",
        "description": "Name of a destination, such as postgres, bigquery or filesystem, that the next two fields are "
        "for. Leave the three empty where the connection is for a source.",
        "schema": {"type": _TEXT},
    },
    "destination_credentials": {
        "label": "Credentials",
        "description": "Connection string of the destination (postgresql://user:password@host:5432/database), path of "
        "a file (DuckDB), or a JSON object (a key of Google, of AWS or of Azure).",
        "schema": {"type": _TEXT, "format": "password"},
    },
    "destination_bucket_url": {
        "label": "Bucket URL",
        "description": "Of the destination filesystem: s3://bucket/folder, gs://…, az://… or file:///….",
        "schema": {"type": _TEXT},
    },
    "secret_config": {
        "label": "Configuration",
        "description": CONFIGURATION_HELP,
        "schema": {"type": _TEXT, "format": "multiline"},
    },
}
"""The fields of a connection of the type dlt, as Airflow 3 shows them."""
