"""Files that wait in a bucket of Google Cloud Storage until a load job has read them."""

from __future__ import annotations

import shutil
from threading import Lock
from typing import Any, BinaryIO

from dlt.destinations.bq.errors import translating
from dlt.errors import DestinationLoadingViaStagingNotSupported
from dlt.ids import random_id

FOLDER = "_dlt_staged"


class Bucket:
    """A folder of a bucket.

    Args:
        filesystem: fsspec file system.
        path: Folder in it.
        url: The same folder as BigQuery finds it, gs://...
    """

    def __init__(self, filesystem: Any, path: str, url: str) -> None:
        self._filesystem, self._path, self._url = filesystem, path, url
        self._put: list[str] = []
        self._lock = Lock()

    @classmethod
    def of(cls, staging: Any, dataset_name: str) -> Bucket:
        """Return the folder for a dataset in the bucket of a filesystem destination.

        Raises:
            DestinationLoadingViaStagingNotSupported: BigQuery cannot read from there.
        """
        url = str(getattr(staging, "bucket_url", ""))
        scheme, _, rest = url.partition("://")
        if scheme not in ("gs", "gcs"):
            raise DestinationLoadingViaStagingNotSupported(
                f"staging: BigQuery loads files from gs:// only, and the bucket is {url or staging!r}. Set bucket_url "
                "to a bucket of Google Cloud Storage, or leave staging out: files then go to BigQuery directly."
            )
        filesystem, path = staging.open_filesystem()
        folder = f"{dataset_name}/{FOLDER}"
        return cls(filesystem, f"{path}/{folder}", f"gs://{rest.rstrip('/')}/{folder}")

    def put(self, name: str, file: BinaryIO) -> str:
        """Write a file; return its URL. Tries that overlap write names of their own."""
        name = f"{random_id()}_{name}"
        path = f"{self._path}/{name}"
        with self._lock:
            self._put.append(path)
        with translating(f"file {path}"):
            self._filesystem.makedirs(self._path, exist_ok=True)
            with self._filesystem.open(path, "wb") as target:
                shutil.copyfileobj(file, target, 1 << 20)
        return f"{self._url}/{name}"

    def clean(self) -> None:
        """Delete the files that were written; what a killed process leaves is for a rule of the bucket."""
        paths, self._put = self._put, []
        with translating(f"folder {self._path}"):
            for path in paths:
                self._filesystem.rm_file(path)
