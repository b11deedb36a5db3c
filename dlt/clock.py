"""Time as the library sees it; the only module that asks the system clock for the date."""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Iterable
from datetime import datetime, timezone
from decimal import Decimal, InvalidOperation

_lock = threading.Lock()
_DIGITS = 12
_MICRO = 10 ** (_DIGITS - 6)
_last_load_id = 0
_SHORT_FRACTION = re.compile(r"(?<=:\d\d)\.\d{1,5}(?!\d)")


def _unlock_in_child() -> None:
    global _lock
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    # another thread of the parent may have held it
    os.register_at_fork(after_in_child=_unlock_in_child)


def utc_now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return datetime.now(timezone.utc)


def moment_of(text: str) -> datetime:
    """Return the moment that ISO text says, also with a Z at its end or few digits, which Python 3.10 does not read.

    Raises:
        ValueError: it says none.
    """
    numeric = text[:-1] + "+00:00" if text.endswith(("Z", "z")) else text
    return datetime.fromisoformat(_SHORT_FRACTION.sub(lambda found: found[0].ljust(7, "0"), numeric))


def new_load_id(after: Iterable[str] = ()) -> str:
    """Return a load id: seconds since the epoch with a fraction, as text; it grows, whatever the clock does.

    The digits behind the microseconds are chosen by chance, so that two machines do not give the same one.

    Args:
        after: Load ids that it must be larger than.
    """
    global _last_load_id
    number = int(time.time() * 1_000_000) * _MICRO + int.from_bytes(os.urandom(4), "big") % _MICRO
    with _lock:
        known = max([_last_load_id, *(_number(load_id) for load_id in after)])
        if number <= known:
            # a microsecond later, and by chance again
            number = (known // _MICRO + 1) * _MICRO + number % _MICRO
        _last_load_id = number
    return f"{number // 10**_DIGITS}.{number % 10**_DIGITS:0{_DIGITS}d}"


def moment_of_load(load_id: str) -> datetime:
    """Return when the package of a load was begun, as its id says; the present moment where it says none.

    Args:
        load_id: The load id.
    """
    try:
        return datetime.fromtimestamp(float(load_id), timezone.utc)
    except ValueError:
        # load ids of orchestrators are no timestamps
        return utc_now()


def is_of_1x(load_id: str) -> bool:
    """Tell whether a load id is one of PyPI `dlt` 1.x, which have fewer digits behind the point.

    Args:
        load_id: The load id.
    """
    seconds, point, fraction = load_id.partition(".")
    return bool(point) and seconds.isdigit() and fraction.isdigit() and len(fraction) < _DIGITS


def _number(load_id: str) -> int:
    try:
        # rounded up: ids of other origin may have more digits
        return int(Decimal(load_id) * 10**_DIGITS) + 1
    except InvalidOperation:
        return 0
