"""One moment of a database for all tables of a source."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from weakref import finalize

from sqlalchemy.engine import Connection, Engine

from dlt.context import current
from dlt.errors import ConfigurationValueError
from dlt.extract.function import Function
from dlt.extract.resource import DltResource
from dlt.extract.source import DltSource
from dlt.sources.sql_database.engines import release, translated


class Snapshot:
    """A moment of a PostgreSQL that is kept until all tables of a run were read.

    Args:
        engine: The engine.
        backend: Name of the backend.

    Raises:
        ConfigurationValueError: the database, or the backend, has none that connections can share.
    """

    def __init__(self, engine: Engine, backend: str) -> None:
        if engine.dialect.name != "postgresql" or backend == "connectorx":
            raise ConfigurationValueError(
                f"sql_database: snapshot=True needs PostgreSQL and a backend of its driver, and this is "
                f"{engine.dialect.name} with {backend}. Leave it out, or read with another backend."
            )
        self._engine = engine
        self._lock = threading.Lock()
        self._connection: Connection | None = None
        self._name = ""
        self._run: str | None = None
        self._names: set[str] = set()
        self._done: set[str] = set()

    def bind(self, made: DltResource) -> DltResource:
        """Let a table be read as it was at this moment.

        Args:
            made: Its resource.
        """
        gen = made.pipe.gen
        if isinstance(gen, Function):
            made.pipe.gen = replace(gen, kwargs={**gen.kwargs, "snapshot": self})
        self._names.add(made.name)
        return made

    def begin(self) -> Sequence[str]:
        """Return the statements that come first in the transaction of a table."""
        with self._lock:
            run = current().load_id
            if self._connection is None or run != self._run:
                # a run before that failed has left its own
                self._close()
                self._open()
                self._run = run
            return ("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", f"SET TRANSACTION SNAPSHOT '{self._name}'")

    def finish(self, name: str) -> None:
        """Note that a table was read; after the last one the moment is given up.

        Args:
            name: Name of its resource.
        """
        source = current().source
        wanted = self._names
        if isinstance(source, DltSource):
            # they may have other names by now
            wanted = {found.name for found in source.resources.selected.values() if self._shows(found)}
        with self._lock:
            self._done.add(name)
            if wanted <= self._done:
                self._close()

    def _shows(self, found: DltResource) -> bool:
        gen = found.pipe.gen
        return isinstance(gen, Function) and gen.kwargs.get("snapshot") is self

    def _open(self) -> None:
        with translated(self._engine):
            connection = self._engine.connect()
            # closed with the last that holds the source, whatever became of its tables
            finalize(self, _close_quietly, connection)
            self._connection = connection
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            self._name = str(connection.exec_driver_sql("SELECT pg_export_snapshot()").scalar_one())

    def _close(self) -> None:
        if self._connection is not None:
            _close_quietly(self._connection)
            release(self._engine)
        self._connection, self._done = None, set()


def _close_quietly(connection: Connection) -> None:
    # a server that is gone has given it up already
    with suppress(Exception):
        connection.close()
