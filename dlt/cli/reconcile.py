"""`dlt pipeline NAME reconcile`: counts of all loads, and where they differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlt.cli.output import say, say_json

if TYPE_CHECKING:
    from dlt.cli.asked import Asked
    from dlt.pipeline.pipeline import Pipeline


def reconcile(asked: Asked, pipeline: Pipeline) -> int:
    """Show the counts; 1 where some differ that should be equal."""
    found = pipeline.reconcile()
    if asked.json:
        say_json(found.asdict())
    else:
        say(str(found))
    return 0 if found.is_equal else 1
