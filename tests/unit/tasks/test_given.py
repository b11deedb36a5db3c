"""A step takes tokens of its own run only, and what no token carries from whoever starts it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dlt.errors import SpecInvalid
from dlt.tasks import Spec, StepContext, Token, Window
from dlt.tasks.given import need_stage, one_run, own_context, whole_spec

SPEC = Spec(source="shop.py:shop", pipeline="shop.py:pipeline")
TOKEN = Token(SPEC, "shop", "2026-01-31", "a", "normalized", ())


@pytest.fixture(autouse=True)
def nothing_configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work where no file configures a hand-off."""
    monkeypatch.chdir(tmp_path)


def test_one_run_has_each_part_once() -> None:
    """The first token stands for the run."""
    assert one_run([TOKEN, replace(TOKEN, chunk="b")]) is TOKEN


@pytest.mark.parametrize(
    ("tokens", "message"),
    [
        ([], "there are no tokens"),
        ([TOKEN, replace(TOKEN, run_id="2026-02-01", chunk="b")], "different runs"),
        ([TOKEN, TOKEN], "same part"),
        ([replace(TOKEN, stage="extracted")], "is extracted, not normalized"),
    ],
)
def test_what_is_no_run_is_refused(tokens: list[Token], message: str) -> None:
    """Rows of a part that is given twice would be there twice, and two runs are two loads."""
    with pytest.raises(SpecInvalid, match=message):
        one_run(tokens)


def test_a_step_out_of_order_names_both_stages() -> None:
    """The message says what was passed and what was meant."""
    with pytest.raises(SpecInvalid, match=r"normalize_step.*is normalized, not extracted"):
        need_stage(TOKEN, "extracted", "normalize_step")


def test_a_step_is_of_the_run_that_its_token_names() -> None:
    """The context says which try it is; run, part and window are the token's."""
    window = Window.from_list(["2026-01-01T00:00:00+00:00", "2026-01-02T00:00:00+00:00"])
    token = replace(TOKEN, window=tuple(window.to_list()))
    assert own_context(token, None) == StepContext("2026-01-31", "a", window=window)
    assert own_context(token, StepContext("other", attempt=3)) == StepContext("2026-01-31", "a", 3, window=window)


def test_what_was_withheld_must_be_given() -> None:
    """Arguments of the pipeline's factory, and the URL of the hand-off, where they hold a secret."""
    token = replace(TOKEN, withheld=("api_key",))
    with pytest.raises(SpecInvalid, match="api_key is secret"):
        whole_spec(token, None)
    assert whole_spec(token, {"pipeline_args": {"api_key": "k"}}).pipeline_args == {"api_key": "k"}
    with pytest.raises(SpecInvalid, match="the hand-off's URL is secret"):
        whole_spec(replace(TOKEN, withheld=("handoff",)), None)
    assert whole_spec(TOKEN, None) is SPEC


def test_a_worker_may_know_the_handoff_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """A configured URL takes the place of one that the token must not carry."""
    monkeypatch.setenv("HANDOFF__URL", "s3://ann:canary@bucket")
    assert whole_spec(replace(TOKEN, withheld=("handoff",)), None) is SPEC
