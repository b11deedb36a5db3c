"""Settings and credentials of Redshift."""

from __future__ import annotations

from dataclasses import field

from dlt.absent import absent_names
from dlt.configuration.spec import configspec
from dlt.destinations.impl.postgres.configuration import PostgresCredentials
from dlt.destinations.settings import IN_CODE
from dlt.late_dataclass import dataclass
from dlt.types import JsonObject


@dataclass(frozen=True)
class RedshiftSettings:
    """What Redshift takes beside credentials.

    Attributes:
        staging_iam_role: ARN of the role with which Redshift reads the staging bucket, or "default".
        has_case_sensitive_identifiers: Keep upper case in names.
        additional_copy_options: Options of COPY with their values; True stands for an option without one.
        staging_bucket: URL of the bucket through which files go.
        staging: A filesystem destination on S3 through which files go.
    """

    staging_iam_role: str | None = None
    has_case_sensitive_identifiers: bool = False
    additional_copy_options: JsonObject | None = None
    staging_bucket: str | None = None
    staging: object = field(default=None, metadata=IN_CODE)


@configspec
class RedshiftCredentials(PostgresCredentials):
    """A cluster or workgroup of Redshift."""

    drivername: str = "redshift"
    # Redshift's own, not that of PostgreSQL
    port: int | None = 5439


__getattr__ = absent_names(
    __name__, "dlt.destinations.redshift(...) takes the settings by name.", "RedshiftClientConfiguration"
)
