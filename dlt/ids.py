"""Short unique text for rows and files."""

from __future__ import annotations

import os
from base64 import urlsafe_b64encode

ROW_ID_LENGTH = 14
"""Characters of a row id: 84 bits, as users know it."""


def random_id(length: int = ROW_ID_LENGTH) -> str:
    """Return random text of `length` characters from the URL-safe base64 alphabet."""
    return urlsafe_b64encode(os.urandom(length)).decode("ascii")[:length]


def digest_id(text: str, length: int = ROW_ID_LENGTH) -> str:
    """Return `length` characters that depend on `text` only."""
    import hashlib

    # names may hold lone surrogates; 33 bytes are 44 characters without padding
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=33).digest()
    return urlsafe_b64encode(digest).decode("ascii")[:length]
