"""Ids, digests and texts that are not read by the way, under the names of `dlt.common.utils`."""

from __future__ import annotations

import base64
import hashlib
import secrets
import zlib
from typing import BinaryIO


def uniq_id(len_: int = 16) -> str:
    """Return random hexadecimal text.

    Args:
        len_: Random bytes; the text has two characters for each.
    """
    return secrets.token_hex(len_)


def uniq_id_base64(len_: int = 16) -> str:
    """Return random text of the Base64 alphabet, without padding.

    Args:
        len_: Random bytes.
    """
    return _base64(secrets.token_bytes(len_))


def many_uniq_ids_base64(n_ids: int, len_: int = 16) -> list[str]:
    """Return random texts of the Base64 alphabet, without padding.

    Args:
        n_ids: How many.
        len_: Random bytes of each.
    """
    # all at once: each call asks the system
    data = secrets.token_bytes(n_ids * len_)
    return [_base64(data[start : start + len_]) for start in range(0, len(data), len_)]


def digest128(v: str, len_: int = 15) -> str:
    """Return a text that depends on a text only: SHAKE-128 in Base64, without padding.

    Args:
        v: The text.
        len_: Bytes of the digest.
    """
    return digest128b(v.encode(), len_)


def digest128b(v: bytes, len_: int = 15) -> str:
    """Return a text that depends on bytes only: SHAKE-128 in Base64, without padding.

    Args:
        v: The bytes.
        len_: Bytes of the digest.
    """
    # the algorithm of PyPI dlt 1.x, since programs keep such digests as keys
    return _base64(hashlib.shake_128(v).digest(len_))


def digest256(v: str) -> str:
    """Return the SHA3-256 of a text in Base64.

    Args:
        v: The text.
    """
    return base64.b64encode(hashlib.sha3_256(v.encode()).digest()).decode()


def digest256_file_stream(stream: BinaryIO, chunk_size: int = 4096) -> str:
    """Return the SHA3-256 of a file in Base64.

    Args:
        stream: The open file; it is read from its beginning.
        chunk_size: Bytes that are read at once.
    """
    stream.seek(0)
    digest = hashlib.sha3_256()
    while data := stream.read(chunk_size):
        digest.update(data)
    return base64.b64encode(digest.digest()).decode()


def compressed_b64encode(value: bytes) -> str:
    """Compress bytes with zlib, and write them in Base64."""
    # the best level, as programs keep the result in places with little room
    return base64.b64encode(zlib.compress(value, level=9)).decode("ascii")


def compressed_b64decode(value: str) -> bytes:
    """Return the bytes that `compressed_b64encode` wrote."""
    # strange letters are an error here, where zlib could only say that its data is broken
    return zlib.decompress(base64.b64decode(value, validate=True))


def obfuscate_pseudo_secret(pseudo_secret: str, pseudo_key: bytes) -> str:
    """Write a text so that it is not read by the way; whoever has the key of the program reads it.

    Args:
        pseudo_secret: The text.
        pseudo_key: Any bytes.
    """
    # no encryption: it only keeps a key that everybody may have out of searches
    return base64.b64encode(_mixed(pseudo_secret.encode(), pseudo_key)).decode()


def reveal_pseudo_secret(obfuscated_secret: str, pseudo_key: bytes) -> str:
    """Return the text that `obfuscate_pseudo_secret` wrote.

    Args:
        obfuscated_secret: What it returned.
        pseudo_key: The same bytes.

    Raises:
        binascii.Error: It is not Base64.
    """
    return _mixed(base64.b64decode(obfuscated_secret, validate=True), pseudo_key).decode()


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii").rstrip("=")


def _mixed(data: bytes, key: bytes) -> bytes:
    return bytes(byte ^ key[place % len(key)] for place, byte in enumerate(data))
