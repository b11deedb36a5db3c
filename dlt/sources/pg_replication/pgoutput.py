"""Messages of the output plugin pgoutput, version 1 of its protocol: bytes in, values out."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Final, Literal, Union

from dlt.errors import ReplicationError

UNCHANGED: Final = b"\x00unchanged\x00"
"""Stands for a value that lies outside of its row (TOAST), was not changed, and is therefore not in the message.

No value is the same: the server's texts hold no zero bytes.
"""

Values = list[Union[bytes, None]]
"""The values of a row as texts, in the order of the relation's columns."""

_EPOCH = datetime(2000, 1, 1, tzinfo=timezone.utc)
_SHORT, _INT, _LONG = struct.Struct(">h"), struct.Struct(">I"), struct.Struct(">Q")
_SIGNED = struct.Struct(">i")


@dataclass(frozen=True)
class Begin:
    """A transaction begins.

    Attributes:
        final_lsn: Where its commit stands in the log.
        committed_at: When it was committed.
        xid: Its number.
    """

    final_lsn: int
    committed_at: datetime
    xid: int


@dataclass(frozen=True)
class Commit:
    """A transaction ends; the next one begins behind `end_lsn`."""

    end_lsn: int


@dataclass(frozen=True)
class RelationColumn:
    """A column of a relation: whether it is of the key, its name, its type and the type's modifier."""

    is_key: bool
    name: str
    type_oid: int
    modifier: int


@dataclass(frozen=True)
class Relation:
    """A table as it is at this place of the stream.

    Attributes:
        oid: Number of the table.
        schema: Its schema.
        name: Its name.
        identity: By what rows are told apart: "d" primary key, "i" an index, "f" all columns, "n" nothing.
        columns: The columns that are published.
    """

    oid: int
    schema: str
    name: str
    identity: str
    columns: tuple[RelationColumn, ...]


@dataclass(frozen=True)
class Change:
    """A row that was inserted, updated or deleted.

    Attributes:
        kind: Which of these.
        relation: Number of the table.
        new: The row as it is afterwards; None after a delete.
        old: The row, or only its key, as it was before; None where the server does not tell.
        old_is_whole: The old row is told with all its values.
    """

    kind: Literal["insert", "update", "delete"]
    relation: int
    new: Values | None
    old: Values | None = None
    old_is_whole: bool = False


@dataclass(frozen=True)
class Truncate:
    """Tables that were emptied."""

    relations: tuple[int, ...]


Message = Union[Begin, Commit, Relation, Change, Truncate]


def parse(data: bytes) -> Message | None:
    """Return what a message says; None for one that changes nothing, such as the origin of a transaction.

    Args:
        data: The message.

    Raises:
        ReplicationError: it is none that this version of the protocol has.
    """
    kind = data[:1]
    try:
        # by how often they come
        if kind == b"I":
            new, _ = _values(data, 6)
            return Change("insert", _INT.unpack_from(data, 1)[0], new)
        if kind == b"U":
            return _update(data)
        if kind == b"D":
            old, _ = _values(data, 6)
            return Change("delete", _INT.unpack_from(data, 1)[0], None, old, data[5:6] == b"O")
        if kind == b"B":
            final_lsn, micros = _LONG.unpack_from(data, 1)[0], _LONG.unpack_from(data, 9)[0]
            return Begin(final_lsn, _EPOCH + timedelta(microseconds=micros), _INT.unpack_from(data, 17)[0])
        if kind == b"C":
            # behind flags and the place of the commit itself, which the begin has too
            return Commit(_LONG.unpack_from(data, 10)[0])
        if kind == b"R":
            return _relation(data)
        if kind == b"T":
            count = _INT.unpack_from(data, 1)[0]
            return Truncate(struct.unpack_from(f">{count}I", data, 6))
    except (struct.error, IndexError, ValueError) as error:
        raise ReplicationError(f"A message of the kind {kind!r} from the server cannot be read: {error}.") from error
    # types are looked up in the catalog, and where a transaction comes from is of no interest
    if kind in (b"Y", b"O", b"M"):
        return None
    raise ReplicationError(
        f"The server sent a message of the kind {kind!r}, which version 1 of the protocol of pgoutput does not have."
    )


def _update(data: bytes) -> Change:
    marker, old, at = data[5:6], None, 5
    if marker in (b"K", b"O"):
        old, at = _values(data, 6)
    new, _ = _values(data, at + 1)
    return Change("update", _INT.unpack_from(data, 1)[0], new, old, marker == b"O")


def _values(data: bytes, at: int) -> tuple[Values, int]:
    """Return the values of a row that stands at a place, and where it ends."""
    count = _SHORT.unpack_from(data, at)[0]
    at += 2
    found: Values = []
    for _ in range(count):
        kind = data[at]
        at += 1
        if kind == 0x74:  # t
            size = _INT.unpack_from(data, at)[0]
            at += 4
            found.append(data[at : at + size])
            at += size
        else:
            found.append(None if kind == 0x6E else UNCHANGED)  # n
    return found, at


def _relation(data: bytes) -> Relation:
    schema, at = _text(data, 5)
    name, at = _text(data, at)
    identity = chr(data[at])
    count = _SHORT.unpack_from(data, at + 1)[0]
    at += 3
    columns = []
    for _ in range(count):
        # the other bits mean nothing yet
        is_key = bool(data[at] & 1)
        column, at = _text(data, at + 1)
        columns.append(
            RelationColumn(is_key, column, _INT.unpack_from(data, at)[0], _SIGNED.unpack_from(data, at + 4)[0])
        )
        at += 8
    return Relation(_INT.unpack_from(data, 1)[0], schema or "pg_catalog", name, identity, tuple(columns))


def _text(data: bytes, at: int) -> tuple[str, int]:
    end = data.index(b"\x00", at)
    return data[at:end].decode(), end + 1
