"""Files in folders and buckets: what lists them, and what reads them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from operator import itemgetter
from pathlib import PurePath
from typing import TYPE_CHECKING, Union

from fsspec import AbstractFileSystem

from dlt.configuration.credentials.places import FileSystemCredentials
from dlt.errors import ConfigurationValueError
from dlt.extract.decorators import resource, source, transformer
from dlt.extract.incremental import Incremental
from dlt.extract.resource import DltResource
from dlt.sources.files import FileItem, FileItemDict, fsspec_filesystem, glob_files

# before the source of the same name, as importing a module binds its name here
from dlt.sources.filesystem import readers as _readers
from dlt.sources.filesystem import seen
from dlt.sources.filesystem.helpers import (
    ASKED,
    FilesystemConfigurationResource,
    file_system,
    fsspec_from_resource,
)
from dlt.sources.filesystem.readers import (
    ReadersSource,
    _read_csv,
    _read_csv_duckdb,
    _read_jsonl,
    _read_parquet,
)
from dlt.sources.filesystem.settings import DEFAULT_CHUNK_SIZE

if TYPE_CHECKING:
    from dlt.types import JsonObject

__all__ = [
    "DEFAULT_CHUNK_SIZE",
    "FileItem",
    "FileItemDict",
    "FileSystemCredentials",
    "FilesystemConfigurationResource",
    "ReadersSource",
    "_read_csv",
    "_read_csv_duckdb",
    "_read_jsonl",
    "_read_parquet",
    "filesystem",
    "fsspec_filesystem",
    "fsspec_from_resource",
    "glob_files",
    "read_arrow",
    "read_avro",
    "read_csv",
    "read_csv_duckdb",
    "read_excel",
    "read_json",
    "read_jsonl",
    "read_parquet",
    "readers",
]
Credentials = Union[FileSystemCredentials, AbstractFileSystem]


@resource(primary_key="file_url", spec=FilesystemConfigurationResource, section="filesystem")
def filesystem(
    bucket_url: str | PurePath = ASKED,
    credentials: Credentials = ASKED,
    file_glob: str | None = "*",
    files_per_page: int = DEFAULT_CHUNK_SIZE,
    extract_content: bool = False,
    kwargs: JsonObject | None = None,
    client_kwargs: JsonObject | None = None,
    incremental: Incremental[object] | None = None,
    fetch_file_info: bool = False,
) -> Iterator[list[FileItemDict]]:
    """List the files of a folder or bucket, in pages.

    Args:
        bucket_url: The folder or bucket: a path, or a URL such as `s3://bucket/folder`.
        credentials: Who asks, or a file system of fsspec.
        file_glob: Which files, from there on: `*`, `?` and `[…]` within a name, `**` for folders at any depth.
        files_per_page: Files of a page.
        extract_content: Read each file and yield its content too.
        kwargs: Arguments of the file system.
        client_kwargs: Those of the client that it works with.
        incremental: With the cursor `modification_date` only files that are new or changed are listed, also those that
            come late with an older time.
        fetch_file_info: Ask for each file again; some file systems tell little where they list.

    Raises:
        ConfigurationValueError: a page of no files is asked for.
        FileNotFoundError: there is no such folder or bucket, or a web server has no such file.
        ConnectionError: a web server does not answer, or refuses.
    """
    if files_per_page < 1:
        raise ConfigurationValueError(f"filesystem: files_per_page is {files_per_page}. A page has 1 file or more.")
    bucket_url = str(bucket_url)
    # once for all pages, so that their files share its connections
    client = file_system(bucket_url, credentials, kwargs, client_kwargs)
    files: Iterable[FileItem] = glob_files(client, bucket_url, "*" if file_glob is None else file_glob, fetch_file_info)
    remembers = incremental is not None and seen.applies_to(incremental)
    if incremental is not None and remembers:
        files = seen.new_files(files, incremental)
    if incremental is not None and incremental.row_order and incremental.cursor_path:
        # the order in which the cursor's function takes values: with min they fall
        falls = (incremental.row_order == "desc") is (incremental.last_value_func is max)
        files = sorted(files, key=itemgetter(incremental.cursor_path), reverse=falls)
    page: list[FileItemDict] = []
    for file in files:
        item = FileItemDict(file, client)
        if extract_content:
            item["file_content"] = item.read_bytes()
        page.append(item)
        if len(page) >= files_per_page:
            yield _taken(page, remembers)
            page = []
    if page:
        yield _taken(page, remembers)


def _taken(page: list[FileItemDict], remembers: bool) -> list[FileItemDict]:
    if remembers:
        seen.remember(page)
    return page


@source(name="readers", section="filesystem", spec=FilesystemConfigurationResource)
def readers(
    bucket_url: str | PurePath = ASKED,
    credentials: Credentials = ASKED,
    file_glob: str | None = "*",
    kwargs: JsonObject | None = None,
    client_kwargs: JsonObject | None = None,
    incremental: Incremental[object] | None = None,
) -> tuple[DltResource, ...]:
    """Return a resource for each kind of file, all of which read the files of one folder or bucket.

    Args:
        bucket_url: The folder or bucket.
        credentials: Who asks, or a file system of fsspec.
        file_glob: Which files, from there on.
        kwargs: Arguments of the file system.
        client_kwargs: Those of the client that it works with.
        incremental: The cursor of the files, such as `modification_date`.
    """
    kinds = {
        "read_csv": read_csv,
        "read_jsonl": read_jsonl,
        "read_parquet": read_parquet,
        "read_csv_duckdb": read_csv_duckdb,
        "read_json": read_json,
        "read_arrow": read_arrow,
        "read_excel": read_excel,
        "read_avro": read_avro,
    }
    listed = partial(
        filesystem,
        bucket_url,
        credentials,
        file_glob=file_glob,
        kwargs=kwargs,
        client_kwargs=client_kwargs,
        incremental=incremental,
    )
    found = [listed() | made.with_name(name) for name, made in kinds.items()]
    # those that PyPI dlt 1.x has are loaded where nobody selects others
    for made in found[4:]:
        made.selected = False
    return tuple(found)


# named as those of PyPI dlt 1.x, whose tables have the names of these functions
_transformer = partial(transformer, section="filesystem")
read_csv = _transformer(_readers.csv_pages, name="_read_csv", spec=_readers.ReadCsvConfiguration)
read_csv_duckdb = _transformer(_readers.duckdb_pages, name="_read_csv_duckdb", spec=_readers.ReadCsvDuckdbConfiguration)
read_jsonl = _transformer(_readers.jsonl_pages, name="_read_jsonl", spec=_readers.ReadJsonlConfiguration)
read_parquet = _transformer(_readers.parquet_pages, name="_read_parquet", spec=_readers.ReadParquetConfiguration)
read_json = _transformer(_readers.json_pages, name="read_json", spec=_readers.ReadJsonConfiguration)
read_arrow = _transformer(_readers.arrow_pages, name="read_arrow", spec=_readers.ReadArrowConfiguration)
read_excel = _transformer(_readers.excel_pages, name="read_excel", spec=_readers.ReadExcelConfiguration)
read_avro = _transformer(_readers.avro_pages, name="read_avro", spec=_readers.ReadAvroConfiguration)
