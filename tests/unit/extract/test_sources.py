"""Sources: what they hold, how resources are selected, and state."""

from __future__ import annotations

from typing import Any

import pytest

from dlt.context import current, use
from dlt.errors import (
    DataLocationKindRequired,
    InvalidResourceDataType,
    ResourceNotFoundError,
    ResourcesNotFoundError,
    SourceDataIsNone,
    SourceExhausted,
)
from dlt.extract.decorators import defer, resource, source, transformer
from dlt.extract.iteration import extract_items
from dlt.extract.source import Source
from dlt.extract.state import reset_resource_state, resource_state, source_state, state
from dlt.extract.wrapping import wrap_data


@resource
def logs() -> Any:
    """Yield a page."""
    yield [{"n": 1}, {"n": 2}]


@resource
def events() -> Any:
    """Yield an item."""
    yield {"e": 1}


@source
def shop() -> Any:
    """Return both."""
    return logs, events


def test_decorator_forms() -> None:
    """`@source` works with and without parentheses and as a plain function; bodies may return or yield."""

    @source(name="named", max_table_nesting=1, root_key=True, schema_contract="freeze")
    def yields() -> Any:
        yield logs
        yield events

    made = yields()
    assert (made.name, made.max_table_nesting, made.root_key, made.schema_contract) == ("named", 1, True, "freeze")
    assert list(made.resources) == ["logs", "events"]
    assert source(lambda: logs, name="plain")().name == "plain"


def test_access() -> None:
    """Resources are items and attributes; iterating evaluates all of them."""
    made = shop()
    assert made["logs"] is made.logs is made.resources["logs"]
    assert list(made.logs) == [{"n": 1}, {"n": 2}]
    assert list(made) == [{"n": 1}, {"n": 2}, {"e": 1}]
    with pytest.raises(ResourceNotFoundError, match="events, logs"):
        made["none"]
    with pytest.raises(AttributeError, match="events, logs"):
        made.none  # noqa: B018 - the access is the test


def test_selection() -> None:
    """`with_resources` gives a copy, select and selected change in place."""
    made = shop()
    assert list(made.with_resources("logs").selected_resources) == ["logs"]
    assert list(made.selected_resources) == ["logs", "events"]
    made.resources.select("events")
    assert list(made.selected_resources) == ["events"]
    made.events.selected = False
    assert not made.selected_resources
    with pytest.raises(ResourcesNotFoundError, match="'nope'"):
        made.with_resources("nope")


def test_uncalled_source() -> None:
    """`with_resources` on the function itself calls it."""
    assert list(shop.with_resources("logs")) == [{"n": 1}, {"n": 2}]
    assert [s.name for s in wrap_data(shop)] == ["shop"]


def test_source_that_yields_data() -> None:
    """Data in place of resources raises and explains."""

    @source
    def bad() -> Any:
        yield {"a": 1}

    with pytest.raises(InvalidResourceDataType, match=r"dlt\.resource"):
        bad()

    @source
    def empty() -> None:
        return None

    with pytest.raises(SourceDataIsNone):
        empty()


def test_dynamic_resources() -> None:
    """Resources made in a loop, and generators, become resources of the source."""

    @source
    def many() -> Any:
        for name in ("a", "b"):
            yield resource([{"name": name}], name=name)

        def rows() -> Any:
            yield {"name": "c"}

        yield rows()

    assert [row["name"] for row in many()] == ["a", "b", "c"]


def test_lazy_bodies() -> None:
    """The source's body runs when it is called, those of resources when they are read."""
    seen = []

    @source
    def s() -> Any:
        seen.append("source")

        @resource
        def r() -> Any:
            seen.append("resource")
            yield 1

        return r

    made = s()
    assert seen == ["source"]
    assert list(made) == [1]
    assert seen == ["source", "resource"]


def test_state_of_source_body_is_thrown_away() -> None:
    """A source's body reads state and its writes are lost; a resource's writes are kept."""

    @source
    def s() -> Any:
        source_state()["body"] = state.get("kept")
        seen = state.get("kept")

        @resource
        def r() -> Any:
            state["kept"] = 1
            resource_state()["mine"] = current().resource_name
            yield seen

        return r

    pipeline_state: dict[str, Any] = {"sources": {"s": {"kept": 0}}}
    with use(state=pipeline_state, writable=True):
        made = s()
        assert pipeline_state == {"sources": {"s": {"kept": 0}}}
        assert list(made) == [0]
    assert pipeline_state == {"sources": {"s": {"kept": 1, "resources": {"r": {"mine": "r"}}}}}
    with use(state=pipeline_state, source_name="s"):
        assert state()["kept"] == state["kept"] == 1
        reset_resource_state("r")
        assert source_state() == {"kept": 1}


def test_mock_state_outside_pipeline() -> None:
    """Outside a pipeline a resource has state for one iteration."""

    @resource
    def counter() -> Any:
        own = resource_state()
        own["n"] = own.get("n", 0) + 1
        yield resource_state()["n"]

    assert list(counter) == list(counter) == [1]


def test_context_reaches_threads() -> None:
    """Deferred calls and parallelized resources see the state of their own resource."""

    @defer
    def named(i: int) -> Any:
        resource_state()[str(i)] = 1
        return current().resource_name

    @resource
    def first() -> Any:
        yield named(1)

    @resource(parallelized=True)
    def second() -> Any:
        yield current().resource_name

    pipeline_state: dict[str, Any] = {}
    with use(state=pipeline_state, source_name="s"):
        assert {r.name: page for r, page, _ in extract_items([first, second])} == {
            "first": "first",
            "second": "second",
        }
    assert pipeline_state["sources"]["s"]["resources"]["first"] == {"1": 1}


def test_clone_keeps_shared_parent() -> None:
    """Transformers of a cloned source still share their parent, which is evaluated once."""
    calls = []

    @source
    def s() -> Any:
        @resource(selected=False)
        def parent() -> Any:
            calls.append(1)
            yield 1

        return (
            parent,
            transformer(lambda i: i + 1, data_from=parent, name="a"),
            parent | transformer(lambda i: i + 2, name="b"),
        )

    assert sorted(s().clone().with_resources("a", "b")) == [2, 3]
    assert calls == [1]
    assert len(s().decompose("scc")) == 1
    assert len(shop().decompose("scc")) == 2


def test_wrap_data() -> None:
    """Whatever run takes becomes sources; bare data joins the default schema."""

    def gen() -> Any:
        yield {"a": 1}

    [made] = wrap_data(gen())
    assert (made.implicit, made.generator_name, list(made.resources)) == (True, "gen", ["gen"])
    [made] = wrap_data([{"a": 1}, {"a": 2}], table_name="rows", write_disposition="replace")
    assert (made.generator_name, list(made)) == (None, [{"a": 1}, {"a": 2}])
    assert made.resources["rows"].compute_table_schema()["write_disposition"] == "replace"
    assert [s.name for s in wrap_data([shop(), shop, logs], default_name="pipe")] == ["shop", "shop", "pipe"]
    assert isinstance(wrap_data(logs)[0], Source)
    with pytest.raises(DataLocationKindRequired, match="table_name"):
        wrap_data(shop(), table_name="x")


def test_exhausted_source() -> None:
    """A source whose generator was consumed raises when it is run again."""

    def gen() -> Any:
        yield 1

    made = source(lambda: resource(gen(), name="r"), name="s")()
    assert not made.exhausted
    assert list(made) == [1]
    assert made.exhausted
    with pytest.raises(SourceExhausted):
        list(made)
