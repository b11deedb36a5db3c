"""`dlt schedule`: the times, the runs and their ends, with real processes and signals."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dlt.errors import ConfigurationValueError
from dlt.tasks.ticks import cron_ticks, even_ticks
from tests.waiting import wait_until

pytestmark = pytest.mark.slow

BERLIN = ZoneInfo("Europe/Berlin")
UTC = timezone.utc


def utc(text: str) -> datetime:
    """Return a moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def ticks_from(expression: str, start: str, count: int) -> list[str]:
    """Return the first ticks after a moment, in Berlin's time."""
    ticks, moment, found = cron_ticks(expression, BERLIN), utc(start), []
    for _ in range(count):
        moment = ticks.after(moment)
        found.append(moment.astimezone(BERLIN).strftime("%d %H:%M%z"))
    return found


# -- times


@pytest.mark.parametrize(
    ("expression", "start", "expected"),
    [
        # spring 2026: 02:00 to 03:00 of the 29th of March is left out
        ("30 2 * * *", "2026-03-28T00:00", ["28 02:30+0100", "29 03:00+0200", "30 02:30+0200"]),
        ("*/30 * * * *", "2026-03-29T00:00", ["29 01:30+0100", "29 03:00+0200", "29 03:30+0200"]),
        # autumn 2026: 02:00 to 03:00 of the 25th of October comes twice
        ("30 2 * * *", "2026-10-24T00:00", ["24 02:30+0200", "25 02:30+0200", "26 02:30+0100"]),
        ("30 2 * * *", "2026-10-25T00:45", ["26 02:30+0100", "27 02:30+0100"]),
        ("30 2 * * *", "2026-10-25T01:15", ["26 02:30+0100", "27 02:30+0100"]),
        ("0 * * * *", "2026-10-24T23:30", ["25 02:00+0200", "25 02:00+0100", "25 03:00+0100"]),
        ("@daily", "2026-10-24T00:00", ["25 00:00+0200", "26 00:00+0100"]),
    ],
)
def test_clock_changes(expression: str, start: str, expected: list[str]) -> None:
    """A daily run comes once a day, an hourly one every hour, whatever the clock does."""
    assert ticks_from(expression, start, len(expected)) == expected


def test_the_tick_before_lies_in_the_repeated_hour() -> None:
    """The second 02:15 has the first 02:30 behind it."""
    assert cron_ticks("30 2 * * *", BERLIN).until(utc("2026-10-25T01:15")) == utc("2026-10-25T00:30")


@given(
    expression=st.sampled_from(
        ["*/15 * * * *", "30 2 * * *", "15 2,3 * * 0", "0 */6 1 * *", "7 * * * *", "*/7 1 2 * * *"]
    ),
    seconds=st.integers(0, 400 * 86400),
)
@example(expression="15 2,3 * * 0", seconds=(utc("2026-10-25T01:20") - utc("2026-01-01T00:00")).total_seconds())
def test_ticks_leave_no_gap(expression: str, seconds: float) -> None:
    """Each moment lies between two ticks that follow each other, seen from both of them."""
    ticks, moment = cron_ticks(expression, BERLIN), utc("2026-01-01T00:00") + timedelta(seconds=seconds)
    before, after = ticks.until(moment), ticks.after(moment)
    assert before <= moment < after
    assert ticks.after(before) == after and ticks.until(after) == after
    assert ticks.until(after - timedelta(microseconds=1)) == before


def test_even_ticks() -> None:
    """--every counts from midnight UTC, and a tick belongs to itself."""
    ticks = even_ticks("6h")
    assert ticks.until(utc("2026-01-01T07:30")) == utc("2026-01-01T06:00") == ticks.until(utc("2026-01-01T06:00"))
    assert ticks.after(utc("2026-01-01T06:00")) == utc("2026-01-01T12:00")


@pytest.mark.parametrize("expression", ["61 * * * *", "* * * *", "", "0 0 30 2 *", "soon", "@never"])
def test_a_wrong_expression_is_named(expression: str) -> None:
    """Errors: the expression, what is wrong with it, and how one looks."""
    with pytest.raises(ConfigurationValueError, match=r"--cron .*: .*\*/15"):
        cron_ticks(expression, UTC)


# -- runs


class Runner:
    """A `dlt schedule` that runs, with the events that it prints."""

    def __init__(self, folder: Path, code: str, *arguments: str) -> None:
        self.folder = folder
        (folder / "job.py").write_text(code)
        line = [sys.executable, "-m", "dlt", "schedule", "--json", *arguments]
        self.errors = folder / "stderr.txt"
        with self.errors.open("w") as errors:
            self.process = subprocess.Popen(
                [*line, "job.py", "first", "--second"],
                cwd=folder,
                env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                start_new_session=True,
            )
        self.seen: list[dict[str, Any]] = []

    def events(self) -> Iterator[dict[str, Any]]:
        """Yield what is printed from here on."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.seen.append(json.loads(line))
            yield self.seen[-1]

    def until(self, event: str) -> dict[str, Any]:
        """Wait for an event."""
        for found in self.events():
            if found["event"] == event:
                return found
        raise AssertionError(f"no {event} in {self.seen}\n{self.errors.read_text()}")

    def end(self) -> int:
        """Read all events; return the exit code."""
        list(self.events())
        return self.process.wait(250)

    def of(self, event: str) -> list[dict[str, Any]]:
        """Return the events of one kind that were seen."""
        return [found for found in self.seen if found["event"] == event]

    def lines(self, name: str = "out.txt") -> list[str]:
        """Return what the script wrote."""
        return (self.folder / name).read_text().splitlines()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Runner]]:
    """Return a function that starts a runner on a script; all of them are gone after the test."""
    runners: list[Runner] = []

    def start_runner(code: str, *arguments: str) -> Runner:
        runners.append(Runner(tmp_path, code, *arguments))
        return runners[-1]

    yield start_runner
    for runner in runners:
        if runner.process.poll() is None:
            # the runner takes its child along
            runner.process.terminate()
            runner.process.wait(30)
        assert runner.process.stdout is not None
        runner.process.stdout.close()


def wait_for(path: Path) -> str:
    """Return the text of a file when it is there."""
    return wait_until(path.read_text, path.name, passing=(FileNotFoundError,))


NOTE = """
import os, sys
with open("out.txt", "a") as file:
    print(*sys.argv[1:], os.environ["DLT_INTERVAL_START"], os.environ["DLT_INTERVAL_END"], file=file)
"""


def test_each_run_gets_its_window(start: Callable[..., Runner]) -> None:
    """Windows follow each other from tick to tick, with the zone; the script gets its arguments."""
    runner = start(NOTE, "--cron", "* * * * * *", "--timezone", "Asia/Kathmandu", "--max-runs", "3")
    assert runner.end() == 0
    words = [line.split() for line in runner.lines()]
    assert [word[:2] for word in words] == [["first", "--second"]] * 3
    assert all(word[2].endswith("+05:45") for word in words)
    assert [word[3] for word in words[:-1]] == [word[2] for word in words[1:]]
    first = [datetime.fromisoformat(text) for text in words[0][2:]]
    assert first[1] - first[0] == timedelta(seconds=1)
    assert [found["exit_code"] for found in runner.of("finished")] == [0, 0, 0]


def test_a_crash_does_not_take_the_runner_down(start: Callable[..., Runner]) -> None:
    """The run after a crash begins where the last good one ended."""
    crash = "if len(open('out.txt').readlines()) == 2: os.kill(os.getpid(), 9)"
    runner = start(NOTE + crash, "--every", "1s", "--max-runs", "3")
    assert runner.end() == 0
    assert [found["exit_code"] for found in runner.of("finished")] == [0, 137, 0]
    windows = [line.split()[2:] for line in runner.lines()]
    assert windows[1][0] == windows[2][0] == windows[0][1] and windows[2][1] > windows[1][1]


def test_once_returns_the_exit_code(start: Callable[..., Runner]) -> None:
    """--once with --run-on-start runs at once, for the tick before now."""
    runner = start("raise SystemExit(3)", "--cron", "0 0 1 1 *", "--run-on-start", "--once")
    assert runner.end() == 3
    assert [found["event"] for found in runner.seen] == ["started", "finished"]
    assert runner.seen[0]["interval_end"] == datetime.now(UTC).strftime("%Y-01-01T00:00:00+00:00")


def test_runs_do_not_overlap(start: Callable[..., Runner]) -> None:
    """A tick that comes while a run goes on is skipped and told; the next window covers it."""
    code = """
import os, time
os.mkdir("running")
while not os.path.exists("skipped"):
    time.sleep(0.05)
os.rmdir("running")
"""
    runner = start(code, "--every", "1s", "--max-runs", "2")
    runner.until("skipped")
    (runner.folder / "skipped").touch()
    assert runner.end() == 0
    assert [found["exit_code"] for found in runner.of("finished")] == [0, 0]
    first, second = runner.of("started")
    assert second["interval_start"] == first["interval_end"]


def test_missed_ticks_are_made_up_for_once(start: Callable[..., Runner]) -> None:
    """A machine that slept over ticks runs one time for all of them."""
    runner = start(NOTE, "--every", "1s", "--max-runs", "2")
    runner.until("finished")
    runner.process.send_signal(signal.SIGSTOP)
    # ticks go by the clock: at least three of them pass, however slow the machine is
    time.sleep(3.2)
    runner.process.send_signal(signal.SIGCONT)
    assert runner.end() == 0
    assert len(runner.of("missed")) == 1
    first, second = runner.of("started")
    assert second["interval_start"] == first["interval_end"]
    length = datetime.fromisoformat(second["interval_end"]) - datetime.fromisoformat(second["interval_start"])
    assert length >= timedelta(seconds=3)


# -- ends


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_waiting_runner_stops(start: Callable[..., Runner], number: signal.Signals) -> None:
    """SIGTERM and SIGINT end a runner that waits, with exit code 0."""
    runner = start(NOTE, "--cron", "0 0 1 1 *")
    runner.until("waiting")
    runner.process.send_signal(number)
    assert runner.end() == 0
    assert runner.seen[-1]["signal"] == number.name


LISTEN = """
import os, signal, sys, time
def note(number, frame):
    with open("signals.txt", "a") as file:
        print(signal.Signals(number).name, file=file)
for number in (signal.SIGTERM, signal.SIGINT):
    signal.signal(number, note)
open("ready.txt", "w").write("ready")
"""


def test_the_child_gets_each_signal_once_and_may_finish(start: Callable[..., Runner]) -> None:
    """Ctrl-C reaches the whole group of a terminal: the child still gets one signal, ends, and the runner exits 0."""
    code = LISTEN + "while not os.path.exists('signals.txt'): time.sleep(0.05)\n"
    # a second signal would have the time to come
    code += "time.sleep(1)\nopen('end.txt', 'w')"
    runner = start(code, "--every", "1s")
    wait_for(runner.folder / "ready.txt")
    os.killpg(runner.process.pid, signal.SIGINT)
    assert runner.end() == 0
    assert runner.lines("signals.txt") == ["SIGINT"] and (runner.folder / "end.txt").exists()
    assert [found["event"] for found in runner.seen[-3:]] == ["stopping", "finished", "stopped"]


def test_a_child_that_does_not_end_is_killed_with_its_children(start: Callable[..., Runner]) -> None:
    """After the grace time nothing is left, and the exit code tells it."""
    code = LISTEN.replace('"ready"', "str(os.fork() or os.getpid())") + "while True: signal.pause()"
    runner = start(code, "--every", "1s", "--grace", "1")
    grandchild = int(wait_for(runner.folder / "ready.txt"))
    runner.process.send_signal(signal.SIGTERM)
    assert runner.end() == 1
    assert runner.of("killed") and runner.of("finished")[0]["exit_code"] == 137
    status = Path(f"/proc/{grandchild}/status")
    wait_until(lambda: not status.exists() or "Z (" in status.read_text(), "its end", passing=(OSError,))


def test_a_bounded_runner_that_was_stopped_is_no_success(start: Callable[..., Runner]) -> None:
    """--once that never ran ends like any program that a signal stopped."""
    runner = start(NOTE, "--cron", "0 0 1 1 *", "--once")
    runner.until("waiting")
    runner.process.send_signal(signal.SIGTERM)
    assert runner.end() == 128 + signal.SIGTERM


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_last_run_that_was_stopped_is_no_success(start: Callable[..., Runner], number: signal.Signals) -> None:
    """The signal that ends the last run ends the runner with the exit code of that run."""
    code = "import signal\nopen('ready.txt', 'w').write('ready')\nsignal.pause()"
    runner = start(code, "--every", "1h", "--run-on-start", "--once")
    wait_for(runner.folder / "ready.txt")
    runner.process.send_signal(number)
    assert runner.end() == 128 + number
    assert runner.of("finished")[0]["exit_code"] == 128 + number


def test_a_run_that_takes_too_long_is_stopped(start: Callable[..., Runner]) -> None:
    """--timeout ends a run; the runner goes on."""
    runner = start("import signal; signal.pause()", "--every", "1s", "--timeout", "0.5s", "--max-runs", "2")
    assert runner.end() == 128 + signal.SIGTERM
    assert len(runner.of("timeout")) == len(runner.of("finished")) == 2


def test_health(start: Callable[..., Runner]) -> None:
    """The file is touched while the runner waits and while a run goes on."""
    runner = start(LISTEN + "while True: signal.pause()", "--every", "2s", "--health-file", "health", "--grace", "0")
    health = runner.folder / "health"
    for event in ("waiting", "started"):
        runner.until(event)
        os.utime(health, (0, 0))
        wait_until(lambda: health.stat().st_mtime > 0, f"a touch while {event}")


PIPELINE = """
import os, time
import dlt

@dlt.destination(batch_size=1, loader_parallelism_strategy="sequential")
def slow(items, table):
    open("loading.txt", "w").write("loading")
    while not os.path.exists("stopping"):
        time.sleep(0.05)
    with open("rows.txt", "a") as file:
        print(*(item["id"] for item in items), sep="\\n", file=file)

if __name__ == "__main__":
    dlt.pipeline("finishing", destination=slow, pipelines_dir=".").run([{"id": i} for i in range(5)], table_name="rows")
"""


def test_a_load_finishes_its_package(start: Callable[..., Runner]) -> None:
    """SIGTERM in the middle of a load: the package is complete and none is pending."""
    runner = start(PIPELINE, "--every", "1s")
    wait_for(runner.folder / "loading.txt")
    runner.process.send_signal(signal.SIGTERM)
    runner.until("stopping")
    (runner.folder / "stopping").touch()
    assert runner.end() == 0, runner.errors.read_text()
    assert runner.lines("rows.txt") == ["0", "1", "2", "3", "4"]
    folder = runner.folder / "finishing"
    assert len(os.listdir(folder / "loaded")) == 1 and not os.listdir(folder / "normalized")


EVENTS = """
import dlt
from datetime import datetime, timedelta, timezone

NOW = datetime.now(timezone.utc)
first = datetime(2026, 1, 1, tzinfo=timezone.utc)

@dlt.resource
def events(at=dlt.sources.incremental("at", initial_value=first, allow_external_schedulers=True)):
    # one event each tenth of a second, as a server knows them: the window picks
    last = int((NOW - first) / timedelta(seconds=0.1))
    yield [{"number": n, "at": first + timedelta(seconds=n / 10)} for n in range(last - 3000, last + 1)]

if __name__ == "__main__":
    destination = dlt.destinations.duckdb("windows.duckdb")
    dlt.pipeline("windows", destination=destination, pipelines_dir=".", dataset_name="d").run(events)
"""


def test_windows_load_each_event_once(start: Callable[..., Runner]) -> None:
    """`allow_external_schedulers`: what the runs load has no gap and nothing twice."""
    runner = start(EVENTS, "--every", "1s", "--max-runs", "2")
    assert runner.end() == 0, runner.errors.read_text()
    with duckdb.connect(str(runner.folder / "windows.duckdb")) as connection:
        numbers = [row[0] for row in connection.sql("SELECT number FROM d.events ORDER BY number").fetchall()]
    started = runner.of("started")
    span = datetime.fromisoformat(started[-1]["interval_end"]) - datetime.fromisoformat(started[0]["interval_start"])
    assert numbers == list(range(numbers[0], numbers[0] + int(span.total_seconds()) * 10))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--cron", "99 * * * *", "job.py"], "bad minute"),
        (["--every", "often", "job.py"], "30s"),
        (["--cron", "* * * * *", "--timezone", "Mars/Olympus", "job.py"], "Europe/Berlin"),
        (["--cron", "* * * * *", "nothing.py"], "no script"),
        (["--cron", "* * * * *", "--health-file", "no/folder", "job.py"], "--health-file no/folder"),
    ],
)
def test_errors_are_one_line(arguments: list[str], said: str, tmp_path: Path) -> None:
    """Errors: one line, exit code 1, before anything runs."""
    (tmp_path / "job.py").write_text(NOTE)
    line = [sys.executable, "-m", "dlt.cli", "schedule", *arguments]
    found = subprocess.run(line, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert found.returncode == 1 and found.stderr.count("\n") == 1 and said in found.stderr


def test_help_has_an_example() -> None:
    """Every subcommand's --help shows how it is used."""
    found = subprocess.run(
        [sys.executable, "-m", "dlt", "schedule", "--help"], capture_output=True, text=True, check=True
    )
    assert "example: dlt schedule --cron" in found.stdout


def blocks(language: str) -> list[str]:
    """Return the code blocks of docs/schedule.md in one language."""
    page = (Path(__file__).resolve().parents[2] / "docs" / "schedule.md").read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", page, re.MULTILINE | re.DOTALL)


def test_the_page_runs(tmp_path: Path) -> None:
    """docs/schedule.md: each script and each command works as it is written; Ctrl-C ends those that do not end."""
    for script in blocks("python"):
        (tmp_path / script.split("\n", 1)[0].removeprefix("# ")).write_text(script)
    environment = {
        **os.environ,
        "DLT_DATA_DIR": str(tmp_path / "data"),
        "PATH": f"{sys.prefix}/bin:{os.environ['PATH']}",
    }
    for command in blocks("bash"):
        endless = not re.search("--once|--max-runs", command)
        process = subprocess.Popen(
            ["sh", "-ec", f"exec {command}"],
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        with process:
            assert process.stdout is not None
            said = []
            for line in process.stdout:
                said.append(line)
                if endless and "ended with exit code" in line:
                    os.killpg(process.pid, signal.SIGINT)
        assert process.returncode == 0, (command, said)
    with duckdb.connect(str(tmp_path / "runs.duckdb")) as connection:
        assert connection.sql("SELECT count(*) FROM log.runs").fetchall() == [(4,)]
    with duckdb.connect(str(tmp_path / "orders.duckdb")) as connection:
        # the window has five seconds, and the script an order for each
        assert connection.sql("SELECT count(*) FROM shop.orders").fetchall() == [(5,)]
