"""Objects as lines of text, from one process to another."""

from __future__ import annotations

import base64
import binascii
import pickle
from collections.abc import Sequence
from pickle import PickleError

__all__ = ["decode_last_obj", "decode_obj", "encode_obj"]

_MARK = "dlt-obj:"
"""What such a line begins with; other lines of a program do not."""


def encode_obj(o: object, ignore_pickle_errors: bool = True) -> str | None:
    """Return an object as a line of text.

    Args:
        o: The object.
        ignore_pickle_errors: Return None for what cannot be sent.
    """
    try:
        return _MARK + base64.b64encode(pickle.dumps(o)).decode("ascii")
    except (PickleError, AttributeError, TypeError):
        if ignore_pickle_errors:
            return None
        raise


def decode_obj(line: str, ignore_pickle_errors: bool = True) -> object:
    """Return the object of a line, None if it is another line.

    Args:
        line: The line, of a program that this one started and trusts.
        ignore_pickle_errors: Return None for what cannot be read.
    """
    if not line.startswith(_MARK):
        return None
    try:
        return pickle.loads(base64.b64decode(line[len(_MARK) :], validate=True))
    except (PickleError, AttributeError, ImportError, EOFError, binascii.Error):
        if ignore_pickle_errors:
            return None
        raise


def decode_last_obj(lines: Sequence[str], ignore_pickle_errors: bool = True) -> object:
    """Return the object of the last line that is one, None if there is none.

    Args:
        lines: Lines of a program.
        ignore_pickle_errors: Go past what cannot be read.
    """
    # the last one counts: a program says how it ended behind all else
    found = (decode_obj(line, ignore_pickle_errors) for line in reversed(lines))
    return next((value for value in found if value is not None), None)
