"""Files in folders and buckets as items: what lists them, and what opens one."""

from __future__ import annotations

import datetime
import gzip
import io
import mimetypes
import os
import posixpath
from collections.abc import Callable, Iterator, Mapping
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import PurePath
from typing import IO, TYPE_CHECKING, Any, Literal, TypedDict
from urllib.parse import urlsplit
from urllib.request import url2pathname

import fsspec

from dlt.configuration.credentials.places import FilesystemConfiguration, HfCredentials, SFTPCredentials
from dlt.configuration.similar import did_you_mean
from dlt.destinations.impl.filesystem.options import EXTRAS, store_options
from dlt.errors import ConfigurationValueError, MissingDependencyException, ValueErrorWithKnownValues
from dlt.sources.absent_places import check_place
from dlt.sources.listing import files_of

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

    from dlt.types import JsonObject, ReadOnlyRow

Compression = Literal["auto", "disable", "enable"]


class FileItem(TypedDict, total=False):
    """A file, as a resource yields it."""

    file_url: str
    file_name: str
    relative_path: str
    mime_type: str
    encoding: str | None
    modification_date: datetime.datetime
    size_in_bytes: int
    file_content: bytes | None


def _moment(value: object) -> datetime.datetime:
    """Return a moment in UTC of what file systems have: a datetime, seconds, ISO text, or text of a header of HTTP."""
    if isinstance(value, datetime.datetime):
        found = value
    elif isinstance(value, (int, float)):
        found = datetime.datetime.fromtimestamp(value, datetime.timezone.utc)
    else:
        text = str(value)
        # Python 3.10 reads no Z
        iso = text.replace("Z", "+00:00")
        # a header of HTTP has a comma behind the day of the week
        found = parsedate_to_datetime(text) if "," in text else datetime.datetime.fromisoformat(iso)
    return found.astimezone(datetime.timezone.utc) if found.tzinfo else found.replace(tzinfo=datetime.timezone.utc)


def _of(key: str, info: ReadOnlyRow) -> datetime.datetime:
    return _moment(info[key])


_MOMENT_KEYS = ("mtime", "LastModified", "last_modified", "modified", "updated", "created", "modifiedTime", "modify")
"""What file systems call the moment of the last change."""
_PATHS_OF_A_HOST = ("sftp", "ssh", "ftp", "smb", "webdav", "hdfs")
MTIME_DISPATCH: dict[str, Callable[[ReadOnlyRow], datetime.datetime]] = {
    "file": partial(_of, "mtime"),
    "sftp": partial(_of, "mtime"),
    "memory": partial(_of, "created"),
    "gdrive": partial(_of, "modifiedTime"),
    # servers need not tell it
    "http": lambda info: _moment(info.get("Last-Modified") or 0),
    "https": lambda info: _moment(info.get("Last-Modified") or 0),
    "hf": lambda info: _moment(info["last_commit"].date),
    **dict.fromkeys(("s3", "s3a"), partial(_of, "LastModified")),
    **dict.fromkeys(("gs", "gcs"), partial(_of, "updated")),
    **dict.fromkeys(("az", "azure", "abfs", "abfss", "adl"), partial(_of, "last_modified")),
}
"""When a file was changed, of what the file system of a scheme tells of it."""


def guess_mime_type(file_name: str) -> tuple[str, str | None]:
    """Return the type of a file and how it is compressed, by its name.

    Args:
        file_name: The name; an ending that nobody knows is its type.
    """
    kind, encoding = mimetypes.guess_type(posixpath.basename(file_name), strict=False)
    ending = posixpath.splitext(file_name)[1].removeprefix(".")
    if ending in ("jsonl", "ndjson"):
        # some systems know them by other names
        kind = None
    return kind or (f"application/{ending}" if ending else "application/octet-stream"), encoding


def prepare_fsspec_args(config: FilesystemConfiguration) -> JsonObject:
    """Return the arguments of the file system of a folder or bucket.

    Args:
        config: The folder or bucket, and its credentials.
    """
    further = dict(config.kwargs or {})
    if config.client_kwargs:
        further["client_kwargs"] = config.client_kwargs
    if config.config_kwargs:
        further["config_kwargs"] = config.config_kwargs
    credentials = config.credentials
    if isinstance(credentials, SFTPCredentials):
        return {**credentials.to_sftp_arguments(config.bucket_url), **further}
    if isinstance(credentials, HfCredentials):
        told = {"token": credentials.hf_token, "endpoint": credentials.hf_endpoint}
        return {**{key: value for key, value in told.items() if value is not None}, **further}
    # those of the destination are for another account, and perhaps for another store
    return store_options(config.bucket_url or config.protocol, credentials, "filesystem", further, "sources")


def fsspec_from_config(config: FilesystemConfiguration) -> tuple[AbstractFileSystem, str]:
    """Return the file system of a folder or bucket, and its path there.

    Args:
        config: The folder or bucket, and its credentials.

    Raises:
        MissingDependencyException: The package of the file system is not installed.
        ConfigurationValueError: There is no file system of that scheme.
    """
    options = prepare_fsspec_args(config)
    try:
        filesystem = fsspec.filesystem(config.protocol, **options)
    except ImportError as error:
        extra = {**EXTRAS, "sftp": "sftp", "ssh": "sftp"}.get(config.protocol)
        # fsspec says of the others which package it wants
        wanted = f'. Run: pip install "dlt-tasks[{extra}]"' if extra else f": {error}"
        raise MissingDependencyException(
            f"{config.protocol}:// needs a package that is not installed{wanted}"
        ) from error
    except ValueError as error:
        if config.protocol in fsspec.available_protocols():
            raise
        near = did_you_mean(config.protocol, fsspec.available_protocols()) or "."
        raise ConfigurationValueError(
            f"bucket_url: there is no file system for {config.protocol}://{near} Look at the scheme of bucket_url, or "
            "install the package that brings it."
        ) from error
    if config.protocol == "file":
        return filesystem, _local_path(config.bucket_url)
    return filesystem, filesystem._strip_protocol(config.bucket_url)  # noqa: SLF001  # of every file system


def fsspec_filesystem(
    protocol: str,
    credentials: object = None,
    kwargs: JsonObject | None = None,
    client_kwargs: JsonObject | None = None,
    config_kwargs: JsonObject | None = None,
) -> tuple[AbstractFileSystem, str]:
    """Return the file system of a scheme, and the path that its URL has.

    Args:
        protocol: The scheme, or a URL.
        credentials: Who asks.
        kwargs: Arguments of the file system.
        client_kwargs: Those of the client that it works with.
        config_kwargs: Those of the settings of that client.
    """
    url = protocol if ":" in protocol else f"{protocol}://"
    config = FilesystemConfiguration(
        bucket_url=url,
        credentials=credentials,
        kwargs=kwargs,
        client_kwargs=client_kwargs,
        config_kwargs=config_kwargs,
    )
    return fsspec_from_config(config)


class FileItemDict(dict[str, Any]):
    """A file as an item, which opens it as well.

    Args:
        mapping: The item.
        fsspec: The file system that it is in; the local one when None.
    """

    def __init__(self, mapping: Mapping[str, object], fsspec: AbstractFileSystem | None = None) -> None:
        super().__init__(mapping)
        self._filesystem = fsspec

    @property
    def fsspec(self) -> AbstractFileSystem:
        """Return the file system that it is in."""
        if self._filesystem is None:
            self._filesystem = fsspec.filesystem(urlsplit(self["file_url"]).scheme or "file")
        return self._filesystem

    @property
    def local_file_path(self) -> str:
        """Return its path on this machine.

        Raises:
            ValueError: It is elsewhere.
        """
        if urlsplit(self["file_url"]).scheme not in ("", "file"):
            raise ValueError(f"{self['file_url']} is no file of this machine. Read it with open() or read_bytes().")
        return _local_path(self["file_url"])

    def open(self, mode: str = "rb", compression: Compression = "auto", **kwargs: Any) -> IO[Any]:
        """Open the file for reading.

        Args:
            mode: As Python's `open` has it.
            compression: auto reads what is compressed with gzip, by its name, as if it were not; enable does so always,
                disable never.
            **kwargs: Given to the file system.

        Raises:
            ValueError: There is no such word for compression.
        """
        if compression not in ("auto", "disable", "enable"):
            raise ValueErrorWithKnownValues("compression", compression, ["auto", "disable", "enable"])
        packed = compression == "enable" or (compression == "auto" and self.get("encoding") == "gzip")
        content = self.get("file_content")
        if content is not None:
            data = io.BytesIO(gzip.decompress(content) if packed else content)
            return data if "b" in mode else io.TextIOWrapper(data, encoding=kwargs.get("encoding", "utf-8"))
        if "b" not in mode:
            kwargs.setdefault("encoding", "utf-8")
        is_local = urlsplit(self["file_url"]).scheme in ("", "file")
        path = self.local_file_path if is_local else self["file_url"]
        opened: IO[Any] = self.fsspec.open(path, mode=mode, compression="gzip" if packed else None, **kwargs)
        return opened

    def read_bytes(self) -> bytes:
        """Return the content of the file, as it is."""
        with self.open(compression="disable") as file:
            found: bytes = file.read()
        return found


def glob_files(
    fs_client: AbstractFileSystem, bucket_url: str | PurePath, file_glob: str = "**", fetch_file_info: bool = False
) -> Iterator[FileItem]:
    """Yield the files of a folder or bucket, without their content.

    Args:
        fs_client: The file system.
        bucket_url: The folder or bucket, as a URL or a path.
        file_glob: Which files, from there on: `**` are folders at any depth.
        fetch_file_info: Ask for each file again; some file systems tell little where they list.

    Raises:
        FileNotFoundError: there is no such folder or bucket, or a web server has no such file.
        ConnectionError: a web server does not answer, or refuses.
    """
    bucket_url = str(bucket_url)
    parts = urlsplit(bucket_url)
    # a letter alone is the drive of a path on Windows
    scheme = parts.scheme if len(parts.scheme) > 1 else "file"
    is_local = scheme == "file"
    root = _local_path(bucket_url) if is_local else fs_client._strip_protocol(bucket_url)  # noqa: SLF001
    root = (root.replace(os.sep, "/").rstrip("/") or "/") if is_local else root.rstrip("/")
    found_any = False
    for path, listed in files_of(fs_client, scheme, root, file_glob):
        found_any = True
        info = fs_client.info(path) if fetch_file_info else listed
        name = posixpath.basename(path)
        mime_type, encoding = guess_mime_type(name)
        # of relative paths Python would ask for the working folder
        relative = posixpath.relpath("/" + path.strip("/"), "/" + root.strip("/"))
        item = FileItem(
            file_name=name,
            relative_path=relative,
            file_url=_url_of(bucket_url, scheme, path),
            mime_type=mime_type,
            modification_date=modified(scheme, info),
            size_in_bytes=_size(info),
        )
        if encoding:
            item["encoding"] = encoding
        yield item
    if not found_any:
        check_place(fs_client, scheme, bucket_url, root)


def modified(scheme: str, info: ReadOnlyRow) -> datetime.datetime:
    """Return when a file was changed, by what its file system tells of it; the year 1970 where it tells nothing.

    Args:
        scheme: Scheme of the file system.
        info: What it tells.
    """
    known = MTIME_DISPATCH.get(scheme)
    if known is not None:
        return known(info)
    found = next((info[key] for key in _MOMENT_KEYS if info.get(key)), 0)
    return _moment(found)


def _size(info: ReadOnlyRow) -> int:
    # servers of HTTP need not tell it
    return int(info.get("size") or 0)


def _url_of(bucket_url: str, scheme: str, path: str) -> str:
    if scheme == "file":
        # signs that mean something in a URL are written as such, as in PyPI dlt 1.x
        return PurePath(path).as_uri()
    if "://" in path:
        return path
    parts = urlsplit(bucket_url)
    if scheme in _PATHS_OF_A_HOST:
        # the path says nothing of the machine; who asks, and with which password, is no part of what a row tells
        return f"{scheme}://{parts.netloc.rpartition('@')[2]}/{path.lstrip('/')}"
    if "@" in parts.netloc:
        # a container and its account; the path has the container alone
        container, _, rest = path.lstrip("/").partition("/")
        return f"{scheme}://{container}@{parts.netloc.partition('@')[2]}/{rest}"
    return f"{scheme}://{path.lstrip('/')}"


def _local_path(url: str) -> str:
    if urlsplit(url).scheme == "file":
        parts = urlsplit(url, allow_fragments=False)
        # a question mark that is no sign of a URL stands in a name
        query = f"?{parts.query}" if parts.query else ""
        written = url2pathname(parts.netloc + parts.path + query)
        # a folder behind two slashes, as people write it, begins at the top as in PyPI dlt 1.x, or where the program is
        top = os.path.join(os.sep, written)
        return top if parts.netloc and os.path.exists(top) else os.path.abspath(written)
    return os.path.abspath(url)
