"""Files on a disk or in an object store: Parquet, JSONL or CSV, visible by snapshots."""

from __future__ import annotations

import datetime
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar

from dlt.configuration import get_value
from dlt.configuration.credentials import google, places, stores
from dlt.configuration.spec import BaseConfiguration
from dlt.context import current
from dlt.destinations.base import Destination
from dlt.destinations.impl.filesystem.client import FilesystemClient
from dlt.destinations.impl.filesystem.configuration import FilesystemSettings
from dlt.destinations.impl.filesystem.lake.index import FORMATS
from dlt.destinations.impl.filesystem.lake.tables import NATIVE
from dlt.destinations.impl.filesystem.layout import DEFAULT_LAYOUT, Layout
from dlt.destinations.impl.filesystem.options import EXTRAS, GCS, scheme_of, store_options
from dlt.destinations.settings import settings_of
from dlt.errors import ConfigurationValueError, MissingDependencyException
from dlt.ids import digest_id
from dlt.io.faults import secrets_of, translated
from dlt.io.folders import local_path
from dlt.io.paths import segment
from dlt.io.store import Store
from dlt.redact import redact, remember, remember_url
from dlt.schema.capabilities import Capabilities
from dlt.schema.schema import Schema
from dlt.types import JsonObject, ReadOnlyRow, override

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem
    from typing_extensions import Unpack

    from dlt.destinations.arguments import FilesystemArguments

CAPABILITIES = Capabilities(
    preferred_loader_file_format="parquet",
    supported_loader_file_formats=("parquet", "jsonl", "csv", "arrow"),
    supported_merge_strategies=("delete-insert", "upsert", "insert-only", "scd2"),
    supports_ddl_transactions=False,
    # files are read and merged by DuckDB
    max_decimal=(38, 38),
    supported_table_formats=FORMATS,
    # files that are there keep the names of their columns, also for other programs that read them
    renames_columns=False,
    sqlglot_dialect="duckdb",
)


class Filesystem(Destination):
    """Load into files.

    Args:
        bucket_url: Folder or fsspec URL, or ":pipeline:" for a folder with the name of the pipeline; configured as
            destination.filesystem.bucket_url when None.
        credentials: A spec, a dict with its fields, or a dict with arguments of the fsspec file system; completed by
            the configuration.
        layout: Template for the paths of files inside of the dataset.
        extra_placeholders: Further placeholders of the layout.
        current_datetime: Moment for placeholders of date and time, or a function that gives it.
        table_format: Format of tables that name none: delta, iceberg or native.
    """

    kind: ClassVar[str] = "filesystem"
    named_after_pipeline: ClassVar[bool] = True
    takes_other_credentials: ClassVar[bool] = True
    example: ClassVar[str] = '[destination.filesystem]\nbucket_url = "data"\n'
    settings_spec = FilesystemSettings

    def __init__(
        self,
        bucket_url: str | None = None,
        credentials: object = None,
        layout: str | None = None,
        extra_placeholders: Mapping[str, object] | None = None,
        current_datetime: datetime.datetime | Callable[[], datetime.datetime] | None = None,
        table_format: str | None = None,
        *,
        destination_name: str | None = None,
        environment: str | None = None,
        **settings: Unpack[FilesystemArguments],
    ) -> None:
        super().__init__(credentials, destination_name=destination_name, environment=environment, **settings)
        self.settings.update(
            bucket_url=bucket_url,
            layout=layout,
            extra_placeholders=extra_placeholders,
            current_datetime=current_datetime,
            table_format=table_format,
        )

    @classmethod
    @override
    def credential_specs(cls) -> tuple[type[BaseConfiguration], ...]:
        """Return those of all stores."""
        return (
            google.GcpServiceAccountCredentials,
            google.GcpOAuthCredentials,
            stores.AwsCredentials,
            stores.AzureCredentials,
            stores.AzureServicePrincipalCredentials,
        )

    @classmethod
    @override
    def spec_bases(cls) -> tuple[type[BaseConfiguration], ...]:
        """Return the one of folders and buckets."""
        return (places.FilesystemConfiguration,)

    def own_capabilities(self) -> Capabilities:
        """Return what files can do."""
        return CAPABILITIES

    @property
    def bucket_url(self) -> str:
        """Return where datasets are kept.

        Raises:
            ConfigFieldMissingException: it is nowhere; with every place that was asked.
        """
        url = self.settings.get("bucket_url")
        if not url:
            url = get_value("bucket_url", str, sections=("destination", self.destination_name))
        text = str(url)
        if text == ":pipeline:":
            return local_path(self.pipeline_name or current().pipeline_name or "dlt")
        # a URL may hold a password, which no message may show
        remember_url(text)
        # memory:// would be no URL without its slashes
        text = text if text.endswith("://") else text.rstrip("/") or "/"
        # as it was written where nothing is asked for: messages show it
        return local_path(text) if os.environ.get("DLT_LOCAL_DIR") and not scheme_of(text) else text

    def _resolved(self) -> FilesystemSettings:
        return settings_of(FilesystemSettings, self.settings, self.destination_name)

    def displayable_credentials(self) -> str:
        """Return the URL without secrets."""
        return redact(self.bucket_url)

    def fingerprint(self) -> str:
        """Return a hash that tells buckets and folders apart, from whatever directory a folder is named."""
        url = self.displayable_credentials()
        path = url if scheme_of(url) else local_path(url)
        return digest_id(f"{self.kind} {path}")

    def layout(self) -> Layout:
        """Return the template for paths."""
        settings = self._resolved()
        return Layout(settings.layout or DEFAULT_LAYOUT, settings.extra_placeholders or {}, settings.current_datetime)

    def open_filesystem(self) -> tuple[AbstractFileSystem, str]:
        """Return the fsspec file system and the path of the bucket in it.

        Raises:
            MissingDependencyException: the package for this kind of URL is not installed.
            DestinationTerminalException: URL or credentials are not such that it takes.
        """
        url = self.bucket_url
        where = f"destination {self.destination_name}: {url}"
        options = store_options(url, self.credentials, self.destination_name, self._arguments())
        try:
            with translated(where, missing=True, secrets=secrets_of(options)):
                filesystem, path = _opened(url, options)
        except ImportError as error:
            raise MissingDependencyException(
                f"{where}: a package for it is not installed ({error}). "
                f'Run: pip install "dlt-tasks[{EXTRAS.get(scheme_of(url), "filesystem")}]"',
            ) from error
        return filesystem, str(path).rstrip("/")

    def _arguments(self) -> JsonObject:
        """Return what the program and the configuration give for the file system itself."""
        configured = settings_of(FilesystemSettings, {}, self.destination_name).kwargs or {}
        inner = self._resolved().client_kwargs or {}
        # arguments of a file system may be tokens, by their names
        remember(configured)
        remember(inner)
        found = {**configured, **(self.settings.get("kwargs") or {})}
        return {**found, "client_kwargs": inner} if inner else found

    @contextmanager
    def connect(self, dataset_name: str, schema: Schema | None = None) -> Iterator[FilesystemClient]:
        """Open the bucket.

        Raises:
            ConfigurationValueError: there is no such format of tables.
        """
        # here, and not in a load: there it would fail a package whose data is as it should be
        table_format = self._resolved().table_format or NATIVE
        if table_format not in (NATIVE, *FORMATS):
            known = ", ".join(FORMATS)
            raise ConfigurationValueError(
                f"destination {self.destination_name}: there is no table_format {table_format!r}. "
                f"Known are {known} and {NATIVE}."
            )
        filesystem, path = self.open_filesystem()
        store = Store(filesystem, f"{path}/{segment(dataset_name)}")
        client = FilesystemClient(store, dataset_name, self.layout(), schema, table_format)
        try:
            yield client
        finally:
            client.close()


def _opened(url: str, options: ReadOnlyRow) -> tuple[AbstractFileSystem, str]:
    import fsspec

    if scheme_of(url) not in GCS:
        found: tuple[AbstractFileSystem, str] = fsspec.core.url_to_fs(url, **options)
        return found
    # the class that is registered asks another service about every bucket, which needs one more right and which
    # emulators lack, and leaves files of zonal buckets unfinished
    from gcsfs.core import GCSFileSystem

    filesystem = GCSFileSystem(**options)
    return filesystem, filesystem._strip_protocol(url)  # noqa: SLF001 - fsspec gives it no public name


DESTINATION = Filesystem
