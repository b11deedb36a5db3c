"""Sources: what they hold, how resources are selected, and state."""

from __future__ import annotations

from typing import Any

import pytest

from dlt.context import current, use
from dlt.errors import (
    DeletingResourcesNotSupported,
    InvalidResourceDataType,
    InvalidResourceDataTypeMultiplePipes,
    ResourceNameMissing,
    ResourceNotFoundError,
    ResourcesNotFoundError,
    SourceDataIsNone,
    SourceExhausted,
)
from dlt.extract.decorators import defer, resource, source, transformer
from dlt.extract.iteration import extract_items
from dlt.extract.source import DltSource
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
    assert isinstance(wrap_data(logs)[0], DltSource)


def test_exhausted_source() -> None:
    """A source whose generator was consumed gives nothing when it is read again, and raises when it is run again."""

    def gen() -> Any:
        yield 1

    made = source(lambda: resource(gen(), name="r"), name="s")()
    assert not made.exhausted
    assert list(made) == [1]
    assert made.exhausted
    assert list(made) == []
    with pytest.raises(SourceExhausted) as told:
        list(extract_items([made.resources["r"]], context={"source_name": made.name}))
    assert told.value.source_name == "s" and told.value.resource_name == "r"
    with use(source_name="s"), pytest.raises(SourceExhausted) as told:
        list(extract_items([made.resources["r"]]))
    assert told.value.source_name == "s"


def test_sources_that_can_be_extracted_apart() -> None:
    """`decompose` keeps together what shares a parent, and leaves out what is not selected."""

    @transformer(data_from=logs)
    def details(row: Any) -> Any:
        return {"d": row}

    @source
    def three() -> Any:
        return logs, details, events

    made = three()
    assert [list(part.selected_resources) for part in made.decompose()] == [["logs", "details"], ["events"]]
    assert made.decompose("none") == [made]
    made.logs.selected = False
    assert [list(part.selected_resources) for part in made.decompose()] == [["details"], ["events"]]
    assert [found.name for found in made.resources.extracted] == ["logs", "details", "events"]
    with pytest.raises(ValueError, match="Known: 'none', 'scc'"):
        made.decompose("each")


@pytest.mark.parametrize("selected", [True, False])
def test_transformers_that_were_called_share_their_parent(selected: bool) -> None:
    """It is evaluated once for all of them, in the whole source and in its parts."""
    calls: list[str] = []

    @source
    def three() -> Any:
        @resource(selected=selected)
        def pages() -> Any:
            calls.append("pages")
            yield [1, 2]

        @transformer(data_from=pages)
        def times(page: Any, factor: int) -> Any:
            yield [number * factor for number in page]

        @transformer(data_from=pages)
        def signs(page: Any) -> Any:
            yield [-number for number in page]

        return pages, times(10), times(100).with_name("hundreds"), times.with_name("tens")(10), signs, events

    parts = three().decompose()
    own = ["pages"] if selected else []
    named = [["hundreds"], ["tens"], ["events"]]
    assert [list(part.selected_resources) for part in parts] == [[*own, "times", "signs"], *named]
    assert {10, 20, -1, -2} <= set(list(parts[0]))
    assert calls == ["pages"]


def test_a_resource_that_stands_under_another_name() -> None:
    """Its name is that of the place; it cannot be deleted, but left out."""
    made = shop()
    made.resources["sales"] = made.logs
    made.returns = made.logs
    assert [made.sales.name, made.returns.name, made.logs.name] == ["sales", "returns", "logs"]
    assert made.sales.source_name == "shop" and made.sales.table_name == "sales"
    with pytest.raises(DeletingResourcesNotSupported, match=r"resources\['sales'\].selected = False"):
        del made.resources["sales"]
    assert repr(made).startswith("<@dlt.source(name='shop', section='") and "'logs', 'events', 'sales'" in repr(made)
    assert "resource `sales` is selected" in str(made)


def test_settings_of_a_source_function_are_those_of_its_next_sources() -> None:
    """They can be set, and counted from then on; sources that were made before keep theirs."""

    @source(max_table_nesting=2)
    def numbers() -> Any:
        return resource([1], name="ones")

    before = numbers()
    numbers.max_table_nesting, numbers.root_key, numbers.schema_contract = 3, True, "freeze"
    made = numbers()
    assert (made.max_table_nesting, made.root_key, made.schema_contract) == (3, True, "freeze")
    assert (before.max_table_nesting, before.root_key, before.schema_contract) == (2, None, None)


def test_settings_of_a_source_can_be_taken_back() -> None:
    """None leaves it to the schema again."""
    made = shop()
    made.max_table_nesting, made.root_key = 2, True
    assert (made.max_table_nesting, made.root_key) == (2, True)
    made.max_table_nesting = made.root_key = None
    assert (made.max_table_nesting, made.root_key) == (None, None)
    assert made.clone(with_name="other").name == "other" and made.name == "shop"


def test_a_function_may_return_the_source_of_another_one() -> None:
    """It keeps its name and its schema."""

    @source
    def outer() -> Any:
        return shop()

    made = outer()
    assert made.name == "shop" and list(made.resources) == ["logs", "events"]
    assert list(made) == [{"n": 1}, {"n": 2}, {"e": 1}]


def test_limits_and_threads_of_a_whole_source() -> None:
    """Transformers and lists are left as they are: the one has no items of its own, the other needs no threads."""

    @transformer(data_from=logs)
    def details(page: Any) -> Any:
        return [{"d": row["n"]} for row in page]

    @source(parallelized=True)
    def mixed() -> Any:
        return logs, details, resource([[1], [2]], name="numbers")

    made = mixed().add_limit(1)
    assert [made.logs.pipe.parallelized, made.details.pipe.parallelized, made.numbers.pipe.parallelized] == [
        True,
        True,
        False,
    ]
    assert made.numbers.limit is not None and made.details.limit is None
    assert sorted(map(str, made)) == sorted(map(str, [{"n": 1}, {"n": 2}, {"d": 1}, {"d": 2}, 1]))


def test_a_schema_that_hints_declare() -> None:
    """Tables of hints that are functions of the item come with an item only; the source's own schema stays."""

    @source
    def typed() -> Any:
        return (
            resource([{"id": 1}], name="fixed", columns={"id": {"data_type": "text"}}),
            resource([{"kind": "a"}], name="dynamic", table_name=lambda item: item["kind"]),
        )

    made = typed()
    found = made.discover_schema()
    assert found.tables["fixed"]["columns"]["id"]["data_type"] == "text" and "dynamic" not in found.tables
    assert "a" in made.discover_schema({"kind": "a"}).tables
    assert "fixed" not in made.schema.tables


def test_names_of_bare_data() -> None:
    """Functions and generators have one; rows need a table; two of one name stay apart and share a table."""

    def numbers() -> Any:
        yield 1

    [made] = wrap_data([numbers, numbers()])
    assert list(made.resources) == ["numbers", "numbers_2"] and made.generator_name == "numbers"
    assert {each.table_name for each in made.resources.values()} == {"numbers"}
    [made] = wrap_data(lambda: iter([1]), table_name="rows")
    assert [each.table_name for each in made.resources.values()] == ["rows"]
    with pytest.raises(ResourceNameMissing, match="or table_name= to run"):
        wrap_data([{"a": 1}])


def test_hints_of_a_run_are_those_of_each_resource() -> None:
    """Of a source, and of a list of several resources: with a table name all of them go to one table."""
    [made] = wrap_data(shop(), table_name="all", primary_key="id")
    assert {each.table_name for each in made.resources.values()} == {"all"}
    assert all(each.compute_table_schema()["columns"]["id"]["primary_key"] for each in made.resources.values())
    [made] = wrap_data([logs, events], columns={"n": {"data_type": "text"}})
    assert [each.columns["n"]["data_type"] for each in made.resources.values()] == ["text", "text"]
    assert logs.columns == {}
    [made] = wrap_data([logs], columns={"n": {"data_type": "text"}})
    assert made.logs.columns["n"]["data_type"] == "text" and logs.columns == {}


def test_hints_of_a_run_do_not_stay_with_what_was_given() -> None:
    """A resource is copied for them, and the contract is noted beside."""
    [made] = wrap_data(logs, write_disposition="replace", schema_contract="freeze")
    assert made.logs.write_disposition == "replace" and made.run_contract == "freeze"
    assert logs.write_disposition == "append" and logs.schema_contract is None
    given = shop()
    [made] = wrap_data(given, schema_contract={"columns": "freeze"})
    assert made.run_contract == {"columns": "freeze"} and made.logs.schema_contract is None
    [made] = wrap_data(given)
    assert made.run_contract is None


def test_the_resources_of_a_source_tell_who_takes_whose_items() -> None:
    """Parents come with their children, selected or not; a resource without parent stands with itself."""
    numbers = resource([1], name="numbers")

    @transformer(data_from=numbers)
    def doubled(number: Any) -> Any:
        yield 2 * number

    @transformer(data_from=doubled)
    def named(number: Any) -> Any:
        yield {"number": number}

    made = source(lambda: [resource([2], name="alone"), numbers, doubled, named], name="shop")()
    assert made.resources.selected_dag == [
        ("alone", "alone"),
        ("numbers", "numbers"),
        ("numbers", "doubled"),
        ("doubled", "named"),
    ]
    made.resources.select("named")
    assert made.resources.selected_dag == [("numbers", "doubled"), ("doubled", "named")]


def test_a_second_resource_of_a_name_is_not_added() -> None:
    """It would be loaded in place of the first one; whoever wants that puts it there by its name."""
    made = source(lambda: resource([1], name="numbers"), name="shop")()
    other = resource([2], name="numbers")
    with pytest.raises(InvalidResourceDataTypeMultiplePipes, match=r"two resources of the name 'numbers'"):
        made.resources.add(other)
    with pytest.raises(InvalidResourceDataTypeMultiplePipes, match=r"'numbers' has one pipe"):
        made.resources["numbers"].add_pipe(other)
    assert list(made) == [1]
    made.resources["numbers"] = other
    assert list(made) == [2]
