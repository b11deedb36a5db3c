"""What came of checks of data in the load of a run, for whoever shows it: of loads that failed by one as well."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, cast

from dlt.errors import ChecksFailed, StepImpossibleElsewhere, causes
from dlt.pipeline.checks import check_results
from dlt.redact import clean_document
from dlt.tables import aligned

if TYPE_CHECKING:
    from dlt.packages.manifest import CheckDone
    from dlt.tasks.task_run import TaskRun
    from dlt.types import JsonObject

MOST = 1000
"""Results of one load that are read back."""


def failed_checks(error: BaseException | None) -> list[JsonObject]:
    """Return what came of all checks of a load that failed by one of them; nothing for other errors.

    Args:
        error: What the load raised.
    """
    for cause in causes(error):
        if isinstance(cause, ChecksFailed):
            return as_json(cause.checks)
        # the step ran in another environment, and this is its answer
        if isinstance(cause, StepImpossibleElsewhere):
            return [dict(check) for check in cause.checks]
    return []


def as_json(done: Iterable[CheckDone]) -> list[JsonObject]:
    """Return what came of checks as JSON values without secrets.

    Args:
        done: Their results.
    """
    return [clean_document({**result.asdict(), "text": result.text}) for result in done]


def recorded_checks(run: TaskRun, schemas: Iterable[str], load_ids: Sequence[str]) -> list[JsonObject]:
    """Return what came of checks of a load that an earlier try made, which died before it could tell.

    Args:
        run: The step, with its pipeline.
        schemas: Names of the schemas that were loaded.
        load_ids: Load ids of all parts; checks stand under one of them.
    """
    parts, names = run.pipeline.parts, list(schemas)
    return as_json(result for load_id in load_ids for result in check_results(parts, load_id, MOST, names))


def check_lines(checks: Sequence[Mapping[str, object]]) -> list[str]:
    """Return lines of text on checks, with a heading: those that passed too; none where there was no check.

    Args:
        checks: Their results as JSON.
    """
    if not checks:
        return []
    heading = ("check", "table", "scope", "result", "failing", "checked")
    rows = [(*(str(check[name]) for name in ("check", "table", "scope")), verdict(check)) for check in checks]
    counts = [(str(check["failing"]), str(check["checked"])) for check in checks]
    return aligned([heading, *((*row, *count) for row, count in zip(rows, counts, strict=True))], right=(4, 5))


def failed_lines(checks: Sequence[Mapping[str, object]]) -> list[str]:
    """Return a line for each check that failed, with how many rows and the keys of some of them.

    Args:
        checks: Their results as JSON.
    """
    return [f"{check['severity']}: {check['text']}" for check in checks if not check["passed"]]


def verdict(check: Mapping[str, object]) -> str:
    """Return what came of a check in one word: "passed", "warn" or "error".

    Args:
        check: Its result as JSON.
    """
    return "passed" if check["passed"] else str(check["severity"])


def shown_keys(check: Mapping[str, object]) -> str:
    """Return the keys of rows that failed a check, five at most, as text.

    Args:
        check: Its result as JSON.
    """
    keys = cast("Sequence[Mapping[str, object]]", check["keys"])
    return "; ".join(", ".join(f"{name}={value}" for name, value in key.items()) for key in keys)
