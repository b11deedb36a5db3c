"""`dlt pipeline NAME quarantine`: items that a contract kept out of the tables."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict

from dlt.cli.asked import Asked, positive
from dlt.cli.output import confirm, say, say_json, say_note, say_table
from dlt.configuration.defaults import defaults_for
from dlt.pipeline.pipeline import Pipeline
from dlt.pipeline.quarantined import Replayed
from dlt.schema.contract import MODES
from dlt.schema.naming import name_of_key
from dlt.schema.quarantine import Quarantined
from dlt.schema.renames import column_called
from dlt.schema.schema import Schema
from dlt.schema.shown import is_secret, shown_row
from dlt.schema.typing import ColumnSchema

EXAMPLES = (
    "dlt pipeline shop quarantine list",
    "dlt pipeline shop quarantine show --table orders",
    "dlt pipeline shop quarantine replay --table orders",
    "dlt pipeline shop quarantine drop --load-id 1700000000.1234567 --yes",
)
MORE = (
    "list counts them by table, load and reason; show shows items, without the values of secret columns; replay sends "
    "them through normalize with the schema and contract of today and loads them; drop deletes them for good. replay "
    "exits with 1 if an item stays. Without one of these: list."
)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the action."""
    parser.add_argument("quarantine_action", nargs="?", choices=list(_ACTIONS), help="what of it; list without it")
    parser.add_argument("--table", metavar="TABLE", help="items of this root table only")
    parser.add_argument("--load-id", dest="of_load", metavar="LOAD_ID", help="items that this load brought only")
    parser.add_argument("--contract", choices=MODES, help="contract for this replay only")
    parser.add_argument("--limit", type=positive, default=20, metavar="N", help="show at most N items; 20 without it")


def run(asked: Asked, pipeline: Pipeline) -> int:
    """Do what is asked."""
    return _ACTIONS[asked.quarantine.quarantine_action or "list"](asked, pipeline)


def _list(asked: Asked, pipeline: Pipeline) -> int:
    groups = pipeline.quarantine.list(asked.quarantine.table, asked.quarantine.of_load)
    if asked.json:
        say_json([asdict(group) for group in groups])
        return 0
    if not groups:
        say(_nothing(asked, pipeline))
        return 0
    head = ("table", "load id", "since", "items", "where", "reason")
    say_table(
        head,
        [
            (g.table_name, g.load_id, f"{g.quarantined_at:%Y-%m-%d %H:%M:%S}", g.rows, g.path or "-", g.reason)
            for g in groups
        ],
    )
    return 0


def _nothing(asked: Asked, pipeline: Pipeline) -> str:
    what = asked.quarantine
    # others may be there
    chosen = (f", {word} {value}" for word, value in (("table", what.table), ("load", what.of_load)) if value)
    return f"Nothing of pipeline {pipeline.pipeline_name}{''.join(chosen)} is in quarantine"


def _show(asked: Asked, pipeline: Pipeline) -> int:
    rows = pipeline.quarantine.rows(asked.quarantine.table, asked.quarantine.of_load)
    shown = rows[: asked.quarantine.limit]
    if asked.json:
        say_json([_as_json(pipeline, row) for row in shown])
        return 0
    for row in shown:
        path = f", at {row.refusal.path}" if row.refusal.path else ""
        say(f"{row.table_name}{path}: {row.refusal.reason}")
        say(f"  load {row.load_id}, {row.quarantined_at:%Y-%m-%d %H:%M:%S}, id {row.row_id}")
        say(f"  {shown_row(_without_secrets(pipeline, row), {}, row.refusal.path.partition('.')[0])}")
    # beside the result, which programs may read
    if len(rows) > len(shown):
        say_note(f"{len(rows) - len(shown):,} more; --limit shows more of them")
    elif not rows:
        say(_nothing(asked, pipeline))
    return 0


def _without_secrets(pipeline: Pipeline, row: Quarantined) -> object:
    return _starred(pipeline.schemas[row.schema_name], row.table_name, row.value, "")


def _starred(schema: Schema, table: str, value: object, prefix: str) -> object:
    """Return a value of an item with stars in place of what is secret, by its key or by the column that it is for."""
    if isinstance(value, list):
        return [_starred(schema, table, inner, prefix) for inner in value]
    if not isinstance(value, Mapping):
        return value
    columns: Mapping[str, ColumnSchema] = (
        schema.get_table_columns(table, include_incomplete=True) if table in schema.tables else {}
    )
    found: dict[str, object] = {}
    for key, inner in value.items():
        name = name_of_key(schema.naming, str(key))
        name = schema.naming.shorten_fragments(prefix, name) if prefix else name
        if is_secret(str(key), columns.get(column_called(columns, name)) or {}):
            found[key] = "***"
        # items of lists are rows of a table of their own, whose columns have hints of their own
        elif isinstance(inner, list):
            found[key] = _starred(schema, schema.naming.shorten_fragments(table, name), inner, "")
        else:
            found[key] = _starred(schema, table, inner, name)
    return found


def _as_json(pipeline: Pipeline, row: Quarantined) -> dict[str, object]:
    return {
        "table_name": row.table_name,
        "load_id": row.load_id,
        "quarantined_at": row.quarantined_at,
        "schema_name": row.schema_name,
        "entity": row.refusal.entity,
        "path": row.refusal.path,
        "reason": row.refusal.reason,
        "contract": dict(row.contract),
        "id": row.row_id,
        "item": _without_secrets(pipeline, row),
    }


def _replay(asked: Asked, pipeline: Pipeline) -> int:
    what = asked.quarantine
    found = pipeline.quarantine.replay(what.table, what.of_load, schema_contract=what.contract)
    if asked.json:
        say_json(asdict(found))
    else:
        _say_replayed(found)
    return 1 if found.stayed else 0


def _say_replayed(found: Replayed) -> None:
    lines = (
        (found.loaded, "loaded"),
        (found.quarantined, "stay in quarantine: see list for the reasons"),
        (found.waiting, "wait for their model: call pipeline.quarantine.replay(source=...) with their resource"),
        (found.outdated, "removed, as a later load replaced their table"),
        (found.discarded, "discarded by the contract"),
    )
    told = [f"{table}: {count:,} item(s) {what}" for counts, what in lines for table, count in counts.items()]
    say("\n".join(told) if told else "Nothing to replay")


def _drop(asked: Asked, pipeline: Pipeline) -> int:
    what = asked.quarantine
    # the question says how many items are lost
    going = _counts(pipeline.quarantine.rows(what.table, what.of_load))
    if not going:
        _say_dropped(asked, {})
        return 0
    listed = ", ".join(f"{table} {count:,}" for table, count in going.items())
    question = f"Delete {sum(going.values()):,} item(s) in quarantine ({listed}) for good?"
    if not confirm(question, asked.yes, asked.non_interactive):
        return defaults_for(pipeline.pipeline_name).exit_code_declined
    _say_dropped(asked, pipeline.quarantine.drop(what.table, what.of_load))
    return 0


def _say_dropped(asked: Asked, gone: Mapping[str, int]) -> None:
    if asked.json:
        say_json({"dropped": gone})
    elif gone:
        say("\n".join(f"{table}: {count:,} item(s) dropped" for table, count in gone.items()))
    else:
        say("Nothing to drop")


def _counts(rows: Iterable[Quarantined]) -> dict[str, int]:
    return dict(Counter(row.table_name for row in rows))


_ACTIONS = {"list": _list, "show": _show, "replay": _replay, "drop": _drop}
