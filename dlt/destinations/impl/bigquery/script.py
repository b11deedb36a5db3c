"""Statements that are collected, and sent as one script with one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from google.cloud.bigquery import QueryJobConfig

from dlt.destinations.impl.bigquery.errors import CLASH, GUARD
from dlt.destinations.impl.bigquery.jobs import Jobs, parameters
from dlt.destinations.sql.places import placed
from dlt.errors import DatabaseTerminalException

if TYPE_CHECKING:
    from google.cloud.bigquery import QueryJob

MAX_TABLES = 100
"""Tables that one transaction may change: https://cloud.google.com/bigquery/docs/transactions"""
OWN_TABLES = 4
"""Tables of ours that every load may change: of loads, versions, states and fences."""


class Script:
    """A transaction in the making."""

    def __init__(self) -> None:
        self._guards: list[str] = []
        self._first: list[str] = []
        self._statements: list[str] = []
        self._values: list[object] = []
        self._changed: set[str] = set()

    def __bool__(self) -> bool:
        return bool(self._first or self._statements)

    def changes(self, table: str) -> None:
        """Note a table that the transaction changes.

        Raises:
            DatabaseTerminalException: there are more than BigQuery allows.
        """
        self._changed.add(table)
        if len(self._changed) > MAX_TABLES - OWN_TABLES:
            raise DatabaseTerminalException(
                f"bigquery: this load changes more than {MAX_TABLES - OWN_TABLES} tables. BigQuery allows {MAX_TABLES} "
                f"in one transaction, and {OWN_TABLES} of them tell loads, versions, states and fences. Load fewer "
                "resources in one run, or set a smaller max_table_nesting."
            )

    def guard(self, condition: str, text: str, *values: object) -> None:
        """Let the transaction fail unless a condition holds when it begins.

        Args:
            condition: Condition with parameters written %s.
            text: What another load did, for the message of the error.
            values: Values of the parameters.
        """
        # with BigQuery's own words for a clash, so that it is told as one
        self._guards.append(f"ASSERT {self._bound(condition, values)} AS '{GUARD}: {text}, {CLASH}'")

    def first(self, sql: str, values: Sequence[object] = ()) -> None:
        """Add a statement before all others, with parameters written %s."""
        self._first.append(self._bound(sql, values))

    def add(self, sql: str, values: Sequence[object] = ()) -> None:
        """Add a statement with parameters written %s."""
        self._statements.append(self._bound(sql, values))

    def _bound(self, sql: str, values: Sequence[object]) -> str:
        if not values:
            return sql
        first = len(self._values)
        self._values += values
        return placed(sql, lambda number: f"@p{first + number - 1}")

    def text(self) -> str:
        """Return the script."""
        # guards before all else: a load that is not to be fails before it changes anything
        statements = ["BEGIN TRANSACTION", *self._guards, *self._first, *self._statements, "COMMIT TRANSACTION"]
        return ";\n".join(statements) + ";"

    def start(self, jobs: Jobs, job_id: str) -> QueryJob:
        """Begin the job.

        Args:
            jobs: Runs it.
            job_id: Id of the job.
        """
        names = [f"p{number}" for number in range(len(self._values))]
        config = QueryJobConfig(query_parameters=parameters(self._values, names))
        # no retry by the client: it would begin a job under another id, which no other try could find
        return jobs.call(jobs.client.query, self.text(), job_config=config, job_id=job_id, job_retry=None)
