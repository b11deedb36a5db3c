"""What a run is made of, as JSON that an orchestrator stores."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt.errors import SpecInvalid
from dlt.tasks.spec import Spec, StepContext, load_object

NAMES = st.text("abc_", min_size=1, max_size=6)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("abc /:", max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
)
ARGUMENTS = st.dictionaries(NAMES, JSON, max_size=3)
SPECS = st.builds(
    Spec,
    source=st.none() | NAMES.map("module:{}".format),
    pipeline=NAMES.map("module:{}".format) | ARGUMENTS,
    source_args=ARGUMENTS,
    pipeline_args=ARGUMENTS,
    resources=st.lists(NAMES, max_size=3).map(tuple),
    run_args=ARGUMENTS,
    handoff=st.none() | st.just("s3://bucket/folder"),
    reprocess=st.sampled_from(["auto", "undo", "keep"]),
)


@given(SPECS)
def test_a_spec_is_the_same_after_it_travelled(spec: Spec) -> None:
    """It goes through JSON and comes back."""
    assert Spec.from_dict(json.loads(json.dumps(spec.to_dict()))) == spec


@given(SPECS)
def test_what_travels_on_holds_nothing_of_the_source(spec: Spec) -> None:
    """Later steps need no argument of the source, and the part of it that they get is a spec too."""
    travelling, withheld = spec.travelling()
    assert travelling.source_args == {} and set(travelling.run_args) <= {"loader_file_format"}
    assert {*travelling.pipeline_args, *withheld} >= set(spec.pipeline_args)
    assert Spec.from_dict(travelling.to_dict()) == travelling


@pytest.mark.parametrize(
    ("arguments", "withheld"),
    [
        ({"password": "x"}, ("password",)),
        ({"options": {"api_key": "x"}}, ("options",)),
        ({"url": "postgresql://ann:hidden@db/shop"}, ("url",)),
        ({"urls": ["https://ann:hidden@host/"]}, ("urls",)),
        ({"name": "shop"}, ()),
    ],
)
def test_secrets_do_not_travel(arguments: dict[str, Any], withheld: tuple[str, ...]) -> None:
    """They are named, so that the next step can be given them another way."""
    travelling, names = Spec(pipeline="m:make", pipeline_args=arguments).travelling()
    assert names == withheld and "hidden" not in json.dumps(travelling.to_dict())
    assert set(travelling.pipeline_args) == set(arguments) - set(withheld)


def test_values_that_only_the_orchestrator_knows_do_not_travel() -> None:
    """The hand-off's URL is withheld like an argument."""
    spec = Spec(pipeline="m:make", pipeline_args={"a": "plain", "b": "connection"}, handoff="s3://connection/x")
    travelling, names = spec.travelling(lambda text: "connection" in text)
    assert names == ("b", "handoff") and travelling.handoff is None and travelling.pipeline_args == {"a": "plain"}


@given(ARGUMENTS, ARGUMENTS)
def test_a_part_differs_in_what_is_said(whole: dict[str, Any], own: dict[str, Any]) -> None:
    """Its arguments come over those of the whole, and the whole stays as it was."""
    spec = Spec(source="m:s", source_args=whole, resources=("a", "b"))
    part = spec.part(["a"], own)
    assert part.source_args == {**whole, **own} and part.resources == ("a",)
    assert spec.source_args == whole and spec.part() == spec


def test_later_wishes_have_higher_revisions() -> None:
    """The tries of one wish have one."""
    assert StepContext("r", attempt=1).revision == StepContext("r", attempt=2).revision == 0
    assert StepContext("r", generation=2).revision > StepContext("r", generation=1).revision


def test_a_factory_is_found_by_its_reference(tmp_path: Path) -> None:
    """By module or by file; a file finds the modules beside it, and is loaded once."""
    (tmp_path / "beside_spec.py").write_text("VALUE = 7\n")
    (tmp_path / "made.py").write_text(
        "import beside_spec\n\ndef make():\n    return beside_spec.VALUE\n\nno_function = 1\n"
    )
    made = load_object(f"{tmp_path}/made.py:make")
    assert made() == 7 and load_object(f"{tmp_path}/made.py:make") is made
    assert load_object("json:dumps") is json.dumps
    with pytest.raises(SpecInvalid, match=r"'no_function' of .* is int, not a function"):
        load_object(f"{tmp_path}/made.py:no_function")


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("json", "is not a reference"),
        ("json:", "is not a reference"),
        ("json:nothing", "'nothing' of json is not there"),
        ("no_such_module_here:x", "cannot be imported: ModuleNotFoundError"),
        ("no_such_file.py:x", "is not there on this worker"),
    ],
)
def test_a_reference_that_leads_nowhere(reference: str, message: str) -> None:
    """The error says which part of it is wrong."""
    with pytest.raises(SpecInvalid, match=message):
        load_object(reference)
