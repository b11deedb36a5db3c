"""The adapter of Postgres under its path of PyPI `dlt` 1.x."""

from dlt.destinations.adapters import postgres_adapter

GEOMETRY_HINT = "x-postgres-geometry"
SRID_HINT = "x-postgres-srid"

__all__ = ["GEOMETRY_HINT", "SRID_HINT", "postgres_adapter"]
