"""Functions of the program that are told what a pipeline does."""

from __future__ import annotations

from typing import Any

import pytest

import dlt
from dlt.errors import DestinationTerminalException, PipelineStepFailed
from dlt.info import LoadInfo

Seen = list[tuple[str, Any]]


@pytest.fixture
def seen(pipeline: Any) -> Seen:
    """Return what a hook of the pipeline is told."""
    found: Seen = []
    pipeline.add_hook(lambda event, whose, payload: found.append((event, payload)))
    return found


def test_a_run_tells_its_steps_its_schema_and_what_it_loaded(pipeline: Any, seen: Seen) -> None:
    """Events come in the order in which things happen, each with what it is about."""
    info = pipeline.run([{"id": 1}], table_name="items")
    assert [event for event, _ in seen] == [
        "step_start", "step_end", "step_start", "schema_change", "step_end", "step_start", "step_end", "loaded",
    ]  # fmt: skip
    assert [payload for event, payload in seen if event == "step_end"] == ["extract", "normalize", "load"]
    (change,) = (payload for event, payload in seen if event == "schema_change")
    assert "id" in change.tables["items"]["columns"]
    loaded = seen[-1][1]
    assert isinstance(loaded, LoadInfo) and loaded.loads_ids == info.loads_ids
    seen.clear()
    pipeline.run([{"id": 2}], table_name="items")
    assert "schema_change" not in [event for event, _ in seen]


def test_a_failure_is_told_once_behind_the_last_attempt(pipeline: Any, seen: Seen) -> None:
    """A step that is tried again tells that; the error that leaves the run is told once, as it leaves."""
    pipeline.parts.settings.retry = dlt.pipeline("other", retry={"attempts": 3, "backoff": 0}).config.retry

    @dlt.resource
    def broken() -> Any:
        yield {"id": 1}
        raise ConnectionError("the server is gone")

    with pytest.raises(PipelineStepFailed) as caught:
        pipeline.run(broken)
    assert [event for event, _ in seen if "fail" in event or "retry" in event] == [
        "step_retry", "step_retry", "failed_load",
    ]  # fmt: skip
    assert seen[-1] == ("failed_load", caught.value)


def test_a_step_that_is_called_by_itself_tells_its_failure_too(pipeline: Any, seen: Seen) -> None:
    """There is no run around it."""

    @dlt.resource
    def broken() -> Any:
        yield {"id": 1}
        raise ValueError("no")

    with pytest.raises(PipelineStepFailed) as caught:
        pipeline.extract(broken)
    assert seen[-1] == ("failed_load", caught.value)


def test_failed_jobs_are_told_though_the_run_does_not_raise() -> None:
    """The event has the jobs; nothing was loaded, so that is not told."""

    @dlt.destination(name="full")
    def refusing(items: Any, table: Any) -> None:
        raise DestinationTerminalException("no space left")

    found: Seen = []
    other = dlt.pipeline("into_a_function", destination=refusing)
    other.add_hook(lambda event, whose, payload: found.append((event, payload)))
    info = other.run([{"id": 1}], table_name="items")
    assert info.has_failed_jobs
    ((_, jobs),) = [(event, payload) for event, payload in found if event in ("failed_job", "loaded", "failed_load")]
    ((table, error),) = [(job["table"], job["error"]) for job in jobs]
    assert table == "items" and "no space left" in error


def test_a_hook_that_fails_stops_nothing(
    pipeline: Any, seen: Seen, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The load goes on, the other hooks are called, and the user is told which one failed at what."""

    def broken(event: str, whose: Any, payload: Any) -> None:
        raise RuntimeError(f"no {event}")

    monkeypatch.setenv("RUNTIME__USER_LOG", "true")
    told = dlt.pipeline("told", destination="duckdb")
    told.add_hook(broken).add_hook(lambda event, whose, payload: seen.append((event, payload)))
    told.run([{"id": 1}], table_name="items")
    assert [event for event, _ in seen][-1] == "loaded"
    with told.sql_client() as client:
        assert client.execute_sql("SELECT id FROM items") == [(1,)]
    shown = capfd.readouterr().err
    assert "told: the hook test_a_hook_that_fails_stops_nothing.<locals>.broken failed at step_start: " in shown
    assert "RuntimeError: no step_start. The load goes on without it" in shown
