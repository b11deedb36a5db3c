"""Bytes that are written in hexadecimal."""

from __future__ import annotations

from typing import SupportsIndex, overload

__all__ = ["HexBytes"]


class HexBytes(bytes):
    """Bytes that are read from hexadecimal text, and shown as it.

    Args:
        val: Text with or without 0x before it, or anything that `bytes` takes.

    Raises:
        ValueError: The text is not hexadecimal, or has an odd number of digits.
    """

    def __new__(cls, val: bytes | bytearray | memoryview | str | int) -> HexBytes:  # noqa: D102  # of the class
        return cls.fromhex(val) if isinstance(val, str) else super().__new__(cls, val)

    @classmethod
    def fromhex(cls, string: str, /) -> HexBytes:
        """Read hexadecimal text, with or without 0x before it.

        Args:
            string: The text.
        """
        digits = string[2:] if string[:2] in ("0x", "0X") else string
        return super().__new__(cls, bytes.fromhex(digits))

    def hex(self, sep: str | bytes = "", bytes_per_sep: SupportsIndex = 1) -> str:
        """Return hexadecimal text with 0x before it.

        Args:
            sep: What stands between bytes.
            bytes_per_sep: After how many of them.
        """
        return "0x" + (super().hex(sep, bytes_per_sep) if sep else super().hex())

    @overload
    def __getitem__(self, key: SupportsIndex, /) -> int: ...

    @overload
    def __getitem__(self, key: slice, /) -> HexBytes: ...

    def __getitem__(self, key: SupportsIndex | slice, /) -> int | HexBytes:
        found = super().__getitem__(key)
        return type(self)(found) if isinstance(found, bytes) else found

    def __repr__(self) -> str:
        return f"HexBytes({self.hex()!r})"
