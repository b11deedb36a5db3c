"""Collectors of progress under the names of PyPI `dlt` 1.x."""

from __future__ import annotations

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
    """Count in `counters`, a dict that a program reads."""

    def __init__(self) -> None:
        self.counters: dict[str, int] = {}

    def update(
        self, name: str, inc: int = 1, total: int | None = None, message: str | None = None, label: str = ""
    ) -> None:
        """Add to a counter; those with a label are counted for themselves.

        Args:
            name: The counter.
            inc: How much.
            total: The end that is known; it is not kept.
            message: What is shown beside it; it is not kept.
            label: Tells counters of one name apart.
        """
        del total, message
        key = f"{name}_{label}" if label else name
        self.counters[key] = self.counters.get(key, 0) + inc


NULL_COLLECTOR = NullCollector()
