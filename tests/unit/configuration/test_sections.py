"""Where a value is looked for: the most specific place first, below the name of the pipeline before all others."""

from __future__ import annotations

import sys
import threading
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt.configuration.sections import (
    TOP_SECTIONS,
    Sections,
    current_sections,
    is_section,
    search_paths,
    section_context,
)


def dotted(*sections: str, pipeline: str | None = None, inner: tuple[str, ...] = ()) -> list[list[str]]:
    """Return the paths of all groups, dotted."""
    return [[".".join(path) for path in group] for group in search_paths(sections, pipeline, inner)]


@pytest.mark.parametrize(
    ("sections", "expected"),
    [
        ((), [""]),
        (("load",), ["load", ""]),
        (("a", "b"), ["a.b", "a", ""]),
        (("sources",), ["sources", "source", ""]),
        (("sources", "shop"), ["sources.shop", "source.shop", "sources", "source", ""]),
        (
            ("sources", "shop", "orders"),
            ["sources.shop.orders", "source.shop.orders", "sources.shop", "source.shop", "sources.orders",
             "source.orders", "sources", "source", ""],
        ),
        (("destination", "duckdb", "wh"), ["destination.duckdb.wh", "destination.duckdb", "destination", ""]),
        (("sources", "a", "b", "c"), ["sources.a.b.c", "source.a.b.c", "sources.a.b", "source.a.b", "sources.a",
                                      "source.a", "sources", "source", ""]),
        (("a", "", "b"), ["a.b", "a", ""]),
    ],
    ids=str,
)  # fmt: skip
def test_sections_are_dropped_from_the_right(sections: tuple[str, ...], expected: list[str]) -> None:
    """A source may stand under its old name, and without its module."""
    assert dotted(*sections) == [expected]
    both = dotted(*sections, pipeline="shop")
    assert both == [[".".join(("shop", path)).removesuffix(".") for path in expected], expected]


@pytest.mark.parametrize(
    ("sections", "inner"),
    [(("destination", "duckdb"), ("credentials",)), (("destination", "duckdb", "credentials"), ())],
)
def test_sections_inside_of_a_spec_are_never_dropped(sections: Any, inner: Any) -> None:
    """A password is not taken from a variable that merely bears the name of the field."""
    assert dotted(*sections, inner=inner) == [
        ["destination.duckdb.credentials", "destination.credentials", "credentials"]
    ]


@given(st.lists(st.sampled_from(["sources", "a", "b", "credentials"]), max_size=4), st.booleans())
def test_no_place_is_asked_twice_and_the_last_is_the_widest(sections: list[str], named: bool) -> None:
    """Whatever the sections are."""
    for group in search_paths(tuple(sections), "shop" if named else None):
        assert len(set(group)) == len(group)
        assert len(group[-1]) == min(map(len, group))
        assert group[0][-1:] == tuple(sections[-1:]) or not sections


def test_a_program_that_is_run_is_known_by_its_script(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its module is called __main__; an interactive session has no name."""
    main = ModuleType("__main__")
    monkeypatch.setitem(sys.modules, "__main__", main)
    assert dotted("sources", "__main__", "orders") == [["sources.orders", "source.orders", "sources", "source", ""]]
    main.__file__ = "/programs/shop.py"
    assert dotted("sources", "__main__", "orders")[0][0] == "sources.shop.orders"
    # a script may import another one and run it
    main.__file__ = "/programs/market.py"
    assert dotted("sources", "__main__", "orders")[0][0] == "sources.market.orders"


PATHS = (("sources", "shop"), ("sources",), ())


@pytest.mark.parametrize(
    ("path", "section"),
    [
        ((), True),
        (("sources",), True),
        (("sources", "shop"), True),
        (("sources", "shop", "api"), False),
        (("sources", "other"), False),
        (("load",), True),
        (("load", "workers"), False),
        (("mine",), False),
        (("nightly",), True),
        (("nightly", "load"), True),
        (("nightly", "mine"), False),
    ],
)
def test_a_table_on_the_way_is_a_section_and_no_value(path: tuple[str, ...], section: bool) -> None:
    """So are those that the library knows, at the top and below the name of a pipeline."""
    assert is_section(path, PATHS, "nightly") is section
    if path[:1] == ("nightly",):
        assert not is_section(path, PATHS, None)


def test_sections_that_the_library_knows() -> None:
    """A new one has to be told here, as tables of its name stop being values."""
    assert {
        "sources",
        "destination",
        "load",
        "runtime",
        "pipelines",
    } <= TOP_SECTIONS and "credentials" not in TOP_SECTIONS


def test_sections_hold_for_a_block_and_its_thread() -> None:
    """An inner block takes over what it does not say itself."""
    assert current_sections() == Sections()
    seen = []
    with section_context("shop", ("a",)):
        with section_context(sections=("b", "c")):
            assert current_sections() == Sections("shop", ("b", "c"))
            thread = threading.Thread(target=lambda: seen.append(current_sections()))
            thread.start()
            thread.join()
        with section_context("market"):
            assert current_sections() == Sections("market", ("a",))
        with pytest.raises(KeyError), section_context("x"):
            raise KeyError
        assert current_sections() == Sections("shop", ("a",))
    assert current_sections() == Sections() and seen == [Sections()]
