"""Which collector is meant by what a program or a setting says."""

from __future__ import annotations

from importlib import import_module

from dlt.errors import ConfigurationValueError
from dlt.progress.base import Collector, NullCollector

# imported when they are asked for: a program shows its progress in one way, most in none
_WORDS = {
    "log": "dlt.progress.lines:LogCollector",
    "tqdm": "dlt.progress.bars:TqdmCollector",
    "enlighten": "dlt.progress.bars:EnlightenCollector",
    "alive_progress": "dlt.progress.bars:AliveCollector",
    "rich": "dlt.progress.bars:RichCollector",
    "none": "dlt.progress.base:NullCollector",
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
    place = _WORDS.get(progress.lower()) if isinstance(progress, str) else None
    if place is None:
        raise ConfigurationValueError(
            f"progress={progress!r} is not known. Use one of {', '.join(_WORDS)}, or a Collector."
        )
    module, _, name = place.partition(":")
    kind: type[Collector] = getattr(import_module(module), name)
    return kind()
