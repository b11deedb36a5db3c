"""Load ids grow, whatever the clock does."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any

import pytest

import dlt
from dlt import clock
from dlt.errors import LoadPackageAborted, PipelineStepFailed


def test_a_clock_that_is_set_back_gives_larger_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    """Within a process, and behind the ids of packages that are there."""
    monkeypatch.setattr(clock, "_last_load_id", 0)
    monkeypatch.setattr(time, "time", lambda: 2_000_000_000.5)
    first = clock.new_load_id()
    monkeypatch.setattr(time, "time", lambda: 1_000_000_000.5)
    second = clock.new_load_id()
    assert Decimal(first) < Decimal(second) and first[:10] == second[:10] == "2000000000"
    monkeypatch.setattr(clock, "_last_load_id", 0)
    assert Decimal(clock.new_load_id(["1700000000.1234567", "3000000000.7654321"])) > Decimal("3000000000.7654321")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-01T00:00:04.5", "2026-01-01T00:00:04.500000"),
        ("2026-01-01T00:00:04.5Z", "2026-01-01T00:00:04.500000+00:00"),
        ("2026-01-01T00:00:04.123456+01:00", "2026-01-01T00:00:04.123456+01:00"),
        ("2026-01-01T00:00:04z", "2026-01-01T00:00:04+00:00"),
        ("2026-01-01", "2026-01-01T00:00:00"),
    ],
)
def test_moments_are_read_alike_on_every_python(text: str, expected: str) -> None:
    """With a Z, and with as many digits of a second as somebody writes."""
    assert clock.moment_of(text).isoformat() == expected


def test_two_machines_in_the_same_moment_give_different_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last digits are chosen by chance."""
    monkeypatch.setattr(time, "time", lambda: 1_500_000_000.25)
    found = set()
    for _ in range(20):
        monkeypatch.setattr(clock, "_last_load_id", 0)
        found.add(clock.new_load_id())
    assert len(found) == 20


def _pipeline(folder: Any, name: str) -> Any:
    target = dlt.destinations.duckdb(str(folder / "clock.duckdb"))
    return dlt.pipeline(
        name, pipelines_dir=str(folder / "w"), destination=target, dataset_name="data", use_single_dataset=True
    )


def test_packages_are_loaded_in_the_order_of_their_extracts(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock went back a day between two extracts, in another process: the later one wins."""
    for seconds, value in ((1_800_086_400.0, "old"), (1_800_000_000.0, "new")):
        monkeypatch.setattr(time, "time", lambda seconds=seconds: seconds)
        monkeypatch.setattr(clock, "_last_load_id", 0)
        made = _pipeline(tmp_path, "back")
        made.extract([{"id": 1, "v": value}], table_name="items", write_disposition="merge", primary_key="id")
    made.run()
    assert made.dataset()["items"].select("v").fetchall() == [("new",)]


def test_an_id_that_another_load_has_is_told(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The package does not vanish with success; after the advice its rows come."""
    real = clock.new_load_id
    monkeypatch.setattr("dlt.extract.step.new_load_id", lambda after=(): "1700000000.5")
    _pipeline(tmp_path, "one").run([{"id": 1}], table_name="a")
    other = _pipeline(tmp_path, "two")
    with pytest.raises(PipelineStepFailed, match=r"abort-packages 1700000000\.5") as caught:
        other.run([{"id": 2}], table_name="b")
    assert isinstance(caught.value.exception, LoadPackageAborted)
    monkeypatch.setattr("dlt.extract.step.new_load_id", real)
    other.abort_packages("1700000000.5")
    other.run([{"id": 2}], table_name="b")
    assert other.dataset()["b"].select("id").fetchall() == [(2,)]
