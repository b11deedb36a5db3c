"""State of sources and resources, read and written from outside, and what a refresh takes of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import dlt
from dlt.context import activate, use
from dlt.errors import (
    PipelineStateNotAvailable,
    ResourceNameNotAvailable,
    SourceSectionNotAvailable,
    ValueErrorWithKnownValues,
)
from dlt.extract.refresh import check_refresh, refresh_source
from dlt.extract.state import reset_resource_state, resource_state, source_state, state
from dlt.schema.schema import Schema


def test_the_state_is_a_mapping_where_a_source_is_at_work() -> None:
    """`dlt.state` reads and writes the state of that source, and gives another one's by its name."""
    whole: dict[str, Any] = {"sources": {"other": {"seen": 1}}}
    with use(state=whole, writable=True, source_name="shop"):
        state["page"] = 3
        state.setdefault("tokens", []).append("a")
        assert dict(state) == {"page": 3, "tokens": ["a"]} and len(state) == 2 and repr(state) == repr(dict(state))
        del state["tokens"]
        assert state() == {"page": 3} and state("other") == {"seen": 1}
    assert whole["sources"] == {"other": {"seen": 1}, "shop": {"page": 3}}


def test_what_is_read_outside_of_a_run_is_a_copy(tmp_path: Path) -> None:
    """Of the pipeline that is active; writing to it reaches neither the pipeline nor the next reader."""
    pipeline = dlt.pipeline("states", destination="duckdb", pipelines_dir=str(tmp_path))

    @dlt.resource
    def pages() -> Any:
        dlt.current.resource_state()["page"] = 1
        yield {"id": 1}

    try:
        pipeline.extract(pages())
        found = source_state("states")
        assert found == {"resources": {"pages": {"page": 1}}}
        found["resources"]["pages"]["page"] = 99
        assert resource_state("pages", source_state("states")) == {"page": 1}
        assert pages.state == {"page": 1}
        with pytest.raises(SourceSectionNotAvailable, match="no source is at work"):
            source_state()
    finally:
        activate(None)
    with pytest.raises(PipelineStateNotAvailable, match=r"'states'.*dlt\.pipeline\(\.\.\.\)") as told:
        source_state("states")
    assert told.value.source_state_key == "states"


def test_a_source_asks_for_state_only_where_a_pipeline_keeps_it() -> None:
    """A resource that is read without a pipeline has a state that is thrown away; with one it has a copy."""

    @dlt.resource
    def pages() -> Any:
        dlt.current.resource_state()["page"] = 1
        yield dict(dlt.current.resource_state())

    @dlt.source
    def book() -> Any:
        dlt.current.source_state()["opened"] = True
        return pages

    activate(None)
    assert list(pages) == list(pages) == [{"page": 1}]
    for asking in (book, lambda: pages.state):
        with pytest.raises(PipelineStateNotAvailable):
            asking()


def test_a_resource_that_is_read_after_a_run_begins_where_the_run_ended(tmp_path: Path) -> None:
    """The cursor of the active pipeline is read, and what is read so does not move it."""
    pipeline = dlt.pipeline("states", destination="duckdb", pipelines_dir=str(tmp_path))

    @dlt.resource
    def rows(at: Any = dlt.sources.incremental("at")) -> Any:
        yield [{"at": 1}, {"at": 2}]

    try:
        assert len(list(rows)) == 2
        pipeline.extract(rows())
        assert list(rows) == [] and list(dlt.source(lambda: rows, name="states")()) == []
    finally:
        activate(None)
    assert len(list(rows)) == 2


def test_a_resource_must_be_named_where_none_is_at_work() -> None:
    """The message says how."""
    with pytest.raises(ResourceNameNotAvailable, match="Pass resource_name, or call it in a resource"):
        resource_state()


def test_a_state_that_is_reset_leaves_nothing() -> None:
    """Not even the key under which resources stand: an empty dict would be a change of the state."""
    own: dict[str, Any] = {"resources": {"a": {"n": 1}, "b": {"n": 2}}, "token": "x"}
    reset_resource_state("a", own)
    assert own == {"resources": {"b": {"n": 2}}, "token": "x"}
    reset_resource_state("b", own)
    reset_resource_state("never", own)
    assert own == {"token": "x"}


def refreshed(mode: Any, resources: list[str]) -> tuple[Any, set[str], dict[str, Any]]:
    """Return what a refresh asks of the load, the tables that stay in the schema, and the state that stays."""
    schema = Schema("shop")
    for name, above in (("orders", {}), ("orders__lines", {"parent": "orders"}), ("users", {})):
        resource = {} if above else {"resource": name}
        schema.update_table({"name": name, "columns": {}, **above, **resource})  # type: ignore[typeddict-item] # tables
    own: dict[str, Any] = {"resources": {"orders": {"n": 1}, "users": {"n": 2}}, "token": "x"}
    given = [dlt.resource([1], name=name) for name in resources]
    found = refresh_source(mode, schema, given, own)
    return found, {table["name"] for table in schema.data_tables(include_incomplete=True)}, own


def test_what_a_refresh_drops() -> None:
    """All of the source, or what belongs to its resources, nested tables with their roots; or rows alone."""
    found, tables, own = refreshed("drop_sources", ["orders"])
    assert set(found.drop_tables) == {"orders", "orders__lines", "users"} and not tables and own == {}
    found, tables, own = refreshed("drop_resources", ["orders"])
    assert set(found.drop_tables) == {"orders", "orders__lines"} and tables == {"users"}
    assert own == {"resources": {"users": {"n": 2}}, "token": "x"}
    found, tables, own = refreshed("drop_data", ["orders"])
    assert set(found.truncate_tables) == {"orders", "orders__lines"} and not found.drop_tables
    assert tables == {"orders", "orders__lines", "users"} and own["resources"] == {"users": {"n": 2}}
    # of all resources: as if they had never had a state
    assert refreshed("drop_data", ["orders", "users"])[2] == {"token": "x"}


def test_a_word_that_is_no_refresh_is_told() -> None:
    """With those that are."""
    check_refresh(None)
    with pytest.raises(ValueErrorWithKnownValues, match="drop_resources"):
        check_refresh("drop_all")
