"""Files that wait in a bucket on S3 until COPY has read them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from dlt.destinations.staging import bucket_of, named
from dlt.errors import DestinationLoadingViaStagingNotSupported, DestinationTerminalException
from dlt.ids import random_id
from dlt.io.store import Store
from dlt.late import orjson
from dlt.late_dataclass import dataclass
from dlt.redact import redact

if TYPE_CHECKING:
    from s3fs import S3FileSystem

FOLDER = "_dlt_staged"
_SCHEMES = ("s3", "s3a")


@dataclass(frozen=True)
class Authorization:
    """What lets Redshift read the bucket.

    Attributes:
        sql: The part of COPY.
        secrets: Texts in it that no message may show.
    """

    sql: str
    secrets: tuple[str, ...] = ()

    def without_secrets(self, text: str) -> str:
        """Return a text with its secrets hidden."""
        return redact(text, self.secrets)


def authorization(iam_role: str | None, filesystem: S3FileSystem, where: str) -> Authorization:
    """Return the role, or else the keys with which the files were written.

    Args:
        iam_role: ARN of a role of the cluster, several with commas, or "default".
        filesystem: The s3fs file system.
        where: Name of the destination, for messages.

    Raises:
        DestinationTerminalException: there is neither a role nor a key.
    """
    # a role before keys, which would stand in the statement
    if iam_role:
        return Authorization("IAM_ROLE default" if iam_role == "default" else f"IAM_ROLE {_literal(iam_role)}")
    key, secret, token = filesystem.key, filesystem.secret, filesystem.token
    if not key or not secret:
        key, secret, token = _keys_of_the_machine()
    if not key or not secret:
        raise DestinationTerminalException(
            f"destination {where}: there is nothing that lets Redshift read the staging bucket. Set staging_iam_role "
            f"under [destination.{where}] to a role of the cluster, or aws_access_key_id and aws_secret_access_key "
            "under [destination.filesystem.credentials]."
        )
    sql = f"ACCESS_KEY_ID {_literal(key)} SECRET_ACCESS_KEY {_literal(secret)}"
    return Authorization(
        sql + (f" SESSION_TOKEN {_literal(token)}" if token else ""), tuple(text for text in (secret, token) if text)
    )


def _keys_of_the_machine() -> tuple[str | None, str | None, str | None]:
    import botocore.session

    found = botocore.session.get_session().get_credentials()
    if found is None:
        return None, None, None
    keys = found.get_frozen_credentials()
    return keys.access_key, keys.secret_key, keys.token


class Area:
    """The folder in which files of one dataset wait.

    Every try of a load writes into a folder of its own inside of the load's folder, so that one that was taken for dead
    cannot change what another one loads.

    Args:
        store: The folder.
        url: The same as Redshift finds it, s3://...
        access: What lets Redshift read it.
    """

    def __init__(self, store: Store, url: str, access: Authorization) -> None:
        self._store, self._url, self.access = store, url, access
        self._try = random_id()
        self._written: list[str] = []

    @classmethod
    def of(cls, staging: object, dataset_name: str, iam_role: str | None, where: str) -> Area:
        """Return the area of a dataset in the bucket of a filesystem destination.

        Raises:
            DestinationLoadingViaStagingNotSupported: Redshift cannot read from there.
        """
        bucket = bucket_of(staging, _SCHEMES)
        if bucket is None:
            raise DestinationLoadingViaStagingNotSupported(
                f"staging: Redshift loads files from s3:// only, and the bucket is {named(staging)}. Set bucket_url to "
                " a bucket on S3, or leave staging out: rows then go to Redshift by INSERT."
            )
        filesystem, path = bucket.open_filesystem()
        rest, folder = bucket.bucket_url.partition("://")[2], f"{dataset_name}/{FOLDER}"
        access = authorization(iam_role, filesystem, where)
        return cls(Store(filesystem, f"{path}/{folder}"), f"s3://{rest.rstrip('/')}/{folder}", access)

    def put(self, load_id: str, local: str) -> Mapping[str, object]:
        """Upload a file; return its entry for a manifest."""
        relative = self._new_name(load_id, os.path.basename(local))
        self._store.upload(local, relative)
        size = os.path.getsize(local)
        # mandatory: else COPY leaves a missing file out; Parquet needs content_length
        return {"url": f"{self._url}/{relative}", "mandatory": True, "meta": {"content_length": size}}

    def manifest(self, load_id: str, name: str, entries: Sequence[Mapping[str, object]]) -> str:
        """Write the list of the files that one COPY takes; return its URL.

        With a prefix in its place, COPY would also take what an older try left there.
        """
        relative = self._new_name(load_id, name)
        with self._store.writer(relative) as file:
            file.write(orjson.dumps({"entries": list(entries)}))
        return f"{self._url}/{relative}"

    def _new_name(self, load_id: str, name: str) -> str:
        relative = f"{load_id}/{self._try}/{name}"
        self._written.append(relative)
        return relative

    def drop(self) -> None:
        """Delete what this try wrote."""
        written, self._written = self._written, []
        self._store.delete(written)

    def drop_load(self, load_id: str) -> None:
        """Delete what any try of a load left."""
        self._written = []
        self._store.delete_folder(load_id)


def copy_statement(
    target: str, columns: Iterable[str], url: str, access: Authorization, file_format: str, options: str = ""
) -> str:
    """Return the COPY of the files of a manifest.

    Args:
        target: Qualified name of the table.
        columns: Quoted names; those of Parquet in the order of the files.
        url: The manifest.
        access: What lets Redshift read the bucket.
        file_format: "parquet" or "json".
        options: More options, as they stand in the statement.
    """
    form = "FORMAT AS PARQUET" if file_format == "parquet" else "FORMAT AS JSON 'auto' GZIP TIMEFORMAT 'auto'"
    sql = f"COPY {target} ({', '.join(columns)}) FROM {_literal(url)} {access.sql} {form} MANIFEST"
    return f"{sql} {options}" if options else sql


def _literal(text: str) -> str:
    return "'" + str(text).replace("\\", "\\\\").replace("'", "''") + "'"
