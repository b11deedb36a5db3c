"""What runs of dbt give, and how they fail."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from dlt.errors import DltException


class DBTNodeResult(NamedTuple):
    """What became of one model, seed or test.

    Attributes:
        model_name: Its name.
        message: What the database or dbt said.
        time: Seconds that it took.
        status: "success", "pass", "error" or another word of dbt.
    """

    model_name: str
    message: str
    time: float
    status: str


class DBTRunnerException(DltException):
    """A package of dbt cannot be run."""


class DBTProcessingError(DBTRunnerException):
    """A command of dbt failed.

    Attributes:
        command: The command, such as run or test.
        run_results: What became of each model; None where dbt came to none of them.
        dbt_results: The last lines that dbt wrote.
    """

    def __init__(self, command: str, run_results: Sequence[DBTNodeResult] | None, dbt_results: object) -> None:
        failed = [result for result in run_results or () if result.status not in ("success", "pass", "skipped", "warn")]
        told = "; ".join(f"{result.model_name}: {result.message}" for result in failed) or str(dbt_results)
        super().__init__(f"dbt {command} failed: {told}")
        self.command, self.run_results, self.dbt_results = command, run_results, dbt_results

    def __reduce__(self) -> tuple[type[DBTProcessingError], tuple[object, ...]]:
        return type(self), (self.command, self.run_results, self.dbt_results)


class _About(DBTRunnerException):
    def __init__(self, error: DBTProcessingError) -> None:
        super().__init__(str(error))
        # programs look for the error of dbt there
        self.args = (error,)


class PrerequisitesException(_About):
    """Tests of the sources failed, so nothing was transformed; `args[0]` is the error of dbt."""


class IncrementalSchemaOutOfSyncError(_About):
    """An incremental model has other columns than its table; `args[0]` is the error of dbt."""
