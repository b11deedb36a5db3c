"""The stream of a replication slot: messages of whole transactions, up to a place in the log."""

from __future__ import annotations

import selectors
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dlt.errors import ReplicationError, StreamBroken
from dlt.redact import redact
from dlt.sources.pg_replication.server import (
    close_quietly,
    connect_for_replication,
    lsn_number,
    lsn_text,
    quoted,
    quoted_text,
)

if TYPE_CHECKING:
    from psycopg2.extras import ReplicationCursor

    from dlt.sources.credentials import ConnectionStringCredentials

_SILENCE = 1.0
"""Seconds without a message after which the server is asked where it is."""
_BEAT = 10.0
"""Seconds after which the server is told that we are there."""
_NEVER = 1e8


@dataclass(frozen=True)
class Identity:
    """Which server it is, and of which history of its log, which parts when a replica takes over."""

    system: str
    timeline: int


class SlotStream:
    """Messages of a slot, in the order of the commits.

    What was loaded is confirmed when the stream begins, and nothing else ever is. psycopg2 confirms of itself what a
    cursor read before the first message came; so one cursor reads, and another one, which reads nothing, answers.

    Args:
        credentials: Of the server.
        slot: Name of the slot.
    """

    def __init__(self, credentials: ConnectionStringCredentials, slot: str) -> None:
        self._slot = slot
        self._connection = connect_for_replication(credentials)
        self._reader: ReplicationCursor = self._connection.cursor()
        self._answers: ReplicationCursor = self._connection.cursor()
        self._beat_at = 0.0

    def identify(self) -> Identity:
        """Return which server it is."""
        self._reader.execute("IDENTIFY_SYSTEM")
        system, timeline, *_ = self._reader.fetchone()
        return Identity(str(system), int(timeline))

    def parted_at(self, timeline: int, now: int) -> int | None:
        """Return where the log of today left that of an earlier timeline; None if it never did.

        Args:
            timeline: The earlier timeline.
            now: That of today.
        """
        self._reader.execute(f"TIMELINE_HISTORY {now}")
        _, content = self._reader.fetchone()
        return parted_at(content if isinstance(content, str) else bytes(content).decode(), timeline)

    def start(self, publication: str, start: int, confirmed: int) -> None:
        """Begin to read.

        Args:
            publication: Name of the publication.
            start: Place in the log before which no transaction is wanted; 0 for all that the slot has.
            confirmed: Place before which everything is loaded; 0 confirms nothing.

        Raises:
            ReplicationError: the slot does not let us.
        """
        # a list of identifiers within a text
        names = quoted_text(quoted(publication))
        with self._telling():
            self._reader.start_replication_expert(
                f"START_REPLICATION SLOT {quoted(self._slot)} LOGICAL {lsn_text(start)}"
                f" (proto_version '1', publication_names {names})",
                decode=False,
                # the reader must not answer of itself
                status_interval=_NEVER,
            )
            # what the state at the destination has, the server may forget
            self._answers.send_feedback(flush_lsn=confirmed)
            self._beat(reply=False)

    def messages(self, until: Until) -> Iterator[tuple[bytes, int]]:
        """Yield messages with their places in the log, until the server has told all up to a place.

        Args:
            until: The place; it may move on meanwhile.

        Raises:
            StreamBroken: the connection was lost.
            ReplicationError: the server cannot go on.
        """
        with selectors.DefaultSelector() as selector, self._telling():
            selector.register(self._connection, selectors.EVENT_READ)
            while True:
                found = self._reader.read_message()
                if found is not None:
                    yield found.payload, found.data_start
                # the server tells where it is whenever it has nothing more to send
                elif self._reader.wal_end >= until.lsn:
                    return
                elif not selector.select(_SILENCE):
                    self._beat(reply=True)
                # whoever takes the rows may be slow
                if time.monotonic() > self._beat_at:
                    self._beat(reply=False)

    def _beat(self, reply: bool) -> None:
        self._answers.send_feedback(force=True, reply=reply)
        self._beat_at = time.monotonic() + _BEAT

    @contextmanager
    def _telling(self) -> Iterator[None]:
        import psycopg2

        try:
            yield
        except psycopg2.Error as error:
            # the connection is gone, or the server ends it; all else comes again with the next one
            lost = error.pgcode is None or error.pgcode.startswith("57P")
            text = redact(" ".join(str(error).split()).rstrip("."))
            raise (StreamBroken if lost else ReplicationError)(
                f"pg_replication: the stream of the replication slot {self._slot!r} broke: {text}. Nothing is lost: "
                "the next run begins at the same place."
            ) from error

    def close(self) -> None:
        """Leave the slot to others."""
        close_quietly(self._connection)


def parted_at(history: str, timeline: int) -> int | None:
    """Return where a history leaves a timeline; None if it does not.

    Args:
        history: As the server keeps it: a line for each timeline before, with its end.
        timeline: The timeline.
    """
    for line in history.splitlines():
        parts = line.split()
        if len(parts) > 1 and parts[0] == str(timeline):
            return lsn_number(parts[1])
    return None


class Until:
    """The place in the log at which a run ends; a run may move it on."""

    def __init__(self, lsn: int) -> None:
        self.lsn, self._moves = lsn, 0

    def move(self, lsn: int, at_most: int) -> None:
        """Move it on, so many times at most."""
        if self._moves < at_most:
            self._moves += 1
            self.lsn = max(self.lsn, lsn)
