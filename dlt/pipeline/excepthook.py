"""An opt-in for scripts: an error that nobody caught becomes one line in red and exit code 1.

`sys.excepthook` is replaced only while an error is alive that left a step of a pipeline with `runtime.excepthook`.
"""

from __future__ import annotations

import logging
import sys
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

from dlt.errors import DltException
from dlt.redact import redact

logger = logging.getLogger("dlt")
_errors: weakref.WeakSet[DltException] = weakref.WeakSet()
"""Errors on their way out of the program, or to someone who catches them."""


@contextmanager
def in_one_line(asked: bool) -> Iterator[None]:
    """Let an error that leaves the block, and the program after it, become one line.

    Args:
        asked: Whether the settings ask for it.
    """
    try:
        yield
    except DltException as error:
        if asked:
            _install(error)
        raise


def _install(error: DltException) -> None:
    """Replace `sys.excepthook` for an error, unless a notebook or another program already did."""
    if sys.excepthook is sys.__excepthook__:
        sys.excepthook = _tell
    if sys.excepthook is _tell and error not in _errors:
        _errors.add(error)
        # at the end of the process there is nothing to put back
        weakref.finalize(error, _uninstall).atexit = False


def _uninstall() -> None:
    # a length would count the error that is just going
    if not list(_errors) and sys.excepthook is _tell:
        sys.excepthook = sys.__excepthook__


def _tell(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if not isinstance(error, DltException) or error not in _errors:
        sys.__excepthook__(kind, error, trace)
        return
    logger.error("the script ended with an error", exc_info=(kind, error, trace))
    # the last words of a script are shown even where the user log is off
    print(redact(f"dlt: {kind.__name__}: {error}"), file=sys.stderr)
