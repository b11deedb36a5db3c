"""Servers that tests break: one class for each, which all load and read the same rows."""

from __future__ import annotations

import os
import random
import subprocess
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any, ClassVar

import psycopg2
import pytest

import dlt
from tests.servers import bigquery, mariadb
from tests.servers.cut_proxy import CutProxy
from tests.servers.postgres import WITH_PASSWORD, PostgresServer
from tests.servers.process import running
from tests.servers.redshift import RedshiftEmulator
from tests.servers.redshift_sql import SETUP
from tests.servers.s3 import S3Server
from tests.waiting import wait_until

NARROW = "narrow"
"""User who owns what it makes, and is no superuser."""
NO_SUCH_TABLE = 1146
"""Of MySQL."""
PASSWORD, WRONG_PASSWORD = "right-hunter2", "wrong-swordfish"
Rows = dict[str, list[tuple[Any, ...]]]
QUERIES = {
    "orders": "SELECT id, note FROM {orders} ORDER BY id",
    "items": "SELECT o.id, i.sku FROM {orders} o JOIN {orders__items} i ON i._dlt_parent_id = o._dlt_id ORDER BY 1, 2",
    "all items": "SELECT count(*) FROM {orders__items}",
    "customers": "SELECT id, v FROM {customers} ORDER BY 1, 2",
    "stock": "SELECT id, v FROM {stock} ORDER BY 1, 2",
    "loads": "SELECT count(*) FROM {_dlt_loads}",
    "of complete loads": "SELECT count(*) FROM {orders} WHERE _dlt_load_id IN (SELECT load_id FROM {_dlt_loads})",
}
TABLES = ("orders", "orders__items", "customers", "stock", "_dlt_loads")


def note(order: int, size: int) -> str:
    """Return the note of an order."""
    return random.Random(order).randbytes(size).hex()


def shop(generation: int, orders: range, size: int = 100) -> list[Any]:
    """Return resources that are appended with a nested table, merged, and replaced.

    Args:
        generation: Which load.
        orders: Ids of the orders.
        size: Bytes of an order's note, as no server can make them fewer.
    """

    def of(name: str, rows: list[dict[str, Any]], **options: Any) -> Any:
        return dlt.resource(rows, name=name, **options)

    changed = range(10 * generation, 10 * generation + 30)
    return [
        of("orders", [{"id": n, "note": note(n, size), "items": [{"sku": n}, {"sku": -n}]} for n in orders]),
        of("customers", [{"id": n, "v": generation} for n in changed], write_disposition="merge", primary_key="id"),
        of("stock", [{"id": n, "v": generation} for n in range(4 - generation)], write_disposition="replace"),
    ]


class Place(ABC):
    """A server with an empty place for one test, behind a proxy.

    Attributes:
        proxy: What pipelines connect to.
        moments: What clients send at the beginning of a load, with the rows, when it publishes and when it commits.
        heals: One cut does not fail a load: the destination itself asks again for what it has not heard of.
    """

    kind: ClassVar[str]
    moments: ClassVar[dict[str, tuple[bytes, ...]]]
    heals: ClassVar[bool] = False
    server: Any

    def __init__(self) -> None:
        self._stack = ExitStack()
        self.options: dict[str, Any] = {}

    @property
    @abstractmethod
    def port(self) -> int:
        """Return the port of the server."""

    @abstractmethod
    def destination(self, **settings: Any) -> Any:
        """Return the destination behind the proxy; `user` and `password` say who connects."""

    @abstractmethod
    def renew(self) -> None:
        """Make an empty place."""

    @abstractmethod
    def read(self, query: str) -> list[tuple[Any, ...]]:
        """Return what another program reads; no rows where a table is missing."""

    @abstractmethod
    def name(self, table: str) -> str:
        """Return the full name of a table."""

    def __enter__(self) -> Place:
        self.options = {}
        self.renew()
        self.proxy = CutProxy(self.port)
        self._stack.callback(self.proxy.close)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def again(self) -> None:
        """Forget all that is there."""
        self.__exit__()
        self.__enter__()

    def pipeline(self, name: str = "shop", *, settings: dict[str, Any] | None = None, **options: Any) -> Any:
        """Return a pipeline into the place."""
        destination = self.destination(**(settings or {}))
        return dlt.pipeline(name, destination=destination, dataset_name="data", **{**self.options, **options})

    def rows(self) -> Rows:
        """Return all that readers see."""
        names = {table: self.name(table) for table in TABLES}
        return {what: self.read(query.format(**names)) for what, query in QUERIES.items()}

    def wait_for_waiting(self, count: int) -> None:
        """Return when so many connections wait."""
        wait_until(lambda: self.waiting() == count, f"{count} connections that wait")

    # -- faults that the emulator of BigQuery has not

    def user(self, password: str) -> dict[str, Any]:
        """Make a user with a password; return the settings with another one."""
        raise NotImplementedError

    def narrow(self) -> dict[str, Any]:
        """Make a user who is not mighty; return its settings."""
        raise NotImplementedError

    def revoke(self, right: str, table: str) -> Callable[[], None]:
        """Take a right on a table from that user; return what gives it back."""
        raise NotImplementedError

    def timeout(self) -> AbstractContextManager[None]:
        """Let statements take a short time only, and one of the load a long time."""
        raise NotImplementedError

    def slow_commit(self) -> AbstractContextManager[None]:
        """Let commits wait."""
        raise NotImplementedError

    def waiting(self) -> int:
        """Return how many connections wait for a commit or for each other."""
        raise NotImplementedError

    def small_disk(self) -> AbstractContextManager[Callable[[], None]]:
        """Put the place on a disk that is nearly full; give what makes it larger."""
        raise NotImplementedError


class Postgres(Place):
    """A real PostgreSQL."""

    kind = "postgres"
    moments = {
        "begin": (b"BEGIN",),
        "rows": (b'COPY "data"."orders"',),
        "publish": (b"DELETE FROM",),
        "commit": (b'INSERT INTO "data"."_dlt_loads"', b"COMMIT"),
    }

    def __init__(self, server: PostgresServer) -> None:
        super().__init__()
        self.server = server
        self.database = ""

    @property
    def port(self) -> int:
        """Return the port of the server."""
        return self.server.port

    def destination(self, user: str = "postgres", password: str = "", **settings: Any) -> Any:
        """Return the destination behind the proxy."""
        secret = f":{password}" if password else ""
        url = f"{self.kind}://{user}{secret}@127.0.0.1:{self.proxy.port}/{self.database}"
        return getattr(dlt.destinations, self.kind)(url, **settings)

    def renew(self) -> None:
        """Drop what is in the database; the first time, make it."""
        if self.database:
            self.execute("DROP SCHEMA IF EXISTS data CASCADE").connection.close()
        else:
            self.database = self.new_database().rpartition("/")[2]

    def new_database(self) -> str:
        """Make an empty database; return its URL."""
        return self.server.new_database()

    def execute(self, sql: str) -> Any:
        """Run a statement as the superuser; return the cursor."""
        connection = psycopg2.connect(self.server.url(self.database))
        connection.autocommit = True
        cursor = connection.cursor()
        cursor.execute(sql)
        return cursor

    def read(self, query: str) -> list[tuple[Any, ...]]:
        """Return what another program reads; no rows where a table is missing."""
        try:
            cursor = self.execute(query)
        except psycopg2.errors.UndefinedTable:
            return []
        found: list[tuple[Any, ...]] = cursor.fetchall()
        cursor.connection.close()
        return found

    def name(self, table: str) -> str:
        """Return the full name of a table."""
        return f'"data"."{table}"'

    def user(self, password: str) -> dict[str, Any]:
        """Make a user with a password; return the settings with another one."""
        self._make_user(WITH_PASSWORD, f"PASSWORD '{password}'")
        return {"user": WITH_PASSWORD, "password": WRONG_PASSWORD}

    def narrow(self) -> dict[str, Any]:
        """Make a user who is not mighty; return its settings."""
        self._make_user(NARROW)
        return {"user": NARROW}

    def _make_user(self, name: str, options: str = "") -> None:
        self.execute(f"CREATE ROLE {name} LOGIN {options}").connection.close()
        self.execute(f"GRANT ALL ON DATABASE {self.database} TO {name}").connection.close()
        drop = f"DROP OWNED BY {name} CASCADE; DROP ROLE {name}"
        self._stack.callback(lambda: self.execute(drop).connection.close())

    def revoke(self, right: str, table: str) -> Callable[[], None]:
        """Take a right on a table from that user; return what gives it back."""
        self.execute(f"REVOKE {right} ON {self.name(table)} FROM {NARROW}").connection.close()
        grant = f"GRANT {right} ON {self.name(table)} TO {NARROW}"
        return lambda: self.execute(grant).connection.close()

    @contextmanager
    def timeout(self) -> Iterator[None]:
        """Let statements take a short time only, and one of the load a long time."""
        blocker = psycopg2.connect(self.server.url(self.database))
        blocker.cursor().execute(f"LOCK TABLE {self.name('stock')} IN ACCESS EXCLUSIVE MODE")
        self.execute(f"ALTER DATABASE {self.database} SET statement_timeout = '500ms'").connection.close()
        try:
            yield
        finally:
            blocker.close()
            self.execute(f"ALTER DATABASE {self.database} RESET statement_timeout").connection.close()

    @contextmanager
    def slow_commit(self) -> Iterator[None]:
        """Let commits wait for a second server, which is not there."""
        self._wait_for_second_server("nobody")
        try:
            yield
        finally:
            self._wait_for_second_server("")

    def _wait_for_second_server(self, name: str) -> None:
        self.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{name}'").connection.close()
        self.execute("SELECT pg_reload_conf()").connection.close()

    def waiting(self) -> int:
        """Return how many connections wait for a commit or for each other."""
        sql = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep' OR wait_event_type = 'Lock'"
        return int(self.read(sql)[0][0])

    @contextmanager
    def small_disk(self) -> Iterator[Callable[[], None]]:
        """Put the database on a disk that is nearly full; give what makes it larger."""
        before = self.database
        with small_disk(16, self.server.owner) as (folder, enlarge):
            self.execute(f"CREATE TABLESPACE small LOCATION '{folder}'").connection.close()
            try:
                self.database = "on_small_disk"
                connection = psycopg2.connect(self.server.url(before))
                connection.autocommit = True
                connection.cursor().execute(f"CREATE DATABASE {self.database} TABLESPACE small")
                self._set_up()
                try:
                    yield enlarge
                finally:
                    connection.cursor().execute(f"DROP DATABASE {self.database} WITH (FORCE)")
                    connection.close()
            finally:
                self.database = before
                self.execute("DROP TABLESPACE small").connection.close()

    def _set_up(self) -> None:
        """Make what a new database needs."""


class Redshift(Postgres):
    """The emulator of Redshift, with files through S3."""

    kind = "redshift"
    moments = {**Postgres.moments, "begin": (b"BEGIN",), "rows": (b'COPY "data"."orders"',)}

    def __init__(self, server: PostgresServer, emulator: RedshiftEmulator) -> None:
        super().__init__(server)
        self.emulator = emulator

    @property
    def port(self) -> int:
        """Return the port of the emulator."""
        return self.emulator.port

    def renew(self) -> None:
        """Make an empty dataset and an empty bucket; files go to it through a proxy."""
        super().renew()
        self.bucket = self.emulator.s3.new_bucket()
        self.s3_proxy = CutProxy(int(self.emulator.s3.url.rpartition(":")[2]))
        self._stack.callback(self.s3_proxy.close)
        credentials = {
            **self.emulator.s3.credentials(),
            "endpoint_url": f"http://127.0.0.1:{self.s3_proxy.port}",
        }
        self.options = {"staging": dlt.destinations.filesystem(self.bucket, credentials=credentials)}

    def new_database(self) -> str:
        """Make an empty database; return its URL."""
        return self.emulator.new_database()

    def _set_up(self) -> None:
        self.execute(SETUP).connection.close()


class MariaDb(Place):
    """A real MariaDB through SQLAlchemy and pymysql."""

    kind = "mariadb"
    moments = {
        "begin": (b"SET SESSION TRANSACTION ISOLATION LEVEL", b"ROLLBACK"),
        "rows": (b"INSERT INTO `data`.`orders` (",),
        "publish": (b"DELETE ",),
        "commit": (b"INSERT INTO `data`.`_dlt_loads`", b"COMMIT"),
    }

    def __init__(self, server: mariadb.MariaDbServer) -> None:
        super().__init__()
        self.server = server

    @property
    def port(self) -> int:
        """Return the port of the server."""
        return self.server.port

    def destination(self, user: str = "loader", password: str = "secret", **settings: Any) -> Any:
        """Return the destination behind the proxy."""
        url = f"mysql+pymysql://{user}:{password}@127.0.0.1:{self.proxy.port}/"
        return dlt.destinations.sqlalchemy(url, **settings)

    def renew(self) -> None:
        """Drop all databases."""
        self.server.new_server_url()

    def execute(self, *statements: str) -> list[tuple[Any, ...]]:
        """Run statements; return the rows of the last one."""
        connection = self.server.connect()
        try:
            cursor = connection.cursor()
            for sql in statements:
                cursor.execute(sql)
            return list(cursor.fetchall())
        finally:
            connection.close()

    def read(self, query: str) -> list[tuple[Any, ...]]:
        """Return what another program reads; no rows where a table is missing."""
        import pymysql

        try:
            return self.execute(query)
        except pymysql.err.ProgrammingError as error:
            if error.args[0] != NO_SUCH_TABLE:
                raise
            return []

    def name(self, table: str) -> str:
        """Return the full name of a table."""
        return f"`data`.`{table}`"

    def user(self, password: str) -> dict[str, Any]:
        """Make a user with a password; return the settings with another one."""
        self._make_user("with_password", password)
        return {"user": "with_password", "password": WRONG_PASSWORD}

    def narrow(self) -> dict[str, Any]:
        """Make a user who is not mighty; return its settings."""
        self._make_user(NARROW, PASSWORD)
        return {"user": NARROW, "password": PASSWORD}

    def _make_user(self, name: str, password: str) -> None:
        who = f"{name}@'127.0.0.1'"
        self.execute(f"CREATE USER {who} IDENTIFIED BY '{password}'", f"GRANT ALL ON data.* TO {who}")
        self._stack.callback(self.execute, f"DROP USER {who}")

    def revoke(self, right: str, table: str) -> Callable[[], None]:
        """Take a right on a table from that user; return what gives it back."""
        who = f"{NARROW}@'127.0.0.1'"
        others = [name for (name,) in self.execute("SHOW TABLES IN data") if name != table]
        self.execute(
            f"REVOKE {right} ON data.* FROM {who}",
            *(f"GRANT {right} ON {self.name(name)} TO {who}" for name in others),
        )

        def give_back() -> None:
            self.execute(f"GRANT {right} ON {self.name(table)} TO {who}")

        return give_back

    @contextmanager
    def timeout(self) -> Iterator[None]:
        """Let statements take a short time only, and one of the load a long time."""
        blocker = self.server.connect()
        blocker.cursor().execute(f"LOCK TABLES {self.name('stock')} READ")
        self.execute("SET GLOBAL max_statement_time = 0.5")
        try:
            yield
        finally:
            blocker.close()
            self.execute("SET GLOBAL max_statement_time = 0")

    @contextmanager
    def slow_commit(self) -> Iterator[None]:
        """Let commits wait for a backup."""
        backup = self.server.connect()
        for stage in ("START", "BLOCK_COMMIT"):
            backup.cursor().execute(f"BACKUP STAGE {stage}")
        try:
            yield
        finally:
            backup.cursor().execute("BACKUP STAGE END")
            backup.close()

    def waiting(self) -> int:
        """Return how many connections wait for a commit or for each other."""
        sql = "SELECT count(*) FROM information_schema.processlist WHERE state IN ('User lock', '{}')"
        return int(self.execute(sql.format("Waiting for backup lock"))[0][0])

    @contextmanager
    def small_disk(self) -> Iterator[Callable[[], None]]:
        """Put the database on a disk that is nearly full; give what makes it larger."""
        self.execute("CREATE DATABASE data CHARACTER SET utf8mb4")
        with small_disk(8, self.server.owner, self.server.folder_of("data")) as (_, enlarge):
            try:
                yield enlarge
            finally:
                # the folder of the database is the disk, and cannot be removed yet
                tables = [name for (name,) in self.execute("SHOW TABLES IN data")]
                self.execute("SELECT 1", *(f"DROP TABLE {self.name(table)}" for table in tables))


class BigQuery(Place):
    """The emulator of BigQuery."""

    kind = "bigquery"
    heals = True
    moments = {
        "begin": (b"GET /bigquery",),
        "rows": (b"POST /upload/",),
        "publish": (b"POST /upload/", b"BEGIN TRANSACTION"),
        "commit": (b"COMMIT TRANSACTION",),
    }

    def __init__(self, server: bigquery.BigQueryEmulator) -> None:
        super().__init__()
        self.server = server

    @property
    def port(self) -> int:
        """Return the port of the emulator."""
        return self.server.port

    def destination(self, **settings: Any) -> Any:
        """Return the destination behind the proxy."""
        url = f"http://127.0.0.1:{self.proxy.port}"
        limits = {"retry_deadline": 2.0, **settings}
        return dlt.destinations.bigquery(project_id=self.project, api_endpoint=url, **limits)

    def renew(self) -> None:
        """Take a project that nobody has used."""
        self.project = self.server.new_project()
        self.client = self.server.client(self.project)

    def read(self, query: str) -> list[tuple[Any, ...]]:
        """Return what another program reads; no rows where a table is missing."""
        from google.api_core.exceptions import NotFound

        try:
            return [tuple(row.values()) for row in self.client.query(query).result()]
        except NotFound:
            return []

    def name(self, table: str) -> str:
        """Return the full name of a table."""
        return f"`data`.`{table}`"


@contextmanager
def small_disk(
    megabytes: int, owner: tuple[int, int], folder: Path | None = None
) -> Iterator[tuple[Path, Callable[[], None]]]:
    """Mount a disk of a size; give its folder, and what makes it larger.

    Args:
        megabytes: Size.
        owner: User and group.
        folder: Where; a new one when None.
    """
    if os.geteuid() != 0:
        pytest.skip("only root can mount a disk with a size")
    where = folder or Path(tempfile.mkdtemp(prefix="dlt-small-disk-"))

    def mount(options: str) -> bool:
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(where)]
        return subprocess.run(command, check=False, capture_output=True).returncode == 0

    def enlarge() -> None:
        assert mount("remount,size=256m")

    if not mount(f"size={megabytes}m,uid={owner[0]},gid={owner[1]},mode=700"):
        pytest.skip("this machine lets nobody mount a disk with a size")
    try:
        yield where, enlarge
    finally:
        subprocess.run(["umount", "-l", str(where)], check=True)
        if folder is None:
            where.rmdir()


def open_server(kind: str, stack: ExitStack) -> Place:
    """Start the server of a kind; it is this module's own, as others cannot use it while it is broken."""
    if kind == "bigquery":
        if not bigquery.is_installed():
            pytest.skip("the BigQuery emulator is not installed: make install-bigquery, with Python 3.13")
        return BigQuery(stack.enter_context(running(bigquery.BigQueryEmulator())))
    if kind == "mariadb":
        if mariadb.program() is None:
            pytest.skip("there is no MariaDB here: apt-get install mariadb-server")
        return MariaDb(stack.enter_context(running(mariadb.MariaDbServer())))
    postgres = stack.enter_context(running(PostgresServer()))
    if kind == "postgres":
        return Postgres(postgres)
    s3 = stack.enter_context(running(S3Server()))
    return Redshift(postgres, stack.enter_context(running(RedshiftEmulator(postgres, s3))))
