"""Show how far a step is: a bar, lines in a log, or nothing."""

from __future__ import annotations

from dlt.errors import ConfigurationValueError
from dlt.progress.bars import AliveCollector, EnlightenCollector, RichCollector, TqdmCollector
from dlt.progress.base import Collector, NullCollector
from dlt.progress.lines import LogCollector, TableLog

__all__ = [
    "AliveCollector",
    "Collector",
    "EnlightenCollector",
    "LogCollector",
    "NullCollector",
    "RichCollector",
    "TableLog",
    "TqdmCollector",
    "alive_progress",
    "collector_from",
    "enlighten",
    "log",
    "rich",
    "tqdm",
]

log, tqdm, rich = LogCollector, TqdmCollector, RichCollector
enlighten, alive_progress = EnlightenCollector, AliveCollector
_WORDS: dict[str, type[Collector]] = {
    "log": LogCollector,
    "tqdm": TqdmCollector,
    "enlighten": EnlightenCollector,
    "alive_progress": AliveCollector,
    "rich": RichCollector,
    "none": NullCollector,
}


def collector_from(progress: object) -> Collector:
    """Return a collector for a word, a class, an object, or None.

    Raises:
        ConfigurationValueError: the word is unknown.
    """
    if progress is None:
        return NullCollector()
    if isinstance(progress, Collector):
        return progress
    if isinstance(progress, type) and issubclass(progress, Collector):
        return progress()
    if isinstance(progress, str):
        kind = _WORDS.get(progress.lower())
        if kind is not None:
            return kind()
    raise ConfigurationValueError(
        f"progress={progress!r} is not known. Use one of {', '.join(_WORDS)}, or a Collector."
    )
