"""A fan-out is read alike by both orchestrators, in every way in which people write it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest

from dlt.tasks.parts import Part, name_of, part_of, parts_of


def no_secret(_arguments: Mapping[str, object]) -> bool:
    """Return that nothing is secret."""
    return False


@pytest.mark.parametrize("reserved", [True, False])
@pytest.mark.parametrize(
    ("item", "part"),
    [
        ("orders", Part("orders", ("orders",))),
        (["orders", "prices"], Part("orders, prices", ("orders", "prices"))),
        ({"key": "some", "resources": ["orders"]}, Part("some", ("orders",))),
        ({"key": "2025", "source_args": {"year": 2025}}, Part("2025", None, {"year": 2025})),
        ({"year": 2025, "half": 1}, Part("half=1,year=2025", None, {"year": 2025, "half": 1})),
    ],
)
def test_each_way_to_write_a_part(item: Any, part: Part, reserved: bool) -> None:
    """Names, lists of names, dicts that say what they are, and arguments of the source."""
    assert part_of(item, no_secret, reserved) == part


@pytest.mark.parametrize(
    ("item", "as_arguments"),
    [({"key": "a"}, "key=a"), ({"key": "a", "other": 1}, "key=a,other=1"), ({"resources": ["a"]}, "resources=['a']")],
)
def test_words_may_be_arguments_of_a_source(item: dict[str, Any], as_arguments: str) -> None:
    """Where nobody reserved them; where they are reserved, a key alone is a part, and half of one is none."""
    assert part_of(item, no_secret) == Part(as_arguments, None, item)
    if set(item) == {"key"}:
        assert part_of(item, no_secret, reserved=True) == Part("a")
    else:
        with pytest.raises(ValueError, match="is no part"):
            part_of(item, no_secret, reserved=True)


@pytest.mark.parametrize("item", [1, None, [], [1], ["a", 2]])
def test_anything_else_is_no_part(item: Any) -> None:
    """The message shows it."""
    with pytest.raises(ValueError, match="is no part"):
        part_of(item, no_secret)


@pytest.mark.parametrize("fan_out", ["tables", {"key": "a"}, 3, None])
def test_one_part_is_no_list(fan_out: Any) -> None:
    """The name of one resource is no list of names."""
    with pytest.raises(ValueError, match="is no way to fan out"):
        parts_of(fan_out, no_secret)


def test_no_part_is_nothing_to_load() -> None:
    """It would look like a run that loaded."""
    with pytest.raises(ValueError, match="there is no part"):
        parts_of([], no_secret)


def test_json_of_a_part_holds_what_it_says_and_no_more() -> None:
    """The id of a run is made of it, so it must not change from one release to the next."""
    assert Part("a", ("a",)).to_dict() == {"key": "a", "resources": ["a"]}
    assert Part("y", None, {"year": 1}).to_dict() == {"key": "y", "source_args": {"year": 1}}
    assert Part("k").to_dict() == {"key": "k"}


def test_a_name_that_is_long_or_tells_a_secret_is_a_digest() -> None:
    """The same for the same arguments, whatever their order."""
    assert name_of({"b": 2, "a": 1}, no_secret) == "a=1,b=2"
    digest = name_of({"token": "canary"}, lambda arguments: "token" in arguments)
    assert len(digest) == 20 and "canary" not in digest
    assert name_of({"text": "x" * 100}, no_secret) == name_of({"text": "x" * 100}, no_secret) != digest


def test_reading_parts_loads_no_step() -> None:
    """A DAG is parsed by a process that never loads."""
    code = "import sys, dlt.tasks.parts; print(*sorted(name for name in sys.modules if name.startswith('dlt.')))"
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    names = ["context", "dataset", "late_dataclass", "lazy_names", "pipeline", "tasks", "tasks.parts", "version"]
    assert found == [f"dlt.{name}" for name in names]
