"""`dlt pipeline NAME undo`: what the undo of a load would do, a question, and the undo."""

from __future__ import annotations

from dlt.cli.asked import Asked
from dlt.cli.output import confirm, say, say_error, say_json
from dlt.configuration.defaults import defaults_for
from dlt.errors import UndoRefused
from dlt.load.undo_plan import UndoPlan
from dlt.pipeline.pipeline import Pipeline


def undo(asked: Asked, pipeline: Pipeline) -> int:
    """Undo a load: show what that does, ask, and do it; the exit code is 1 where it is refused."""
    load_id, is_only_told = str(asked.load_id), asked.selection.dry_run
    try:
        plan = pipeline.undo(load_id, dry_run=True, cascade=asked.cascade)
        if plan.refused is None and not plan.was_undone and not is_only_told:
            if not asked.json:
                say(str(plan))
            question = f"Undo load {', '.join(plan.loads)} of {pipeline.pipeline_name}?"
            if not confirm(question, asked.yes, asked.non_interactive):
                return defaults_for(pipeline.pipeline_name).exit_code_declined
            plan = pipeline.undo(load_id, cascade=asked.cascade)
            return _say(asked, plan, f"Undone, as load {plan.undo_id}. The next run loads its rows again.")
    except UndoRefused as refused:
        if not asked.json:
            raise
        say_json({"load_id": load_id, "refused": str(refused), "blocking": list(refused.blocking)})
        return 1
    return _say(asked, plan, str(plan))


def _say(asked: Asked, plan: UndoPlan, text: str) -> int:
    if asked.json:
        say_json(plan.asdict())
    elif plan.refused is None:
        say(text)
    else:
        say_error(f"load {plan.load_id} cannot be undone: {plan.refused}")
    return 0 if plan.refused is None else 1
