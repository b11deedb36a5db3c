"""BigQuery through google-cloud-bigquery: every file by a load job, every package in one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

from dlt.configuration import get_value
from dlt.configuration.spec import BaseConfiguration
from dlt.destinations.base import Destination
from dlt.destinations.impl.bigquery.dialect import CAPABILITIES, DIALECT
from dlt.destinations.machine import check_machine_credentials
from dlt.errors import DatabaseTerminalException, MissingDependencyException
from dlt.ids import digest_id
from dlt.schema.capabilities import Capabilities
from dlt.schema.schema import Schema

if TYPE_CHECKING:
    from dlt.destinations.impl.bigquery.client import BigQueryClient

_DEFAULTS: Mapping[str, Any] = {
    "location": "US",
    "project_id": None,
    "api_endpoint": None,
    "http_timeout": 30.0,
    "file_upload_timeout": 1_800.0,
    "retry_deadline": 60.0,
    "has_case_sensitive_identifiers": True,
    "streaming_insert": False,
}
_TYPES: Mapping[str, type] = {
    "http_timeout": float,
    "file_upload_timeout": float,
    "retry_deadline": float,
    "has_case_sensitive_identifiers": bool,
    "streaming_insert": bool,
}


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

    destination_type: ClassVar[str] = "bigquery"
    example: ClassVar[str] = (
        '[destination.bigquery.credentials]\nproject_id = "fill in"\nclient_email = "fill in"\n'
        'private_key = "fill in"\n'
    )
    setting_types: ClassVar[Mapping[str, Any]] = {**dict.fromkeys(_DEFAULTS, str), **_TYPES, "staging": Any}
    supports_staging: ClassVar[bool] = True

    def __init__(
        self,
        credentials: Any = None,
        location: str | None = None,
        has_case_sensitive_identifiers: bool | None = None,
        **settings: Any,
    ) -> None:
        super().__init__(credentials, **settings)
        given = {"location": location, "has_case_sensitive_identifiers": has_case_sensitive_identifiers}
        self.settings.update({key: value for key, value in given.items() if value is not None})

    @classmethod
    @override
    def credential_specs(cls) -> tuple[type[BaseConfiguration], ...]:
        """Return those of Google."""
        from dlt.configuration.credentials import google

        return (google.GcpServiceAccountCredentials, google.GcpOAuthCredentials)

    def own_capabilities(self) -> Capabilities:
        """Return what BigQuery can do."""
        return CAPABILITIES

    def option(self, name: str) -> Any:
        """Return a setting: what the program says, then the configuration, then the default."""
        if self.settings.get(name) is not None:
            return self.settings[name]
        kind = _TYPES.get(name, str)
        return get_value(name, kind, sections=("destination", self.destination_name), default=_DEFAULTS[name])

    def resolved(self) -> tuple[Any, str | None]:
        """Return credentials of google.auth, or None for those of the machine, and the project that pays."""
        given = self.credentials
        if hasattr(given, "before_request"):
            return given, getattr(given, "project_id", None)
        if given is None and str(self.option("api_endpoint") or "").startswith("http://"):
            # an emulator on this machine or network; Google's own addresses have TLS
            from google.auth.credentials import AnonymousCredentials

            make: Any = AnonymousCredentials
            return make(), None
        from dlt.configuration.resolve import resolve_configuration

        sections = ("destination", self.destination_name, "credentials")
        spec: Any = self._spec(given)
        if not spec.is_resolved():
            spec = resolve_configuration(spec, sections=sections, explicit_value=None if spec is given else given)
        if given is None:
            check_machine_credentials(spec, self.destination_name, sections)
        return spec.to_native_credentials(), spec.project_id

    def _spec(self, given: Any) -> Any:
        from dlt.configuration.credentials import google

        if isinstance(given, google.GcpCredentials):
            return given
        token = given.get("refresh_token") if isinstance(given, Mapping) else None
        if given is None:
            section = ("destination", self.destination_name, "credentials")
            token = get_value("refresh_token", str, sections=section, default=None, secret=True)
        kinds: tuple[Any, Any] = (google.GcpServiceAccountCredentials, google.GcpOAuthCredentials)
        return kinds[bool(token)]()

    def projects(self) -> tuple[Any, str, str]:
        """Return the credentials, the project that pays, and the project of the data.

        Raises:
            DatabaseTerminalException: no project is known.
        """
        credentials, pays = self.resolved()
        project = self.option("project_id")
        pays = pays or project
        if not pays:
            raise DatabaseTerminalException(
                f"destination {self.destination_name}: no project is set. Set project_id under "
                f"[destination.{self.destination_name}.credentials], or pass project_id=..."
            )
        return credentials, str(pays), str(project or pays)

    def displayable_credentials(self) -> str:
        """Return the project of the data and the location."""
        project = self.option("project_id")
        if project is None:
            with _needs_google(self.destination_name):
                project = self.projects()[2]
        return f"bigquery://{project}?location={self.option('location')}"

    def fingerprint(self) -> str:
        """Return a hash that tells projects apart, whoever pays."""
        project = self.option("project_id")
        if project is None:
            with _needs_google(self.destination_name):
                project = self.projects()[2]
        return digest_id(f"bigquery {self.option('api_endpoint') or ''} {project}")

    @contextmanager
    def connect(self, dataset_name: str, schema: Schema | None = None) -> Iterator[BigQueryClient]:
        """Make a client; nothing is asked of BigQuery yet."""
        with _needs_google(self.destination_name):
            from google.cloud import bigquery

            from dlt.destinations.impl.bigquery.bucket import Bucket
            from dlt.destinations.impl.bigquery.client import BigQueryClient, Settings
            from dlt.destinations.impl.bigquery.jobs import Jobs, Limits

            credentials, pays, project = self.projects()
        endpoint = self.option("api_endpoint")
        native: Any = bigquery.Client(
            project=pays,
            credentials=credentials,
            location=self.option("location"),
            client_options={"api_endpoint": endpoint} if endpoint else None,
        )
        staging = self.settings.get("staging")
        limits = Limits(*(self.option(name) for name in ("http_timeout", "file_upload_timeout", "retry_deadline")))
        settings = Settings(
            project_id=project,
            location=self.option("location"),
            case_sensitive=self.option("has_case_sensitive_identifiers"),
            streaming=self.option("streaming_insert"),
            bucket=Bucket(staging, dataset_name) if staging is not None else None,
        )
        try:
            yield BigQueryClient(DIALECT, dataset_name, Jobs(native, limits), settings, schema)
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
