"""Jobs: queries, and jobs with a name that run once however often they are asked for."""

from __future__ import annotations

import datetime
import random
import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import count
from typing import TYPE_CHECKING, TypeVar

from google.api_core.exceptions import Conflict
from google.cloud.bigquery import DEFAULT_RETRY, ScalarQueryParameter

from dlt.destinations.impl.bigquery.errors import Job, is_guarded, of_job, translating
from dlt.errors import DatabaseException, DatabaseTransientException, DatabaseUndefinedRelation
from dlt.late_dataclass import dataclass

if TYPE_CHECKING:
    from google.cloud.bigquery import Client, QueryJobConfig
    from google.cloud.bigquery.table import RowIterator

Result = TypeVar("Result")
ATTEMPTS = 5
"""How often one run starts a job that began and failed for a reason that may pass."""
CLASH_ATTEMPTS = 20
"""How often one run repeats a transaction that gave way to another one."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 8.0


@dataclass(frozen=True)
class Limits:
    """How long to wait, in seconds.

    Attributes:
        http_timeout: For the answer to one request.
        file_upload_timeout: For the upload of one file.
        retry_deadline: For requests that are repeated until one is answered.
    """

    http_timeout: float = 30.0
    file_upload_timeout: float = 1_800.0
    retry_deadline: float = 60.0


class Jobs:
    """Run jobs with one client of Google's.

    Args:
        client: The client.
        limits: How long to wait.
    """

    def __init__(self, client: Client, limits: Limits) -> None:

        self.client, self.limits = client, limits
        self.retry = DEFAULT_RETRY.with_timeout(limits.retry_deadline)

    def call(self, method: Callable[..., Result], *args: object, **options: object) -> Result:
        """Call a method of the client; requests that may be repeated are.

        Raises:
            DestinationException: as `translated` says.
        """

        def once() -> Result:
            with translating():
                return method(*args, retry=self.retry, timeout=self.limits.http_timeout, **options)

        return self.patiently(once)

    def patiently(self, action: Callable[[], Result]) -> Result:
        """Do what is safe to repeat, again where another program changes the same dataset or table."""
        for attempt in count():
            try:
                return action()
            except DatabaseTransientException as error:
                if not error.clash or attempt >= CLASH_ATTEMPTS - 1:
                    raise
                _pause(attempt)
        raise AssertionError("count() has no end")

    def query(self, sql: str, config: QueryJobConfig) -> RowIterator:
        """Run a query and return its rows."""
        if config.connection_properties:
            job = self.call(self.client.query, sql, job_config=config, job_retry=None)
            return self.call(job.result, job_retry=None)
        with translating():
            return self.client.query_and_wait(
                sql,
                job_config=config,
                retry=self.retry,
                job_retry=None,  # type: ignore[arg-type]  # documented: a query that failed is not sent again
                api_timeout=self.limits.http_timeout,
            )

    # -- jobs with a name

    def find(self, job_id: str) -> Job | None:
        """Return the job of an id, or None."""
        try:
            return self.call(self.client.get_job, job_id)
        except DatabaseUndefinedRelation:
            return None

    def start(
        self,
        name: str,
        begin: Callable[[str], Job],
        what: str = "",
        counts: Callable[[], bool] = lambda: True,
    ) -> Job:
        """Return a job that runs or ran without an error under this name; begin one where there is none.

        Jobs that failed keep their id for ever, so a number makes the next one; whoever asks counts alike.

        Args:
            name: Names the work, the same in every try.
            begin: Begins the job with an id.
            what: Describes the work in errors.
            counts: Tells whether what a job did in the past is still there.

        Raises:
            DestinationException: it cannot be begun.
        """
        for number in count():
            job_id = f"{name}_{number}"
            job, is_new = self.find(job_id), False
            if job is None:
                job, is_new = self._begin(job_id, begin, what)
            # what an earlier try did may have been undone since, as when a dataset was dropped
            if is_new or job.state != "DONE" or (not job.error_result and counts()):
                return job
        raise AssertionError("count() has no end")

    def _begin(self, job_id: str, begin: Callable[[str], Job], what: str) -> tuple[Job, bool]:

        deadline = time.monotonic() + self.limits.retry_deadline
        for attempt in count():
            try:
                with translating(what):
                    return begin(job_id), True
            except DatabaseException as error:
                # another try was faster, or what broke has begun the job all the same
                taken = isinstance(error.__cause__, Conflict)
                if not taken and not isinstance(error, DatabaseTransientException):
                    raise
                found = self.find(job_id)
                if found is not None:
                    return found, False
                if time.monotonic() > deadline:
                    raise
                _pause(attempt)
        raise AssertionError("count() has no end")

    def wait(self, job: Job, what: str = "") -> Job:
        """Wait until a job is done; ask often at first and seldom later.

        Raises:
            DestinationException: it failed.
        """
        pause = _FIRST_PAUSE
        while job.state != "DONE":
            # tasks that began together shall not ask together
            time.sleep(pause * random.uniform(0.75, 1.25))
            pause = min(pause * 1.5, _LONGEST_PAUSE)
            self.call(job.reload)
        if job.error_result:
            raise of_job(job, what)
        return job

    def finish(
        self,
        name: str,
        begin: Callable[[str], Job],
        what: str = "",
        *,
        job: Job | None = None,
        counts: Callable[[], bool] = lambda: True,
    ) -> Job:
        """Wait for a job; begin it again where it failed for a reason that may pass.

        Args:
            name: As for `start`.
            begin: As for `start`.
            what: As for `start`.
            job: One that was begun.
            counts: As for `start`.

        Raises:
            DestinationException: it failed.
        """
        for attempt in count():
            try:
                return self.wait(job or self.start(name, begin, what, counts), what)
            except DatabaseTransientException as error:
                attempts = CLASH_ATTEMPTS if error.clash else ATTEMPTS
                if attempt >= attempts - 1 or is_guarded(error):
                    raise
                job = None
                _pause(attempt)
        raise AssertionError("count() has no end")


def _pause(attempt: int) -> None:
    # at random: two that clashed must not clash again at the next try
    time.sleep(min(_FIRST_PAUSE * 2**attempt, _LONGEST_PAUSE) * random.uniform(0.5, 1.5))


def parameters(values: Sequence[object], names: Sequence[str | None] | None = None) -> list[ScalarQueryParameter]:
    """Return values as parameters of a query."""
    found = []
    for name, value in zip(names or [None] * len(values), values, strict=True):
        kind = "STRING"
        # the narrower class first: a bool is an int, and a datetime a date
        if isinstance(value, bool):
            kind = "BOOL"
        elif isinstance(value, int):
            kind = "INT64"
        elif isinstance(value, float):
            kind = "FLOAT64"
        elif isinstance(value, Decimal):
            kind = "BIGNUMERIC"
        elif isinstance(value, (bytes, bytearray)):
            kind = "BYTES"
        elif isinstance(value, datetime.datetime):
            kind = "TIMESTAMP" if value.tzinfo is not None else "DATETIME"
        elif isinstance(value, datetime.date):
            kind = "DATE"
        elif isinstance(value, datetime.time):
            kind = "TIME"
        # BigQuery itself refuses values of other classes
        found.append(ScalarQueryParameter(name, kind, value))  # type: ignore[arg-type]
    return found
