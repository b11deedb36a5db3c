"""Files into staging tables of BigQuery by jobs, and statements that bring their rows into the tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dlt.clock import moment_of_load
from dlt.destinations.impl.bigquery.bucket import Bucket
from dlt.destinations.impl.bigquery.catalog import BigQueryCatalog
from dlt.destinations.impl.bigquery.session import BigQuerySession
from dlt.destinations.impl.bigquery.staging import Staging
from dlt.destinations.impl.bigquery.tables import table_hints
from dlt.destinations.sql.loader import Loader
from dlt.destinations.sql.merge import Merge
from dlt.schema.system_columns import PARENT_ID, ROOT_ID, ROW_ID, ROW_ORDER
from dlt.schema.typing import TableSchema


class BigQueryLoader(Loader):
    """Rows into the tables of one dataset.

    Attributes:
        changed: Root tables in which this load deletes and inserts.

    Args:
        catalog: The tables.
        bucket: Puts files into a bucket and returns their URLs, where files are staged.
        streaming: Stream rows where a table does not say how.
    """

    session: BigQuerySession
    catalog: BigQueryCatalog

    def __init__(self, catalog: BigQueryCatalog, bucket: Bucket | None, *, streaming: bool) -> None:
        super().__init__(catalog)
        self._bucket, self._streaming = bucket, streaming
        self.begin()

    def begin(self) -> None:
        """Begin without rows."""
        self._staging = Staging(self.session.jobs, self.catalog.full_name, self._bucket)
        self.changed: list[str] = []
        self._filled: set[str] = set()

    def take_staging(self) -> Staging:
        """Return the staging tables, to be dropped; forget them."""
        staging = self._staging
        self.begin()
        return staging

    def staged_name(self, table: str, load_id: str) -> str:
        """Return the name of the staging table of a table."""
        return self._staging.name(table, load_id)

    def stage(self, chain: Sequence[TableSchema], load_id: str) -> dict[str, str]:
        """Return the names of the staging tables; each is made when its first file comes."""
        return {table["name"]: self.staged_name(table["name"], load_id) for table in chain}

    def load_file(self, table: TableSchema, target: str, path: str, file_format: str) -> None:
        """Take one file."""
        self.load_files(table, target, [path], file_format)

    def load_files(self, table: TableSchema, target: str, paths: Sequence[str], file_format: str) -> None:
        """Send some files of one table; `publish` waits for their rows."""
        api = table_hints(table).get("insert_api")
        if api == "streaming" or (api is None and self._streaming):
            self._staging.stream(table, target, paths, file_format)
        else:
            self._staging.load(table, target, paths, file_format)

    def publish(self, chain: Sequence[TableSchema], load_id: str) -> None:
        """Wait for the rows of a chain, and add the statements that bring them into its tables."""
        self._staging.wait()
        disposition = chain[0].get("write_disposition", "append")
        for table in chain:
            if disposition != "append" or self._staging.where(table["name"]):
                self.session.script.changes(self.catalog.qualified(table["name"]))
        if disposition in ("merge", "replace"):
            self.changed.append(chain[0]["name"])
        if disposition == "merge":
            self.complete_root_ids(chain)
            began = self.dialect.moment(moment_of_load(load_id))
            merge = Merge(
                self.dialect, chain, self._source, lambda table: self.catalog.qualified(table["name"]), load_id, began
            )
            for statement in merge.statements():
                self.session.script.add(statement)
            return
        for table in chain:
            final = self.catalog.qualified(table["name"])
            if disposition == "replace":
                # unlike DELETE it is free, and works on tables that need a filter by partition
                self.session.script.add(f"TRUNCATE TABLE {final}")
            if self._staging.where(table["name"]):
                names = ", ".join(map(self.dialect.quote, table["columns"]))
                self.session.script.add(
                    f"INSERT INTO {final} ({names}) SELECT {names} FROM {self._source(table)} AS _dlt_q"
                )

    def staged_rows(self, table: TableSchema, load_id: str) -> str:  # noqa: ARG002 - of the seam
        """Return the new rows of a table, as what stands after FROM; wait for them."""
        self._staging.wait()
        return self._source(table)

    def _source(self, table: TableSchema) -> str:
        """Return the new rows of a table, as what stands after FROM."""
        staged = self._staging.where(table["name"])
        if staged is None:
            # a merge reads every table of its chain, also one that got no file
            return f"(SELECT *, 0 AS {ROW_ORDER} FROM {self.catalog.qualified(table['name'])} WHERE FALSE)"
        documents = [self.dialect.quote(n) for n, column in table["columns"].items() if column["data_type"] == "json"]
        if not documents:
            return self.catalog.qualified(staged)
        # numbers that JSON in BigQuery cannot hold exactly are rounded, as a load job does
        parsed = ", ".join(f"PARSE_JSON({name}, wide_number_mode => 'round') AS {name}" for name in documents)
        return f"(SELECT * REPLACE ({parsed}) FROM {self.catalog.qualified(staged)})"

    def fill_root_ids(self, table: TableSchema, where: Callable[[str], str] | None = None) -> None:
        """Give root ids to rows of a nested table that lack them, or for which a condition holds."""
        parent = table.get("parent")
        # statements are only collected, so a second look finds the same rows without ids
        if parent and table["name"] not in self._filled:
            self._filled.add(table["name"])
            self.session.change(self.root_ids(table, parent, self.source_of_root_ids(parent), where))

    def root_ids(self, table: TableSchema, parent: str, source: str, where: Callable[[str], str] | None) -> str:
        """Return the statement that gives root ids to rows of a nested table."""
        # a version of a history that came back is there twice, under one id
        roots = f"SELECT `{ROW_ID}`, MAX(`{source}`) AS root FROM {self.catalog.qualified(parent)} GROUP BY `{ROW_ID}`"
        return (
            f"UPDATE {self.catalog.qualified(table['name'])} AS _dlt_n SET `{ROOT_ID}` = _dlt_p.root "
            f"FROM ({roots}) AS _dlt_p WHERE _dlt_p.`{ROW_ID}` = _dlt_n.`{PARENT_ID}` "
            f"AND {where('_dlt_n') if where is not None else f'_dlt_n.`{ROOT_ID}` IS NULL'}"
        )
