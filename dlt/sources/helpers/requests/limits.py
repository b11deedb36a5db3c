"""What servers say about how often they want to be asked, and a bucket of tokens that keeps to it."""

from __future__ import annotations

import math
import re
import threading
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from dlt import user_log

LIMITED = 429
"""The status of an answer to a client that asks too often."""
LONG_PAUSE = 10.0
"""Seconds from which on people are told what a program waits for."""
_REFUSED = 403
_REMAINING = ("X-RateLimit-Remaining", "RateLimit-Remaining", "X-Rate-Limit-Remaining")
_RESET = ("X-RateLimit-Reset", "RateLimit-Reset", "X-Rate-Limit-Reset")
_EPOCH = 1_000_000_000
"""Servers tell the end of a limit as seconds from now or as a moment; above this it is a moment."""
_EPOCH_IN_MILLISECONDS = _EPOCH * 100


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that `Retry-After` asks for, as a number or as a date; None where it tells nothing.

    Args:
        headers: Those of the answer.
    """
    value = headers.get("Retry-After", headers.get("retry-after"))
    if not isinstance(value, str):
        return None
    number = _number(value)
    if number is not None:
        return number
    try:
        return max(parsedate_to_datetime(value.strip()).timestamp() - time.time(), 0.0)
    except (TypeError, ValueError, OverflowError):
        return None


def limit_ends(headers: Mapping[str, str]) -> float | None:
    """Return the seconds until the server's limit counts anew, None where it does not tell.

    Args:
        headers: Those of the answer.
    """
    value = _first(headers, _RESET)
    if value is None:
        return None
    # GitHub tells a moment in seconds, others in milliseconds, most the seconds that are left
    if value > _EPOCH_IN_MILLISECONDS:
        value /= 1000
    return max(value - time.time(), 0.0) if value > _EPOCH else value


def is_used_up(headers: Mapping[str, str]) -> bool:
    """Tell whether an answer says that it was the last one before the limit counts anew.

    Args:
        headers: Those of the answer.
    """
    return _first(headers, _REMAINING) == 0


def is_limited(status: int, headers: Mapping[str, str]) -> bool:
    """Tell whether a server refused an answer because it was asked too often.

    Args:
        status: That of the answer.
        headers: Those of the answer.
    """
    return status == LIMITED or (status == _REFUSED and is_used_up(headers) and limit_ends(headers) is not None)


def asked_wait(status: int, headers: Mapping[str, str]) -> float | None:
    """Return the seconds that a server asks to wait before the next try, None where it does not tell.

    Args:
        status: That of the answer.
        headers: Those of the answer.
    """
    found = retry_after(headers)
    if found is None and is_limited(status, headers):
        found = limit_ends(headers)
    return found


def _first(headers: Mapping[str, str], names: tuple[str, ...]) -> float | None:
    found = (_number(headers.get(name)) for name in names)
    return next((value for value in found if value is not None), None)


def _number(value: object) -> float | None:
    # some tell several limits in one header: "0, 0;w=60"
    match = re.match(r"\s*(-?\d+(?:\.\d+)?)\s*(?:[,;].*)?$", value) if isinstance(value, str) else None
    return max(float(match.group(1)), 0.0) if match else None


class RateLimiter:
    """A bucket that fills with tokens evenly; each request takes one, and waits for it if there is none.

    Args:
        rate: Requests per second.
        burst: How many requests may go out at once after a rest.

    Raises:
        ValueError: one of them is not above zero.
    """

    def __init__(self, rate: float, burst: int = 1) -> None:
        for name, value in (("rate_limit", rate), ("burst", burst)):
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < math.inf:
                raise ValueError(
                    f"{name}: found {value!r}, expected a number above zero, such as 5 (per second) or 0.5."
                )
        self.rate, self.burst = rate, burst
        self._tokens = float(burst)
        self._filled = time.monotonic()
        self._opens = 0.0
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Take a token, and wait until it is there."""
        with self._lock:
            now = time.monotonic()
            self._tokens = min(self.burst, self._tokens + (now - self._filled) * self.rate)
            self._filled = now
            # below zero: the tokens of those who wait already
            self._tokens -= 1
            pause = max(-self._tokens / self.rate, self._opens - now)
        # outside of the lock, so that others can get in line
        if pause >= LONG_PAUSE:
            user_log.info(f"the limit of the server is used up: the next request follows in {pause:.0f} s.")
        if pause > 0:
            time.sleep(pause)

    def heed(self, headers: Mapping[str, str], longest: float) -> None:
        """Let the next request wait until the server's limit counts anew, if this answer was the last one before.

        Args:
            headers: Those of the answer.
            longest: Seconds that are never exceeded.
        """
        ends = limit_ends(headers) if is_used_up(headers) else None
        if ends:
            self._opens = time.monotonic() + min(ends, longest)
