"""Waiting for a condition: the first true answer counts, whatever came before it."""

from __future__ import annotations

import pytest

from tests.waiting import wait_until


def test_the_first_true_answer_is_returned() -> None:
    """Answers that are false are asked for again."""
    answers = iter([None, 0, "", "here", "later"])
    assert wait_until(lambda: next(answers), "an answer", pause=0) == "here"
    assert next(answers) == "later"


def test_errors_that_pass_are_no_answer() -> None:
    """Others go through at once."""
    answers = iter(["0", "x", "7"])
    assert wait_until(lambda: int(next(answers)), "a number", pause=0, passing=(ValueError,)) == 7
    with pytest.raises(ZeroDivisionError):
        wait_until(lambda: 1 // 0, "nothing", passing=(ValueError,))


def test_who_waits_in_vain_is_told_for_what() -> None:
    """The error names what did not come, and keeps the last error behind it."""
    with pytest.raises(TimeoutError, match="a number: not within 0 s") as caught:
        wait_until(lambda: int("x"), lambda: "a number", seconds=0, pause=0, passing=(ValueError,))
    assert isinstance(caught.value.__cause__, ValueError)
