"""Messages to webhooks and Slack over real sockets: what is told, and that no server holds up or fails a load."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import dlt
from dlt.errors import PipelineStepFailed
from dlt.observe import settle
from dlt.observe.posting import NotDelivered, post
from tests.processes import run_python
from tests.servers.webhooks import Webhooks
from tests.waiting import wait_until

PROGRAM = """
import dlt
pipeline = dlt.pipeline("shop", destination="duckdb", dataset_name="data")
pipeline.run([{"id": 1}], table_name="items")
print("loaded")
"""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Webhooks]:
    """Start a server, and let pipelines tell it."""
    found = Webhooks()
    monkeypatch.setenv("RUNTIME__WEBHOOK_URL", found.url)
    yield found
    found.close()


def rows(pipeline: Any) -> int:
    """Return how many rows were loaded."""
    with pipeline.sql_client() as client:
        ((count,),) = client.execute_sql("SELECT count(*) FROM items")
    return int(count)


def broken() -> Iterator[Any]:
    """Give a row, and fail."""
    yield {"id": 1}
    raise ValueError("password=geheim-1 is wrong")


def test_a_failed_load_is_told(server: Webhooks, pipeline: Any) -> None:
    """The document names pipeline, step and cause, and holds no secret."""
    with pytest.raises(PipelineStepFailed):
        pipeline.run(dlt.resource(broken))
    settle(60)
    ((path, told),) = server.taken
    assert path == "/geheim-der-adresse"
    assert (told["event"], told["pipeline"], told["step"]) == ("failed_load", "spec", "extract")
    assert told["error"]["type"] == "ResourceExtractionError"
    assert "broken" in told["text"] and "***" in told["text"] and "geheim-1" not in str(told)


def test_a_schema_change_is_told_once(server: Webhooks, pipeline: Any) -> None:
    """New tables and columns are named, without those of the system; a run that changes nothing tells nothing."""
    pipeline.run([{"id": 1}], table_name="items")
    pipeline.run([{"id": 2}], table_name="items")
    pipeline.run([{"id": 3, "Price": 1.5}], table_name="items")
    settle(60)
    assert [(told["event"], told["new_columns"]) for told in server.documents] == [
        ("schema_change", {"items": ["id"]}),
        ("schema_change", {"items": ["price"]}),
    ]
    assert server.documents[1]["text"] == "Pipeline spec: the schema changed: items has new price."


def test_checks_that_fail_are_told(server: Webhooks, pipeline: Any) -> None:
    """One that only warns by itself; one that is an error beside the failed load."""

    def items(severity: Any) -> Any:
        checks = [dlt.check.not_null("name", severity=severity), dlt.check.unique("id")]
        return dlt.resource([{"id": 1, "name": "a"}, {"id": 2}], name="items", checks=checks)

    pipeline.run(items("warn"))
    with pytest.raises(PipelineStepFailed):
        pipeline.run(items("error"))
    settle(60)
    told = [document for document in server.documents if document["event"] != "schema_change"]
    assert [document["event"] for document in told] == ["failed_check", "failed_check", "failed_load"]
    for document, severity in zip(told, ("warn", "error"), strict=False):
        ((table, failing, severe),) = [(c["table"], c["failing"], c["severity"]) for c in document["checks"]]
        assert (table, failing, severe) == ("items", 1, severity) and "not_null" in document["text"]


def test_items_in_quarantine_are_told(server: Webhooks, pipeline: Any) -> None:
    """How many of which table, and where to look."""
    pipeline.run([{"id": 1}], table_name="items")
    pipeline.run([{"id": 2}, {"id": "x"}], table_name="items", schema_contract={"data_type": "quarantine"})
    settle(60)
    (told,) = [document for document in server.documents if document["event"] == "quarantined"]
    assert told["items"] == {"items": 1} and "dlt pipeline spec quarantine list" in told["text"]


def test_the_settings_say_what_is_told(server: Webhooks, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of a pipeline come first; with `loaded` every load is told, with its rows."""
    monkeypatch.setenv("SHOP__RUNTIME__WEBHOOK_EVENTS", '["loaded"]')
    shop = dlt.pipeline("shop", destination="duckdb", dataset_name="data")
    info = shop.run([{"id": 1}, {"id": 2}], table_name="items")
    settle(60)
    (told,) = server.documents
    assert (told["event"], told["rows"], told["load_ids"]) == ("loaded", {"items": 2}, info.loads_ids)


def test_slack_gets_text(server: Webhooks, monkeypatch: pytest.MonkeyPatch, pipeline: Any) -> None:
    """A message to Slack has a text in which no character means anything but itself."""
    monkeypatch.delenv("RUNTIME__WEBHOOK_URL")
    monkeypatch.setenv("RUNTIME__SLACK_INCOMING_HOOK", server.url)

    @dlt.resource(name="items")
    def failing() -> Iterator[Any]:
        yield {"id": 1}
        raise ValueError("1 < 2 & 3")

    with pytest.raises(PipelineStepFailed):
        pipeline.run(failing)
    settle(60)
    (told,) = server.documents
    assert set(told) == {"text", "mrkdwn"} and "1 &lt; 2 &amp; 3" in told["text"]


def test_a_server_that_takes_its_time_holds_nothing_up(server: Webhooks, pipeline: Any) -> None:
    """The run ends while the server has not answered; the messages arrive, in order, when it does."""
    server.open.clear()
    pipeline.run([{"id": 1}], table_name="items")
    pipeline.run([{"id": 2, "name": "b"}], table_name="items")
    assert rows(pipeline) == 2 and server.taken == []
    server.open.set()
    settle(60)
    assert [told["new_columns"] for told in server.documents] == [{"items": ["id"]}, {"items": ["name"]}]


@pytest.mark.parametrize(
    ("status", "said"),
    [(500, "the server answered 500 Internal Server Error: ok"), (404, "answered 404"), (302, "answered 302 Found")],
)
def test_a_server_that_refuses_is_named_in_the_log(
    server: Webhooks, status: int, said: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The line says what the server answered, and not where it is; a redirect is followed by nobody."""
    monkeypatch.setenv("RUNTIME__USER_LOG", "true")
    server.status = status
    shop = dlt.pipeline("shop", destination="duckdb", dataset_name="data")
    shop.run([{"id": 1}], table_name="items")
    settle(60)
    assert rows(shop) == 1 and server.asked == ["/geheim-der-adresse"]
    shown = capfd.readouterr().err
    assert "shop: runtime.webhook_url: schema_change could not be delivered: " in shown and said in shown
    assert "What was loaded is not affected." in shown and "geheim-der-adresse" not in shown


@pytest.mark.parametrize(
    "said", ["<pre>Cannot POST {path}</pre>", "{url} is gone", "x" * 180 + " {path}", "no hook {word}"]
)
def test_a_server_that_repeats_its_address(
    server: Webhooks, said: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Pages of what is not found name it: the log has the answer without the address, which is a secret."""
    monkeypatch.setenv("RUNTIME__USER_LOG", "true")
    server.status = 404
    server.body = said.format(path="/geheim-der-adresse", url=server.url, word="geheim-der-adresse").encode()
    dlt.pipeline("shop", destination="duckdb", dataset_name="data").run([{"id": 1}], table_name="items")
    settle(60)
    shown = capfd.readouterr().err
    assert "the server answered 404 Not Found: " in shown and "geheim" not in shown


def test_an_answer_is_told_in_one_line(server: Webhooks) -> None:
    """What a server says begins no line of its own in the log."""
    server.status, server.body = 400, b"no\r\ndlt: all is well\n"
    with pytest.raises(NotDelivered, match=r"the server answered 400 Bad Request: no dlt: all is well$"):
        post(server.url, b"{}", 250)


def test_a_server_that_never_ends_its_answer() -> None:
    """Each byte comes in time, and the answer as a whole does not."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        ended = threading.Event()

        def drip() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
                while not ended.wait(0.05):
                    connection.sendall(b"x")

        thread = threading.Thread(target=drip)
        thread.start()
        try:
            with pytest.raises(NotDelivered, match="did not end its answer within 1 s"):
                post(f"http://127.0.0.1:{listening.getsockname()[1]}/geheim-der-adresse", b"{}", 0.5)
        finally:
            ended.set()
            thread.join()


def test_a_server_that_is_not_there(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    """Nobody listens: the load is done, and a line says that the message was not delivered."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("RUNTIME__USER_LOG", "true")
    monkeypatch.setenv("RUNTIME__WEBHOOK_URL", f"http://127.0.0.1:{port}/geheim-der-adresse")
    shop = dlt.pipeline("shop", destination="duckdb", dataset_name="data")
    shop.run([{"id": 1}], table_name="items")
    settle(60)
    shown = capfd.readouterr().err
    assert rows(shop) == 1 and "ConnectionRefusedError" in shown and "geheim-der-adresse" not in shown


def test_a_server_that_hangs_keeps_no_process_alive(server: Webhooks, own_folder: Path) -> None:
    """The program loads, says that the message was not delivered, and ends by itself."""
    server.open.clear()
    variables = {
        "RUNTIME__WEBHOOK_URL": server.url,
        "RUNTIME__WEBHOOK_TIMEOUT": "0.5",
        "DLT_DATA_DIR": str(own_folder / "of the program"),
    }
    done = run_python(["-c", PROGRAM], env=variables, cwd=own_folder)
    assert (done.returncode, done.stdout.split()[-1]) == (0, b"loaded")
    assert b"schema_change could not be delivered: the server did not answer within 0.5 s" in done.stderr
    wait_until(lambda: server.asked, "the message to come")
    assert server.taken == []


def test_a_server_that_hangs_for_longer_than_a_process_waits(server: Webhooks, own_folder: Path) -> None:
    """The end of the process gives up what is still under way, and says how many messages that are."""
    server.open.clear()
    variables = {
        "RUNTIME__WEBHOOK_URL": server.url,
        "RUNTIME__WEBHOOK_TIMEOUT": "3600",
        "DLT_DATA_DIR": str(own_folder / "of the program"),
    }
    done = run_python(["-c", PROGRAM], env=variables, cwd=own_folder)
    assert done.returncode == 0
    assert b"shop: runtime.webhook_url: 1 message could not be delivered in time." in done.stderr


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("WEBHOOK_URL", "ftp://host/geheim-der-adresse", "runtime.webhook_url is no address of the web"),
        ("WEBHOOK_EVENTS", '["failed"]', "runtime.webhook_events has failed. Use some of failed_load,"),
        ("WEBHOOK_TIMEOUT", "0", "runtime.webhook_timeout is 0.0. Give seconds, more than 0"),
    ],
)
def test_a_setting_that_is_none_fails_no_load(
    server: Webhooks,
    variable: str,
    value: str,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """It is told in one line, which does not show the address."""
    monkeypatch.setenv("RUNTIME__USER_LOG", "true")
    monkeypatch.setenv(f"RUNTIME__{variable}", value)
    shop = dlt.pipeline("shop", destination="duckdb", dataset_name="data")
    shop.run([{"id": 1}], table_name="items")
    assert rows(shop) == 1
    shown = capfd.readouterr().err
    assert said in shown and "geheim-der-adresse" not in shown
