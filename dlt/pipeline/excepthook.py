"""An opt-in hook for scripts: an error that nobody caught becomes one line in red and exit code 1."""

from __future__ import annotations

import logging
import sys
from types import TracebackType

from dlt import user_log
from dlt.errors import DltException
from dlt.redact import redact

logger = logging.getLogger("dlt")


def install() -> None:
    """Replace `sys.excepthook`, unless a notebook or another program already did."""
    if sys.excepthook is sys.__excepthook__:
        sys.excepthook = _tell


def _tell(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    pipeline = getattr(error, "pipeline", None)
    asked = getattr(pipeline, "telling", None) or user_log.current()
    if not asked.excepthook or not issubclass(kind, DltException):
        sys.__excepthook__(kind, error, trace)
        return
    logger.error("the script ended with an error", exc_info=(kind, error, trace))
    # the last words of a script are shown even where the user log is off
    print(redact(f"dlt: {kind.__name__}: {error}"), file=sys.stderr)
