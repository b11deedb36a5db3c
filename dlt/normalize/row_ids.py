"""Row ids: short unique text that depends on the package only, so that a step that runs again gives the same rows.

A root id is a digest of package and table with a counter behind it, which compresses well at the destination. A nested
id mixes the parent's id, the table and the list index. Each function has a scalar and a vectorised form that agree.
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from dlt.ids import ROW_ID_LENGTH, digest_id
from dlt.late import np, orjson, pa
from dlt.schema.arrow import integers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    # numpy itself leaves the shape of an array open
    Numbers = NDArray[np.integer]

_DIGITS = b"-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
_COUNTER_LENGTH = 6
_MASK = (1 << 64) - 1
_GOLDEN, _FIRST, _SECOND = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB


class RootIds:
    """Hand out the ids of the root rows of one table.

    Args:
        nonce: Random text made when the package was extracted.
        table: Name of the table.
    """

    def __init__(self, nonce: str, table: str) -> None:
        # of package and table: the same rows get the same ids when a step runs again
        self._prefix = digest_id(f"{nonce}_{table}", ROW_ID_LENGTH - _COUNTER_LENGTH)
        self._count = 0

    def __call__(self) -> str:
        """Return the next id."""
        number, text = self._count, bytearray(_COUNTER_LENGTH)
        self._count += 1
        for position in range(_COUNTER_LENGTH - 1, -1, -1):
            # the digits are in the order of ASCII, so that ids sort as the rows came
            text[position] = _DIGITS[number & 63]
            number >>= 6
        return self._prefix + text.decode("ascii")

    def take(self, count: int) -> pa.StringArray:
        """Return the next `count` ids."""
        numbers = np.arange(self._count, self._count + count, dtype=np.int64)
        self._count += count
        digits = np.frombuffer(_DIGITS, dtype=np.uint8)
        text = np.empty((count, ROW_ID_LENGTH), dtype=np.uint8)
        text[:, : ROW_ID_LENGTH - _COUNTER_LENGTH] = np.frombuffer(self._prefix.encode("ascii"), dtype=np.uint8)
        for position in range(_COUNTER_LENGTH):
            shift = 6 * (_COUNTER_LENGTH - 1 - position)
            text[:, ROW_ID_LENGTH - _COUNTER_LENGTH + position] = digits[(numbers >> shift) & 63]
        return _strings(text)


class RowOrder:
    """Hand out the places of the root rows of one table in their load."""

    def __init__(self) -> None:
        self._count = 0
        self._given: Iterator[int] | None = None

    def __call__(self) -> int:
        """Return the next place."""
        if self._given is not None:
            return next(self._given)
        self._count += 1
        return self._count - 1

    def take(self, count: int) -> pa.Int64Array:
        """Return the next `count` places."""
        if self._given is not None:
            return integers(np.fromiter(self._given, dtype=np.int64, count=count))
        self._count += count
        return integers(np.arange(self._count - count, self._count, dtype=np.int64))

    def out_of_order(self, parts: Iterable[Numbers]) -> Iterator[None]:
        """Yield for each part of a page, while places are those of its rows in the page.

        Args:
            parts: Numbers of the rows of each part, all together those of the page.
        """
        # the parts are taken one after the other, and their rows keep the places that they came in
        start, total = self._count, 0
        for rows in parts:
            total += len(rows)
            self._given = iter((start + rows).tolist())
            yield
        self._given, self._count = None, start + total


def key_id(values: Sequence[object]) -> str:
    """Return the id of a root row that depends on values of the row only."""
    # str for what JSON has no word for, as the value counts and not how it is written
    text = orjson.dumps(values, default=str, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_SUBCLASS)
    return urlsafe_b64encode(hashlib.blake2b(text, digest_size=12).digest()).decode("ascii")[:ROW_ID_LENGTH]


def child_id(parent_id: str, table: str, index: int) -> str:
    """Return the id of a nested row."""
    # the mixing below takes ids of one length
    if len(parent_id) != ROW_ID_LENGTH or not parent_id.isascii():
        parent_id = digest_id(parent_id)  # an id that came with the data
    raw = parent_id.encode("ascii")
    first, last = int.from_bytes(raw[:8], "little"), int.from_bytes(raw[-8:], "little")
    x = _mix((first + _table_word(table) + index * _GOLDEN) & _MASK)
    y = _mix(last ^ x ^ ((index << 17) & _MASK))
    data = (x.to_bytes(8, "little") + y.to_bytes(8, "little"))[:ROW_ID_LENGTH]
    return bytes(_DIGITS[byte & 63] for byte in data).decode("ascii")


def child_ids(parent_ids: pa.StringArray, table: str, parents: Numbers, indexes: Numbers) -> pa.StringArray:
    """Return the ids of nested rows.

    Args:
        parent_ids: Ids of the parent rows, shape (parents,).
        table: Name of the nested table.
        parents: Position of each row's parent, shape (rows,).
        indexes: List index of each row, shape (rows,), int64.
    """
    offset = parent_ids.offset * ROW_ID_LENGTH
    raw = np.frombuffer(parent_ids.buffers()[2], dtype=np.uint8, count=len(parent_ids) * ROW_ID_LENGTH, offset=offset)
    raw = raw.reshape(-1, ROW_ID_LENGTH)
    first = np.ascontiguousarray(raw[:, :8]).view("<u8").ravel()[parents]
    last = np.ascontiguousarray(raw[:, -8:]).view("<u8").ravel()[parents]
    index = indexes.astype(np.uint64)
    # the scalar form cuts to 64 bits, which unsigned words do by themselves
    with np.errstate(over="ignore"):
        x = _mix_array(first + np.uint64(_table_word(table)) + index * np.uint64(_GOLDEN))
        y = _mix_array(last ^ x ^ (index << np.uint64(17)))
    # little-endian on every machine, or a package could not move between two
    words = np.empty((len(index), 2), dtype="<u8")
    words[:, 0], words[:, 1] = x, y
    data = words.view(np.uint8)[:, :ROW_ID_LENGTH]
    return _strings(np.frombuffer(_DIGITS, dtype=np.uint8)[data & 63])


def _table_word(table: str) -> int:
    return int.from_bytes(hashlib.blake2b(table.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def _mix(word: int) -> int:
    word = ((word ^ (word >> 30)) * _FIRST) & _MASK
    word = ((word ^ (word >> 27)) * _SECOND) & _MASK
    return word ^ (word >> 31)


def _mix_array(words: Numbers) -> Numbers:
    words = (words ^ (words >> np.uint64(30))) * np.uint64(_FIRST)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(_SECOND)
    return words ^ (words >> np.uint64(31))


def _strings(text: Numbers) -> pa.StringArray:
    count = len(text)
    offsets = np.arange(0, (count + 1) * ROW_ID_LENGTH, ROW_ID_LENGTH, dtype=np.int32)
    return pa.StringArray.from_buffers(count, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(text)))
