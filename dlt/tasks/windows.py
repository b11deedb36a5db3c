"""Windows: the time, start included and end excluded, that a run of a schedule loads."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from dlt.clock import moment_of
from dlt.errors import EmptyWindow
from dlt.late_dataclass import dataclass


@dataclass(frozen=True)
class Window:
    """A time, start included and end excluded, both aware.

    Incremental cursors with `allow_external_schedulers=True` load what falls into it, and leave the state alone.
    """

    start: datetime.datetime
    end: datetime.datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise EmptyWindow(f"window {self.start} to {self.end}: give both ends a time zone.")
        if self.end <= self.start:
            raise EmptyWindow(
                f"window {self.start.isoformat()} to {self.end.isoformat()} holds no time, so nothing would be loaded. "
                "Pass start and end, or schedule with data intervals."
            )

    def to_list(self) -> list[str]:
        """Return both ends as ISO text."""
        return [self.start.isoformat(), self.end.isoformat()]

    @classmethod
    def from_list(cls, value: Sequence[str | datetime.datetime]) -> Window:
        """Return the window of two moments, as ISO text or as they are.

        Raises:
            EmptyWindow: it holds no time, or is of another form.
        """
        # it comes from JSON that anybody may have written
        if len(value) != 2:
            raise EmptyWindow(f"window: {len(value)} moments. Pass a start and an end.")
        start, end = (item if isinstance(item, datetime.datetime) else moment(item) for item in value)
        return cls(start, end)


def moment(text: str) -> datetime.datetime:
    """Return the moment that ISO text says.

    Raises:
        EmptyWindow: it says none.
    """
    try:
        return moment_of(text)
    except (AttributeError, ValueError) as error:
        raise EmptyWindow(f"window: {text!r} is not a moment. Write it as 2026-01-31T00:00:00+00:00.") from error


def window_given(value: object, naive: datetime.tzinfo | None = None) -> Window:
    """Return the window that a person wrote: a `Window`, or its start and end.

    Args:
        value: A window, or two moments as ISO text or as they are.
        naive: Time zone of moments that name none; they are refused when None.

    Raises:
        EmptyWindow: it is something else, or holds no time.
    """
    if isinstance(value, Window):
        return value
    if isinstance(value, (str, bytes)) or not isinstance(value, Sequence) or len(value) != 2:
        raise EmptyWindow(f"window={value!r} is not a window. Pass 'auto', None, or a start and an end.")
    ends = []
    for name, given in zip(("start", "end"), value, strict=True):
        time = moment(given.strip()) if isinstance(given, str) else given
        if not isinstance(time, datetime.datetime):
            raise EmptyWindow(
                f"window: its {name} is {given!r}, not a moment. Fields of a template are empty for runs that have no "
                "such date: use a schedule with intervals, or window='auto'."
            )
        ends.append(time.replace(tzinfo=naive) if time.tzinfo is None and naive is not None else time)
    return Window(*ends)
