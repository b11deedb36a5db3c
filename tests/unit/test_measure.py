"""The script that measures the shape of the code counts what it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.measure import Figure, measure

ROOT = Path(__file__).resolve().parents[2]

FILES = {
    "dlt/__init__.py": "",
    "dlt/one.py": """
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dlt.two import Two


class One:
    # why it is so
    def first(self, given: Any, other: int) -> Any:
        import json

        return getattr(given, "x", json)

    def second(self, two: "Two") -> int:
        return 1
""",
    "dlt/two.py": """
class Two:
    def lazily(self) -> object:
        from dlt.one import One

        return One


class Three(Two):
    pass


class ThreeError(Exception):
    pass


class FourError(ThreeError):
    pass


class FiveError(FourError):
    pass
""",
    "dlt/destinations/impl/postgres.py": "",
    "dlt/destinations/pg/copy.py": "",
    "tests/test_one.py": "assert True\n",
}


@pytest.fixture
def figures(tmp_path: Path) -> dict[str, Figure]:
    """Measure a small checkout."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return {figure.what: figure for figure in measure(tmp_path)}


def test_a_lazy_import_and_one_for_types_make_a_cycle(figures: dict[str, Figure]) -> None:
    """Wherever an import stands, it counts."""
    found = figures["cycles, with lazy and type-only imports"]
    assert (found.value, found.is_reached, found.where) == (1, False, "2: dlt.one, dlt.two")


def test_a_class_counts_with_the_own_classes_above_it_and_errors_do_not(figures: dict[str, Figure]) -> None:
    """Errors are a tree by nature."""
    found = figures["deepest inheritance of own classes"]
    assert (found.value, found.where) == (2, "Three")


def test_any_is_counted_in_parameters_returns_and_lines(figures: dict[str, Figure]) -> None:
    """Each by its own measure."""
    assert figures["parameters that are Any, %"].value == pytest.approx(100 / 3)
    assert figures["returns that are Any, %"].value == pytest.approx(100 / 3)
    assert figures["functions that import, %"].value == pytest.approx(200 / 3)
    assert figures["Any per 1,000 lines"].value == pytest.approx(1000 * 2 / 21)


def test_a_destination_that_stands_in_two_places_is_found(figures: dict[str, Figure]) -> None:
    """Its name is told."""
    found = figures["most places of one destination"]
    assert (found.value, found.where, found.is_reached) == (2, "postgres", False)


def test_this_checkout_reaches_its_goals() -> None:
    """All but one: lines of tests say little of what they hold, and are told by the table only."""
    missed = {figure.what: (figure.value, figure.where) for figure in measure(ROOT) if not figure.is_reached}
    missed.pop("lines of tests to lines of code", None)
    assert not missed
