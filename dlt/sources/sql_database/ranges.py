"""A big table in ranges of its key, which several connections read at once."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import pairwise
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from dlt.errors import ConfigurationValueError
from dlt.late import pa
from dlt.sources.sql_database.engines import connected
from dlt.sources.sql_database.vocabulary import SelectAny, SelectClause

Read: TypeAlias = "Callable[[SelectClause], Iterator[pa.Table]]"
"""Reads the rows of a query."""


def check_partitions(count: int) -> None:
    """Check how many ranges are wanted.

    Args:
        count: The number.

    Raises:
        ConfigurationValueError: it is less than one.
    """
    if count < 1:
        raise ConfigurationValueError(f"sql_database: partitions={count}. It is the number of ranges: 1 or more.")


def in_ranges(query: SelectClause, table: sa.Table, count: int, engine: Engine) -> list[SelectAny]:
    """Return queries for ranges of the key that together give the rows of one; none where it cannot be divided.

    Args:
        query: The query.
        table: Its table.
        count: How many ranges.
        engine: The engine.
    """
    keys = [column for column in table.primary_key if column.name in table.c] if isinstance(table, sa.Table) else []
    is_whole = len(keys) == 1 and isinstance(keys[0].type, sa.Integer)
    # an order, or a limit, is one of all rows
    if count < 2 or not is_whole or not isinstance(query, sa.Select) or not _is_plain(query):
        return []
    key = keys[0]
    with connected(engine) as connection:
        low, high = connection.execute(query.with_only_columns(sa.func.min(key), sa.func.max(key))).one()
    if low is None or high - low < count:
        return []
    starts = [low + (high - low + 1) * number // count for number in range(count)]
    # the last one has no end, and the first no start: rows that come meanwhile are in one of them
    found = [query.where(key >= start, key < end) for start, end in pairwise(starts)]
    return [query.where(key < starts[1]), *found[1:], query.where(key >= starts[-1])]


def _is_plain(query: SelectAny) -> bool:
    clauses: tuple[Any, ...] = (
        query._limit_clause,  # noqa: SLF001 - nothing public tells them
        query._offset_clause,  # noqa: SLF001
        query._group_by_clauses or None,  # noqa: SLF001
        query._order_by_clauses or None,  # noqa: SLF001
        query._distinct or None,  # noqa: SLF001
    )
    return all(clause is None for clause in clauses)


class _Ended:
    """A range was read to its end, or failed."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


def read_at_once(queries: Sequence[SelectClause], read: Read) -> Iterator[pa.Table]:
    """Yield the rows of several queries as they come, each read in a thread.

    Args:
        queries: The queries.
        read: Reads one.

    Raises:
        SqlDatabaseError: one of them failed; the others are given up.
    """
    # what waits here bounds the memory
    found: queue.Queue[pa.Table | _Ended] = queue.Queue(len(queries))
    stopped = threading.Event()

    def put(item: pa.Table | _Ended) -> None:
        while not stopped.is_set():
            with suppress(queue.Full):
                found.put(item, timeout=0.2)
                return

    def run(query: SelectClause) -> None:
        rows = read(query)
        try:
            for table in rows:
                put(table)
                if stopped.is_set():
                    break
            put(_Ended())
        except BaseException as error:  # noqa: BLE001 - raised where the rows are read
            put(_Ended(error))
        finally:
            # a generator, whose connection is given back now
            rows.close()  # type: ignore[attr-defined]

    threads = [threading.Thread(target=run, args=(query,), name="dlt range", daemon=True) for query in queries]
    for thread in threads:
        thread.start()
    try:
        open_ones = len(threads)
        while open_ones:
            item = found.get()
            if isinstance(item, _Ended):
                if item.error is not None:
                    raise item.error
                open_ones -= 1
                continue
            yield item
    finally:
        stopped.set()
        for thread in threads:
            thread.join()
