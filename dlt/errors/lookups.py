"""Where a missing setting was looked for, as its error tells it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Union


class LookupTrace(NamedTuple):
    """One place that was asked for a value; only the last one may have had it.

    Attributes:
        provider: The place.
        sections: Sections that were looked in.
        key: Name that was looked for.
        value: None: what was found is not kept, as it may be a secret.
        provider_location: File that was looked in, where that is told.
    """

    provider: str
    sections: Sequence[str]
    key: str
    value: object = None
    provider_location: str = ""


class LookupTraces(NamedTuple):
    """The places that were asked for the fields of a spec within another one.

    Attributes:
        spec_name: The spec.
        resolved_fields_set: Fields that have values.
        union_pos: Which of several specs that may stand there it is, from 1; 0 where there is one only.
        union_count: How many there are.
        traces: Places by field.
    """

    spec_name: str
    resolved_fields_set: list[str]
    union_pos: int
    union_count: int
    traces: Mapping[str, Sequence[LookupTrace | LookupTraces]]


Traced = Union[LookupTrace, LookupTraces]
"""One place that was asked, or all those that were asked for a spec within."""


def flat(traces: Sequence[Traced]) -> Iterator[LookupTrace]:
    """Yield the places of traces and of those within, without values."""
    for trace in traces:
        if isinstance(trace, LookupTrace):
            yield trace._replace(value=None)
        else:
            for inner in trace.traces.values():
                yield from flat(inner)
