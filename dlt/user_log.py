"""Two channels: the logger `dlt`, silent unless asked, and short lines for people on stderr."""

from __future__ import annotations

import logging
import sys

logger = logging.getLogger("dlt")
logger.addHandler(logging.NullHandler())

_RED, _PLAIN = "\033[31m", "\033[0m"
_enabled = True


def enable(on: bool) -> None:
    """Switch the lines on stderr on or off."""
    global _enabled
    _enabled = on


def set_level(level: str) -> None:
    """Set the level of the logger, unless the program already did.

    Raises:
        ValueError: there is no such level.
    """
    if logger.level == logging.NOTSET or getattr(logger, "_dlt_level", False):
        logger.setLevel(level.upper())
        logger._dlt_level = True  # type: ignore[attr-defined]  # remembers who set it


def line(text: str) -> None:
    """Tell people and the logger."""
    logger.info(text)
    if _enabled and sys.stderr is not None:
        print(f"dlt: {text}", file=sys.stderr, flush=True)


def alarm(text: str) -> None:
    """Tell people in red, and the logger as an error."""
    logger.error(text)
    if _enabled and sys.stderr is not None:
        coloured = sys.stderr.isatty()
        print(f"{_RED if coloured else ''}dlt: {text}{_PLAIN if coloured else ''}", file=sys.stderr, flush=True)
