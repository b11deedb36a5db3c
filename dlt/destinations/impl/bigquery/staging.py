"""Files of one load into staging tables: by load jobs that run once, or by streaming inserts."""

from __future__ import annotations

import datetime
import os
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from google.cloud.bigquery import LoadJobConfig, QueryJobConfig, Table

from dlt.clock import utc_now
from dlt.destinations.impl.bigquery.bucket import Bucket
from dlt.destinations.impl.bigquery.errors import Job, by_reason, translating
from dlt.destinations.impl.bigquery.files import FORMATS, names_in, opened, rows_of
from dlt.destinations.impl.bigquery.jobs import Jobs
from dlt.destinations.impl.bigquery.tables import column_of, staged_fields
from dlt.errors import DatabaseException, DatabaseTransientException, DatabaseUndefinedRelation
from dlt.ids import digest_id, random_id
from dlt.schema.typing import TableSchema
from dlt.types import JsonObject

if TYPE_CHECKING:
    from google.cloud.bigquery import LoadJob, SchemaField

PREFIX = "_dlt_staged_"
LIFE = datetime.timedelta(days=2)
"""How long a staging table that nobody dropped stays; a load that takes longer begins anew."""
STREAM_WAIT = 120.0
"""Seconds to wait for a new table to take a streaming insert, and for its rows to be readable."""
_UPLOADS = 4
_SENT_AGAIN = 5 << 20
"""Bytes of a file up to which Google's client sends it by one request."""


class Staging:
    """The staging tables of one load.

    Args:
        jobs: Runs jobs.
        dataset: project.dataset.
        bucket: Takes files into an object store and gives their URLs; None sends them directly.
    """

    def __init__(self, jobs: Jobs, dataset: str, bucket: Bucket | None = None) -> None:
        self._jobs, self._dataset, self._bucket = jobs, dataset, bucket
        self._names: dict[str, str] = {}
        self._running: list[Callable[[], None]] = []
        self._streamed: dict[str, int] = {}

    @staticmethod
    def name(table: str, load_id: str) -> str:
        """Return the name that the staging table of a table has in every try of a load."""
        return f"{PREFIX}{digest_id(f'{load_id} {table}')}"

    def where(self, table: str) -> str | None:
        """Return the staging table of a table that got files."""
        return self._names.get(table)

    def load(self, table: TableSchema, name: str, paths: Sequence[str], file_format: str) -> None:
        """Begin a job for each file."""
        staged = self._table(table, name)
        with ThreadPoolExecutor(_UPLOADS) as pool:
            self._running += pool.map(lambda path: self._begin(table, staged, path, file_format), paths)

    def wait(self) -> None:
        """Wait until all rows are there.

        Raises:
            DestinationException: a job failed; `file` names the file.
        """
        running, self._running = self._running, []
        for finish in running:
            finish()
        for name, count in self._streamed.items():
            self._wait_for_rows(name, count)
        self._streamed = {}

    def drop(self) -> None:
        """Delete the staging tables and what is in the bucket."""
        with ThreadPoolExecutor(_UPLOADS) as pool:
            list(pool.map(self._delete, self._names.values()))
        if self._bucket is not None:
            self._bucket.clean()

    # -- tables

    def _table(self, table: TableSchema, name: str) -> Table:

        client = self._jobs.client
        fields = staged_fields(table["columns"].values())
        native = Table(f"{self._dataset}.{name}", fields)
        # nobody is left to delete those of a killed process
        native.expires = utc_now() + LIFE
        self._names[table["name"]] = name
        found = self._jobs.call(client.create_table, native, exists_ok=True)
        if not _same(found.schema, fields):
            # another release of the schema made it: its rows are loaded again
            self._delete(name)
            found = self._jobs.call(client.create_table, native, exists_ok=True)
        return found

    def _delete(self, name: str) -> None:
        self._jobs.call(self._jobs.client.delete_table, f"{self._dataset}.{name}", not_found_ok=True)

    # -- load jobs

    def _begin(self, table: TableSchema, staged: Table, path: str, file_format: str) -> Callable[[], None]:
        file, size = os.path.basename(path), os.path.getsize(path)
        what = f"table {table['name']}, file {file}"
        # a staging table that was made anew has none of the rows that jobs loaded into the one before
        made = staged.created.isoformat()
        name = f"dlt_load_{digest_id(f'{self._dataset}.{staged.table_id} {made} {file} {size}')}"
        begin = partial(self._submit, table, staged, path, file_format, name)
        try:
            job = self._jobs.start(name, begin, what)
        except DatabaseException as error:
            raise _of_file(error, file)
        return partial(self._finish, name, begin, what, job, file)

    def _finish(self, name: str, begin: Callable[[str], Job], what: str, job: Job, file: str) -> None:
        try:
            self._jobs.finish(name, begin, what, job=job)
        except DatabaseException as error:
            raise _of_file(error, file)

    def _submit(
        self, table: TableSchema, staged: Table, path: str, file_format: str, name: str, job_id: str
    ) -> LoadJob:

        here = names_in(path, file_format)
        config = LoadJobConfig(
            source_format=FORMATS[file_format],
            # each file comes by a job of its own
            write_disposition="WRITE_APPEND",
            # a job that comes late, when the load is done and its tables are dropped, must not make one again
            create_disposition="CREATE_NEVER",
            schema=staged_fields(c for column, c in table["columns"].items() if here is None or column in here),
            # the first one that can hold the decimals of the file counts
            decimal_target_types=["NUMERIC", "BIGNUMERIC", "STRING"],
        )
        client, limits = self._jobs.client, self._jobs.limits
        if self._bucket is not None:
            with opened(path, file_format) as (data, _):
                url = self._bucket.put(f"{name}.{FORMATS[file_format].lower()}", data)
            return client.load_table_from_uri(
                url, staged.reference, job_id=job_id, job_config=config, timeout=limits.http_timeout
            )
        with opened(path, file_format) as (data, size):
            return client.load_table_from_file(
                data,
                staged.reference,
                size=size,
                job_id=job_id,
                job_config=config,
                # a large file goes on where it stopped; a small one is sent again by `Jobs`, up to its deadline
                num_retries=2 if size > _SENT_AGAIN else 0,
                timeout=limits.file_upload_timeout,
            )

    # -- streaming inserts

    def stream(self, table: TableSchema, name: str, paths: Sequence[str], file_format: str) -> None:
        """Stream the rows of files."""
        # rows of a try that broke cannot be told from those of this one: each try has a table of its own
        name = self._names.get(table["name"]) or f"{name}_{random_id()}"
        staged = self._table(table, name)
        for path in paths:
            file = os.path.basename(path)
            for rows in rows_of(path, file_format):
                try:
                    self._insert(staged, rows, f"table {table['name']}, file {file}")
                except DatabaseException as error:
                    raise _of_file(error, file)
                self._streamed[name] = self._streamed.get(name, 0) + len(rows)

    def _insert(self, staged: Table, rows: list[JsonObject], what: str) -> None:
        deadline = time.monotonic() + STREAM_WAIT
        # by these BigQuery drops rows of a request that is sent again because its answer was lost
        ids = [random_id() for _ in rows]
        while True:
            try:
                with translating(what):
                    errors = self._jobs.client.insert_rows_json(
                        staged, rows, row_ids=ids, retry=self._jobs.retry, timeout=self._jobs.limits.http_timeout
                    )
                break
            except DatabaseUndefinedRelation:
                # BigQuery may answer 404 for some time after it created a table
                if time.monotonic() > deadline:
                    raise
                time.sleep(1)
        if errors:
            entry, first = errors[0], errors[0]["errors"][0]
            raise by_reason(str(first.get("reason")), f"row {entry.get('index')}: {first.get('message')}", what)

    def _wait_for_rows(self, name: str, count: int) -> None:

        deadline = time.monotonic() + STREAM_WAIT
        quoted = ".".join(f"`{part}`" for part in (*self._dataset.split(".", 1), name))
        while True:
            # BigQuery may show rows some time after it took them, and a result that is kept shows none of them
            config = QueryJobConfig(use_query_cache=False)
            ((found,),) = [row.values() for row in self._jobs.query(f"SELECT COUNT(*) FROM {quoted}", config)]
            if found == count:
                return
            if time.monotonic() > deadline:
                raise DatabaseTransientException(
                    f"bigquery: {found} of {count} rows of a streaming insert are readable after {STREAM_WAIT:.0f} s. "
                    "The load is tried again into another staging table.",
                    kind="timeout",
                )
            time.sleep(1)


def _same(there: Iterable[SchemaField], wanted: Iterable[SchemaField]) -> bool:
    return {field.name: column_of(field) for field in there} == {field.name: column_of(field) for field in wanted}


def _of_file(error: DatabaseException, file: str) -> DatabaseException:
    if isinstance(error, DatabaseUndefinedRelation):
        # another try of this load is done and has dropped the staging tables, or they expired
        return DatabaseTransientException(str(error), file=file, kind="clash")
    error.file = file
    return error
