"""Where tables are, as others name them: by the standard of OpenLineage, and as a URI that tells every table apart."""

from __future__ import annotations

import posixpath
import re
from urllib.parse import SplitResult, quote, unquote, urlsplit

from dlt.late_dataclass import dataclass

# a URL without a port names the same tables as one that has it
_PORTS = {"postgres": 5432, "redshift": 5439, "mysql": 3306, "mssql": 1433, "oracle": 1521}
# one name for each kind of store: who reads a table must find who wrote it
_SCHEMES = {"postgresql": "postgres", "mariadb": "mysql", "s3a": "s3", "s3n": "s3", "gcs": "gs", "az": "abfss"}
_SCHEMES |= {"abfs": "abfss", "adl": "abfss", "local": "file"}
# OpenLineage knows a cluster by its name and region
_REDSHIFT = re.compile(r"([^.]+)\.[^.]+\.([^.]+)\.redshift(?:-serverless)?\.amazonaws\.com")
_AZURE = "dfs.core.windows.net"


@dataclass(frozen=True)
class Place:
    """Where a table is.

    Attributes:
        namespace: Namespace of OpenLineage: the data source.
        name: Name of OpenLineage: the table in it.
        uri: Address of the table, without user, password and parameters.
    """

    namespace: str
    name: str
    uri: str


def table_place(location: str, dataset: str, table: str, destination: str = "dlt") -> Place:
    """Return where a table is.

    Args:
        location: Where the destination is, such as "postgresql://loader@db.example/shop" or "s3://bucket/folder".
        dataset: Its dataset.
        table: Its name.
        destination: Type of the destination, where the location is no URL.
    """
    if location.startswith("ducklake:"):
        catalog = _bare(location.removeprefix("ducklake:").partition(", files in ")[0])
        return Place(f"ducklake:{catalog}", f"{dataset}.{table}", _uri("ducklake", "", catalog, dataset, table))
    parts = urlsplit(location if "://" in location else f"file://{location}" if location.startswith("/") else location)
    scheme = parts.scheme.partition("+")[0].lower()
    scheme = _SCHEMES.get(scheme, scheme) or destination
    path = unquote(parts.path).strip("/")
    if scheme in _PORTS:
        return _in_database(scheme, parts, path, dataset, table)
    if scheme == "bigquery":
        return Place("bigquery", f"{parts.netloc}.{dataset}.{table}", _uri(scheme, parts.netloc, dataset, table))
    if scheme == "file":
        full = "/" + posixpath.join(path, dataset, table)
        return Place("file", full, _uri(scheme, "", *full.strip("/").split("/")))
    if scheme == "abfss":
        return _in_azure(parts, path, dataset, table)
    if scheme in ("s3", "gs", "hdfs", "memory"):
        bucket = parts.netloc.rpartition("@")[2]
        name = posixpath.join(path, dataset, table)
        return Place(f"{scheme}://{bucket}", name, _uri(scheme, bucket, *name.split("/")))
    # databases that are files (duckdb, sqlite), and what the standard does not know
    authority = parts.netloc.rpartition("@")[2]
    namespace = f"{scheme}://{authority}/{path}" if path else f"{scheme}://{authority or unquote(parts.path)}"
    return Place(namespace, f"{dataset}.{table}", _uri(scheme, authority, *path.split("/"), dataset, table))


def dataset_of(uri: str) -> tuple[str, str]:
    """Return namespace and name, by the standard, of what a URI stands for: "postgres://host:5432/db/schema/table".

    Args:
        uri: Address of a table, a file or a folder.
    """
    parts = urlsplit(uri)
    scheme = parts.scheme.partition("+")[0].lower()
    scheme = _SCHEMES.get(scheme, scheme)
    names = [unquote(name) for name in parts.path.split("/") if name]
    authority = parts.netloc.rpartition("@")[2]
    if scheme in _PORTS:
        host, port = parts.hostname or "localhost", parts.port or _PORTS[scheme]
        return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}", ".".join(names)
    if scheme == "bigquery":
        return scheme, ".".join(filter(None, [authority, *names]))
    if scheme == "file":
        return scheme, "/" + "/".join(names)
    if scheme == "abfss" and names:
        return f"abfss://{names[0]}@{authority}", "/".join(names[1:])
    return f"{scheme}://{authority}", "/".join(names) or "/"


def _in_database(scheme: str, parts: SplitResult, database: str, dataset: str, table: str) -> Place:
    host = parts.hostname or "localhost"
    if scheme == "redshift" and (found := _REDSHIFT.fullmatch(host)):
        host = f"{found[1]}.{found[2]}"
    authority = f"{f'[{host}]' if ':' in host else host}:{parts.port or _PORTS[scheme]}"
    # a dataset is a database of MySQL
    names = [dataset, table] if scheme == "mysql" else [database, dataset, table]
    return Place(f"{scheme}://{authority}", ".".join(filter(None, names)), _uri(scheme, authority, *names))


def _in_azure(parts: SplitResult, path: str, dataset: str, table: str) -> Place:
    container, _, account = parts.netloc.rpartition("@")
    if not container:
        container, account = account, ""
    name = posixpath.join(path, dataset, table)
    namespace = f"abfss://{container}@{account}" if account else f"abfss://{container}"
    # what stands before an @ is taken for a user where addresses are made alike
    return Place(namespace, name, _uri("abfss", account or _AZURE, container, *name.split("/")))


def _uri(scheme: str, authority: str, *names: str) -> str:
    path = "/".join(quote(name, safe="") for part in names for name in part.split("/") if name)
    return f"{scheme}://{authority}/{path}"


def _bare(url: str) -> str:
    # user, password and parameters must not get into names that others store
    return re.sub(r"(?<=://)[^/@]*@", "", url).partition("?")[0]
