"""Where data goes: `dlt.destinations.duckdb`, `filesystem` and others; drivers are imported when one is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

# programs reach it without importing it: dlt.destinations.exceptions.DatabaseTerminalException
from dlt.destinations import exceptions as exceptions

if TYPE_CHECKING:
    from dlt.destinations.base import Destination as Destination
    from dlt.destinations.decorator import function_destination
    from dlt.destinations.impl.bigquery.factory import BigQuery
    from dlt.destinations.impl.duckdb.factory import DuckDb
    from dlt.destinations.impl.ducklake.factory import DuckLake
    from dlt.destinations.impl.dummy.factory import Dummy
    from dlt.destinations.impl.filesystem.factory import Filesystem
    from dlt.destinations.impl.motherduck.factory import MotherDuck
    from dlt.destinations.impl.postgres.factory import Postgres
    from dlt.destinations.impl.redshift.factory import Redshift
    from dlt.destinations.impl.sqlalchemy.factory import SqlAlchemy

    bigquery, duckdb, dummy, filesystem, postgres = BigQuery, DuckDb, Dummy, Filesystem, Postgres
    ducklake, motherduck, redshift, sqlalchemy = DuckLake, MotherDuck, Redshift, SqlAlchemy
    destination = function_destination
    # not part of this library: they import, and say so when they are called
    athena: type[Destination]
    clickhouse: type[Destination]
    databricks: type[Destination]
    dremio: type[Destination]
    fabric: type[Destination]
    lance: type[Destination]
    lancedb: type[Destination]
    mssql: type[Destination]
    qdrant: type[Destination]
    snowflake: type[Destination]
    synapse: type[Destination]
    weaviate: type[Destination]


def _named(name: str) -> type[Destination]:
    if name == "Destination":
        from dlt.destinations.base import Destination

        return Destination
    if name == "destination":
        from dlt.destinations.decorator import function_destination

        # checkers see it by the name above
        return function_destination  # type: ignore[return-value]
    from dlt.destinations.base import KNOWN, load_destination

    if name in KNOWN:
        return load_destination(name)
    from dlt.absent import absent
    from dlt.destinations.missing import MISSING

    if name in MISSING:
        found = globals()[name] = absent(f"dlt.destinations.{name}", MISSING[name])
        return found
    raise AttributeError(f"dlt.destinations has no {name!r}; it has {', '.join(sorted(KNOWN))}.")


if not TYPE_CHECKING:
    # a checker that saw it would take any name for one of a destination
    __getattr__ = _named


def __dir__() -> list[str]:
    from dlt.destinations.base import KNOWN

    return ["Destination", "destination", *sorted(KNOWN)]
