"""Lines for people and for logs: of the pipeline at work, with its settings, without secrets."""

from __future__ import annotations

import io
import json
import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from dlt import redact, user_log
from dlt.user_log import Telling, current, level_number, logger, use


@contextmanager
def caught(written: io.StringIO | None = None) -> Iterator[io.StringIO]:
    """Catch what is written to stderr, with no logging set up by anyone, as a program begins."""
    with pytest.MonkeyPatch.context() as patched:
        stream = io.StringIO() if written is None else written
        patched.setattr(sys, "stderr", stream)
        patched.setattr(logging.getLogger(), "handlers", [])
        patched.setattr(logger, "handlers", [user_log._stderr])
        yield stream


@pytest.mark.parametrize(
    ("given", "number"),
    [("INFO", 20), ("info", 20), (" warning ", 30), ("CRITICAL", 50), (10, 10), ("15", 15), (logging.ERROR, 40)],
)
def test_a_level_is_a_name_or_a_number(given: Any, number: int) -> None:
    """In any case."""
    assert level_number(given) == number


@pytest.mark.parametrize("given", ["LOUD", "", "1.5", "-5"])
def test_another_level_is_refused(given: Any) -> None:
    """With those that there are."""
    with pytest.raises(ValueError, match=r"log_level is .*DEBUG, INFO, WARNING"):
        level_number(given)


def test_settings_hold_for_a_block() -> None:
    """The innermost counts; a thread that was begun outside of it does not see them; an error ends them."""
    level = logger.level
    outer, inner = Telling(lines=False, level=20), Telling(level=40)
    seen = []
    with use(outer):
        assert current() is outer and logger.level == 20
        with use(inner):
            assert current() is inner and logger.level == 20
            thread = threading.Thread(target=lambda: seen.append(current()))
            thread.start()
            thread.join()
        with pytest.raises(KeyError), use(inner):
            raise KeyError
        assert current() is outer
    assert current() == Telling() and seen == [Telling()] and logger.level == level


def test_lines_are_for_people() -> None:
    """Unless a pipeline wants none; they bear our name and hide secrets."""
    with caught() as stderr:
        redact.remember({"password": "hidden-word"})
        user_log.info("loaded with hidden-word")
        with use(Telling(lines=False)):
            user_log.info("not told")
        user_log.error("failed")
        assert stderr.getvalue() == "dlt: loaded with ***\ndlt: failed\n"


class Terminal(io.StringIO):
    """A terminal."""

    def isatty(self) -> bool:
        """Tell that it is one."""
        return True


def test_errors_are_red_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """And other lines are not."""
    with caught(Terminal()) as terminal:
        user_log.info("fine"), user_log.error("bad")
        monkeypatch.setattr(sys, "stderr", None)
        user_log.error("to nobody")
    assert terminal.getvalue() == "dlt: fine\n\033[31mdlt: bad\033[0m\n"


@pytest.mark.parametrize(
    ("level", "told"), [(10, ["info", "warning"]), (20, ["info", "warning"]), (30, ["warning"]), (50, [])]
)
def test_a_log_level_shows_lines_while_a_pipeline_is_at_work(level: int, told: list[str]) -> None:
    """From that level on; before and afterwards the process is silent."""
    with caught() as stderr:
        logger.warning("before")
        with use(Telling(level=level, format="{levelname} {message}")):
            logger.info("info"), logger.warning("warning")
        logger.warning("after")
        assert [line.split()[1] for line in stderr.getvalue().splitlines()] == told


def test_what_the_log_writes_is_not_told_twice() -> None:
    """On the same stream."""
    with caught() as stderr:
        with use(Telling(level=20, format="{message}")):
            user_log.info("once")
        with use(Telling(level=40, format="{message}")):
            user_log.info("as a line")
        assert stderr.getvalue() == "once\ndlt: as a line\n"


def test_a_program_with_logging_of_its_own_gets_the_records() -> None:
    """Then nothing is written beside it, and secrets are hidden there too, those of exceptions included."""
    with caught() as stderr:
        redact.remember({"password": "hidden-word"})
        written = io.StringIO()
        handler = logging.StreamHandler(written)
        handler.setFormatter(logging.Formatter("%(message)s"))
        logger.addHandler(handler)
        with use(Telling(level=20)):
            try:
                raise ValueError("wrong hidden-word")
            except ValueError:
                logger.exception("failed with %s", "hidden-word")
        assert "failed with ***" in written.getvalue() and "ValueError: wrong ***" in written.getvalue()
        assert "hidden-word" not in written.getvalue() and stderr.getvalue() == ""


def test_a_level_that_the_program_set_is_the_programs() -> None:
    """No pipeline changes it."""
    with caught() as stderr:
        level = logger.level
        logger.setLevel(logging.ERROR)
        try:
            with use(Telling(level=10, format="{message}")):
                assert logger.level == logging.ERROR
                logger.info("not told"), logger.error("told")
            assert logger.level == logging.ERROR
        finally:
            logger.setLevel(level)
        assert stderr.getvalue() == "told\n"


def test_a_log_may_be_json() -> None:
    """A document a line, with what went wrong."""
    with caught() as stderr:
        with use(Telling(level=20, format=" json ")):
            logger.info("line one\nline two")
            try:
                raise ValueError("x")
            except ValueError:
                logger.exception("failed")
        first, second = map(json.loads, stderr.getvalue().splitlines())
        assert (first["level"], first["logger"], first["message"]) == ("INFO", "dlt", "line one\nline two")
        assert first["at"].endswith("+00:00") and "exception" not in first and "ValueError: x" in second["exception"]


@pytest.mark.parametrize("text", ["{message", "{unheard", "%(message)"])
def test_a_format_that_is_none_is_refused(text: str) -> None:
    """Before anything is told."""
    with pytest.raises(ValueError, match=r"[Ii]nvalid|[Ff]ormat|expected"):
        Telling(format=text)
    Telling(format="%(message)s"), Telling(format="{message}"), Telling(format="JSON")


def test_what_has_no_effect_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a process, each thing for itself."""
    with caught() as stderr:
        monkeypatch.setattr(user_log, "_told", set())
        for what in ("a", "b", "a"):
            user_log.tell_without_effect(what, "it is so")
        assert stderr.getvalue().splitlines() == [f"dlt: {what} has no effect here: it is so." for what in "ab"]
