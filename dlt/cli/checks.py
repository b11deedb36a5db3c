"""`dlt pipeline NAME checks`: what came of checks of data."""

from __future__ import annotations

from dlt.cli.asked import Asked
from dlt.cli.output import say, say_json, say_table
from dlt.cli.showing import say_found
from dlt.packages.manifest import CheckDone
from dlt.pipeline.checks import check_results, waiting_results
from dlt.pipeline.pipeline import Pipeline

SHOWN = 200
"""Results that are shown at most."""


def checks(asked: Asked, pipeline: Pipeline) -> int:
    """Show what came of checks of data: of the loads at the destination, and of packages that wait."""
    waiting = [result for result in waiting_results(pipeline.parts) if asked.load_id in (None, result.load_id)]
    recorded = check_results(pipeline.parts, asked.load_id, SHOWN)
    # a package that waits was not loaded, because one of its checks failed
    code = 1 if waiting else 0
    if asked.json:
        say_json({"loaded": recorded, "waiting": waiting})
        return code
    say_found(pipeline)
    # a dataset without checks has no table for them, which is no error
    if not recorded and not waiting:
        say("No check was done" if asked.load_id is None else f"No check was done of load {asked.load_id}")
    if recorded:
        _say(recorded)
        if len(recorded) == SHOWN:
            say(f"The newest {SHOWN} are shown; the table _dlt_checks has all of them")
    if waiting:
        say("\nNot loaded, as a check failed:" if recorded else "Not loaded, as a check failed:")
        _say(waiting)
        for result in waiting:
            if not result.passed:
                say(result.text)
        load_id, name = waiting[0].load_id, pipeline.pipeline_name
        say(
            f"Mend the data, or the check; then: dlt pipeline {name} abort-packages {load_id}, and run again. To load "
            f"it as it is: LOAD__RAISE_ON_FAILED_CHECKS=false dlt pipeline {name} run-pending"
        )
    return code


def _say(results: list[CheckDone]) -> None:
    rows = [
        (
            result.load_id,
            result.table,
            result.check,
            result.scope,
            "passed" if result.passed else result.severity,
            result.failing,
            result.checked,
            f"{result.checked_at:%Y-%m-%d %H:%M:%S}",
        )
        for result in results
    ]
    say_table(("load id", "table", "check", "scope", "result", "failing", "checked", "when (UTC)"), rows)
