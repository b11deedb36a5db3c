"""Parameters, their order and their defaults are those of PyPI `dlt` 1.31, but for what is listed here with a reason.

The peer is asked in an environment of its own; see `environment.py`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.peer.environment import peer_python

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).with_name("introspect.py")

_SETTINGS = "settings of a destination are given by name; those without meaning here are told in the log"
_CONFIGURED = "what the configuration says counts, which a default of the parameter would hide"
_ENGINE = "a part of the engine of 1.x, which nothing here has"
_INPUTS = "where a resource reads from is told by the assets of orchestrators"
_CHECKS = "hints are checked where they are given, in one place for all"
_ATTRIBUTE = "an attribute of objects, which classes do not show"
_LATE = "its __new__ takes note of which arguments are given; those of __init__ are the same"
KNOWN: dict[str, str] = {
    "dlt.pipeline": "progress is None where none is shown, not an object",
    "dlt.sources.incremental": _LATE,
    "Incremental": _LATE,
    "dlt.attach": "progress is None where none is shown, not an object",
    "dlt.transformer": "hints are given by name, as in every program that was found",
    **dict.fromkeys(
        [
            f"dlt.destinations.{name}"
            for name in ("bigquery", "duckdb", "ducklake", "dummy", "filesystem", "motherduck", "postgres", "redshift")
        ],
        _SETTINGS,
    ),
    "dlt.destinations.sqlalchemy": _SETTINGS,
    "Pipeline.extract": _CONFIGURED,
    "Pipeline.load": _CONFIGURED,
    "Pipeline.normalize": _CONFIGURED,
    **dict.fromkeys(
        ["Pipeline.last_run_context", "Pipeline.attached_pipeline", "Pipeline.initial_cwd"],
        _ENGINE,
    ),
    "Pipeline.encryption_seed": "nothing that a pipeline keeps is encrypted",
    "DltResource.add_input": _INPUTS,
    "DltResource.inputs": _INPUTS,
    **dict.fromkeys(
        [
            "DltResource.get_nested_hints",
            "DltResource.validate_dynamic_hints",
            "DltResource.validate_reference_hint",
            "DltResource.validate_transformer_generator_function",
            "DltResource.validate_write_disposition_hint",
        ],
        _CHECKS,
    ),
    "DltResource.from_data": "values are always injected into what is called: inject_config has no meaning",
    "DltSource.run": "a method here, which is called in the same way as the property of 1.x",
    **dict.fromkeys(
        [
            "Incremental.EMPTY",
            "Incremental.cursor_value_hash",
            "Incremental.ensure_instance",
            "Incremental.is_unique_cursor",
            "Incremental.on_resolved",
            "Incremental.set_deduplication_key",
            "Incremental.unique_boundary_consumed",
        ],
        _ENGINE,
    ),
    **dict.fromkeys(
        [
            "Schema.will_update_normalizers",
        ],
        _ENGINE,
    ),
    "Dataset.dataset_name": _ATTRIBUTE,
    "Dataset.open_table_client": "tables of Delta and Iceberg are opened by dlt.common.libs.deltalake and pyiceberg",
    "Relation.is_incremental": _ATTRIBUTE,
    **dict.fromkeys(
        [f"{step}Info.writer_metrics_asdict" for step in ("Extract", "Normalize", "Load")],
        "the metrics are those of the info",
    ),
}
"""What differs, and why."""


def _asked(python: str, *names: str) -> dict[str, Any]:
    # in a folder without dlt, so that each has its own
    command = [python, str(SCRIPT), *names]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, cwd=SCRIPT.parent, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.fixture(scope="module")
def sides() -> tuple[dict[str, Any], dict[str, Any]]:
    """The interface of the peer, and ours."""
    peer = _asked(peer_python())
    return peer, _asked(sys.executable, *peer)


def _difference(wanted: Any, found: Any) -> str | None:
    """Return what a program for the peer would stumble over, None if nothing."""
    if found is None or found == "missing":
        return "it is not there"
    if "no signature" in (wanted, found):
        return None
    if isinstance(wanted, str) or isinstance(found, str):
        return None if wanted == found else "one is a property, the other a function"
    if wanted and isinstance(wanted[0], str):
        return None if wanted == found[: len(wanted)] else f"its fields are {found}, not {wanted}"
    ours = {name: default for name, kind, default in found if kind not in ("VAR_POSITIONAL", "VAR_KEYWORD")}
    places = [[name for name, kind, _ in side if kind.startswith("POSITIONAL")] for side in (wanted, found)]
    takes_any = any(kind == "VAR_KEYWORD" for _, kind, _ in found)
    if places[1][: len(places[0])] != places[0]:
        return f"by place it takes {places[1]}, not {places[0]}"
    for name, kind, default in wanted:
        if kind.startswith("VAR_"):
            continue
        if name not in ours and not takes_any:
            return f"it has no parameter {name}"
        if default is not None and ours.get(name, default) != default:
            return f"the default of {name} is {ours[name]}, not {default}"
    return None


def test_the_interface_is_that_of_the_peer(sides: tuple[dict[str, Any], dict[str, Any]]) -> None:
    """Whatever the peer has, by place and by name, but for what is known."""
    peer, ours = sides
    differences = {name: _difference(wanted, ours.get(name)) for name, wanted in peer.items()}
    told = {name: text for name, text in differences.items() if text is not None}
    assert len(peer) > 300
    assert {name: text for name, text in told.items() if name not in KNOWN} == {}


def test_no_difference_is_listed_that_is_none(sides: tuple[dict[str, Any], dict[str, Any]]) -> None:
    """What was mended leaves the list."""
    peer, ours = sides
    assert [name for name in KNOWN if _difference(peer.get(name), ours.get(name)) is None] == []
