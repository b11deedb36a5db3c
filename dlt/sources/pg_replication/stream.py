"""The stream of a replication slot: messages of whole transactions, up to a place in the log."""

from __future__ import annotations

import selectors
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from dlt.errors import ReplicationError
from dlt.redact import redact
from dlt.sources.pg_replication.server import close_quietly, connect_for_replication, lsn_text, quoted, quoted_text

if TYPE_CHECKING:
    from psycopg2.extras import ReplicationCursor

    from dlt.sources.credentials import ConnectionStringCredentials

_SILENCE = 1.0
"""Seconds without a message after which the server is asked where it is."""
_BEAT = 10.0
"""Seconds after which the server is told that we are there."""
_NEVER = 1e8


class SlotStream:
    """Messages of a slot, in the order of the commits.

    What was loaded is confirmed when the stream begins, and nothing else ever is. psycopg2 confirms of itself what a
    cursor read before the first message came; so one cursor reads, and another one, which reads nothing, answers.

    Args:
        credentials: Of the server.
        slot: Name of the slot.
        publication: Name of the publication.
        start: Place in the log before which no transaction is wanted; 0 for all that the slot has.
        confirmed: Place before which everything is loaded; 0 confirms nothing.
    """

    def __init__(
        self, credentials: ConnectionStringCredentials, slot: str, publication: str, start: int, confirmed: int
    ) -> None:
        self._slot = slot
        self._connection = connect_for_replication(credentials)
        self._reader: ReplicationCursor = self._connection.cursor()
        self._answers: ReplicationCursor = self._connection.cursor()
        self._beat_at = 0.0
        # a list of identifiers within a text
        names = quoted_text(quoted(publication))
        try:
            self._reader.start_replication_expert(
                f"START_REPLICATION SLOT {quoted(slot)} LOGICAL {lsn_text(start)}"
                f" (proto_version '1', publication_names {names})",
                decode=False,
                # the reader must not answer of itself
                status_interval=_NEVER,
            )
            # what the state at the destination has, the server may forget
            self._answers.send_feedback(flush_lsn=confirmed)
            self._beat(reply=False)
        except BaseException:
            self.close()
            raise

    def messages(self, until: Until) -> Iterator[tuple[bytes, int]]:
        """Yield messages with their places in the log, until the server has told all up to a place.

        Args:
            until: The place; it may move on meanwhile.
        """
        with selectors.DefaultSelector() as selector:
            selector.register(self._connection, selectors.EVENT_READ)
            while True:
                found = self._reader.read_message()
                if found is not None:
                    yield found.payload, found.data_start
                    # whoever takes the rows may be slow
                    if time.monotonic() > self._beat_at:
                        self._beat(reply=False)
                # the server tells where it is whenever it has nothing more to send
                elif self._reader.wal_end >= until.lsn:
                    return
                elif not selector.select(_SILENCE):
                    self._beat(reply=True)

    def _beat(self, reply: bool) -> None:
        self._answers.send_feedback(force=True, reply=reply)
        self._beat_at = time.monotonic() + _BEAT

    def close(self) -> None:
        """Leave the slot to others."""
        close_quietly(self._connection)


class Until:
    """The place in the log at which a run ends; a run may move it on."""

    def __init__(self, lsn: int) -> None:
        self.lsn, self._moves = lsn, 0

    def move(self, lsn: int, at_most: int) -> None:
        """Move it on, so many times at most."""
        if self._moves < at_most:
            self._moves += 1
            self.lsn = max(self.lsn, lsn)


def cannot_go_on(error: Exception, slot: str) -> ReplicationError:
    """Return the error for a stream that broke.

    Args:
        error: What the driver raised.
        slot: Name of the slot.
    """
    text = redact(" ".join(str(error).split()).rstrip("."))
    return ReplicationError(
        f"pg_replication: the stream of the replication slot {slot!r} broke: {text}. Nothing of this run was kept, and "
        "nothing is lost: the next run begins at the same place."
    )
