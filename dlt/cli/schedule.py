"""`dlt schedule`: run a script at the times of a cron expression, without an orchestrator."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import orjson

from dlt import user_log
from dlt.cli.asked import read
from dlt.clock import utc_now
from dlt.errors import ConfigurationValueError
from dlt.late_dataclass import dataclass
from dlt.tasks.ticks import Ticks, cron_ticks, even_ticks, length_of_time

if TYPE_CHECKING:
    from dlt.cli.asked import Commands

# how often the runner looks at its child, its clock and its signals
_BEAT = 0.5


def add_parser(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "schedule",
        help="run a script at the times of a cron expression",
        description=(
            "Run a script at the times of a cron expression, each run in a process of its own, never two at once. "
            "The script finds the window from the previous tick to this one in DLT_INTERVAL_START and DLT_INTERVAL_END."
        ),
        epilog='example: dlt schedule --cron "*/15 * * * *" --timezone Europe/Berlin pipeline.py --full',
    )
    when = parser.add_mutually_exclusive_group(required=True)
    when.add_argument("--cron", metavar="EXPRESSION", help="five fields, six with seconds first, or a name: @daily")
    when.add_argument("--every", metavar="TIME", help="a number with s, m, h or d, counted from midnight UTC: 30s, 2h")
    parser.add_argument("--timezone", default="UTC", metavar="ZONE", help="zone of the expression (default: UTC)")
    parser.add_argument("--run-on-start", action="store_true", help="begin at once, with the tick before now")
    parser.add_argument("--once", action="store_true", help="end after one run, with its exit code")
    parser.add_argument("--max-runs", type=_count, metavar="N", help="end after N runs, with the last one's exit code")
    parser.add_argument("--timeout", type=_duration, metavar="TIME", help="stop a run that takes longer: 90, 90s, 2h")
    parser.add_argument(
        "--grace",
        type=_duration,
        default=80.0,
        metavar="TIME",
        help="how long a run that was told to stop may go on to finish its package (default: 80s)",
    )
    parser.add_argument("--health-file", metavar="PATH", help="file whose time of change tells that the runner lives")
    parser.add_argument("--json", action="store_true", help="print each event as a line of JSON")
    parser.add_argument("script", help="Python script to run")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, metavar="...", help="arguments of the script")
    parser.set_defaults(run=_schedule)


@dataclass(frozen=True)
class _Plan:
    """What is run, and when.

    Attributes:
        script: Python script.
        arguments: Its arguments.
        cron: Cron expression, or None where `every` says it.
        every: Time between runs.
        timezone: Zone of the expression.
        run_on_start: Begin at once, with the tick before now.
        once: End after one run.
        max_runs: End after so many runs.
        timeout: Seconds after which a run is stopped.
        grace: Seconds that a run which was told to stop may go on.
        health_file: File whose time of change tells that the runner lives.
        json: Print each event as a line of JSON.
    """

    script: str
    arguments: list[str]
    cron: str | None
    every: str | None
    timezone: str
    run_on_start: bool
    once: bool
    max_runs: int | None
    timeout: float | None
    grace: float
    health_file: str | None
    json: bool


def _schedule(arguments: argparse.Namespace) -> int:
    plan = read(_Plan, arguments)
    if not os.path.isfile(plan.script):
        raise ConfigurationValueError(f"There is no script {plan.script!r} in {os.getcwd()}.")
    zone = _zone(plan.timezone)
    ticks = cron_ticks(plan.cron, zone) if plan.cron else even_ticks(plan.every or "")
    return _Runner(plan, ticks, zone).run()


# -- when


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ConfigurationValueError(
            f"--timezone {name!r} is not known here. Write it as in Europe/Berlin."
        ) from error


def _duration(text: str) -> float:
    seconds = length_of_time(text)
    if seconds is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no length of time like 90, 90s or 2h")
    return seconds


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of runs")
    return int(text)


# -- running


class _Runner:
    """Runs the command at each tick until enough runs were made or a signal comes."""

    def __init__(self, plan: _Plan, ticks: Ticks, zone: tzinfo) -> None:
        self.plan, self.ticks, self.zone = plan, ticks, zone
        self.max_runs = 1 if plan.once else plan.max_runs
        self.health_file = Path(plan.health_file) if plan.health_file else None
        self.runs = 0
        self.covered: datetime | None = None
        self.received: list[int] = []
        self.killed = False

    def run(self) -> int:
        """Run until the end; return the exit code."""
        self._make_health_file()
        code = 0
        with self._signals_noted():
            now = utc_now()
            tick = self.ticks.until(now) if self.plan.run_on_start else self.ticks.after(now)
            while self._wait_for(tick):
                code, tick = self._run_once(self._newest(tick))
                if self.received or self.runs == self.max_runs:
                    break
        if not self.received:
            return code
        name = signal.Signals(self.received[0]).name
        self._tell("stopped", f"{name}: stopped after {self.runs} run(s)", signal=name, runs=self.runs)
        if self.killed:
            return 1
        if self.max_runs is None:
            # a service that was told to stop has done what it was told
            return 0
        # whoever asked for a number of runs must not take fewer for a success, nor one that was stopped on its way
        return code if self.runs == self.max_runs else 128 + self.received[0]

    def _newest(self, tick: datetime) -> datetime:
        """Return the last tick up to now: one run makes up for all ticks of a time in which the machine slept."""
        newest = self.ticks.until(utc_now())
        if newest <= tick:
            return tick
        text = f"{self._local(tick)} was missed: one run for all ticks up to {self._local(newest)}"
        self._tell("missed", text, bad=True, tick=tick, newest=newest)
        return newest

    def _wait_for(self, tick: datetime) -> bool:
        if tick > utc_now():
            self._tell("waiting", f"next run at {self._local(tick)}", tick=tick)
        while not self.received:
            self._beat()
            left = (tick - utc_now()).total_seconds()
            if left <= 0:
                return True
            # never long: the clock may be set, and a machine may sleep
            time.sleep(min(left, _BEAT))
        return False

    def _run_once(self, tick: datetime) -> tuple[int, datetime]:
        """Run the command for a tick; return its exit code and the next tick."""
        # after a failure or a skipped tick the window begins where the last good one ended: nothing is left out
        start = self.covered or self.ticks.until(tick - timedelta(microseconds=1))
        window = {"DLT_INTERVAL_START": self._local(start), "DLT_INTERVAL_END": self._local(tick)}
        self.runs += 1
        text = f"run {self.runs} of {self._local(start)} to {self._local(tick)} started"
        self._tell("started", text, run=self.runs, interval_start=start, interval_end=tick)
        began = time.monotonic()
        child = subprocess.Popen(
            [sys.executable, self.plan.script, *self.plan.arguments],
            env={**os.environ, **window},
            # nobody sits before a service: a question gets an end of file, and no run waits for an answer
            stdin=subprocess.DEVNULL,
            # standard output carries the events only, for the program that reads them
            stdout=sys.stderr if self.plan.json else None,
            # Ctrl-C reaches a whole group; the child must get each signal once, for a second one stops it at once
            start_new_session=True,
        )
        try:
            following = self._watch(child, began, tick)
        except BaseException:
            _kill(child)
            raise
        # of a signal Python gives the negative number, shells 128 and the number
        code = child.returncode if child.returncode >= 0 else 128 - child.returncode
        if code == 0:
            self.covered = tick
        seconds = round(time.monotonic() - began, 3)
        text = f"run {self.runs} ended with exit code {code} after {seconds:.1f} s"
        self._tell(
            "finished",
            text,
            bad=code != 0,
            run=self.runs,
            interval_start=start,
            interval_end=tick,
            exit_code=code,
            seconds=seconds,
        )
        return code, following

    def _watch(self, child: subprocess.Popen[bytes], began: float, tick: datetime) -> datetime:
        """Wait for the child, pass signals on, and skip ticks; return the first one that was not skipped."""
        forwarded = 0
        kill_at: float | None = None
        timed_out = False
        upcoming = self.ticks.after(tick)
        while True:
            try:
                child.wait(_BEAT)
                return upcoming
            except subprocess.TimeoutExpired:
                self._beat()
            clock = time.monotonic()
            for number in self.received[forwarded:]:
                name = signal.Signals(number).name
                self._tell(
                    "stopping", f"{name}: the run has {self.plan.grace:.0f} s to finish", run=self.runs, signal=name
                )
                child.send_signal(number)
                forwarded += 1
                # the first signal counts: a second one gives no more time
                kill_at = kill_at or clock + self.plan.grace
            if self.plan.timeout and not timed_out and clock - began >= self.plan.timeout:
                timed_out = True
                text = f"run {self.runs} takes longer than {self.plan.timeout:g} s: stopped"
                self._tell("timeout", text, bad=True, run=self.runs)
                # the child ends its package first, as when somebody stops it
                child.terminate()
                kill_at = kill_at or clock + self.plan.grace
            if kill_at and clock >= kill_at:
                self.killed = True
                text = f"run {self.runs} did not end within {self.plan.grace:g} s: killed"
                self._tell("killed", text, bad=True, run=self.runs)
                _kill(child)
            elif upcoming <= utc_now() and not self.received:
                newest = self.ticks.until(utc_now())
                text = f"skipped {self._local(newest)}: run {self.runs} is not done yet"
                self._tell("skipped", text, bad=True, run=self.runs, tick=newest)
                upcoming = self.ticks.after(newest)

    def _make_health_file(self) -> None:
        if self.health_file:
            try:
                self.health_file.touch()
            except OSError as error:
                raise ConfigurationValueError(f"--health-file {self.health_file}: {error.strerror}.") from error

    def _beat(self) -> None:
        if self.health_file:
            # a full disk shall show as bad health, not end the runner
            with suppress(OSError):
                self.health_file.touch()

    @contextmanager
    def _signals_noted(self) -> Iterator[None]:
        """Note signals; what they mean is decided between two looks at the child, never in the middle of a step."""

        def note(number: int, _frame: FrameType | None) -> None:
            self.received.append(number)

        previous = {number: signal.signal(number, note) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)

    def _local(self, moment: datetime) -> str:
        return moment.astimezone(self.zone).isoformat()

    def _tell(self, event: str, text: str, bad: bool = False, **facts: object) -> None:
        if self.plan.json:
            found = {k: self._local(v) if isinstance(v, datetime) else v for k, v in facts.items()}
            line = orjson.dumps({"event": event, "at": self._local(utc_now()), **found})
            print(line.decode(), flush=True)
        else:
            stamp = utc_now().astimezone(self.zone).isoformat(timespec="seconds")
            (user_log.error if bad else user_log.info)(f"{stamp} {text}")


def _kill(child: subprocess.Popen[bytes]) -> None:
    """End the child with all that it started."""
    if sys.platform != "win32":
        # the script may have started processes of its own, and may be gone already
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
    # where there are no groups, and where the group is gone already
    child.kill()
    child.wait()
