"""Changes of PostgreSQL tables by logical replication (change data capture)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from dlt.configuration.accessors import secrets
from dlt.errors import InvalidHint
from dlt.extract.decorators import resource
from dlt.extract.items import DataItemWithMeta
from dlt.extract.state import resource_state
from dlt.schema.typing import ColumnSchema
from dlt.sources.credentials import ConnectionStringCredentials
from dlt.sources.pg_replication.changes import Changes, Wanted
from dlt.sources.pg_replication.helpers import init_replication
from dlt.sources.pg_replication.server import Server, connect

__all__ = ["init_replication", "replication_resource"]


@resource(name=lambda args: args["slot_name"])
def replication_resource(
    slot_name: str,
    pub_name: str,
    credentials: ConnectionStringCredentials = secrets.value,
    include_columns: Mapping[str, Sequence[str]] | None = None,
    columns: Mapping[str, Mapping[str, ColumnSchema]] | None = None,
    target_batch_size: int = 1000,
    flush_slot: bool = True,
) -> Iterable[DataItemWithMeta]:
    """Give the changes of published tables, up to now.

    Where the publication has updates or deletes, rows are merged by the key of their table, with the columns `lsn` and
    `deleted_ts`; where it has inserts only, they are appended, with the column `lsn`. The slot is advanced when the
    changes are loaded: by the next run, up to the place that the state at the destination has.

    Args:
        slot_name: Name of the replication slot, which `init_replication` makes.
        pub_name: Name of the publication.
        credentials: Of the server; the role needs REPLICATION.
        include_columns: Columns that are loaded, by table; all of tables that are not named. Keys are always among them
            where rows are merged.
        columns: Hints for columns, by table and column.
        target_batch_size: Rows that wait in memory before they go out.
        flush_slot: Advance the slot, so that the server can remove what is loaded from its log.

    Raises:
        ReplicationError: server, slot or publication do not let us.
        InvalidHint: `target_batch_size` is no number of rows.
        NoPrimaryKeyException: rows of a table change that nothing tells apart.
    """
    if target_batch_size < 1:
        raise InvalidHint(
            f"replication_resource: target_batch_size is {target_batch_size}, and a page has a row at least."
        )
    server = Server(connect(credentials))
    try:
        wanted = Wanted(slot_name, pub_name, include_columns, columns, target_batch_size, flush_slot)
        yield from Changes(server, credentials, wanted, resource_state()).read()
    finally:
        server.close()
