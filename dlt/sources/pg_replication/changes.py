"""Changes of tables as pages of rows, and how far they are taken."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dlt import user_log
from dlt.context import current
from dlt.errors import NoPrimaryKeyException, StreamBroken
from dlt.extract.items import DataItemWithMeta, EmptiedTable, HintsMeta
from dlt.sources.pg_replication.pgoutput import (
    UNCHANGED,
    Begin,
    Change,
    Commit,
    Message,
    Relation,
    Truncate,
    Values,
    parse,
)
from dlt.sources.pg_replication.server import Server, lsn_text
from dlt.sources.pg_replication.stream import Identity, SlotStream, Until
from dlt.sources.pg_replication.tables import DELETED, LSN, Column, ColumnHints, IncludedColumns, Table, table_of
from dlt.sources.pg_replication.unchanged import MissingValues, fill

if TYPE_CHECKING:
    from dlt.sources.credentials import ConnectionStringCredentials
    from dlt.states.model import State
    from dlt.types import Row

_FAR = 16 << 20
"""Bytes of log without a change after which the place is noted all the same, so that the server can let them go."""
_TRIES, _PAUSE = 5, 1.0
"""How often a connection is made anew that brings nothing, and seconds before each time."""
_LARGE, _OUTSIDE = 32 << 20, 640_000
"""Bytes that wait in memory at most, and how many a value is taken for that is looked up later."""
SNAPSHOTS = "snapshots"
OWN = "_dlt"
"""Names of tables that pipelines keep for themselves begin so."""


@dataclass
class Wanted:
    """What a program asks for."""

    slot: str
    publication: str
    include: IncludedColumns = None
    columns: ColumnHints | None = None
    batch: int = 1000
    confirms: bool = True


class Position:
    """How far changes are taken: all transactions before a place, and of each table so many changes behind it.

    The state of a resource keeps it, and is committed with the rows. Within a transaction it is needed where a program
    stops to read: whatever page came last, no change is taken twice, and none is left out.

    Args:
        state: State of the resource.
        server: Which server it is.
    """

    def __init__(self, state: State, server: Identity) -> None:
        self._state, self._server = state, server
        # places in the log mean nothing at another server
        self.is_foreign = state.get("server") not in (None, server.system)
        self.timeline = int(state.get("timeline") or server.timeline)
        self.lsn = 0 if self.is_foreign else int(state.get("lsn") or 0)
        self._beyond: dict[str, int] = {} if self.is_foreign else dict(state.get("beyond") or {})
        self._skip = dict(self._beyond)

    def go_back(self, lsn: int) -> None:
        """Begin at an earlier place: what was behind it is gone from the log."""
        self.lsn, self._beyond, self._skip = lsn, {}, {}

    def skips(self, table: str) -> bool:
        """Tell whether a change was taken before; each is asked for once."""
        left = self._skip.get(table, 0)
        if left:
            self._skip[table] = left - 1
        return left > 0

    @property
    def is_within(self) -> bool:
        """Tell whether changes behind the place are taken."""
        return bool(self._beyond)

    def take(self, table: str, changes: int) -> None:
        """Note that changes of a table go out."""
        self._beyond = {**self._beyond, table: self._beyond.get(table, 0) + changes}
        self._save()

    def pass_by(self, table: str) -> None:
        """Count a change that does not go out."""
        self._beyond = {**self._beyond, table: self._beyond.get(table, 0) + 1}

    def reach(self, lsn: int) -> None:
        """Note that all before a place went out."""
        self.lsn, self._beyond = lsn, {}
        self._save()

    def _save(self) -> None:
        # in one piece: a reader may stop behind any page
        self._state.update({"lsn": self.lsn, "server": self._server.system, "timeline": self._server.timeline})
        if self._beyond:
            self._state["beyond"] = self._beyond
        else:
            self._state.pop("beyond", None)


@dataclass
class _Page:
    """Rows of a table that wait to go out."""

    table: Table
    mark: HintsMeta
    rows: list[Row] = field(default_factory=list)
    changes: int = 0
    missing: list[MissingValues] = field(default_factory=list)


class Changes:
    """Changes of a slot, as pages with the hints of their tables.

    Args:
        server: The server.
        credentials: Of the server.
        wanted: What a program asks for.
        state: State of the resource.
    """

    def __init__(self, server: Server, credentials: ConnectionStringCredentials, wanted: Wanted, state: State) -> None:
        self._server, self._credentials, self._wanted = server, credentials, wanted
        self._state = state
        self._snapshots: Mapping[str, int] = dict(state.get(SNAPSHOTS) or {})
        # by their numbers: a name may be that of another table later
        self._relations: dict[int, Relation] = {}
        self._marks: dict[int, tuple[Table, HintsMeta]] = {}
        self._pages: dict[int, _Page] = {}
        self._waiting = self._size = 0
        self._began: Begin | None = None
        self._ended = 0
        self._is_skipped, self._is_empty = False, True

    def read(self) -> Iterator[DataItemWithMeta]:
        """Yield pages, up to the place that the log has reached now.

        Raises:
            ReplicationError: the server, the slot or the publication does not let us, or the connection is lost again
                and again.
            NoPrimaryKeyException: rows of a table change that nothing tells apart.
        """
        self._server.check()
        self._publication = self._server.publication(self._wanted.publication)
        self._until, self._loaded = Until(0), -1
        left, reached = _TRIES, None
        while True:
            try:
                yield from self._read_once()
                return
            except StreamBroken as broken:
                # as long as a connection brings something, the next one will too
                left = left - 1 if self._state.get("lsn") == reached else _TRIES
                if left <= 0:
                    raise
                reached = self._state.get("lsn")
                user_log.info(f"{broken} It is asked once more.")
                time.sleep(_PAUSE)
                # pages that went out are noted in the state; what waited comes again
                self._pages, self._began, self._ended = {}, None, 0
                self._waiting = self._size = 0

    def _read_once(self) -> Iterator[DataItemWithMeta]:
        stream = SlotStream(self._credentials, self._wanted.slot)
        try:
            identity = stream.identify()
            self._system = identity.system
            self._position = position = Position(self._state, identity)
            slot = self._server.usable_slot(self._wanted.slot)
            if position.timeline != identity.timeline:
                self._follow(position, stream.parted_at(position.timeline, identity.timeline))
            self._tell_gap(slot.confirmed)
            if self._loaded < 0:
                self._until.lsn = self._server.position()
                self._tell_behind(position.lsn)
                # what waits on this disk may be given up, and what is read outside of a run is not loaded at all
                in_run = current().load_id is not None and not self._waits()
                self._loaded = position.lsn if in_run else 0
            # where a connection was lost, the state is that of pages which went out, and are not loaded yet
            stream.start(self._wanted.publication, self._loaded, self._loaded if self._wanted.confirms else 0)
            yield from self._read(stream, self._until)
        finally:
            # at once, and not when the collector comes by: the next run waits for the slot
            stream.close()

    def _read(self, stream: SlotStream, until: Until) -> Iterator[DataItemWithMeta]:
        reached = 0
        # rows whose values were asked for may have moved the end on
        while reached < until.lsn:
            reached = until.lsn
            for data, lsn in stream.messages(until):
                message = parse(data)
                self._size += len(data)
                if message is not None:
                    yield from self._take(message, lsn)
            yield from self._flush(self._ended)
        is_far = self._position.lsn and reached - self._position.lsn >= _FAR
        if self._ended or is_far:
            self._position.reach(max(reached, self._ended))

    def _follow(self, position: Position, parted: int | None) -> None:
        """Go on at a server that took over: transactions that it never got are others there."""
        if parted is not None and position.lsn > parted:
            user_log.error(
                f"pg_replication: another server took over at {lsn_text(parted)}, before the place "
                f"{lsn_text(position.lsn)} that was loaded: it lacks changes that were loaded, and goes on without "
                "them. Load a new snapshot."
            )
            position.go_back(parted)

    @staticmethod
    def _waits() -> bool:
        pipeline = current().pipeline
        return pipeline is None or pipeline.has_pending_data

    def _tell_gap(self, confirmed: int) -> None:
        name, lsn = self._wanted.slot, self._position.lsn
        if self._position.is_foreign:
            user_log.error(
                f"pg_replication: the state is of another server than the replication slot {name!r}: changes are "
                "taken from where the slot begins. Load a new snapshot if rows may be missing."
            )
        elif lsn and confirmed > lsn:
            user_log.error(
                f"pg_replication: the replication slot {name!r} begins at {lsn_text(confirmed)}, and what was loaded "
                f"ends at {lsn_text(lsn)}: it was made anew, or someone else moved it. Changes between the two are not "
                "loaded: load a new snapshot if there were any."
            )

    def _tell_behind(self, lsn: int) -> None:
        if lsn > self._until.lsn:
            user_log.error(
                f"pg_replication: the log of the server ends at {lsn_text(self._until.lsn)}, and what was loaded at "
                f"{lsn_text(lsn)}. A replica is behind and comes later; a server that was restored from a backup gives "
                "changes which would be taken for loaded ones: forget the state of the resource "
                "(dlt pipeline NAME drop RESOURCE --state-only), and load a new snapshot (reset=True)."
            )

    def _take(self, message: Message, lsn: int) -> Iterator[DataItemWithMeta]:
        if isinstance(message, Change):
            if not self._is_skipped and not self._is_known(message.relation):
                self._add(message, lsn)
                if self._is_full:
                    yield from self._flush(None)
        elif isinstance(message, Begin):
            self._began, self._is_empty = message, True
            self._is_skipped = message.final_lsn < self._position.lsn
        elif isinstance(message, Commit):
            # one without changes, which old servers tell too, is nothing that has to be noted
            if not self._is_skipped and not self._is_empty:
                self._ended = message.end_lsn
                # a page that began within the transaction ends with it, so that the place may move on
                if self._position.is_within or self._is_full:
                    yield from self._flush(self._ended)
        elif isinstance(message, Relation):
            # rows that came before have the columns of before
            if message.oid in self._pages:
                yield from self._flush(None)
            self._relations[message.oid] = message
            self._marks.pop(message.oid, None)
        elif not self._is_skipped:
            yield from self._truncate(message)

    def _is_known(self, oid: int) -> bool:
        """Tell whether a change was taken before, is in the snapshot of its table, or of no table that is loaded."""
        table = str(oid)
        # those that another pipeline keeps for itself are no data
        if self._relations[oid].name.startswith(OWN):
            return True
        self._is_empty = False
        if self._position.skips(table):
            return True
        if self._began is not None and self._began.final_lsn < self._snapshots.get(f"{self._system}/{table}", 0):
            self._position.pass_by(table)
            return True
        return False

    @property
    def _is_full(self) -> bool:
        return self._waiting >= self._wanted.batch or self._size >= _LARGE

    def _marked(self, oid: int) -> tuple[Table, HintsMeta]:
        found = self._marks.get(oid)
        # looked up when the first row comes: most tables of a schema do not change in a run
        if found is None:
            wanted = self._wanted
            only_inserts = self._publication.only_inserts
            table = table_of(self._server, self._relations[oid], only_inserts, wanted.include, wanted.columns)
            found = self._marks[oid] = table, HintsMeta(table.hints, table.name, True)
        return found

    def _truncate(self, message: Truncate) -> Iterator[DataItemWithMeta]:
        for oid in message.relations:
            if self._is_known(oid):
                continue
            # what waits came before
            yield from self._flush(None)
            _, mark = self._marked(oid)
            self._position.take(str(oid), 1)
            yield DataItemWithMeta(mark, EmptiedTable())

    def _add(self, change: Change, lsn: int) -> None:
        page = self._pages.get(change.relation)
        if page is None:
            page = self._pages[change.relation] = _Page(*self._marked(change.relation))
        page.changes += 1
        before = len(page.rows)
        if change.kind != "insert" and not page.table.key:
            raise NoPrimaryKeyException(_without_key(page.table, change.kind))
        if change.new is None:
            page.rows.append(self._deleted(page.table, change.old or [], change.old_is_whole, lsn))
        else:
            if change.old is not None:
                new_key, old_key = page.table.key_of(change.new), page.table.key_of(change.old)
                # a key that changed is a row that went, and another one that came
                if any(new not in (UNCHANGED, old) for new, old in zip(new_key, old_key, strict=True)):
                    page.rows.append(self._deleted(page.table, change.old, change.old_is_whole, lsn))
            page.rows.append(self._changed(page, change, change.new, lsn))
        self._waiting += len(page.rows) - before

    def _changed(self, page: _Page, change: Change, values: Values, lsn: int) -> Row:
        row: Row = {}
        missing: list[Column] = []
        for column in page.table.columns:
            value = values[column.index]
            if value is UNCHANGED and change.old is not None and (change.old_is_whole or column in page.table.key):
                value = values[column.index] = change.old[column.index]
            if value is UNCHANGED:
                missing.append(column)
                value = None
            row[column.name] = None if value is None else column.decode(value.decode())
        row[LSN] = lsn
        if missing:
            self._size += _OUTSIDE * len(missing)
            key = tuple((values[column.index] or b"").decode() for column in page.table.key)
            page.missing.append(MissingValues(row, key, tuple(missing), self._began.xid if self._began else 0))
        return row

    def _deleted(self, table: Table, values: Values, is_whole: bool, lsn: int) -> Row:
        row: Row = {}
        for column in table.columns if is_whole else table.key:
            value = values[column.index]
            row[column.name] = None if value is None else column.decode(value.decode())
        row[LSN] = lsn
        row[DELETED] = self._began.committed_at if self._began is not None else None
        return row

    def _flush(self, ended: int | None) -> Iterator[DataItemWithMeta]:
        """Yield what waits.

        Args:
            ended: End of the transaction that was read last; None within one.
        """
        # taken out first: whoever stops within must not find them again
        pages, self._pages = self._pages, {}
        self._waiting = self._size = 0
        for oid, page in pages.items():
            if page.missing:
                fill(self._server, page.table, page.missing, self._until)
            # before it goes out: whoever stops then has the rows
            self._position.take(str(oid), page.changes)
            yield DataItemWithMeta(page.mark, page.rows)
        if ended:
            self._position.reach(ended)


def _without_key(table: Table, kind: str) -> str:
    return (
        f"pg_replication: a row of {table.schema}.{table.name} was {kind}d, and the table has no primary key that "
        "tells which one. Add one (ALTER TABLE ... ADD PRIMARY KEY) or name a unique index (ALTER TABLE ... REPLICA "
        'IDENTITY USING INDEX ...), or publish inserts only (publish="insert").'
    )
