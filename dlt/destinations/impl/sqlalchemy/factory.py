"""Any database that SQLAlchemy reaches; SQLite and MariaDB are tested, and PostgreSQL for all others."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar, TypeGuard

from dlt.configuration.resolve import resolve_configuration
from dlt.configuration.spec import BaseConfiguration
from dlt.destinations.base import Destination, missing_package
from dlt.destinations.impl.sqlalchemy.capabilities import capabilities_of
from dlt.destinations.impl.sqlalchemy.configuration import SqlAlchemyCredentials, SqlAlchemySettings
from dlt.destinations.settings import settings_of
from dlt.ids import digest_id
from dlt.io.folders import local_path
from dlt.late import imported
from dlt.redact import remember
from dlt.schema.capabilities import Capabilities
from dlt.schema.schema import Schema
from dlt.types import JsonObject, override

if TYPE_CHECKING:
    from sqlalchemy.engine import URL, Engine
    from typing_extensions import Unpack

    from dlt.destinations.arguments import SqlAlchemyArguments
    from dlt.destinations.impl.sqlalchemy.client import SqlAlchemyClient


class SqlAlchemy(Destination):
    """A database that SQLAlchemy reaches.

    Args:
        credentials: A URL, a dict with its parts, `SqlAlchemyCredentials`, or an engine of SQLAlchemy.
        engine_kwargs: Further arguments of `sqlalchemy.create_engine`.
    """

    kind: ClassVar[str] = "sqlalchemy"
    settings_spec = SqlAlchemySettings

    def __init__(
        self,
        credentials: object = None,
        engine_kwargs: JsonObject | None = None,
        *,
        destination_name: str | None = None,
        environment: str | None = None,
        **settings: Unpack[SqlAlchemyArguments],
    ) -> None:
        super().__init__(credentials, destination_name=destination_name, environment=environment, **settings)
        self.settings["engine_kwargs"] = engine_kwargs

    def resolved(self) -> SqlAlchemyCredentials:
        """Return the credentials with what the configuration says."""
        given = self.credentials
        if isinstance(given, SqlAlchemyCredentials) and given.is_resolved():
            return given
        if _is_url(given):
            given = given.render_as_string(hide_password=False)
        sections = ("destination", self.destination_name, "credentials")
        return resolve_configuration(SqlAlchemyCredentials(), sections=sections, explicit_value=given)

    def _url(self) -> URL | SqlAlchemyCredentials:
        return self.credentials.url if _is_engine(self.credentials) else self.resolved()

    @property
    def backend(self) -> str:
        """Return the name of the database system."""
        if _is_engine(self.credentials):
            return self.credentials.dialect.name
        return self.resolved().drivername.partition("+")[0]

    @classmethod
    @override
    def credential_specs(cls) -> tuple[type[BaseConfiguration], ...]:
        """Return the one of its credentials."""
        return (SqlAlchemyCredentials,)

    def own_capabilities(self) -> Capabilities:
        """Return what the database system can do."""
        return capabilities_of(self.backend)

    def displayable_credentials(self) -> str:
        """Return the URL without the password."""
        if _is_engine(self.credentials):
            return self.credentials.url.render_as_string(hide_password=True)
        return str(self.resolved())

    def fingerprint(self) -> str:
        """Return a hash that tells databases apart, whoever connects."""
        known = self._url()
        database = known.database
        if self.backend == "sqlite" and database and database != ":memory:":
            database = local_path(database)
        return digest_id(f"sqlalchemy {self.backend} {known.host} {known.port} {database}")

    @override
    def is_missing(self) -> bool:
        """Tell whether it is a file of SQLite that is not there."""
        if _is_engine(self.credentials) or self.backend != "sqlite":
            return False
        database = self.resolved().database
        if not database or database == ":memory:" or database.startswith("file:"):
            return False
        path = local_path(database)
        folder = os.path.dirname(path)
        return not os.path.lexists(path) and os.path.isdir(folder) and os.access(folder, os.W_OK)

    @override
    def stand_in(self, folder: str) -> SqlAlchemy:
        """Return a database whose file has the same name."""
        name = os.path.basename(local_path(str(self.resolved().database)))
        return self.bind(f"sqlite:///{os.path.join(folder, name)}")

    @override
    @contextmanager
    def connect(self, dataset_name: str, schema: Schema | None = None) -> Iterator[SqlAlchemyClient]:
        """Open a connection of the engine."""
        try:
            from dlt.destinations.impl.sqlalchemy.connecting import client_of, engine_of, opened
        except ImportError as error:
            raise missing_package(f"destination {self.destination_name}", "sqlalchemy", "sqlalchemy") from error
        given, name = self.credentials, self.destination_name
        engine = given if _is_engine(given) else engine_of(self.resolved(), self._engine_arguments(), name)
        client = None
        try:
            connection = opened(engine, name, self.displayable_credentials())
            try:
                client = client_of(connection, dataset_name)
                yield client
            finally:
                if client is not None:
                    client.close()
                connection.close()
        finally:
            if engine is not given:
                engine.dispose()

    def _engine_arguments(self) -> JsonObject:
        settings = settings_of(SqlAlchemySettings, self.settings, self.destination_name)
        found = settings.engine_kwargs if settings.engine_kwargs is not None else settings.engine_args
        if found is not None:
            # they may hold passwords, by their names
            remember(found)
        return dict(found or {})


def _is_engine(given: object) -> TypeGuard[Engine]:
    # whoever has one has imported SQLAlchemy
    module = imported("sqlalchemy.engine")
    return module is not None and isinstance(given, module.Engine)


def _is_url(given: object) -> TypeGuard[URL]:
    module = imported("sqlalchemy.engine")
    return module is not None and isinstance(given, module.URL)


DESTINATION = SqlAlchemy
