"""Pipelines that both libraries can run, made by chance: a case is a JSON document that `program.py` reads."""

from __future__ import annotations

import itertools

from hypothesis import strategies as st

from tests.peer import resources, varied
from tests.peer.values import CONTRACTS, MODES, Json

BEFORE = (None, None, None, None, "new_machine", "drop", "sync")
REFRESH = ("drop_sources", "drop_resources", "drop_data")


@st.composite
def cases(draw: st.DrawFn) -> Json:
    """Make a case: one to three runs of one or two resources, on one machine or several, at once or step by step."""
    dev_mode = draw(st.integers(0, 15)) == 0
    # runs of PyPI dlt that begin in one second share a dataset
    runs = 1 if dev_mode else draw(st.integers(1, 3))
    number_of = draw(st.integers(1, 2))
    compat = draw(st.booleans())
    kinds = [resources.resource, *resources.SIMPLE, *varied.KINDS_OF_RESOURCES]
    if compat:
        # with the defaults here a nested table stays nested, whatever its key is
        kinds.append(resources.keyed_below)
    # with the defaults here a second schema has a dataset of its own
    two_sources = compat and number_of == 2 and draw(st.booleans())
    to_one_table = number_of == 2 and not two_sources and draw(st.integers(0, 7)) == 0
    of_runs = [draw(draw(st.sampled_from(kinds))(f"res_{number}", runs)) for number in range(number_of)]
    if to_one_table:
        # what two resources say of one table differently is merged, in an order that is left open
        of_runs[1] = [{**found, "name": "res_1"} for found in of_runs[0]]
        for found in (spec for specs in of_runs for spec in specs):
            found["hints"] = {"table_name": "shared", **found["hints"]}
    source: Json = {}
    if draw(st.integers(0, 7)) == 0:
        # one for tables would let nothing in
        source["schema_contract"] = {draw(st.sampled_from(["columns", "data_type"])): draw(st.sampled_from(MODES))}
    if draw(st.integers(0, 4)) == 0:
        source["root_key"] = True
    if draw(st.integers(0, 4)) == 0:
        source["max_table_nesting"] = draw(st.integers(0, 2))
    found = [draw(run_arguments(number)) for number in range(runs)]
    for before, after in itertools.pairwise(found):
        if not compat and "schema_contract" in before:
            # with the defaults here a contract counts for the run that has it, there for all that follow
            after.setdefault("schema_contract", before["schema_contract"])
    return {
        "compat": compat,
        "naming": draw(
            st.sampled_from([None, None, None, None, None, "direct", "sql_cs_v1", "sql_ci_v1", "duck_case"])
        ),
        "dev_mode": dev_mode,
        "runs": [
            {
                "resources": [found[number] for found in of_runs],
                "source": source,
                "two_sources": two_sources,
                "run": found[number],
                # in dev_mode each pipeline that is made has a dataset of its own
                **({} if dev_mode else draw(courses(number))),
            }
            for number in range(runs)
        ],
    }


@st.composite
def courses(draw: st.DrawFn, number: int) -> Json:
    """Make what happens before a run, and between its steps."""
    return {
        "before": draw(st.sampled_from(BEFORE)) if number else None,
        "step_by_step": draw(st.integers(0, 3)) == 0,
        "raises": draw(st.integers(0, 9)) == 0,
        "killed_after": draw(st.sampled_from(["extract", "normalize"])) if draw(st.integers(0, 19)) == 0 else None,
    }


@st.composite
def run_arguments(draw: st.DrawFn, number: int) -> Json:
    """Make what is given to the run itself."""
    given: Json = {}
    if number and draw(st.integers(0, 5)) == 0:
        given["refresh"] = draw(st.sampled_from(REFRESH))
    if number and draw(st.integers(0, 9)) == 0:
        given["schema_contract"] = draw(CONTRACTS)
    if draw(st.integers(0, 9)) == 0:
        # PyPI dlt changes bytes and documents in files of JSON for DuckDB
        given["loader_file_format"] = draw(st.sampled_from(["parquet", "insert_values"]))
    if number and draw(st.integers(0, 9)) == 0:
        given["write_disposition"] = draw(st.sampled_from(["append", "replace"]))
    return given
