"""Jobs of dbt Cloud, on a server that answers as it does."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from dlt.errors import ConfigFieldMissingException, ConfigurationValueError
from dlt.helpers.dbt_cloud import (
    DBTCloudClientV2,
    DBTCloudConfiguration,
    InvalidCredentialsException,
    get_dbt_cloud_run_status,
    run_dbt_cloud_job,
)
from dlt.sources.helpers import requests


class _Cloud(ThreadingHTTPServer):
    """Runs end when they were asked for twice."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.begun: list[dict[str, Any]] = []
        self.asked = 0
        self.fails = 0


class _Handler(BaseHTTPRequestHandler):
    server: _Cloud

    def do_POST(self) -> None:
        """Begin a run."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.begun.append({"path": self.path, **body})
        if self.server.fails:
            self._answer(503, {})
        else:
            self._answer(200, {"data": {"id": 7}})

    def do_GET(self) -> None:
        """Tell of a run."""
        self.server.asked += 1
        done = self.server.asked > 1
        self._answer(200, {"data": {"id": 7, "path": self.path, "is_complete": done, "is_error": False}})

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        known = self.headers["Authorization"] == "Token geheim"
        text = json.dumps(body).encode()
        self.send_response(status if known else 401)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[_Cloud]:
    """Return a server, which is configured."""
    with _Cloud() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for name, value in {
            "API_TOKEN": "geheim",
            "ACCOUNT_ID": "3",
            "BASE_API_URL": f"http://127.0.0.1:{server.server_port}/api",
        }.items():
            monkeypatch.setenv(f"DBT_CLOUD__{name}", value)
        yield server
        server.shutdown()


def test_a_job_is_run_and_waited_for(cloud: _Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what is configured, and what the call says."""
    monkeypatch.setenv("DBT_CLOUD__JOB_ID", "11")
    monkeypatch.setenv("DBT_CLOUD__GIT_BRANCH", "main")
    status = run_dbt_cloud_job(data={"schema_override": "own", "cause": "a test"}, wait_seconds=0)
    assert status["is_complete"] and cloud.asked == 2 and status["path"] == "/api/v2/accounts/3/runs/7/"
    begun = {
        "path": "/api/v2/accounts/3/jobs/11/run/",
        "cause": "a test",
        "git_branch": "main",
        "schema_override": "own",
    }
    assert cloud.begun == [begun]


def test_nobody_waits_who_does_not_want_to(cloud: _Cloud) -> None:
    """The run goes on, and is asked for later by its id."""
    status = run_dbt_cloud_job(job_id=12, wait_for_outcome=False)
    assert not status["is_complete"] and cloud.begun[0]["path"].endswith("/jobs/12/run/")
    assert get_dbt_cloud_run_status(run_id=status["id"], wait_seconds=0)["is_complete"]


def test_a_run_is_begun_once_whatever_the_service_answers(cloud: _Cloud) -> None:
    """A second try might begin a second run."""
    cloud.fails = 1
    with pytest.raises(requests.HTTPError):
        run_dbt_cloud_job(job_id=12)
    assert len(cloud.begun) == 1


def test_what_is_missing_is_told_before_anything_is_sent(cloud: _Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """Job, run, account and token."""
    with pytest.raises(ConfigurationValueError, match="job_id"):
        run_dbt_cloud_job()
    with pytest.raises(ConfigurationValueError, match="run_id"):
        get_dbt_cloud_run_status()
    with pytest.raises(InvalidCredentialsException, match="account_id"):
        DBTCloudClientV2("geheim").trigger_job_run(1)
    with pytest.raises(InvalidCredentialsException, match="api_token"):
        DBTCloudClientV2("")
    monkeypatch.delenv("DBT_CLOUD__API_TOKEN")
    with pytest.raises(ConfigFieldMissingException, match="DBT_CLOUD__API_TOKEN"):
        run_dbt_cloud_job(job_id=1)
    assert not cloud.begun and not cloud.asked


def test_a_wrong_token_is_an_error_that_does_not_show_it(cloud: _Cloud) -> None:
    """As of any service; configurations may be made by the program."""
    url = f"http://127.0.0.1:{cloud.server_port}/api"
    given = DBTCloudConfiguration(api_token="falsch", account_id="3", base_api_url=url)
    with pytest.raises(requests.HTTPError, match="401") as failed:
        get_dbt_cloud_run_status(given, 7)
    assert "falsch" not in str(failed.value)
