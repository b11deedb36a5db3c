"""Amazon Redshift through psycopg2: PostgreSQL with differences, files by COPY from S3."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar

from dlt.configuration.spec import BaseConfiguration
from dlt.destinations.base import Destination
from dlt.destinations.impl.postgres.configuration import PostgresCredentials
from dlt.destinations.impl.postgres.connecting import Connecting
from dlt.destinations.impl.redshift.area import Area
from dlt.destinations.impl.redshift.configuration import RedshiftCredentials, RedshiftSettings
from dlt.destinations.impl.redshift.dialect import CAPABILITIES, CASE_SENSITIVE, DIALECT
from dlt.destinations.settings import setting_of, settings_of
from dlt.destinations.sql.client import SqlDestinationClient
from dlt.schema.capabilities import Capabilities
from dlt.schema.schema import Schema
from dlt.types import override

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from dlt.destinations.arguments import Credentials, RedshiftArguments


class Redshift(Destination):
    """A database of Amazon Redshift.

    Args:
        credentials: A URL, a dict, `RedshiftCredentials`, or an open psycopg2 connection.
        staging_iam_role: ARN of the role with which Redshift reads the staging bucket, or "default"; without one, the
            keys of the staging filesystem.
        has_case_sensitive_identifiers: Keep upper case in names.
        additional_copy_options: Options of COPY with their values; True stands for an option without one.
        settings: `staging`, a filesystem destination on S3 through which files go; or `staging_bucket`, its URL.
    """

    kind: ClassVar[str] = "redshift"
    example: ClassVar[str] = (
        '[destination.redshift.credentials]\nhost = "fill in"\nport = 5439\ndatabase = "fill in"\n'
        'username = "fill in"\npassword = "fill in"\n'
    )
    settings_spec = RedshiftSettings
    supports_staging: ClassVar[bool] = True

    def __init__(
        self,
        credentials: Credentials = None,
        staging_iam_role: str | None = None,
        has_case_sensitive_identifiers: bool | None = None,
        additional_copy_options: Mapping[str, object] | None = None,
        *,
        destination_name: str | None = None,
        environment: str | None = None,
        **settings: Unpack[RedshiftArguments],
    ) -> None:
        given = {
            "staging_iam_role": staging_iam_role,
            "has_case_sensitive_identifiers": has_case_sensitive_identifiers,
            "additional_copy_options": additional_copy_options,
        }
        super().__init__(credentials, destination_name=destination_name, environment=environment, **settings)
        self.settings.update({key: value for key, value in given.items() if value is not None})

    @classmethod
    @override
    def credential_specs(cls) -> tuple[type[BaseConfiguration], ...]:
        """Return the one of its credentials."""
        return (RedshiftCredentials,)

    def own_capabilities(self) -> Capabilities:
        """Return what Redshift can do."""
        keeps_case = setting_of(
            RedshiftSettings, "has_case_sensitive_identifiers", self.settings, self.destination_name
        )
        return CASE_SENSITIVE.capabilities if keeps_case else CAPABILITIES

    @property
    def connecting(self) -> Connecting:
        """Return how the server is reached."""
        return Connecting(self.credentials, RedshiftCredentials, self.destination_name, self.kind)

    def resolved(self) -> PostgresCredentials:
        """Return the credentials with what the configuration says."""
        return self.connecting.resolved()

    def displayable_credentials(self) -> str:
        """Return server and database, without the password."""
        return self.connecting.shown()

    def fingerprint(self) -> str:
        """Return a hash that tells servers and databases apart, whoever connects."""
        return self.connecting.fingerprint()

    @override
    @contextmanager
    def connect(self, dataset_name: str, schema: Schema | None = None) -> Iterator[SqlDestinationClient]:
        """Connect to the server; one that does not answer is asked again, with growing pauses."""
        with self.connecting.opened() as connection:
            # with what it needs of Arrow and numpy: a pipeline that does not load shall not wait for them
            from dlt.destinations.impl.redshift.client import redshift_client
            from dlt.destinations.impl.redshift.loader import Copying

            settings = settings_of(RedshiftSettings, self.settings, self.destination_name)
            dialect = CASE_SENSITIVE if settings.has_case_sensitive_identifiers else DIALECT
            options = _copy_options(settings.additional_copy_options or {})
            copying = Copying(self._area(dataset_name, settings), options)
            yield redshift_client(dialect, connection, dataset_name, copying)

    def _area(self, dataset_name: str, settings: RedshiftSettings) -> Callable[[], Area] | None:
        staging = settings.staging
        if staging is None:
            if not settings.staging_bucket:
                return None
            from dlt.destinations.impl.filesystem.factory import Filesystem

            staging = Filesystem(settings.staging_bucket)
        return lambda: Area.of(staging, dataset_name, settings.staging_iam_role, self.destination_name)


def _copy_options(options: Mapping[str, object]) -> str:
    return " ".join(key if value is True else f"{key} {value}" for key, value in options.items() if value is not False)


DESTINATION = Redshift
