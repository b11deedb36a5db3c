"""Collectors of progress under the names of PyPI `dlt` 1.x."""

from __future__ import annotations

from collections import defaultdict

from dlt.progress import AliveCollector, Collector, EnlightenCollector, LogCollector, NullCollector, TqdmCollector

__all__ = [
    "NULL_COLLECTOR",
    "AliveCollector",
    "Collector",
    "DictCollector",
    "EnlightenCollector",
    "LogCollector",
    "NullCollector",
    "TqdmCollector",
]


class DictCollector(Collector):
    """Count in `counters`, a dict that a program reads while the collector is open, and None before and after."""

    def __init__(self) -> None:
        self.counters: dict[str, int] | None = None

    def update(
        self, name: str, inc: int = 1, total: int | None = None, message: str | None = None, label: str = ""
    ) -> None:
        """Add to a counter.

        Args:
            name: The counter.
            inc: How much.
            total: The end that is known; it is not kept.
            message: What is shown beside it; it is not kept.
            label: Nothing: counters have no labels here.

        Raises:
            AssertionError: a label is given, or the collector is not open.
        """
        del total, message
        assert not label, "labels not supported in dict collector"
        assert self.counters is not None, "a dict collector counts between its begin and its end"
        self.counters[name] += inc

    def start(self) -> None:
        """Begin to count."""
        self.counters = defaultdict(int)

    def stop(self) -> None:
        """Forget what was counted."""
        self.counters = None


NULL_COLLECTOR = NullCollector()
