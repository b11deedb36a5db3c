"""Tables of a PostgreSQL that change by chance, for tests of replication."""

from __future__ import annotations

import random
from typing import Any

import psycopg2

TABLES = ("plain", "whole", "parts", "pairs")
_DDL = """
CREATE TABLE plain (id int PRIMARY KEY, v int, note text, big text);
ALTER TABLE plain ALTER big SET STORAGE EXTERNAL;
CREATE TABLE whole (id int PRIMARY KEY, v int, note text, big text);
ALTER TABLE whole ALTER big SET STORAGE EXTERNAL;
ALTER TABLE whole REPLICA IDENTITY FULL;
CREATE TABLE parts (id int PRIMARY KEY, v int, note text, big text) PARTITION BY RANGE (id);
CREATE TABLE parts_low PARTITION OF parts FOR VALUES FROM (0) TO (20);
CREATE TABLE parts_high PARTITION OF parts FOR VALUES FROM (20) TO (1000);
CREATE TABLE pairs (id int, v int NOT NULL, note text, big text, kind text DEFAULT 'a', PRIMARY KEY (id, kind));
CREATE UNIQUE INDEX pairs_index ON pairs (kind, id);
ALTER TABLE pairs REPLICA IDENTITY USING INDEX pairs_index;
"""


class Workload:
    """Changes by chance, the same for each seed.

    Args:
        url: An empty database.
        seed: Seed of the chance.
    """

    def __init__(self, url: str, seed: int) -> None:
        self.chance = random.Random(seed)
        self._connections = [psycopg2.connect(url) for _ in range(3)]
        self._reader = psycopg2.connect(url)
        self._reader.autocommit = True
        self._reader.cursor().execute(_DDL)

    def close(self) -> None:
        """Close the connections."""
        for connection in (*self._connections, self._reader):
            connection.close()

    def content(self, table: str) -> dict[Any, tuple[Any, ...]]:
        """Return what a table holds, by its key."""
        return self._read(f"SELECT id, v, note, md5(big), {'kind' if table == 'pairs' else '0'} FROM {table}")

    def _read(self, query: str) -> dict[Any, tuple[Any, ...]]:
        cursor = self._reader.cursor()
        cursor.execute(query)
        return {(row[0], row[-1]): row[1:-1] for row in cursor.fetchall()}

    def change(self, transactions: int) -> None:
        """Commit transactions, some of them at the same time as others."""
        for _ in range(transactions):
            open_ones = self.chance.sample(self._connections, self.chance.randint(1, 3))
            tables = self.chance.sample(TABLES, len(open_ones))
            # each has tables of its own, so that none waits for another one
            for _ in range(self.chance.randint(1, 3)):
                for connection, table in zip(open_ones, tables, strict=True):
                    self._statement(connection, table)
            self.chance.shuffle(open_ones)
            for connection in open_ones:
                if self.chance.random() < 0.1:
                    connection.rollback()
                else:
                    connection.commit()

    def _statement(self, connection: Any, table: str) -> None:
        cursor, chance = connection.cursor(), self.chance
        key = chance.randint(0, 39)
        big = f"repeat('{chance.randint(0, 9)}', {chance.choice((10, 3000, 9000))})"
        kind = chance.random()
        if kind < 0.35:
            conflict = "(id, kind)" if table == "pairs" else "(id)"
            cursor.execute(
                f"INSERT INTO {table} (id, v, note, big) SELECT n, {chance.randint(0, 99)}, 'new', {big}"
                f" FROM generate_series({key}, {key + chance.randint(0, 5)}) n"
                f" ON CONFLICT {conflict} DO UPDATE SET v = {table}.v + 1"
            )
        elif kind < 0.6:
            cursor.execute(f"UPDATE {table} SET v = v + 1 WHERE id BETWEEN {key} AND {key + 3}")
        elif kind < 0.7:
            cursor.execute(f"UPDATE {table} SET big = {big}, note = NULL WHERE id = {key}")
        elif kind < 0.82:
            other = chance.randint(0, 39)
            cursor.execute(
                f"UPDATE {table} SET id = {other} WHERE id = {key}"
                f" AND NOT EXISTS (SELECT 1 FROM {table} WHERE id = {other})"
            )
        elif kind < 0.95:
            cursor.execute(f"DELETE FROM {table} WHERE id BETWEEN {key} AND {key + 1}")
        elif kind < 0.97:
            cursor.execute(f"TRUNCATE {table}")
        else:
            cursor.execute(f"SAVEPOINT a; UPDATE {table} SET v = -v WHERE id = {key}; ROLLBACK TO a")
