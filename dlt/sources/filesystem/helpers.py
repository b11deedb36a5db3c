"""What programs use of the source beside its resources."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Union, cast

from dlt.configuration.credentials.places import FilesystemConfiguration
from dlt.configuration.resolve import resolve_configuration
from dlt.configuration.spec import configspec, resolve_type
from dlt.configuration.values import SECRETS_VALUE, ConfigValue
from dlt.destinations.impl.filesystem.options import SIGN_IN
from dlt.extract.function import Function
from dlt.sources.filesystem.columns import rows_of
from dlt.sources.filesystem.settings import DEFAULT_CHUNK_SIZE

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

    from dlt.extract.resource import DltResource
    from dlt.late import duckdb, pa
    from dlt.types import JsonObject, Row

__all__ = ["FilesystemConfigurationResource", "add_columns", "fetch_arrow", "fetch_json", "fsspec_from_resource"]

ASKED: ConfigValue = SECRETS_VALUE
"""Default of an argument that the configuration must have, where the call does not."""


@configspec
class FilesystemConfigurationResource(FilesystemConfiguration):
    """A folder or bucket, and which of its files are listed how."""

    file_glob: str | None = "*"
    files_per_page: int = DEFAULT_CHUNK_SIZE
    extract_content: bool = False
    fetch_file_info: bool = False

    @resolve_type("credentials")
    def resolve_credentials_type(self) -> object:
        """Return what the credentials may be: those of the scheme, arguments of its file system, or a file system."""
        from fsspec import AbstractFileSystem

        kinds = self.credentials_hint
        if kinds is None:
            return Union[dict[str, ConfigValue], AbstractFileSystem, None]
        # a spec or a union of some, which only the scheme tells
        # None where arguments of the file system say who asks, which `file_system` looks at
        return Union[cast(type, kinds), AbstractFileSystem, None]


def file_system(
    bucket_url: str, credentials: object, kwargs: JsonObject | None, client_kwargs: JsonObject | None
) -> AbstractFileSystem:
    """Return the file system of a folder or bucket.

    Args:
        bucket_url: The folder or bucket.
        credentials: Who asks, or a file system, which is returned.
        kwargs: Arguments of the file system.
        client_kwargs: Those of the client that it works with.

    Raises:
        ConfigFieldMissingException: the store needs credentials, and they are nowhere, or not whole.
    """
    from fsspec import AbstractFileSystem

    from dlt.sources.files import fsspec_from_config

    if isinstance(credentials, AbstractFileSystem):
        return credentials
    config = FilesystemConfiguration(
        bucket_url=bucket_url, credentials=credentials, kwargs=kwargs, client_kwargs=client_kwargs
    )
    if credentials is None and config.credentials_hint is not None and SIGN_IN.isdisjoint(kwargs or {}):
        # once more, now as something that must be there: the error tells where it was looked for
        asked = FilesystemConfiguration(bucket_url=bucket_url)
        config.credentials = resolve_configuration(asked, sections=("sources", "filesystem")).credentials
    return fsspec_from_config(config)[0]


def fsspec_from_resource(filesystem_instance: DltResource) -> AbstractFileSystem:
    """Return the file system that a resource `filesystem` reads.

    Args:
        filesystem_instance: The resource, called with its arguments or configured.

    Raises:
        TypeError: it is no resource of files.
    """
    gen = filesystem_instance.pipe.gen
    if not isinstance(gen, Function) or "bucket_url" not in gen.signature.parameters:
        raise TypeError(
            f"Resource '{filesystem_instance.name}' lists no files. Pass what filesystem(...) returned, before a "
            "transformer takes its items."
        )
    found = gen.looked_up()
    return file_system(
        str(found["bucket_url"]), found["credentials"], _dict(found.get("kwargs")), _dict(found.get("client_kwargs"))
    )


def _dict(value: object) -> JsonObject | None:
    return value if isinstance(value, dict) else None


def add_columns(columns: list[str], rows: list[list[object]]) -> list[Row]:
    """Return rows as dicts.

    Args:
        columns: Names of the columns.
        rows: Their values, a list for each row.
    """
    return [dict(zip(columns, row, strict=True)) for row in rows]


def fetch_arrow(file_data: duckdb.DuckDBPyRelation, chunk_size: int) -> Iterator[pa.RecordBatch]:
    """Yield what a relation of DuckDB gives as record batches.

    Args:
        file_data: The relation.
        chunk_size: Rows of a batch at most.
    """
    # DuckDB 2.0 renamed it
    yield from (getattr(file_data, "to_arrow_reader", None) or file_data.fetch_arrow_reader)(chunk_size)


def fetch_json(file_data: duckdb.DuckDBPyRelation, chunk_size: int) -> Iterator[list[Row]]:
    """Yield what a relation of DuckDB gives as lists of dicts.

    Args:
        file_data: The relation.
        chunk_size: Rows of a list at most.
    """
    for batch in fetch_arrow(file_data, chunk_size):
        yield rows_of(batch)
