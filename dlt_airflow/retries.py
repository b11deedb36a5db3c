"""Which errors are worth another try, in Airflow's words."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from airflow.providers.common.compat import sdk
from typing_extensions import override

if TYPE_CHECKING:
    from airflow.sdk import Context, ExceptionRetryPolicy, RetryDecision
else:
    # there are no policies before Airflow 3.3
    ExceptionRetryPolicy = getattr(sdk, "ExceptionRetryPolicy", object)


@contextmanager
def airflow_errors() -> Iterator[None]:
    """Turn an error that no further try can mend into one that Airflow does not retry, and take secrets out of all.

    Raises:
        AirflowFailException: another try cannot help; the error is its cause.
    """
    try:
        yield
    except Exception as error:
        from dlt.redact import clean_error
        from dlt.tasks import is_terminal
        from dlt_airflow.arguments import hidden

        # the log of the worker and OpenLineage show errors as they are
        clean_error(error, hidden())
        if isinstance(error, sdk.AirflowException) or not is_terminal(error):
            raise
        raise sdk.AirflowFailException(str(error)) from error


class DltRetryPolicy(ExceptionRetryPolicy):
    """Fail at once what no further try can mend; retry what the destination or the network may have mended.

    The rules of other policies are imported when a DAG is parsed; this one looks at errors only, in the task.

    Args:
        retry_delay: Delay before the next try after an error that passes by; the task's own when None.
    """

    def __init__(self, retry_delay: datetime.timedelta | None = None) -> None:
        # it has none: rules name classes, and those would be imported with the DAG
        super().__init__(rules=[])
        self.retry_delay = retry_delay

    @override
    def evaluate(
        self, exception: BaseException, try_number: int, max_tries: int, context: Context | None = None
    ) -> RetryDecision:
        """Return what Airflow does after an error.

        Args:
            exception: What the task raised; its causes count too.
            try_number: Number of the try.
            max_tries: Number of tries that the task has.
            context: Context of the task.
        """
        from dlt.errors import may_pass
        from dlt.tasks import is_terminal

        if not isinstance(exception, Exception):
            # a signal or a time-out stopped the task: the next try goes on where it was
            return sdk.RetryDecision.default()
        if is_terminal(exception):
            return sdk.RetryDecision.fail(reason=f"{type(exception).__name__}: another try cannot help")
        if may_pass(exception):
            return sdk.RetryDecision.retry(delay=self.retry_delay, reason=f"{type(exception).__name__} may pass by")
        return sdk.RetryDecision.default()


def dlt_retry_policy(retry_delay: datetime.timedelta | None = None) -> DltRetryPolicy:
    """Return a policy for the `retry_policy` of tasks, which Airflow has since 3.3.

    Args:
        retry_delay: Delay before the next try after an error that passes by; the task's own when None.

    Raises:
        RuntimeError: this Airflow has no policies.
    """
    # said when the DAG is parsed: a policy that does nothing would be noticed too late
    base: type = ExceptionRetryPolicy
    if base is object:
        raise RuntimeError(
            "dlt_retry_policy: this Airflow has no retry policies, they came with 3.3. Leave retry_policy out: errors "
            "that another try cannot mend fail the task at once all the same."
        )
    return DltRetryPolicy(retry_delay)
