"""Amazon Redshift through psycopg2: PostgreSQL with differences, files by COPY from S3."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

from typing_extensions import override

from dlt.configuration import get_value
from dlt.configuration.spec import BaseConfiguration
from dlt.destinations.impl.postgres.configuration import PostgresCredentials
from dlt.destinations.impl.postgres.factory import Postgres
from dlt.destinations.impl.redshift.area import Area
from dlt.destinations.impl.redshift.client import SUPER, VARBYTE, redshift_client
from dlt.destinations.impl.redshift.configuration import RedshiftCredentials
from dlt.destinations.impl.redshift.dialect import CAPABILITIES, CASE_SENSITIVE, DIALECT
from dlt.destinations.impl.redshift.loader import Copying
from dlt.destinations.sql.client import SqlDestinationClient
from dlt.schema.capabilities import Capabilities
from dlt.schema.schema import Schema


class Redshift(Postgres):
    """A database of Amazon Redshift.

    Args:
        credentials: A URL, a dict, `RedshiftCredentials`, or an open psycopg2 connection.
        staging_iam_role: ARN of the role with which Redshift reads the staging bucket, or "default"; without one, the
            keys of the staging filesystem.
        has_case_sensitive_identifiers: Keep upper case in names.
        additional_copy_options: Options of COPY with their values; True stands for an option without one.
        settings: `staging`, a filesystem destination on S3 through which files go; or `staging_bucket`, its URL.
    """

    destination_type: ClassVar[str] = "redshift"
    example: ClassVar[str] = (
        '[destination.redshift.credentials]\nhost = "fill in"\nport = 5439\ndatabase = "fill in"\n'
        'username = "fill in"\npassword = "fill in"\n'
    )
    setting_types: ClassVar[Mapping[str, Any]] = {"staging": Any, "staging_bucket": str}
    supports_staging: ClassVar[bool] = True

    def __init__(
        self,
        credentials: Any = None,
        staging_iam_role: str | None = None,
        has_case_sensitive_identifiers: bool | None = None,
        additional_copy_options: Mapping[str, Any] | None = None,
        **settings: Any,
    ) -> None:
        given = {
            "staging_iam_role": staging_iam_role,
            "has_case_sensitive_identifiers": has_case_sensitive_identifiers,
            "additional_copy_options": additional_copy_options,
        }
        super().__init__(credentials, create_indexes=False, **settings)
        self.settings.update({key: value for key, value in given.items() if value is not None})

    def _option(self, name: str, kind: type) -> Any:
        if self.settings.get(name) is not None:
            return self.settings[name]
        return get_value(name, kind, sections=("destination", self.destination_name), default=None)

    @classmethod
    @override
    def credential_specs(cls) -> tuple[type[BaseConfiguration], ...]:
        """Return the one of its credentials."""
        return (RedshiftCredentials,)

    def own_capabilities(self) -> Capabilities:
        """Return what Redshift can do."""
        keeps_case = self._option("has_case_sensitive_identifiers", bool)
        return CASE_SENSITIVE.capabilities if keeps_case else CAPABILITIES

    def resolved(self) -> PostgresCredentials:
        """Return the credentials with what the configuration says."""
        from dlt.configuration.resolve import resolve_configuration

        if isinstance(self.credentials, PostgresCredentials) and self.credentials.is_resolved():
            return self.credentials
        sections = ("destination", self.destination_name, "credentials")
        return resolve_configuration(RedshiftCredentials(), sections=sections, explicit_value=self.credentials)

    @override
    @contextmanager
    def connect(self, dataset_name: str, schema: Schema | None = None) -> Iterator[SqlDestinationClient]:
        """Connect to the server; one that does not answer is asked again, with growing pauses."""
        connection = self.credentials if self._is_open else self._connect()
        before = connection.autocommit
        self._prepare(connection)
        keeps_case = bool(self._option("has_case_sensitive_identifiers", bool))
        options = _copy_options(self._option("additional_copy_options", dict) or {})
        copying = Copying(self._area(dataset_name), options)
        try:
            yield redshift_client(CASE_SENSITIVE if keeps_case else DIALECT, connection, dataset_name, copying)
        finally:
            if connection is not self.credentials:
                connection.close()
            elif not connection.closed:
                connection.autocommit = before

    def _area(self, dataset_name: str) -> Callable[[], Area] | None:
        staging = self.settings.get("staging")
        if staging is None:
            bucket = self._option("staging_bucket", str)
            if not bucket:
                return None
            from dlt.destinations.impl.filesystem.factory import Filesystem

            staging = Filesystem(bucket)
        role = self._option("staging_iam_role", str)
        return lambda: Area.of(staging, dataset_name, role, self.destination_name)

    def _prepare(self, connection: Any) -> None:
        super()._prepare(connection)
        from psycopg2 import extensions

        for oid, name, read in ((SUPER, "SUPER", _document), (VARBYTE, "VARBYTE", _bytes)):
            extensions.register_type(extensions.new_type((oid,), name, read), connection)


def _document(value: str | None, _cursor: Any) -> Any:
    return None if value is None else json.loads(value)


def _bytes(value: str | None, _cursor: Any) -> bytes | None:
    return None if value is None else bytes.fromhex(value)


def _copy_options(options: Mapping[str, Any]) -> str:
    return " ".join(key if value is True else f"{key} {value}" for key, value in options.items() if value is not False)


DESTINATION = Redshift
