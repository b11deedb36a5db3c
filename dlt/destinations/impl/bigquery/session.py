"""A connection to BigQuery: queries that run at once, and a transaction that is collected and sent as one script."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from google.cloud.bigquery import ConnectionProperty, DatasetReference, QueryJobConfig

from dlt.clock import utc_now
from dlt.destinations.impl.bigquery.cursor import cursor_of
from dlt.destinations.impl.bigquery.jobs import Jobs
from dlt.destinations.impl.bigquery.jobs import parameters as as_parameters
from dlt.destinations.impl.bigquery.script import Script
from dlt.destinations.sql.cursor import Cursor
from dlt.destinations.sql.dialect import Dialect
from dlt.destinations.sql.places import placed
from dlt.destinations.sql.session import Session

if TYPE_CHECKING:
    from google.cloud.bigquery import Client


class BigQuerySession(Session):
    """What runs in one project.

    Attributes:
        script: The transaction in the making.
        bare_names_in: Dataset in which bare names of tables are looked up.
        session_id: Session of BigQuery in which queries run, if one is open.

    Args:
        dialect: How BigQuery writes names and types.
        jobs: Runs jobs.
        project_id: Project of the data.
    """

    connection: Client

    def __init__(self, dialect: Dialect, jobs: Jobs, project_id: str) -> None:
        super().__init__(dialect, jobs.client)
        self.jobs, self.project_id = jobs, project_id
        self.script = Script()
        self.bare_names_in: str | None = None
        self.session_id: str | None = None

    def query(self, sql: str, parameters: Sequence[object] = ()) -> Cursor:
        """Run a query now, with parameters written %s."""
        config = QueryJobConfig()
        if parameters:
            sql = placed(sql, lambda _: "?")
            config.query_parameters = as_parameters(parameters)
        if self.bare_names_in:
            config.default_dataset = DatasetReference(self.project_id, self.bare_names_in)
        if self.session_id:
            config.connection_properties = [ConnectionProperty("session_id", self.session_id)]
        return cursor_of(self.jobs.query(sql, config))

    def change(self, sql: str, parameters: Sequence[object] = ()) -> None:
        """Add a statement to the transaction, with parameters written %s."""
        self.script.add(sql, parameters)

    # -- the transaction

    def begin(self) -> None:
        """Begin to collect statements."""
        self.now = utc_now()
        self.script = Script()
        self.opened()

    def commit(self) -> None:
        """End the transaction, which was sent."""
        self.transaction, self.script = None, Script()

    def rollback(self) -> None:
        """Forget what was collected; staging tables stay for the next try, and expire."""
        self.transaction, self.script = None, Script()

    # -- sessions

    def open_session(self) -> None:
        """Run the queries that follow in one session."""
        config = QueryJobConfig(create_session=True)
        job = self.jobs.call(self.connection.query, "SELECT 1", job_config=config, job_retry=None)
        self.jobs.wait(job)
        assert job.session_info is not None, "it was asked for"
        self.session_id = job.session_info.session_id

    def close_session(self) -> None:
        """End the session, which would else stay for a day."""
        try:
            self.query("CALL BQ.ABORT_SESSION()")
        finally:
            self.session_id = None
