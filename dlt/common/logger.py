"""The logger of the library, and functions that write to it: `dlt.common.logger.info("...")`."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from dlt.user_log import logger as LOGGER

__all__ = [
    "LOGGER",
    "critical",
    "debug",
    "error",
    "exception",
    "info",
    "is_json_logging",
    "is_logging",
    "log_level",
    "metrics",
    "pretty_format_exception",
    "suppress_and_warn",
    "warning",
]

debug = LOGGER.debug
info = LOGGER.info
warning = LOGGER.warning
error = LOGGER.error
critical = LOGGER.critical
exception = LOGGER.exception


def is_logging() -> bool:
    """Tell that there is a logger, here always."""
    return True


def log_level() -> str:
    """Return the name of the lowest level that is logged."""
    return logging.getLevelName(LOGGER.getEffectiveLevel())


def is_json_logging(log_format: str) -> bool:
    """Tell whether a format means documents of JSON."""
    return log_format == "JSON"


def metrics(name: str, extra: Mapping[str, object], stacklevel: int = 1) -> None:
    """Log numbers.

    Args:
        name: What they are of.
        extra: The numbers, as attributes of the record.
        stacklevel: As `logging` has it.
    """
    # one more: the record names who called, not this function
    LOGGER.info(name, extra=extra, stacklevel=stacklevel + 1)


def pretty_format_exception() -> str:
    """Return the error that is handled now, with where it happened."""
    return traceback.format_exc()


@contextmanager
def suppress_and_warn(msg: str) -> Iterator[None]:
    """Log an error of the block as a warning, and go on behind it.

    Args:
        msg: What failed.
    """
    try:
        yield
    except Exception:  # noqa: BLE001  # that is what the program asks for
        LOGGER.warning(msg, exc_info=True)


def __getattr__(name: str) -> object:
    # this module stands where the logger itself stood: what a logger has besides
    return getattr(LOGGER, name)
