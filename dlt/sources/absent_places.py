"""Why nothing was listed: a folder, a bucket or a server that is not there is an error, an empty one is not."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from dlt.redact import redact

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

PAGES = ("http", "https")
"""What lists is a page with links, which only its own file system reads."""
_BUCKETS = ("s3", "s3a", "gs", "gcs", "az", "azure", "abfs", "abfss", "adl")
"""Stores that have no folders, so that only the bucket is there or not."""
_FOLDERS = ("file", "local", "sftp", "ssh", "ftp", "smb", "webdav", "hdfs")
_GONE = (404, 410)


def check_place(files: AbstractFileSystem, scheme: str, bucket_url: str, root: str) -> None:
    """Tell whether the folder or bucket is there in which no file was found.

    Args:
        files: Its file system.
        scheme: Its scheme.
        bucket_url: What the program calls it.
        root: What the file system calls it.

    Raises:
        FileNotFoundError: it is not.
    """
    place = root.strip("/").partition("/")[0] if scheme in _BUCKETS else root
    if not place or scheme not in (*_BUCKETS, *_FOLDERS):
        return
    try:
        found = files.info(place)
    except (FileNotFoundError, NotADirectoryError):
        # what the store says has the URL in it as it was given, perhaps with a password
        raise FileNotFoundError(_absent(scheme, bucket_url, place)) from None
    except PermissionError:
        # who may list what is in a bucket may not always look at the bucket
        return
    if scheme in _FOLDERS and found.get("type") == "file":
        raise FileNotFoundError(_no_folder(bucket_url))


def _absent(scheme: str, bucket_url: str, place: str) -> str:
    shown = shown_url(bucket_url)
    if scheme in _BUCKETS:
        return f"{shown}: there is no bucket '{place}'. Look at bucket_url, and at the account that asks, or make it."
    relative = scheme == "file" and not os.path.isabs(bucket_url) and "://" not in bucket_url
    where = f" (looked for in {os.getcwd()})" if relative else ""
    return f"{shown}: there is no such folder{where}. Look at bucket_url, or make it; an empty one has no files."


def _no_folder(url: str) -> str:
    return f"{shown_url(url)} is a file, and no folder. Name its folder, and the file with file_glob."


def check_page(files: AbstractFileSystem, url: str) -> None:
    """Tell whether a web server has the page with links on which no file was found.

    Args:
        files: The file system of HTTP.
        url: The page.

    Raises:
        FileNotFoundError: it has none, or a file in its place; the cause is what the server said.
    """
    try:
        found = files.info(f"{url}/")
    except FileNotFoundError:
        found = files.info(url)
    # a server that says nothing of what it sends gives the benefit of the doubt
    if "html" not in str(found.get("mimetype") or "html"):
        raise _NoPage(_no_folder(url))


class _NoPage(FileNotFoundError):
    """A file stands where a page with links should be."""


@contextmanager
def told_of_servers(url: str) -> Iterator[None]:
    """Say of a web server that gives no file or no list of files what it said.

    Args:
        url: The file or the page.

    Raises:
        FileNotFoundError: it says that there is none.
        ConnectionError: it says something else, or does not answer.
    """
    try:
        yield
    except _NoPage as error:
        raise FileNotFoundError(str(error)) from None
    except OSError as error:
        # the file system calls each failure one of a missing file, and has the true one as the cause
        cause = error.__cause__ or error
    except Exception as error:
        if not type(error).__module__.startswith("aiohttp"):
            raise
        cause = error
    else:
        return
    status = getattr(cause, "status", None)
    shown = shown_url(url)
    # what these errors say of a status has the whole URL in it, with its parameters: it is no cause either
    if status in _GONE or cause is None or (status is None and isinstance(cause, FileNotFoundError)):
        said = f" (status {status})" if status else ""
        raise FileNotFoundError(
            f"{shown}: the server has no such file{said}. Look at bucket_url and at file_glob."
        ) from None
    said = f"status {status}" if status else redact(f"{type(cause).__name__}: {cause}")
    raise ConnectionError(
        f"{shown} cannot be read: {said}. Look at the address, at who may read it, and whether the server is up; then "
        "run again."
    ) from None


def shown_url(url: str) -> str:
    """Return a URL as messages show it: without who asks, and without parameters, which may be signatures."""
    parts = urlsplit(url)
    if len(parts.scheme) < 2 or not parts.netloc or parts.scheme == "file":
        return redact(url)
    # the part before the sign is the container where the host is that of Azure
    login = parts.scheme in PAGES or ":" in parts.netloc.rpartition("@")[0]
    host = parts.netloc.rpartition("@")[2] if login else parts.netloc
    return redact(urlunsplit((parts.scheme, host, parts.path, "", "")))
