"""Messages on their way to a server: in their order, from another thread, and nobody waits or fails with them."""

from __future__ import annotations

import threading
import time
from typing import NoReturn

import pytest

from dlt.observe.outbox import MOST_WAITING, Outbox, outbox


def soon() -> float:
    """Return a moment until which all that can be delivered is."""
    return time.monotonic() + 60


def test_messages_come_in_their_order_from_another_thread() -> None:
    """The program that posts them is not the one that delivers them."""
    found: list[tuple[int, int]] = []
    box = Outbox("shelf")
    for number in range(50):
        box.post("a number", lambda number=number: found.append((number, threading.get_ident())))
    box.settle(soon())
    assert [number for number, _ in found] == list(range(50))
    assert {thread for _, thread in found}.isdisjoint({threading.get_ident()})


def test_what_fails_is_told_and_holds_nothing_up(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its class and its text are in the line, and the next message comes."""
    monkeypatch.setenv("RUNTIME__USER_LOG", "true")

    def refuse() -> NoReturn:
        raise ConnectionError("nobody is there")

    found: list[str] = []
    box = Outbox("shelf")
    box.post("a failed load", refuse)
    box.post("another one", lambda: found.append("delivered"))
    box.settle(soon())
    assert found == ["delivered"]
    told = capfd.readouterr().err
    assert "shelf: a failed load could not be delivered: ConnectionError: nobody is there. What was loaded" in told


def test_a_message_that_hangs_is_given_up_with_those_behind_it(capfd: pytest.CaptureFixture[str]) -> None:
    """Whoever waits for them waits no longer than he says, and reads how many are lost."""
    hangs = threading.Event()
    found: list[str] = []
    box = Outbox("shelf")
    box.post("one", hangs.wait)
    box.post("two", lambda: found.append("two"))
    box.settle(time.monotonic())
    assert "shelf: 2 messages could not be delivered in time." in capfd.readouterr().err
    hangs.set()
    box.post("three", lambda: found.append("three"))
    box.settle(soon())
    assert found == ["three"]


def test_more_than_some_do_not_wait(capfd: pytest.CaptureFixture[str]) -> None:
    """A server that does not keep up costs no memory without end."""
    hangs = threading.Event()
    found: list[int] = []
    box = Outbox("shelf")
    box.post("the first", hangs.wait)
    for number in range(MOST_WAITING):
        box.post(f"message {number}", lambda number=number: found.append(number))
    hangs.set()
    box.settle(soon())
    assert found == list(range(MOST_WAITING - 1))
    assert f"message {MOST_WAITING - 1} could not be delivered: {MOST_WAITING} messages" in capfd.readouterr().err


def test_each_place_has_one_box() -> None:
    """So that no place waits for another one."""
    assert outbox("one shelf") is outbox("one shelf") is not outbox("another shelf")
