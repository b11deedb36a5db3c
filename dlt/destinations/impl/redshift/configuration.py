"""Settings and credentials of Redshift."""

from __future__ import annotations

from dlt.configuration.spec import configspec
from dlt.destinations.impl.postgres.configuration import PostgresCredentials


@configspec
class RedshiftCredentials(PostgresCredentials):
    """A cluster or workgroup of Redshift."""

    drivername: str = "redshift"
    port: int | None = 5439
