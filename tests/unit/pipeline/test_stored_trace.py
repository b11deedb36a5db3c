"""Traces as they are kept: read as they were, and told to be lost where they are something else."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dlt
from dlt.configuration.resolved import ResolvedValue
from dlt.errors import DocumentTooNew
from dlt.io.sealed import Damaged
from dlt.pipeline.trace import TRACE_DOCUMENT, StoredStep, StoredTrace, restore_trace, start_trace, stored_trace

TEXT = st.text(max_size=5)
MOMENTS = st.datetimes(dt.datetime(1970, 1, 1), timezones=st.just(dt.timezone.utc))
PLAIN = st.none() | st.booleans() | st.integers(0, 2**53) | TEXT
OBJECTS = st.dictionaries(TEXT, PLAIN, max_size=2)
REST = st.dictionaries(TEXT.map("later_".__add__), PLAIN, max_size=1)
STEPS = st.builds(
    StoredStep,
    TEXT,
    st.sampled_from(["sync", "extract", "normalize", "load"]),
    MOMENTS,
    st.none() | MOMENTS,
    st.none() | OBJECTS,
    st.none() | TEXT,
    st.none() | st.lists(OBJECTS, max_size=2).map(tuple),
    REST,
)
TRACES = st.builds(
    StoredTrace,
    TEXT,
    TEXT,
    MOMENTS,
    OBJECTS,
    st.lists(STEPS, max_size=3).map(tuple),
    st.none() | MOMENTS,
    st.lists(OBJECTS, max_size=2).map(tuple),
    REST,
)


@given(TRACES)
def test_a_trace_is_read_as_it_was_written(trace: StoredTrace) -> None:
    """Each step has its times and its error; infos of other releases are dicts with attributes."""
    assert TRACE_DOCUMENT.load(TRACE_DOCUMENT.dump(trace), "trace.json") == trace
    found = restore_trace(orjson.loads(orjson.dumps(TRACE_DOCUMENT.values(trace))))
    assert [(step.step, step.started_at) for step in found.steps] == [(s.step, s.started_at) for s in trace.steps]


@given(TRACES, st.data())
def test_what_is_no_trace_is_told(trace: StoredTrace, data: Any) -> None:
    """Whatever key has whatever value: it is never another error."""
    values = TRACE_DOCUMENT.values(trace)
    key = data.draw(st.sampled_from(sorted(values)))
    values[key] = data.draw(PLAIN | st.just([[]]) | st.just([{"step": 1}]))
    try:
        restore_trace(values)
    except (Damaged, DocumentTooNew) as error:
        told = str(error)
    else:
        return
    assert key in told


@pytest.mark.parametrize("content", [b"{", b'{"steps": [1]}', b'{"steps": 7, "transaction_id": "x"}', b"[]"])
def test_a_trace_that_is_lost_stops_nothing(content: bytes, tmp_path: Path) -> None:
    """It only tells of the past."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "trace.json").write_bytes(content)
    assert dlt.pipeline("shop", pipelines_dir=str(tmp_path)).last_trace is None


def test_a_configured_value_is_told_whatever_it_is() -> None:
    """TOML has dates, and a provider of a program may give any object: the trace is JSON all the same."""
    value = ResolvedValue("since", [dt.date(2024, 1, 2), {1}], None, False, ("shop",), "config.toml")
    trace = start_trace("shop")._replace(resolved_config_values=[value])
    [told] = orjson.loads(orjson.dumps(stored_trace(trace)))["resolved_config_values"]
    assert told["value"] == ["2024-01-02", [1]] and told["sections"] == ["shop"]
    assert json.loads(json.dumps(trace.asdict()))["resolved_config_values"] == [told]
