"""A drop is looked up first, as programs for PyPI `dlt` 1.x do it, and carried out when it is called."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import dlt
from dlt.pipeline.helpers import pipeline_drop


@dlt.source
def shop() -> Any:
    """Return two resources, one of which keeps a state."""

    @dlt.resource
    def orders() -> Iterator[Any]:
        dlt.current.resource_state()["seen"] = 1
        yield {"id": 1, "lines": [{"n": 1}]}

    return [orders, dlt.resource([{"id": 2}], name="customers")]


@pytest.fixture
def pipeline() -> dlt.Pipeline:
    """Return a pipeline that loaded both."""
    pipeline = dlt.pipeline("daily", destination="duckdb", dataset_name="data")
    pipeline.run(shop())
    return pipeline


def tables_of(pipeline: dlt.Pipeline) -> set[str]:
    """Return the tables of data that are there."""
    with pipeline.sql_client() as client:
        found = client.execute_sql("SELECT table_name FROM information_schema.tables WHERE table_schema = 'data'")
    return {name for (name,) in found or [] if not name.startswith("_dlt")}


def test_a_planned_drop_changes_nothing_before_it_is_called(pipeline: dlt.Pipeline) -> None:
    """It tells what would go; the call drops tables, with nested ones, and the state."""
    planned = pipeline_drop(pipeline, resources=["orders"])
    assert (planned.is_empty, planned.info["resource_names"], planned.info["schema_name"]) == (
        False,
        ["orders"],
        "shop",
    )
    assert set(planned.info["tables"]) == set(planned.info["tables_with_data"]) == {"orders", "orders__lines"}
    assert planned.info["resource_states"] == ["orders"]
    assert tables_of(pipeline) == {"orders", "orders__lines", "customers"}
    assert pipeline.state["sources"]["shop"]["resources"] == {"orders": {"seen": 1}}
    planned()
    assert tables_of(pipeline) == {"customers"}
    assert not pipeline.state["sources"]["shop"].get("resources")


def test_a_drop_that_selects_nothing_says_so_and_does_nothing(pipeline: dlt.Pipeline) -> None:
    """A name that nothing has is a warning, and the call changes nothing."""
    planned = pipeline_drop(pipeline, resources="nobody")
    assert planned.is_empty
    assert ["nobody" in warning and "customers" in warning for warning in planned.info["warnings"]] == [True]
    planned()
    assert tables_of(pipeline) == {"orders", "orders__lines", "customers"}
    assert not pipeline_drop(pipeline).info["warnings"]


def test_a_state_alone_may_be_dropped(pipeline: dlt.Pipeline) -> None:
    """The tables stay then."""
    planned = pipeline_drop(pipeline, drop_all=True, state_only=True)
    assert (planned.info["tables"], planned.info["drop_all"]) == ([], True)
    planned()
    assert tables_of(pipeline) == {"orders", "orders__lines", "customers"}
    assert not pipeline.state["sources"]["shop"].get("resources")
