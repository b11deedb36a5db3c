"""Settings and credentials of DuckLake."""

from __future__ import annotations

import os
from typing import ClassVar

from dlt.absent import absent_names
from dlt.configuration.credentials import AwsCredentials, ConnectionStringCredentials
from dlt.configuration.spec import BaseConfiguration, CredentialsConfiguration, configspec
from dlt.destinations.impl.duckdb.configuration import DuckDbCredentials
from dlt.io.folders import local_path


@configspec
class LakeStorage(BaseConfiguration):
    """A folder or bucket, and the keys to it; without keys DuckDB uses the secrets that it keeps."""

    __section__: ClassVar[str | None] = "storage"
    bucket_url: str
    credentials: AwsCredentials | None = None

    def parse_native_representation(self, native_value: object) -> None:
        """Take a folder or URL."""
        if isinstance(native_value, (str, os.PathLike)) and not str(native_value).lstrip().startswith("{"):
            self.bucket_url = os.fspath(native_value)
        else:
            super().parse_native_representation(native_value)


@configspec
class DuckLakeCredentials(CredentialsConfiguration):
    """A lake: where its catalog and its files are; what is left out is named after the lake, in the current folder.

    Attributes:
        ducklake_name: Its name.
        metadata_schema: Schema of the tables of its catalog in a database, where that is not its name.
        catalog: Where the catalog is.
        storage: Where the files are.
    """

    ducklake_name: str | None = None
    metadata_schema: str | None = None
    catalog: ConnectionStringCredentials | None = None
    storage: LakeStorage | None = None

    def parse_native_representation(self, native_value: object) -> None:
        """Take the connection string of a catalog, or the name of a lake."""
        if isinstance(native_value, str) and not native_value.lstrip().startswith("{"):
            if "://" in native_value:
                self.catalog = parsed_url(native_value)
            else:
                self.ducklake_name = native_value
        else:
            super().parse_native_representation(native_value)


def parsed_url(url: str) -> ConnectionStringCredentials:
    """Return the parts of a catalog's URL."""
    catalog = ConnectionStringCredentials(drivername="")
    catalog.parse_native_representation(url)
    return catalog


def file_of(catalog: ConnectionStringCredentials) -> str:
    """Return the path of a catalog that is a file."""
    # behind two slashes the name of a file stands where a URL has its host
    return local_path(f"{catalog.host or ''}{catalog.database or ''}")


def storage_url(known: DuckLakeCredentials) -> str:
    """Return where the files of a lake are."""
    assert known.storage is not None
    url = known.storage.bucket_url.removeprefix("file://")
    # a lake keeps the path of its files, so it must not depend on the folder of the program
    return url if "://" in url else local_path(url)


DuckDbBaseCredentials = DuckDbCredentials
DEFAULT_DUCKLAKE_NAME = "ducklake"
__getattr__ = absent_names(
    __name__, "dlt.destinations.ducklake(...) takes the settings by name.", "DuckLakeClientConfiguration"
)
