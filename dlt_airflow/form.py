"""What the form of a connection says."""

from __future__ import annotations

CONFIGURATION_HELP = (
    'Settings and secrets as TOML or JSON, one key a line: api_key = "…". With '
    'conn_ids={"sources.shop": "this connection"} they stand in that section; in a list of conn_ids they begin at the '
    'top: sources.shop.api_key = "…", destination.postgres.credentials = "postgresql://…".'
)
CONFIGURATION_EXAMPLE = '{"destination": {"postgres": {"credentials": "postgresql://…"}}}'
