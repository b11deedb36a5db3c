"""A secret that a program uses is in no file, message, log line, trace or traceback."""

from __future__ import annotations

import logging
import os
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import dlt
from dlt import redact
from dlt.errors import DltException, PipelineStepFailed
from dlt.sources.helpers import requests

CANARY = "kanarie-7f3a/9c=x"
QUOTED = "kanarie-7f3a%2F9c%3Dx"


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin without known secrets, with all that can be told switched on."""
    monkeypatch.setattr(redact, "_known", redact._Known())
    monkeypatch.setenv("RUNTIME__USER_LOG", "true")
    monkeypatch.setenv("RUNTIME__LOG_LEVEL", "DEBUG")


def _postgres_url() -> Any:
    return dlt.destinations.postgres(f"postgresql://ann:{QUOTED}@127.0.0.1:1/shop?connect_timeout=1")


def _postgres_dict() -> Any:
    given = {"host": "127.0.0.1", "port": 1, "database": "shop", "username": "ann", "password": CANARY}
    return dlt.destinations.postgres(given)


def _postgres_configured() -> Any:
    os.environ["DESTINATION__POSTGRES__CREDENTIALS"] = f"postgresql://ann:{QUOTED}@127.0.0.1:1/shop"
    return "postgres"


def _postgres_secrets_toml() -> Any:
    os.makedirs(".dlt", exist_ok=True)
    Path(".dlt/secrets.toml").write_text(
        "[destination.postgres.credentials]\nhost = '127.0.0.1'\nport = 1\ndatabase = 'shop'\nusername = 'ann'\n"
        f"password = '{CANARY}'\n"
    )
    return "postgres"


def _sqlalchemy() -> Any:
    return dlt.destinations.sqlalchemy(f"nosuchdialect://ann:{QUOTED}@127.0.0.1/shop")


def _bucket_with_a_login() -> Any:
    return dlt.destinations.filesystem(f"nosuchstore://ann:{QUOTED}@host/bucket")


def _bucket_with_a_signature() -> Any:
    return dlt.destinations.filesystem(f"nosuchstore://bucket/folder?sv=2024&sig={QUOTED}")


def _function() -> Any:
    @dlt.destination
    def sink(items: Any, table: Any, api_key: str = dlt.secrets.value) -> None:
        raise ValueError(f"refused {api_key}")

    os.environ["DESTINATION__SINK__API_KEY"] = CANARY
    return sink


def _is_hidden(text: str) -> bool:
    return CANARY not in text and QUOTED not in text and "kanarie" not in text


def _files(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file() and path.name != "secrets.toml")
    return {str(path): path.read_bytes() for path in found}


@pytest.mark.parametrize(
    "make",
    [
        _postgres_url,
        _postgres_dict,
        _postgres_configured,
        _postgres_secrets_toml,
        _sqlalchemy,
        _bucket_with_a_login,
        _bucket_with_a_signature,
        _function,
    ],
)
def test_secrets_of_destinations(
    make: Callable[[], Any],
    own_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Given as URL, dict, environment variable or file, in a bucket's URL, in a parameter: nothing tells them."""
    monkeypatch.setattr(os, "environ", os.environ.copy())
    monkeypatch.setattr("dlt.destinations.impl.postgres.connecting.CONNECT_ATTEMPTS", 1, raising=False)
    caplog.set_level(logging.DEBUG, logger="dlt")
    pipeline = None
    with pytest.raises(DltException) as caught:  # noqa: PT012 - some are refused when the pipeline is made, others when it runs
        pipeline = dlt.pipeline("canary", destination=make())
        pipeline.run([{"id": 1}], table_name="items")
    shown = "".join(traceback.format_exception(caught.value))
    assert _is_hidden(shown) and _is_hidden(repr(caught.value)), shown
    out, err = capfd.readouterr()
    assert _is_hidden(out) and _is_hidden(err) and _is_hidden(caplog.text)
    if pipeline is not None:
        assert _is_hidden(repr(pipeline)) and _is_hidden(repr(pipeline.destination))
        assert _is_hidden(str(pipeline.last_trace)) and _is_hidden(str(pipeline.last_trace.asdict()))
    for path, content in _files(own_folder).items():
        assert b"kanarie" not in content, path


def test_secrets_of_sources(own_folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """An argument that is a secret, in an error of the source, its cause, and the line of the program that shows it."""

    @dlt.source
    def api(key: dlt.TSecretStrValue = dlt.secrets.value) -> Any:
        @dlt.resource
        def items() -> Any:
            try:
                raise ConnectionError(f"403 for {key}")
            except ConnectionError as error:
                raise RuntimeError({"sent": {"x-key": key}}) from error

        return items

    with pytest.raises(PipelineStepFailed) as caught:
        dlt.pipeline("canary", destination="duckdb").run(api(key="kanarie-7f3a/9c=x"))
    lines = [line for line in traceback.format_exception(caught.value) if "api(key=" not in line]
    assert _is_hidden("".join(lines)), "".join(lines)
    assert _is_hidden("".join(capfd.readouterr()))
    for path, content in _files(own_folder).items():
        assert b"kanarie" not in content, path


def test_infos_show_places_without_secrets(own_folder: Path) -> None:
    """The location of a load is told; what opens it is not."""
    os.makedirs("bucket")
    info = dlt.pipeline("canary", destination=dlt.destinations.filesystem("file://bucket")).run([1], table_name="t")
    assert "bucket" in str(info)
    pipeline = dlt.pipeline("canary2", destination=dlt.destinations.filesystem(f"s3://key:{QUOTED}@bucket/x?sig=abc"))
    assert pipeline.destination.displayable_credentials() == "s3://key:***@bucket/x?sig=***"


def test_errors_of_requests_hide_parameters(own_folder: Path) -> None:
    """The query of a URL that did not answer holds keys; host, path and other parameters are told."""
    client = requests.Client(request_max_attempts=1)
    with pytest.raises(requests.ConnectionError) as caught:
        client.get("http://127.0.0.1:1/orders", params={"page": 3, "api_key": CANARY})
    shown = "".join(traceback.format_exception(caught.value))
    assert _is_hidden(shown) and "page=3" in shown and "/orders" in shown
