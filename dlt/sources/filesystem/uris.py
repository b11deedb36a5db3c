"""Paths and URLs of files as data: what `run("orders.csv")` loads."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterator, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING

from dlt.errors import InvalidResourceDataTypeBasic
from dlt.extract.decorators import resource
from dlt.extract.resource import DltResource
from dlt.redact import redact
from dlt.sources.files import FileItemDict, glob_files
from dlt.sources.filesystem import (
    Credentials,
    FilesystemConfigurationResource,
    filesystem,
    read_arrow,
    read_avro,
    read_csv,
    read_excel,
    read_json,
    read_jsonl,
    read_parquet,
)
from dlt.sources.filesystem.helpers import ASKED, file_system

if TYPE_CHECKING:
    from dlt.types import JsonObject

_READERS: dict[str, DltResource[...]] = {
    "csv": read_csv,
    "tsv": read_csv,
    "jsonl": read_jsonl,
    "ndjson": read_jsonl,
    "json": read_json,
    "parquet": read_parquet,
    "pq": read_parquet,
    "arrow": read_arrow,
    "feather": read_arrow,
    "xlsx": read_excel,
    "avro": read_avro,
}
_PACKED = r"(?:\.(?:gz|bz2|xz|zst|lz4|br))?"
_ENDING = re.compile(rf"\.({'|'.join(_READERS)}){_PACKED}$", re.IGNORECASE)
_MAGIC = re.compile(r"[*?\[]")
_URL = re.compile(r"^[a-z][a-z0-9+.-]+://", re.IGNORECASE)


def data_of_uris(data: object) -> object:
    """Return what reads the files that data names, or the data where it names none.

    Args:
        data: A path or URL, perhaps with wildcards, or a list of them; anything else is data itself.

    Raises:
        InvalidResourceDataTypeBasic: a path has an ending for which there is no reader.
        FileNotFoundError: there is no file of this name.
    """
    if isinstance(data, PurePath) or (isinstance(data, str) and _ENDING.search(data)):
        return _rows_of(data)
    # a list of texts is a list of rows, unless all of them are files
    if isinstance(data, (list, tuple)) and data and all(map(_is_file, data)):
        return [_rows_of(part) for part in data]
    return data


def _is_file(part: object) -> bool:
    if isinstance(part, PurePath):
        return True
    if not isinstance(part, str) or not _ENDING.search(part):
        return False
    return bool(_URL.match(part)) or os.path.exists(part) or (bool(_MAGIC.search(part)) and "\n" not in part)


def _rows_of(uri: str | PurePath) -> DltResource[...]:
    text = str(uri)
    ending = _ENDING.search(text)
    if ending is None:
        raise InvalidResourceDataTypeBasic(
            f"{text}: no reader is known by the ending of this file. Known are {', '.join(_READERS)}, also compressed. "
            "Read it with filesystem(...) | a reader.",
            resource_name=None,
            item=uri,
        )
    kind = ending[1].lower()
    reader = _READERS[kind](sep="\t") if kind == "tsv" else _READERS[kind]()
    folder, pattern = _apart(text)
    listed = filesystem(folder, file_glob=pattern) if pattern else named_file(text)
    return (listed | reader).with_name(_table_of(text, folder, pattern))


def _apart(text: str) -> tuple[str, str]:
    """Return the folder before the first wildcard, and the pattern behind it; "" where there is none."""
    is_url = _URL.match(text) is not None
    if not is_url and os.path.exists(text):
        return text, ""
    if not is_url:
        text = text.replace(os.sep, "/")
    found = _MAGIC.search(text)
    if found is None:
        if not is_url:
            raise FileNotFoundError(f"{text}: there is no such file in {os.getcwd()}. Give its path, or a URL.")
        return text, ""
    cut = text.rfind("/", 0, found.start()) + 1
    return text[:cut] or ".", text[cut:]


def _table_of(text: str, folder: str, pattern: str) -> str:
    """Return the name of the table: that of the file, or of the folder where wildcards stand for several files."""
    parts: Sequence[str] = [part for part in re.split(r"[/\\]", (folder if pattern else text)) if part not in ("", ".")]
    name = _ENDING.sub("", parts[-1]) if parts else ""
    return name if name and not name.endswith(":") else posixpath.basename(os.getcwd()) or "files"


@resource(name="named_file", spec=FilesystemConfigurationResource, section="filesystem")
def named_file(
    bucket_url: str = ASKED,
    credentials: Credentials = ASKED,
    kwargs: JsonObject | None = None,
    client_kwargs: JsonObject | None = None,
) -> Iterator[list[FileItemDict]]:
    """List one file.

    Args:
        bucket_url: Its path or URL.
        credentials: Who asks, or a file system of fsspec.
        kwargs: Arguments of the file system.
        client_kwargs: Those of the client that it works with.

    Raises:
        FileNotFoundError: there is none.
    """
    client = file_system(bucket_url, credentials, kwargs, client_kwargs)
    found = [FileItemDict(file, client) for file in glob_files(client, bucket_url, "")]
    if not found:
        shown = redact(bucket_url)
        raise FileNotFoundError(f"{shown}: there is no such file. Look at its name, and at who may read it.")
    yield found
