"""The client of one dataset: files into staging tables by jobs, everything published by one transaction.

What is asked for between `begin` and `commit` is collected as statements; `commit` sends them as one script, whose job
is named by the load id. So no transaction stays open on the server when this process dies.
"""

from __future__ import annotations

from dlt.destinations.impl.bigquery.bucket import Bucket
from dlt.destinations.impl.bigquery.catalog import BigQueryCatalog
from dlt.destinations.impl.bigquery.configuration import BigQuerySettings
from dlt.destinations.impl.bigquery.ledger import BigQueryLedger
from dlt.destinations.impl.bigquery.loader import BigQueryLoader
from dlt.destinations.impl.bigquery.script import Script
from dlt.destinations.impl.bigquery.session import BigQuerySession
from dlt.destinations.impl.bigquery.sql_client import BigQuerySqlClient
from dlt.destinations.sql.client import SqlDestinationClient
from dlt.errors import DestinationException
from dlt.ids import digest_id, random_id
from dlt.schema.schema import Schema


class BigQueryClient(SqlDestinationClient):
    """Work on one dataset.

    Args:
        session: The connection.
        dataset_name: Name of the dataset.
        settings: What the user says.
        bucket: Puts files into a bucket and returns their URLs, where files are staged.
        schema: Schema of the tables, if known.
    """

    session: BigQuerySession
    catalog: BigQueryCatalog
    loader: BigQueryLoader
    ledger: BigQueryLedger

    def __init__(
        self,
        session: BigQuerySession,
        dataset_name: str,
        settings: BigQuerySettings,
        bucket: Bucket | None = None,
        schema: Schema | None = None,
    ) -> None:
        catalog = BigQueryCatalog(session, dataset_name, settings, schema)
        loader = BigQueryLoader(catalog, bucket, streaming=settings.streaming_insert)
        super().__init__(loader, BigQueryLedger(catalog))
        self.jobs = session.jobs

    def sql_client(self) -> BigQuerySqlClient:
        """Return a client for queries; bare table names mean tables of the dataset."""
        self.session.bare_names_in = self.dataset_name if self.has_dataset() else None
        return BigQuerySqlClient(self, self.session, self.dataset_name)

    def checking_client(self) -> None:
        """Return none: the transaction is a script, of which nothing runs before the commit."""

    def begin(self) -> None:
        """Begin to collect statements."""
        self.session.begin()
        self.catalog.begin()
        self.loader.begin()
        self.ledger.begin()

    def rollback(self) -> None:
        """Forget what was collected; staging tables stay for the next try, and expire."""
        self.session.rollback()
        self.catalog.begin()
        self.loader.begin()
        self.ledger.begin()

    def commit(self) -> None:
        """Send what was collected as one transaction.

        Raises:
            DestinationException: it failed, and nothing of it is visible.
        """
        # as late as this: what was dropped may have been made again by then
        self.catalog.empty_dropped()
        self.ledger.lock_tables(self.loader.changed)
        script = self.session.script
        if script and self.ledger.load_id:
            self._publish_once(self.ledger.load_id, script)
        # what is no load has no id by which a repetition could be told: it is sent once
        elif script:
            self.jobs.wait(script.start(self.jobs, f"dlt_{random_id()}"))
        self.session.commit()
        self.ledger.begin()
        dropped, staging = self.catalog.take_dropped(), self.loader.take_staging()
        try:
            self.catalog.clean(dropped)
            staging.drop()
        except DestinationException:
            # the load is complete; empty tables and columns harm nobody, and staging tables expire
            return

    def _publish_once(self, load_id: str, script: Script) -> None:
        where = self.catalog.full_name
        try:
            self.jobs.finish(
                # the same name in every try: BigQuery itself runs it once
                f"dlt_publish_{digest_id(f'{where} {load_id}')}",
                lambda job_id: script.start(self.jobs, job_id),
                f"load {load_id}",
                counts=lambda: self.ledger.has_load_now(load_id),
            )
        except DestinationException:
            # another try of the same load may have been faster
            if not self.ledger.has_load_now(load_id):
                raise
