"""A server, a folder or a file that is not there is no empty one: nothing would be loaded, and a table emptied."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import dlt
from dlt.errors import ConfigurationValueError
from dlt.extract.exceptions import ResourceExtractionError
from dlt.pipeline.exceptions import PipelineStepFailed
from dlt.sources.absent_places import shown_url
from dlt.sources.filesystem import filesystem, read_csv, readers
from tests.servers.rest import Asked, Reply, RestServer

CSV = Reply(body=b"a,b\n1,2\n", headers={"Content-Type": "text/csv"})
PAGE = {"Content-Type": "text/html"}
ROWS = [{"a": 1, "b": 2}]


@pytest.fixture(scope="module")
def web() -> Iterator[RestServer]:
    """A server with a file, a page that has a link to it, and what goes wrong."""
    server = RestServer()

    def refuses_head(asked: Asked) -> Reply:
        return Reply(403) if asked.method == "HEAD" else CSV

    server.on("/f/a.csv", CSV)
    server.on("/f/b.csv", refuses_head)
    server.on("/f/", Reply(body=b'<a href="a.csv">a</a>', headers=PAGE))
    server.on("/none/", Reply(body=b"<p>nothing</p>", headers=PAGE))
    server.on("/denied/a.csv", Reply(403))
    server.on("/broken/a.csv", Reply(500))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def pipeline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dlt.Pipeline:
    """A pipeline, in a folder with one file."""
    monkeypatch.chdir(tmp_path)
    Path("d").mkdir()
    Path("d/a.csv").write_text("a,b\n1,2\n")
    return dlt.pipeline("absent", destination=dlt.destinations.duckdb(str(tmp_path / "db.duckdb")), dataset_name="d")


@pytest.mark.parametrize(("folder", "name"), [("f", "a.csv"), ("f", "b.csv"), ("f", "*.csv"), ("f/", "a.csv?v=1")])
def test_what_a_web_server_has(web: RestServer, folder: str, name: str) -> None:
    """One file by its name, or those to which a page has links."""
    assert list(filesystem(f"{web.url}/{folder}", file_glob=name) | read_csv()) == ROWS


@pytest.mark.parametrize(
    ("folder", "name", "told"),
    [
        ("f", "no.csv", r"/f/no\.csv: the server has no such file \(status 404\)"),
        ("gone", "*.csv", r"/gone/\*\.csv: the server has no such file \(status 404\)"),
        ("denied", "a.csv", r"/denied/a\.csv cannot be read: status 403"),
        ("broken", "a.csv", r"/broken/a\.csv cannot be read: status 500"),
        ("f/a.csv", "*", r"/f/a\.csv is a file, and no folder"),
    ],
)
def test_what_a_web_server_has_not(web: RestServer, folder: str, name: str, told: str) -> None:
    """The error has the URL, and what the server said."""
    with pytest.raises(ResourceExtractionError, match=told):
        list(filesystem(f"{web.url}/{folder}", file_glob=name))
    assert list(filesystem(f"{web.url}/none", file_glob="*.csv")) == []


@pytest.mark.parametrize("name", ["a.csv", "*.csv"])
def test_a_server_that_does_not_answer(name: str) -> None:
    """Neither a file nor a page."""
    with pytest.raises(ResourceExtractionError, match=r"http://127\.0\.0\.1:1/f/.*\.csv cannot be read: .*onnect"):
        list(filesystem("http://127.0.0.1:1/f", file_glob=name))


@pytest.mark.parametrize(
    ("url", "given", "told"),
    [
        (
            "s3://bucket/x",
            {"aws_access_key_id": "someone", "aws_secret_acces_key": "a-secret-word"},
            "aws_secret_access_key",
        ),
        ("sftp://127.0.0.1:1/x", {"sftp_username": "someone", "sftp_pasword": "a-secret-word"}, "sftp_password"),
        ("az://box/x", {"azure_storage_acount_name": "x"}, "azure_storage_account_name"),
    ],
)
def test_a_misspelt_key_of_credentials_is_told(url: str, given: dict[str, str], told: str) -> None:
    """Before anyone is asked, and without its value."""
    with pytest.raises(
        ConfigurationValueError, match=f"credentials: there is no field .*, did you mean '{told}'"
    ) as caught:
        list(filesystem(url, credentials=given))
    assert "a-secret-word" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("url", ["s3://bucket/x", "gs://bucket/x", "az://box/x", "sftp://127.0.0.1:1/x"])
def test_a_dict_of_other_names_is_no_credentials(url: str) -> None:
    """Such as arguments of fsspec: nobody else's credentials are taken in their stead."""
    with pytest.raises(ConfigurationValueError, match=r"the dict has key, secret, .* go into kwargs") as caught:
        list(filesystem(url, credentials={"key": "someone", "secret": "a-secret-word"}))
    assert "a-secret-word" not in str(caught.value)


SFTP = {"sftp_username": "someone", "sftp_password": "a-secret-word", "sftp_allow_agent": False}
ONCE = {"config_kwargs": {"retries": {"max_attempts": 0}}, "endpoint_url": "http://127.0.0.1:1"}
S3 = {"aws_access_key_id": "someone", "aws_secret_access_key": "a-secret-word"}


@pytest.mark.parametrize(
    ("url", "given", "told", "advice"),
    [
        ("sftp://127.0.0.1:1/x", {"credentials": SFTP}, "NoValidConnectionsError", "Check that the server runs"),
        ("s3://bucket/x", {"credentials": S3, "kwargs": ONCE}, "EndpointConnectionError", "Check that the server runs"),
        ("s3://bucket/x", {"kwargs": {"anon": False, **ONCE}}, "NoCredentialsError", "Check the credentials of the"),
        ("s3://bucket/x", {"credentials": {"profile_name": "no"}}, "ProfileNotFound", "Check the credentials of the"),
        ("sfpt://127.0.0.1/x", {}, "ConfigurationValueError", "sfpt://, did you mean 'sftp'"),
    ],
)
def test_what_helps_against_an_error_of_a_store(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, url: str, given: dict[str, Any], told: str, advice: str
) -> None:
    """No file is to blame for a server that is down, or credentials that are missing."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(ResourceExtractionError, match=told) as caught:
        list(filesystem(url, **given))
    assert advice in str(caught.value) and "add_filter" not in str(caught.value)
    assert "a-secret-word" not in "".join(traceback.format_exception(caught.value))


def test_no_secret_of_a_url_is_told(web: RestServer) -> None:
    """Neither a password nor a signature, in the message or in the chain of errors."""
    login, signed = "//someone:a-secret-word@", "no.csv?X-Amz-Signature=another-secret"
    url = web.url.replace("//", login)
    with pytest.raises(ResourceExtractionError) as caught:
        list(filesystem(f"{url}/f", file_glob=signed))
    told = "".join(traceback.format_exception(caught.value))
    assert "f/no.csv: the server" in told and "a-secret-word" not in told and "another-secret" not in told
    assert shown_url("abfss://box@account.dfs.core.windows.net/x") == "abfss://box@account.dfs.core.windows.net/x"


@pytest.mark.parametrize("name", ["*.csv", "a.csv", "**/*"])
@pytest.mark.parametrize(("place", "told"), [("nowhere", "there is no such folder"), ("d/a.csv", "is a file, and no")])
def test_a_folder_that_is_not_there(pipeline: dlt.Pipeline, place: str, told: str, name: str) -> None:
    """Whether it is a path or a URL; one that is there may have no file that matches."""
    for written in (place, Path(place), Path(place).absolute().as_uri()):
        with pytest.raises(ResourceExtractionError, match=rf"{place}.*{told}") as caught:
            list(filesystem(written, file_glob=name))
        # no file is to blame that could be filtered out
        assert "add_filter" not in str(caught.value) and "Check the path" in str(caught.value)
    assert list(filesystem("d", file_glob="no/*")) == list(filesystem("memory://nowhere", file_glob=name)) == []


def test_a_table_is_not_emptied(pipeline: dlt.Pipeline) -> None:
    """A folder that has gone away ends the run, and the rows stay."""

    def load() -> None:
        pipeline.run((filesystem("d", file_glob="*.csv") | read_csv()).with_name("t"), write_disposition="replace")

    load()
    Path("d").rename("gone")
    with pytest.raises(PipelineStepFailed, match="d: there is no such folder"):
        load()
    assert pipeline.dataset()["t"].select("a").fetchall() == [(1,)]


def test_paths_are_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of `pathlib`, for the resource and the source."""
    monkeypatch.chdir(tmp_path)
    Path("p").mkdir()
    Path("p/a.csv").write_text("a,b\n1,2\n")
    given: list[Callable[[], object]] = [
        lambda: list(filesystem(Path("p"), file_glob="*.csv") | read_csv()),
        lambda: list(readers(Path("p"), file_glob="*.csv").read_csv()),
    ]
    assert [call() for call in given] == [ROWS, ROWS]


@pytest.mark.parametrize("name", ["a.csv", "b.csv"])
def test_a_url_of_a_web_server_is_data(web: RestServer, pipeline: dlt.Pipeline, name: str) -> None:
    """It is asked for as it stands, with no slash behind it."""
    web.seen.clear()
    pipeline.run(f"{web.url}/f/{name}")
    assert pipeline.dataset()[name[0]].select("a").fetchall() == [(1,)]
    assert set(web.paths()) == {f"/f/{name}"}
    with pytest.raises(PipelineStepFailed, match=r"/f/no\.csv: the server has no such file"):
        pipeline.run(f"{web.url}/f/no.csv")
