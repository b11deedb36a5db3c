"""BigQuery through google-cloud-bigquery: every file by a load job, every package in one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar

from dlt.configuration import get_value
from dlt.configuration.credentials.google import GcpOAuthCredentials, GcpServiceAccountCredentials
from dlt.configuration.resolve import resolve_configuration
from dlt.configuration.spec import BaseConfiguration
from dlt.destinations.base import Destination
from dlt.destinations.impl.bigquery.configuration import BigQuerySettings
from dlt.destinations.impl.bigquery.dialect import CAPABILITIES, DIALECT
from dlt.destinations.machine import blank, check_machine_credentials, google_project, is_google
from dlt.destinations.settings import settings_of
from dlt.errors import DatabaseTerminalException, MissingDependencyException
from dlt.ids import digest_id
from dlt.schema.capabilities import Capabilities
from dlt.schema.schema import Schema
from dlt.types import override

if TYPE_CHECKING:
    from google.auth.credentials import Credentials
    from typing_extensions import Unpack

    from dlt.destinations.arguments import BigQueryArguments
    from dlt.destinations.impl.bigquery.client import BigQueryClient


class BigQuery(Destination):
    """A project of Google BigQuery.

    Args:
        credentials: The key of a service account as dict or JSON text, a spec, or credentials of google.auth. Without
            them: the configuration, else those of the machine.
        location: Where new datasets are, such as "EU".
        has_case_sensitive_identifiers: Tell names of tables apart by case in new datasets.
        settings: `project_id` of the data, where it is not that of the credentials, which pays; `api_endpoint`;
            `http_timeout`, `file_upload_timeout` and `retry_deadline` in seconds; `streaming_insert`; `staging`, a
            filesystem destination in Google Cloud Storage through which files go.
    """

    kind: ClassVar[str] = "bigquery"
    example: ClassVar[str] = (
        '[destination.bigquery.credentials]\nproject_id = "fill in"\nclient_email = "fill in"\n'
        'private_key = "fill in"\n'
    )
    settings_spec = BigQuerySettings
    supports_staging: ClassVar[bool] = True

    def __init__(
        self,
        credentials: object = None,
        location: str | None = None,
        has_case_sensitive_identifiers: bool | None = None,
        *,
        destination_name: str | None = None,
        environment: str | None = None,
        **settings: Unpack[BigQueryArguments],
    ) -> None:
        super().__init__(credentials, destination_name=destination_name, environment=environment, **settings)
        given = {"location": location, "has_case_sensitive_identifiers": has_case_sensitive_identifiers}
        self.settings.update({key: value for key, value in given.items() if value is not None})

    @classmethod
    @override
    def credential_specs(cls) -> tuple[type[BaseConfiguration], ...]:
        """Return those of Google."""
        return (GcpServiceAccountCredentials, GcpOAuthCredentials)

    def own_capabilities(self) -> Capabilities:
        """Return what BigQuery can do."""
        return CAPABILITIES

    def _resolved(self) -> BigQuerySettings:
        return settings_of(BigQuerySettings, self.settings, self.destination_name)

    def resolved(self) -> tuple[Credentials | None, str | None]:
        """Return credentials of google.auth, or None for those of the machine, and the project that pays."""
        given = self.credentials
        if is_google(given):
            return given, google_project(given, "project_id")
        if given is None and (self._resolved().api_endpoint or "").startswith("http://"):
            # an emulator on this machine or network; Google's own addresses have TLS
            from google.auth.credentials import AnonymousCredentials

            return AnonymousCredentials(), None
        sections = ("destination", self.destination_name, "credentials")
        spec = self._spec(given)
        if not spec.is_resolved():
            # a copy: what the program passed stays as it was
            spec = resolve_configuration(spec.copy(), sections=sections, explicit_value=given)
        if given is None:
            check_machine_credentials(spec, self.destination_name, sections)
        return spec.to_native_credentials(), spec.project_id

    def _spec(self, given: object) -> GcpServiceAccountCredentials | GcpOAuthCredentials:
        if isinstance(given, (GcpServiceAccountCredentials, GcpOAuthCredentials)):
            return given
        # the key of a service account has none: by this the two kinds are told apart
        token = given.get("refresh_token") if isinstance(given, Mapping) else None
        if given is None:
            section = ("destination", self.destination_name, "credentials")
            token = get_value("refresh_token", str, sections=section, default=None, secret=True)
        return blank(GcpOAuthCredentials) if token else blank(GcpServiceAccountCredentials)

    def projects(self) -> tuple[Credentials | None, str, str]:
        """Return the credentials, the project that pays, and the project of the data.

        Raises:
            DatabaseTerminalException: no project is known.
        """
        credentials, pays = self.resolved()
        project = self._resolved().project_id
        pays = pays or project
        if not pays:
            raise DatabaseTerminalException(
                f"destination {self.destination_name}: no project is set. Set project_id under "
                f"[destination.{self.destination_name}.credentials], or pass project_id=..."
            )
        return credentials, str(pays), str(project or pays)

    def _project(self) -> str:
        project = self._resolved().project_id
        if project is not None:
            return project
        with _needs_google(self.destination_name):
            return self.projects()[2]

    def displayable_credentials(self) -> str:
        """Return the project of the data and the location."""
        return f"bigquery://{self._project()}?location={self._resolved().location}"

    def fingerprint(self) -> str:
        """Return a hash that tells projects apart, whoever pays."""
        return digest_id(f"bigquery {self._resolved().api_endpoint or ''} {self._project()}")

    @contextmanager
    def connect(self, dataset_name: str, schema: Schema | None = None) -> Iterator[BigQueryClient]:
        """Make a client; nothing is asked of BigQuery yet."""
        with _needs_google(self.destination_name):
            from google.cloud import bigquery

            from dlt.destinations.impl.bigquery.bucket import Bucket
            from dlt.destinations.impl.bigquery.client import BigQueryClient
            from dlt.destinations.impl.bigquery.jobs import Jobs, Limits
            from dlt.destinations.impl.bigquery.session import BigQuerySession

            credentials, pays, project = self.projects()
        settings = self._resolved()
        native = bigquery.Client(
            project=pays,
            credentials=credentials,
            location=settings.location,
            client_options={"api_endpoint": settings.api_endpoint} if settings.api_endpoint else None,
        )
        limits = Limits(settings.http_timeout, settings.file_upload_timeout, settings.retry_deadline)
        bucket = Bucket(settings.staging, dataset_name) if settings.staging is not None else None
        try:
            session = BigQuerySession(DIALECT, Jobs(native, limits), project)
            yield BigQueryClient(session, dataset_name, settings, bucket, schema)
        finally:
            native.close()


@contextmanager
def _needs_google(name: str) -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        raise MissingDependencyException(
            f"destination {name}: the package google-cloud-bigquery is not installed. Run: "
            'pip install "dlt-tasks[bigquery]"'
        ) from error


DESTINATION = BigQuery
