"""The filesystem destination on S3, Google Cloud Storage and Azure: credentials, errors, races and kills."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from adlfs import AzureBlobFileSystem
from gcsfs.core import GCSFileSystem
from s3fs import S3FileSystem

import dlt
from dlt.configuration.resolve import resolve_configuration
from dlt.destinations.impl.filesystem.options import store_options
from dlt.destinations.impl.filesystem.snapshot import Change, Snapshots
from dlt.errors import (
    ConfigFieldMissingException,
    DestinationTerminalException,
    DestinationTransientException,
    InvalidGoogleServicesJson,
    PipelineStepFailed,
)
from dlt.io.faults import translated
from dlt.io.store import Store
from dlt.sources.credentials import AwsCredentials, AzureCredentials
from tests.servers import azurite as azure
from tests.servers import seaweedfs as s3
from tests.servers.azurite import AzuriteServer
from tests.servers.gcs import GcsServer
from tests.servers.http_gate import HttpGate
from tests.servers.process import free_port, running
from tests.servers.s3 import S3Server
from tests.servers.seaweedfs import SeaweedServer

STORES = ["s3", "gcs", "azure"]


@pytest.fixture(autouse=True)
def _no_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away what this machine may have of credentials."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "AZURE_", "GOOGLE_", "STORAGE_EMULATOR")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    # what was opened with the keys of another test's environment would be used again
    for kind in (S3FileSystem, GCSFileSystem, AzureBlobFileSystem):
        kind.clear_instance_cache()


def write_toml(text: str) -> None:
    """Write the secrets of the project."""
    path = Path(".dlt/secrets.toml")
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)


def table_of(section: str, values: dict[str, Any]) -> str:
    """Return a table of TOML."""
    return "\n".join([f"[{section}]", *(f"{key} = {json.dumps(value)}" for key, value in values.items())]) + "\n"


def load_twice(url: str, credentials: Any = None, **settings: Any) -> None:
    """Load in two runs and read what is there."""
    destination = dlt.destinations.filesystem(url, credentials, **settings)
    for number in (1, 2):
        pipeline = dlt.pipeline("spec", destination=destination, dataset_name="data")
        info = pipeline.run([{"id": number}], table_name="t")
        assert not info.has_failed_jobs, str(info)
    assert sorted(pipeline.dataset().t.select("id").fetchall()) == [(1,), (2,)]


def failure(url: str, credentials: Any = None, **settings: Any) -> tuple[BaseException | str, str]:
    """Return the error of a load, or of its failed job, and all that a traceback or an info shows."""
    destination = dlt.destinations.filesystem(url, credentials, **settings)
    pipeline = dlt.pipeline("failing", destination=destination, dataset_name="data")
    try:
        info = pipeline.run([{"id": 1}], table_name="t")
    except PipelineStepFailed as failed:
        return failed.__cause__ or failed, "".join(traceback.format_exception(failed))
    assert info.has_failed_jobs
    return str(info), str(info)


# -- credentials that servers check

S3_FORMS = ["toml", "environment", "argument", "spec", "profile", "machine", "path style"]


@pytest.mark.parametrize("form", S3_FORMS)
def test_credentials_of_s3(seaweedfs: SeaweedServer, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    """Keys come from TOML, the environment, the program, a profile or the machine; the server checks signatures."""
    found = seaweedfs.credentials()
    keys = {key: value for key, value in found.items() if key != "endpoint_url"}
    where = {"endpoint_url": seaweedfs.url}
    given: Any = None
    if form == "toml":
        write_toml(table_of("destination.filesystem.credentials", {**found, "region_name": "us-east-1"}))
    elif form == "environment":
        for key, value in found.items():
            monkeypatch.setenv(f"DESTINATION__FILESYSTEM__CREDENTIALS__{key.upper()}", value)
    elif form == "argument":
        given = found
    elif form == "spec":
        given = AwsCredentials(aws_access_key_id=s3.KEY, aws_secret_access_key=s3.SECRET, endpoint_url=seaweedfs.url)
    elif form == "profile":
        lines = "\n".join(f"{key} = {value}" for key, value in keys.items())
        Path("shared").write_text(f"[loader]\n{lines}\n")
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(Path("shared").resolve()))
        write_toml(table_of("destination.filesystem.credentials", {**where, "profile_name": "loader"}))
    elif form == "machine":
        for key, value in keys.items():
            monkeypatch.setenv(key.upper(), value)
        write_toml(table_of("destination.filesystem.credentials", where))
    else:
        write_toml(table_of("destination.filesystem.credentials", {**found, "s3_url_style": "path"}))
    load_twice(seaweedfs.new_folder(), given)


def test_a_session_token_is_sent(seaweedfs: SeaweedServer) -> None:
    """The token of a session goes with every request."""
    gate = HttpGate(seaweedfs.port)
    gate.fail(403, 20)
    credentials = {**seaweedfs.credentials(), "endpoint_url": gate.url, "aws_session_token": "token-of-a-session"}
    error, shown = failure(seaweedfs.new_folder(), credentials)
    gate.close()
    assert isinstance(error, DestinationTerminalException) and "token-of-a-session" not in shown
    assert {headers.get("X-Amz-Security-Token") for _, _, headers in gate.seen} == {"token-of-a-session"}


def sas_token() -> str:
    """Return a token with the rights of a loader, for an hour."""
    from azure.storage.blob import AccountSasPermissions, ResourceTypes, generate_account_sas

    return generate_account_sas(
        azure.ACCOUNT,
        azure.KEY,
        resource_types=ResourceTypes(service=True, container=True, object=True),
        permission=AccountSasPermissions(read=True, write=True, delete=True, list=True, create=True, add=True),
        expiry=datetime.now(timezone.utc) + timedelta(hours=1),
    )


@pytest.mark.parametrize("form", ["toml", "environment", "spec", "sas", "account in url", "connection string"])
def test_credentials_of_azure(azurite: AzuriteServer, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    """Account keys and SAS tokens come from TOML, the environment or the program; the server checks both."""
    found = azurite.credentials()
    url, given, section = azurite.new_container(), None, "destination.filesystem.credentials"
    if form == "toml":
        write_toml(table_of(section, found))
    elif form == "environment":
        for key, value in found.items():
            monkeypatch.setenv(f"DESTINATION__FILESYSTEM__CREDENTIALS__{key.upper()}", value)
    elif form == "spec":
        given = resolve_configuration(AzureCredentials(**found))
    elif form == "sas":
        del found["azure_storage_account_key"]
        write_toml(table_of(section, {**found, "azure_storage_sas_token": sas_token()}))
    elif form == "account in url":
        del found["azure_storage_account_name"]
        url = f"abfss://{url.removeprefix('az://')}@{azure.ACCOUNT}.dfs.core.windows.net/lake"
        write_toml(table_of(section, found))
    else:
        text = f"DefaultEndpointsProtocol=http;AccountName={azure.ACCOUNT};AccountKey={azure.KEY};BlobEndpoint="
        write_toml(table_of("destination.filesystem.kwargs", {"connection_string": text + azurite.url}))
    load_twice(url, given)


@pytest.fixture(scope="module")
def google_key() -> tuple[dict[str, str], str]:
    """Return a new key of a service account as Google's file has it, and its public part."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    document = {"type": "service_account", "project_id": "test", "private_key": pem.decode()}
    document.update(client_email="loader@test.iam.gserviceaccount.com", private_key_id="1")
    return document, public.decode()


@pytest.fixture
def gate(gcs: GcsServer, google_key: tuple[dict[str, str], str]) -> Iterator[HttpGate]:
    """Return a server of Google's storage that wants tokens, which it gives to one service account and one user."""
    made = HttpGate(gcs.port, {google_key[0]["client_email"]: google_key[1]}, ("refresh-token-of-a-user",))
    yield made
    made.close()


@pytest.mark.parametrize("form", ["service account", "user", "machine"])
def test_credentials_of_google(
    gcs: GcsServer,
    gate: HttpGate,
    google_key: tuple[dict[str, str], str],
    monkeypatch: pytest.MonkeyPatch,
    form: str,
) -> None:
    """A service account, a user and the machine's credentials get tokens with the right to write."""
    from google.oauth2 import credentials as users
    from google.oauth2 import service_account

    document = {**google_key[0], "token_uri": f"{gate.url}/token"}
    given: Any = None
    if form == "service account":
        make: Any = service_account.Credentials.from_service_account_info
        given = make(document)
    elif form == "user":
        user: Any = users.Credentials
        given = user(
            None,
            "refresh-token-of-a-user",
            None,
            document["token_uri"],
            "client",
            "client-secret",
            quota_project_id="p",
        )
    else:
        Path("key.json").write_text(json.dumps(document))
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(Path("key.json").resolve()))
    load_twice(gcs.new_bucket(), given, kwargs={"endpoint_url": gate.url})
    assert [path for _, path, _ in gate.seen].count("/token") >= 1


def test_google_without_credentials(gcs: GcsServer, gate: HttpGate, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings say that nobody signs in, in TOML or the environment; a server that wants a token then refuses."""
    write_toml(table_of("destination.filesystem.kwargs", gcs.kwargs()))
    load_twice(gcs.new_bucket())
    write_toml("")
    monkeypatch.setenv("DESTINATION__FILESYSTEM__KWARGS", json.dumps({"token": "anon", "endpoint_url": gate.url}))
    error, _ = failure(gcs.new_bucket())
    assert isinstance(error, DestinationTerminalException) and "Check the credentials" in str(error)


def test_keys_of_google_from_the_configuration(google_key: tuple[dict[str, str], str]) -> None:
    """A key in TOML, by parts or as a document, and a user's token there become what gcsfs takes."""
    url, parts = "gs://bucket", {key: value for key, value in google_key[0].items() if key != "type"}
    write_toml(table_of("destination.filesystem.credentials", parts))
    options = store_options(url, None, "filesystem", {})
    assert options["project"] == "test"
    assert {key: options["token"][key] for key in google_key[0]} == google_key[0]
    write_toml(table_of("destination.filesystem", {"credentials": json.dumps(google_key[0])}))
    assert store_options(url, None, "filesystem", {})["token"] == options["token"]
    user = {"project_id": "p", "client_id": "c", "client_secret": "s", "refresh_token": "r"}
    write_toml(table_of("destination.filesystem.credentials", user))
    assert store_options(url, None, "filesystem", {})["token"]["refresh_token"] == "r"


def test_a_principal_of_azure_from_the_configuration() -> None:
    """A service principal, and the machine's credentials, become what adlfs takes."""
    section = "destination.filesystem.credentials"
    principal = {"azure_tenant_id": "t", "azure_client_id": "c", "azure_client_secret": "s"}
    write_toml(table_of(section, {"azure_storage_account_name": "a", **principal}))
    found = store_options("az://container", None, "filesystem", {})
    expected = {"account_name": "a", "tenant_id": "t", "client_id": "c", "client_secret": "s"}
    assert found == {**expected, "use_listings_cache": False}
    write_toml(table_of(section, {"azure_storage_account_name": "a"}))
    found = store_options("az://container", None, "filesystem", {})
    assert found == {"account_name": "a", "anon": False, "use_listings_cache": False}


# -- errors for good: what is wrong, where, what to do, and no secret

WRONG = "wrong-secret-of-nobody"


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"aws_secret_access_key": WRONG}, "signature"),
        ({"aws_access_key_id": "nobody"}, "does not exist"),
        ({"aws_access_key_id": s3.READER, "aws_secret_access_key": s3.READER_SECRET}, "Access Denied"),
        ({"aws_access_key_id": None, "aws_secret_access_key": None}, "Unable to locate credentials"),
        ({"profile_name": "unknown"}, "unknown"),
    ],
    ids=["wrong secret", "unknown key", "may not write", "no key", "unknown profile"],
)
def test_s3_refuses(seaweedfs: SeaweedServer, change: dict[str, Any], cause: str) -> None:
    """Missing rights are a terminal error that names the folder and the cause."""
    url = seaweedfs.new_folder()
    given = {key: value for key, value in {**seaweedfs.credentials(), **change}.items() if value is not None}
    error, shown = failure(url, given)
    assert isinstance(error, (DestinationTerminalException, str))
    assert url.removeprefix("s3://") in str(error) and cause in str(error) and "Check the credentials" in str(error)
    assert not any(secret in shown for secret in (WRONG, s3.SECRET, s3.READER_SECRET))
    assert seaweedfs.keys(url) == []


@pytest.fixture(scope="module")
def moto() -> Iterator[S3Server]:
    """Return an S3 that does not make buckets by itself, as SeaweedFS does."""
    with running(S3Server()) as server:
        yield server


@pytest.mark.parametrize("store", STORES)
def test_a_bucket_that_is_not_there(request: pytest.FixtureRequest, store: str) -> None:
    """The failed job says which bucket is missing and what to do; once it is there the same package is loaded."""
    server: Any = request.getfixturevalue({"s3": "moto", "gcs": "gcs", "azure": "azurite"}[store])
    url = server.new_container() if store == "azure" else server.new_bucket()
    missing = url[:-1] + "x"
    kwargs = server.kwargs() if store == "gcs" else None
    destination = dlt.destinations.filesystem(missing, None if kwargs else server.credentials(), kwargs=kwargs)
    pipeline = dlt.pipeline("p", destination=destination, dataset_name="data")
    info = pipeline.run([{"id": 1}], table_name="t")
    assert info.has_failed_jobs and f"{missing.partition('://')[2]}/data" in str(info)
    assert "there is no such bucket" in str(info) and "Create it, or correct bucket_url" in str(info)
    pipeline = dlt.pipeline("p", destination=destination(bucket_url=url), dataset_name="data")
    assert not pipeline.load().has_failed_jobs
    assert pipeline.dataset().t.select("id").fetchall() == [(1,)]


def test_azure_refuses(azurite: AzuriteServer) -> None:
    """A wrong key, another account and a token that ran out are terminal errors without secrets."""
    wrong = "d3Jvbmcga2V5IG9mIG5vYm9keQ=="
    old = "sv=2024-11-04&ss=b&srt=sco&sp=rwdlac&se=2020-01-01T00:00:00Z&sig=c2lnbmF0dXJlLW9mLW5vYm9keQ%3D%3D"
    for change in (
        {"azure_storage_account_key": wrong},
        {"azure_storage_account_name": "another"},
        {"azure_storage_account_key": None, "azure_storage_sas_token": old},
    ):
        error, shown = failure(azurite.new_container(), {**azurite.credentials(), **change})
        assert isinstance(error, DestinationTerminalException) and "Check the credentials" in str(error)
        assert "\n" not in str(error)
        assert not any(secret in shown for secret in (wrong, azure.KEY, "c2lnbmF0dXJlLW9mLW5vYm9keQ"))


@pytest.mark.parametrize(
    ("url", "missing"),
    [("gs://bucket", "private_key"), ("az://container", "azure_storage_account_name")],
)
def test_credentials_that_are_missing(url: str, missing: str) -> None:
    """The error names each part that is missing and where it was looked for."""
    error, _ = failure(url)
    assert isinstance(error, ConfigFieldMissingException)
    assert missing in str(error) and f"DESTINATION__FILESYSTEM__CREDENTIALS__{missing.upper()}" in str(error)


def test_half_of_the_keys() -> None:
    """One key of Amazon without the other is a mistake, and the first is not shown."""
    write_toml(table_of("destination.filesystem.credentials", {"aws_secret_access_key": WRONG}))
    error, shown = failure("s3://bucket")
    assert isinstance(error, ConfigFieldMissingException) and "aws_access_key_id" in str(error)
    assert WRONG not in shown


def test_a_key_of_google_that_is_none() -> None:
    """A private key that was cut is refused before anything is asked of Google, and not shown."""
    cut = {"project_id": "p", "client_email": "a@b", "private_key": f"-----BEGIN PRIVATE KEY-----\n{WRONG}"}
    error, shown = failure("gs://bucket", cut)
    assert isinstance(error, InvalidGoogleServicesJson) and "PEM" in str(error)
    assert WRONG not in shown


def test_missing_packages() -> None:
    """The error names the extra that brings the package for the URL."""
    program = """
import sys
import dlt
from dlt.errors import MissingDependencyException
for scheme, package, extra in (("s3", "s3fs", "s3"), ("gs", "gcsfs", "gs"), ("az", "adlfs", "az")):
    sys.modules[package] = None
    credentials = {"azure_storage_account_name": "a"} if scheme == "az" else {"anon": True}
    try:
        dlt.destinations.filesystem(f"{scheme}://x", credentials).open_filesystem()
    except MissingDependencyException as error:
        assert f'pip install "dlt-tasks[{extra}]"' in str(error), error
    else:
        raise AssertionError(scheme)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


# -- errors that pass


@pytest.fixture(params=["s3", "gcs", "azure"])
def behind_gate(request: pytest.FixtureRequest) -> Iterator[tuple[HttpGate, Any]]:
    """Return a gate, and a destination behind it with nothing in it."""
    if request.param == "s3":
        seaweedfs: SeaweedServer = request.getfixturevalue("seaweedfs")
        gate = HttpGate(seaweedfs.port)
        given = {**seaweedfs.credentials(), "endpoint_url": gate.url}
        made = dlt.destinations.filesystem(seaweedfs.new_folder(), given)
    elif request.param == "gcs":
        gcs: GcsServer = request.getfixturevalue("gcs")
        gate = HttpGate(gcs.port)
        made = dlt.destinations.filesystem(gcs.new_bucket(), kwargs={**gcs.kwargs(), "endpoint_url": gate.url})
    else:
        azurite: AzuriteServer = request.getfixturevalue("azurite")
        gate = HttpGate(azurite.port)
        given = {**azurite.credentials(), "azure_account_host": f"{gate.url}/{azure.ACCOUNT}"}
        made = dlt.destinations.filesystem(azurite.new_container(), given)
    yield gate, made
    gate.close()


def test_a_fault_in_the_middle_of_a_load_is_not_seen(behind_gate: tuple[HttpGate, Any]) -> None:
    """One answer that the server is too busy is made up for by the client, also for the manifest."""
    gate, destination = behind_gate
    pipeline = dlt.pipeline("p", destination=destination, dataset_name="data")
    pipeline.run([{"id": 1}], table_name="t")
    gate.fail(503, 1, "PUT")
    gate.fail(503, 1, "POST")
    pipeline.run([{"id": 2}], table_name="t")
    gate.pass_all()
    assert sorted(pipeline.dataset().t.select("id").fetchall()) == [(1,), (2,)]
    assert len(pipeline.dataset().load_ids()) == 2


@pytest.mark.parametrize("behind_gate", ["s3"], indirect=True)
@pytest.mark.parametrize("status", [500, 503])
def test_a_server_that_stays_ill(behind_gate: tuple[HttpGate, Any], status: int) -> None:
    """A load fails with a transient error, nothing of it is visible, and it may run again."""
    gate, destination = behind_gate
    pipeline = dlt.pipeline("p", destination=destination, dataset_name="data")
    pipeline.run([{"id": 1}], table_name="t")
    gate.fail(status, 1000, "PUT")
    with pytest.raises(PipelineStepFailed) as failed:
        pipeline.run([{"id": 2}], table_name="t")
    assert isinstance(failed.value.__cause__, DestinationTransientException)
    assert s3.SECRET not in "".join(traceback.format_exception(failed.value))
    gate.pass_all()
    assert pipeline.dataset().t.select("id").fetchall() == [(1,)]
    pipeline.load()
    assert sorted(pipeline.dataset().t.select("id").fetchall()) == [(1,), (2,)]


def test_nobody_listens(seaweedfs: SeaweedServer) -> None:
    """A refused connection is transient."""
    error, shown = failure(
        "s3://tests/x", {**seaweedfs.credentials(), "endpoint_url": f"http://127.0.0.1:{free_port()}"}
    )
    assert isinstance(error, DestinationTransientException) and "Could not connect" in str(error)
    assert s3.SECRET not in shown


def test_what_errors_mean() -> None:
    """Rights, requests and loads that are too many are told apart by what the stores say."""
    from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError
    from gcsfs.retry import HttpError
    from google.auth.exceptions import RefreshError

    def kind_of(error: Exception) -> type[Exception]:
        with pytest.raises((DestinationTerminalException, DestinationTransientException)) as found, translated("x"):
            raise error
        return found.type

    refused: list[Exception] = [HttpError({"code": 401, "message": ""}), ClientAuthenticationError("no")]
    refused += [OSError("Forbidden: https://x\nno permission"), RefreshError("invalid_grant"), ValueError("bad URL")]
    assert {kind_of(error) for error in refused} == {DestinationTerminalException}
    passing: list[Exception] = [HttpError({"code": 503, "message": ""}), ServiceRequestError("no connection")]
    passing += [OSError("Forbidden: https://x\nThe rate limit is exceeded"), TimeoutError(), ConnectionResetError()]
    passing += [FileNotFoundError("gone")]
    assert {kind_of(error) for error in passing} == {DestinationTransientException}


# -- many at once

LOADS = 4
LOADER = f"""
import json, sys
import dlt

url, credentials, kwargs, name = json.loads(sys.argv[1])
sys.stdin.readline()
pipeline = dlt.pipeline(
    name, destination=dlt.destinations.filesystem(url, credentials, kwargs=kwargs), dataset_name="data",
    pipelines_dir=name,
)
for number in range({LOADS}):
    pipeline.run([{{"of": name, "number": number}}], table_name="t")
"""


@pytest.mark.parametrize("store", STORES)
def test_processes_that_commit_at_once(request: pytest.FixtureRequest, store: str) -> None:
    """Two processes write manifests at the same time: each load has exactly one, and no row is lost."""
    credentials: Any = None
    kwargs: Any = None
    if store == "s3":
        server: Any = request.getfixturevalue("seaweedfs")
        url, credentials = server.new_folder(), server.credentials()
    elif store == "gcs":
        server = request.getfixturevalue("gcs")
        url, kwargs = server.new_bucket(), server.kwargs()
    else:
        server = request.getfixturevalue("azurite")
        url, credentials = server.new_container(), server.credentials()
    Path("loader.py").write_text(LOADER)
    started = []
    for name in ("one", "two"):
        command = [sys.executable, "loader.py", json.dumps([url, credentials, kwargs, name])]
        started.append(subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
    for process in started:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in started:
        _, errors = process.communicate(timeout=250)
        assert process.returncode == 0, errors
    filesystem, root = dlt.destinations.filesystem(url, credentials, kwargs=kwargs).open_filesystem()
    snapshots = Snapshots(Store(filesystem, f"{root}/data"))
    assert snapshots.numbers() == list(range(1, 2 * LOADS + 1))
    newest = snapshots.newest()
    assert len({load["load_id"] for load in newest.loads}) == len(newest.loads) == 2 * LOADS
    pipeline = dlt.pipeline(
        "one", destination=dlt.destinations.filesystem(url, credentials, kwargs=kwargs), dataset_name="data"
    )
    expected = sorted((name, number) for name in ("one", "two") for number in range(LOADS))
    assert sorted(pipeline.dataset().t.select("of", "number").fetchall()) == expected


@pytest.mark.parametrize("where", ["local", "s3"])
def test_a_writer_that_slept_while_others_loaded(request: pytest.FixtureRequest, tmp_path: Path, where: str) -> None:
    """Its number was used and deleted meanwhile: its load still comes on top of the others, and counts."""
    url = str(tmp_path / "bucket")
    credentials = None
    if where == "s3":
        server: SeaweedServer = request.getfixturevalue("seaweedfs")
        url, credentials = server.new_folder(), server.credentials()
    filesystem, root = dlt.destinations.filesystem(url, credentials).open_filesystem()

    def change(number: int) -> Change:
        return Change(add={"t": [{"path": str(number)}]}, loads=[{"load_id": str(number)}])

    slow = Snapshots(Store(filesystem, f"{root}/data"))
    before = slow.newest()
    others = Snapshots(Store(filesystem, f"{root}/data"))
    for number in range(15):
        others.commit(others.newest(), change(number))
        others.prune()
    assert 1 not in others.numbers()
    assert slow.commit(before, change(99)).number == 16
    slow.prune()
    assert others.newest().paths() == {str(number) for number in (*range(15), 99)}
    assert others.numbers() == list(range(7, 17))


# -- kills

PROGRAM = """
import json, os, sys
import dlt, duckdb, pyarrow.parquet, s3fs
from dlt.io import failpoints

for line in sys.stdin:
    url, credentials, value, disposition, point = json.loads(line)
    # each run in a process of its own, without the time that imports take
    child = os.fork()
    if not child:
        failpoints.arm(point)
        destination = dlt.destinations.filesystem(url, credentials)
        pipeline = dlt.pipeline("killed", destination=destination, dataset_name="data")
        pipeline.run([{"id": n, "v": value, "list": [n]} for n in range(20)], table_name="t", primary_key="id",
                     write_disposition=disposition)
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
POINTS = [
    "load.before_begin",
    "load.after_ddl",
    "filesystem.file_written",
    "filesystem.file_written#2",
    "load.after_files",
    "load.after_publish",
    "load.before_commit",
    "filesystem.before_manifest",
    "filesystem.after_manifest",
    "load.after_commit",
    "move.loaded_package.before",
    "move.loaded_package.renamed",
]


@pytest.mark.timeout(1200)  # a process for each point, beside other tests
@pytest.mark.parametrize("disposition", ["append", "merge"])
def test_a_killed_load_is_exact_after_the_next_run(
    own_folder: Path, seaweedfs: SeaweedServer, disposition: str
) -> None:
    """All or nothing: SIGKILL at each point of a load, one more run, and no row is lost or there twice."""
    (own_folder / "program.py").write_text(PROGRAM)
    url, credentials = seaweedfs.new_folder(), seaweedfs.credentials()
    pipeline = dlt.pipeline(
        "killed",
        destination=dlt.destinations.filesystem(url, credentials),
        dataset_name="data",
        pipelines_dir="reader",
    )
    with subprocess.Popen(
        [sys.executable, "program.py"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as program:

        def run(value: int, point: str | None = None) -> int:
            assert program.stdin is not None and program.stdout is not None
            print(json.dumps([url, credentials, value, disposition, point]), file=program.stdin, flush=True)
            return int(program.stdout.readline())

        def rows() -> tuple[list[tuple[int]], int, int]:
            with pipeline.sql_client() as query:
                values = query.execute_sql("SELECT v FROM t ORDER BY v")
                nested = query.execute_sql("SELECT count(*) FROM t__list l JOIN t ON l._dlt_parent_id = t._dlt_id")
                return values, len(values), nested[0][0]

        assert run(0) == 0
        loads = 1
        for number, point in enumerate(POINTS, 1):
            before = rows()
            assert run(number, point) == -signal.SIGKILL, point
            after = rows()
            is_visible = POINTS.index(point) >= POINTS.index("filesystem.after_manifest")
            assert (after != before) == is_visible, point
            # the package that waits is loaded first, and then the new rows
            assert run(number + 100) == 0, point
            loads += 2
            expected = sorted([*before[0], *[(number,)] * 20, *[(number + 100,)] * 20])
            expected = expected if disposition == "append" else [(number + 100,)] * 20
            assert rows() == (expected, len(expected), len(expected)), point
        newest = Snapshots(Store(*_store(url, credentials))).newest()
        assert len(newest.loads) == len({load["load_id"] for load in newest.loads}) == loads
        there = set(seaweedfs.keys(url))
        assert {f"data/{path}" for path in newest.paths()} <= there, "a snapshot names a file that is not there"
        assert program.stdin is not None
        program.stdin.close()


def _store(url: str, credentials: Any) -> tuple[Any, str]:
    filesystem, root = dlt.destinations.filesystem(url, credentials).open_filesystem()
    return filesystem, f"{root}/data"
