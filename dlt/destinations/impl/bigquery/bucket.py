"""Files that wait in a bucket of Google Cloud Storage until a load job has read them."""

from __future__ import annotations

import shutil
from threading import Lock
from typing import TYPE_CHECKING, BinaryIO

from dlt.destinations.impl.bigquery.errors import translating
from dlt.destinations.staging import bucket_of, named
from dlt.errors import DestinationLoadingViaStagingNotSupported
from dlt.ids import random_id

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

FOLDER = "_dlt_staged"


class Bucket:
    """A folder of a bucket; it is opened when the first file comes.

    Args:
        staging: Filesystem destination.
        dataset_name: Name of the dataset; files of each lie in a folder.

    Raises:
        DestinationLoadingViaStagingNotSupported: BigQuery cannot read from there.
    """

    def __init__(self, staging: object, dataset_name: str) -> None:
        bucket = bucket_of(staging, ("gs", "gcs"))
        if bucket is None:
            raise DestinationLoadingViaStagingNotSupported(
                f"staging: BigQuery loads files from gs:// only, and the bucket is {named(staging)}. Set bucket_url to "
                " a bucket of Google Cloud Storage, or leave staging out: files then go to BigQuery directly."
            )
        rest = bucket.bucket_url.partition("://")[2]
        self._staging, self._folder = bucket, f"{dataset_name}/{FOLDER}"
        self._url = f"gs://{rest.rstrip('/')}/{self._folder}"
        self._opened: tuple[AbstractFileSystem, str] | None = None
        self._put: list[str] = []
        # files of one table are uploaded by several threads
        self._lock = Lock()

    def _open(self) -> tuple[AbstractFileSystem, str]:
        with self._lock:
            if self._opened is None:
                filesystem, path = self._staging.open_filesystem()
                self._opened = filesystem, f"{path}/{self._folder}"
            return self._opened

    def put(self, name: str, file: BinaryIO) -> str:
        """Write a file; return its URL. Tries that overlap write names of their own."""
        name = f"{random_id()}_{name}"
        filesystem, folder = self._open()
        path = f"{folder}/{name}"
        with self._lock:
            # noted before it is written: what breaks off may be there all the same
            self._put.append(path)
        with translating(f"file {path}"):
            filesystem.makedirs(folder, exist_ok=True)
            with filesystem.open(path, "wb") as target:
                shutil.copyfileobj(file, target, 1 << 20)
        return f"{self._url}/{name}"

    def clean(self) -> None:
        """Delete the files that were written; what a killed process leaves is for a rule of the bucket."""
        paths, self._put = self._put, []
        for path in paths:
            with translating(f"file {path}"):
                self._open()[0].rm_file(path)
