"""Section `extract`: for all sources, or for one of them."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

import dlt
from dlt.errors import PipelineStepFailed


@pytest.fixture
def run(tmp_path: Path) -> Any:
    """Run a source with a name of its own."""

    def go(*resources: Any, name: str = "shop") -> None:
        @dlt.source(name=name)
        def source() -> Any:
            return resources

        dlt.pipeline("p", destination="dummy", pipelines_dir=str(tmp_path)).run(source())

    return go


@pytest.mark.parametrize("section", ["EXTRACT", "SOURCES__SHOP__EXTRACT", "SOURCES__EXTRACT", "P__EXTRACT"])
def test_one_resource_after_the_other(run: Any, monkeypatch: pytest.MonkeyPatch, section: str) -> None:
    """`next_item_mode = "fifo"` reads each to its end before the next one begins; else they take turns."""
    seen: list[str] = []

    def numbers(name: str) -> Any:
        for number in range(2):
            seen.append(f"{name}{number}")
            yield [{"number": number}]

    def resources() -> list[Any]:
        seen.clear()
        return [dlt.resource(numbers(name), name=name) for name in "ab"]

    run(*resources())
    assert seen == ["a0", "b0", "a1", "b1"]
    monkeypatch.setenv(f"{section}__NEXT_ITEM_MODE", "fifo")
    run(*resources())
    assert seen == ["a0", "a1", "b0", "b1"]
    run(*resources(), name="other")
    assert (seen == ["a0", "a1", "b0", "b1"]) is ("SHOP" not in section)


def test_another_word_is_an_error(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not taken for one of the two."""
    monkeypatch.setenv("EXTRACT__NEXT_ITEM_MODE", "lifo")
    with pytest.raises(PipelineStepFailed, match="next_item_mode"):
        run(dlt.resource([1], name="a"), dlt.resource([1], name="b"))


@pytest.mark.parametrize("key", ["WORKERS", "MAX_PARALLEL_ITEMS"])
@pytest.mark.parametrize("section", ["EXTRACT", "SOURCES__SHOP__EXTRACT"])
def test_work_in_parallel(run: Any, monkeypatch: pytest.MonkeyPatch, section: str, key: str) -> None:
    """No more than so many pieces of it are under way at once."""
    monkeypatch.setenv(f"{section}__{key}", "1")
    under_way, most = [0], [0]
    lock = threading.Lock()

    def work() -> Any:
        for _ in range(3):
            with lock:
                under_way[0] += 1
                most[0] = max(most[0], under_way[0])
            # long enough for another thread to begin, if there were one
            threading.Event().wait(0.01)
            with lock:
                under_way[0] -= 1
            yield {"a": 1}

    run(*(dlt.resource(work, name=name, parallelized=True) for name in "abcd"))
    assert most == [1]
