"""Keys that are much like one that was looked for and not found."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from dlt.configuration.container import asked
from dlt.errors.lookups import LookupTrace

_ENOUGH = 0.8
_MOST = 3


def similar_keys(key: str, places: Sequence[LookupTrace]) -> list[str]:
    """Return at most three places that have a value under a similar key, or the same in another section.

    Args:
        key: What was looked for.
        places: Providers and names that were asked; the first one is what the result should be close to.
    """
    names = {place.provider for place in places}
    tried = {place.key for place in places}
    if not places:
        return []
    wanted = _dotted(places[0].key)
    scored: list[tuple[float, str]] = []
    for provider in asked(secret=False):
        if provider.name not in names:
            continue
        # a place lists its keys, it is no mapping
        for name in provider.keys():  # noqa: SIM118
            last = _dotted(name).rpartition(".")[2]
            # what was tried has no value, or it would have been found
            if name not in tried and _ratio(last, key.lower()) >= _ENOUGH:
                scored.append((_ratio(_dotted(name), wanted), f"{provider.name}: {name}"))
    # the nearest place first, then by name, so that a message is the same at each run
    scored.sort(key=lambda item: (-item[0], item[1]))
    return [name for _, name in scored[:_MOST]]


def did_you_mean(word: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """Return ", did you mean '...'?" with the known word that is most like another one, or nothing.

    Args:
        word: What was found.
        known: What there is.
        cutoff: How much alike they must be, 1 for equal words.
    """
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=cutoff)
    return f", did you mean {near[0]!r}?" if near else ""


def _dotted(name: str) -> str:
    return name.lower().replace("__", ".")


def _ratio(one: str, other: str) -> float:
    return difflib.SequenceMatcher(None, one, other, autojunk=False).ratio()
