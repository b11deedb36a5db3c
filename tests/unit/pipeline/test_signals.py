"""Signals in the main thread: what is under way ends first, everything else stops at once."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from dlt.errors import SignalReceivedException
from dlt.pipeline import signals

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")


@pytest.fixture(autouse=True)
def own_handlers() -> Iterator[None]:
    """Handle signals as Python itself does, and as before after the test."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def stop(*numbers: signal.Signals) -> None:
    """Send signals to this process; it does not get past them."""
    for number in numbers:
        os.kill(os.getpid(), number)
    pytest.fail("it went on")


@pytest.mark.parametrize(
    ("number", "error"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, signals.Terminated)]
)
def test_a_signal_stops_what_may_stop(number: signal.Signals, error: type[BaseException]) -> None:
    """As Python itself would: Ctrl-C interrupts, and SIGTERM ends the program with its exit code."""
    with pytest.raises(error) as caught, signals.handled():
        stop(number)
    assert number is signal.SIGINT or getattr(caught.value, "code", None) == 128 + number


def test_what_is_under_way_ends_first() -> None:
    """The signal counts when the block ends."""
    done: list[str] = []

    def load(package: str) -> None:
        with signals.finishing():
            os.kill(os.getpid(), signal.SIGINT)
            done.append(package)
        done.append("behind it")

    with pytest.raises(KeyboardInterrupt), signals.handled():
        load("package")
    assert done == ["package"]


def test_a_second_signal_stops_at_once() -> None:
    """Who asks twice does not want to wait."""
    with pytest.raises(KeyboardInterrupt), signals.handled(), signals.finishing():
        stop(signal.SIGINT, signal.SIGINT)


def test_the_handlers_of_the_program_stay() -> None:
    """One that it has set itself is not replaced, and the others are back after the block."""
    heard: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, frame: heard.append(number))
    with signals.handled():
        os.kill(os.getpid(), signal.SIGTERM)
    assert heard == [signal.SIGTERM] and signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_handler_of_the_program_may_pass_a_signal_on() -> None:
    """Then it is an error of the library that stops the step."""
    with pytest.raises(SignalReceivedException), signals.handled():
        signals.handle(signal.SIGTERM)
