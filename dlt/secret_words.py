"""The words that say that a value beside them is a secret."""

from __future__ import annotations

import re

SECRET_NAMES = (
    r"passw(?:or)?d|passphrase|pwd|secret|api[_-]?key|apikey|access[_-]?key|account[_-]?key|private[_-]?key"
    r"|subscription[_-]?key|(?:access|auth|refresh|session|security|bearer|sas|id|api)[_-]?token|token"
    r"|(?:mask|pipeline)[_-]?salt|authorization|cookie|connection[_-]?string|signature|client[_-]?secret|shared[_-]?access[_-]?signature"
)
"""A pattern of whole names, for larger patterns; letters of either case."""
# `re` compiles them at their first use, and most programs use neither
_NAME = rf"(?i)(?:^|[_.\s-]|x-)(?:{SECRET_NAMES})(?:$|[_.\s-])|passw|^(?:sig|key|auth|jwt)$"
_PART_OF_NAME = rf"(?i){SECRET_NAMES}|passw|credential"


def is_secret_name(name: str) -> bool:
    """Tell whether a key, parameter or header of this name holds a secret."""
    return re.search(_NAME, name) is not None


def is_place_name(name: str) -> bool:
    """Tell whether a key or parameter of this name says where something is: of its value a login alone is secret."""
    return name == "credentials" or re.search(r"(?i)(?:^|_)ur[li]$", name) is not None


def may_be_secret_name(name: str) -> bool:
    """Tell whether a name has a word in it that is used of secrets: enough to keep a value to oneself.

    It is wider than `is_secret_name`: "apitokens" and "credentials" may be the names of secrets.
    """
    return is_secret_name(name) or re.search(_PART_OF_NAME, name) is not None
