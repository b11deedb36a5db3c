"""What the connections of each type say, as the library names it. Used in tasks only.

One class for each kind. What a connection says that would change who logs in, and that is not taken, is an error: to
leave it out would log in as somebody else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import urlsplit

from dlt.errors import SpecInvalid

if TYPE_CHECKING:
    from airflow.sdk import Connection

    from dlt.types import JsonObject


class Kind:
    """Connections of a kind that nothing here knows: a database, by the fields that every connection has.

    Attributes:
        types: Types of Airflow's connections.
        place: Where their values stand, if nobody says it.
        refused: Names of extras that say who logs in, and that are not taken.
        skipped: Names of extras that are for Airflow's own hooks.
    """

    types: ClassVar[tuple[str, ...]] = ()
    place: ClassVar[str | None] = None
    refused: ClassVar[tuple[str, ...]] = ()
    skipped: ClassVar[tuple[str, ...]] = ()

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        # Airflow wrote the name of the form before that of a field once, and connections stay as they are stored
        forms = "|".join(map(re.escape, (*self.types, connection.conn_type or "generic")))
        self._extra: JsonObject = {
            re.sub(f"^extra__(?:{forms})__", "", name): value for name, value in (connection.extra_dejson or {}).items()
        }

    def values(self) -> JsonObject:
        """Return what the connection says."""
        self._check()
        return given(self._values())

    def _values(self) -> JsonObject:
        return {**self._login(), "query": self._query()}

    def _check(self) -> None:
        found = sorted(name for name in self.refused if self._extra.get(name) not in (None, "", False))
        if found:
            raise SpecInvalid(
                f"connection {self._connection.conn_id}: {', '.join(found)} of its extras cannot be taken, and without "
                "it another identity would log in. Make a connection of the type dlt, with the credentials as the "
                "library names them."
            )

    def _login(self) -> JsonObject:
        of = self._connection
        return {
            "host": of.host,
            "port": of.port,
            "username": of.login,
            "password": of.password,
            "database": of.schema,
        }

    def _query(self) -> JsonObject | None:
        """Return the extras that are options of a URL; nested ones are for hooks."""
        left_out = {*self.skipped, *self.refused}
        found = {k: v for k, v in self._extra.items() if isinstance(v, (str, int)) and k not in left_out}
        return found or None

    def _path(self) -> str:
        """Return the path of a file, wherever the address of a connection has it."""
        # sqlite:///tmp/x.db has it in the schema, and the form in the host
        host, schema = self._connection.host or "", self._connection.schema or ""
        return f"/{schema}" if not host and schema and not schema.startswith("/") else host or schema


class Postgres(Kind):
    """Postgres."""

    types = ("postgres", "postgresql", "pgsql")
    place = "destination.postgres.credentials"
    refused = ("iam",)
    skipped = ("cursor", "aws_conn_id", "sqlalchemy_scheme", "enable_log_db_messages", "redshift")

    def _values(self) -> JsonObject:
        return {"drivername": "postgresql", **super()._values()}


class Redshift(Kind):
    """Redshift."""

    types = ("redshift",)
    place = "destination.redshift.credentials"
    refused = ("iam", "profile", "db_user", "idp_host")
    skipped = ("aws_conn_id", "region", "cluster_identifier", "is_serverless", "serverless_work_group")


class MySql(Kind):
    """MySQL and MariaDB."""

    types = ("mysql",)
    place = "destination.sqlalchemy.credentials"
    refused = ("iam",)
    skipped = ("cursor", "client", "aws_conn_id", "local_infile", "init_command")

    def _values(self) -> JsonObject:
        clients = {"mysqlclient": "mysqldb", "mysql-connector-python": "mysqlconnector"}
        driver = clients.get(str(self._extra.get("client")), "pymysql")
        return {"drivername": f"mysql+{driver}", **super()._values()}


class MsSql(Kind):
    """SQL Server, by pymssql; by ODBC where the connection names a driver."""

    types = ("mssql", "odbc")
    place = "destination.sqlalchemy.credentials"
    skipped = ("sqlalchemy_scheme", "connect_kwargs", "placeholder", "dsn")

    def _values(self) -> JsonObject:
        driver = next((value for key, value in self._extra.items() if key.lower() == "driver"), None)
        query = {key: value for key, value in (self._query() or {}).items() if key.lower() != "driver"}
        options = given({**query, "driver": driver})
        by = "pyodbc" if driver or self._connection.conn_type == "odbc" else "pymssql"
        return {"drivername": f"mssql+{by}", **self._login(), "query": options or None}


class Oracle(Kind):
    """Oracle."""

    types = ("oracle",)
    place = "destination.sqlalchemy.credentials"
    skipped = ("thick_mode", "thick_mode_lib_dir", "thick_mode_config_dir", "dsn", "mod", "module", "threaded")

    def _values(self) -> JsonObject:
        # by the name of the service, which is what servers have today
        query = {**(self._query() or {}), "service_name": self._extra.get("service_name") or self._connection.schema}
        sid = query.pop("sid", None)
        if sid:
            query.pop("service_name")
        return {"drivername": "oracle+oracledb", **self._login(), "database": sid, "query": given(query) or None}


class Sqlite(Kind):
    """A file of SQLite."""

    types = ("sqlite",)
    place = "destination.sqlalchemy.credentials"

    def _values(self) -> JsonObject:
        return {"drivername": "sqlite", "database": self._path(), "query": self._query()}


class Snowflake(Kind):
    """Snowflake, as a source of `sql_database`."""

    types = ("snowflake",)
    refused = ("authenticator", "private_key_file", "private_key_content", "token", "grant_type", "azure_conn_id")
    _OPTIONS: ClassVar = ("warehouse", "role")

    def _values(self) -> JsonObject:
        extra = self._extra
        region = extra.get("region")
        account = extra.get("account") or self._connection.host
        if region and account:
            account = f"{account}.{region}"
        database = "/".join(filter(None, (extra.get("database"), self._connection.schema)))
        return {
            "drivername": "snowflake",
            "host": account,
            "username": self._connection.login,
            "password": self._connection.password,
            "database": database,
            "query": given({name: extra.get(name) for name in self._OPTIONS}) or None,
        }


class DuckDb(Kind):
    """A file of DuckDB, or a database of MotherDuck where the connection has a token."""

    types = ("duckdb",)
    place = "destination.duckdb.credentials"

    def _values(self) -> JsonObject:
        # the library has a destination for each of the two
        if self._connection.password:
            raise SpecInvalid(
                f"connection {self._connection.conn_id}: it has a token, so it is of MotherDuck. Say where it goes: "
                f"conn_ids={{'destination.motherduck.credentials': '{self._connection.conn_id}'}} with a connection of "
                "the type motherduck, or of the type dlt."
            )
        return {"database": self._path()}


class MotherDuck(Kind):
    """A database of MotherDuck."""

    types = ("motherduck",)
    place = "destination.motherduck.credentials"

    def _values(self) -> JsonObject:
        return {
            "database": self._connection.schema or self._connection.host,
            "password": self._connection.password or self._extra.get("motherduck_token"),
        }


class Google(Kind):
    """Google Cloud: BigQuery, and files in Cloud Storage where conn_ids says so."""

    types = ("google_cloud_platform", "gcpbigquery", "gcs")
    place = "destination.bigquery.credentials"
    refused = ("key_secret_name", "impersonation_chain", "credential_config_file")

    def _values(self) -> JsonObject:
        keys = self._extra.get("keyfile_dict") or {}
        if isinstance(keys, str):
            keys = json.loads(keys) if keys.strip() else {}
        path = self._extra.get("key_path")
        if not keys and path:
            with open(path, encoding="utf-8") as file:
                keys = json.load(file)
        return {**keys, "project_id": self._extra.get("project") or keys.get("project_id")}


class Aws(Kind):
    """AWS and S3."""

    types = ("aws", "s3")
    place = "destination.filesystem.credentials"
    refused = ("role_arn", "assume_role_method", "assume_role_with_web_identity")
    _NAMES: ClassVar = ("region_name", "endpoint_url", "aws_session_token", "profile_name")

    def _values(self) -> JsonObject:
        services = self._extra.get("service_config")
        of_s3 = services.get("s3") if isinstance(services, Mapping) else None
        # an address of the service comes before that of all services
        found = {**self._extra, **(dict(of_s3) if isinstance(of_s3, Mapping) else {})}
        return {
            "aws_access_key_id": self._connection.login or found.get("aws_access_key_id"),
            "aws_secret_access_key": self._connection.password or found.get("aws_secret_access_key"),
            **{name: found.get(name) for name in self._NAMES},
        }


class Azure(Kind):
    """Storage of Azure, by a key, a token or a service principal."""

    types = ("wasb", "adls", "azure_data_lake", "azure")
    place = "destination.filesystem.credentials"
    refused = ("managed_identity_client_id", "workload_identity_tenant_id")

    def _values(self) -> JsonObject:
        parts = self._from_string()
        if parts:
            return parts
        of, extra = self._connection, self._extra
        tenant = extra.get("tenant_id") or extra.get("tenantId") or extra.get("tenant")
        account = extra.get("account_name") or self._account()
        if tenant:
            # the login is that of the principal, and the account stands in the host
            return {
                "azure_storage_account_name": account,
                "azure_tenant_id": tenant,
                "azure_client_id": of.login,
                "azure_client_secret": of.password,
            }
        return {
            "azure_storage_account_name": account or of.login,
            "azure_storage_account_key": of.password or extra.get("account_key"),
            "azure_storage_sas_token": extra.get("sas_token"),
        }

    def _account(self) -> str | None:
        host = self._connection.host or ""
        # https://account.blob.core.windows.net, or the name alone
        name = (urlsplit(host).hostname or "") if "://" in host else host.partition("/")[0]
        return name.partition(".")[0] or None

    def _from_string(self) -> JsonObject:
        text = str(self._extra.get("connection_string") or "")
        parts = dict(part.split("=", 1) for part in text.split(";") if "=" in part)
        return given(
            {
                "azure_storage_account_name": parts.get("AccountName"),
                "azure_storage_account_key": parts.get("AccountKey"),
                "azure_storage_sas_token": parts.get("SharedAccessSignature"),
                "azure_account_host": parts.get("BlobEndpoint"),
            }
        )


class Sftp(Kind):
    """Files on a server with SSH."""

    types = ("sftp", "ssh")
    place = "destination.filesystem.credentials"
    refused = ("private_key", "host_proxy_cmd")

    def _values(self) -> JsonObject:
        return {
            "sftp_port": self._connection.port,
            "sftp_username": self._connection.login,
            "sftp_password": self._connection.password,
            "sftp_key_filename": self._extra.get("key_file"),
            "sftp_key_passphrase": self._extra.get("private_key_passphrase"),
        }


class Http(Kind):
    """An API: its address, and who calls it, for the section of a source."""

    types = ("http", "https", "generic")

    def _values(self) -> JsonObject:
        of, extra = self._connection, dict(self._extra)
        host = of.host or ""
        if host and "://" not in host:
            # Airflow's form has the scheme in the schema
            scheme = of.schema or ("https" if of.conn_type == "https" else "http")
            host = f"{scheme}://{host}" + (f":{of.port}" if of.port else "")
        # extras are headers for Airflow's hook; a source finds each of them as a setting
        return {"base_url": host, "username": of.login, "password": of.password, **extra}


KINDS: Sequence[type[Kind]] = (
    *(Postgres, Redshift, MySql, MsSql, Oracle, Sqlite, Snowflake, DuckDb, MotherDuck),
    *(Google, Aws, Azure, Sftp, Http),
)
BY_TYPE: Mapping[str, type[Kind]] = {name: kind for kind in KINDS for name in kind.types}


def kind_of(connection: Connection) -> Kind:
    """Return what reads a connection.

    Args:
        connection: A connection of any type but dlt.
    """
    return BY_TYPE.get(connection.conn_type or "", Kind)(connection)


def given(values: JsonObject) -> JsonObject:
    """Return the values that are there.

    Args:
        values: Values, None and "" for what a connection leaves out.
    """
    return {key: value for key, value in values.items() if value not in (None, "")}
