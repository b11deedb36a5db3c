"""Ctrl-C and SIGTERM: a step stops at a safe point, nothing is lost, and the next run goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

import dlt
from dlt.errors import SignalReceivedException

SHOP = """
import os, signal, sys
import dlt
NUMBERS = [int(number) for number in os.environ.get("NUMBERS", "").split()]

@dlt.resource
def orders():
    print("printed by a source")
    os.system("echo written by a child")
    yield [{"id": 1}, {"id": 2}]
    for number in NUMBERS:
        os.kill(os.getpid(), number)
    yield {"id": 3}
"""
SCRIPT = SHOP + "dlt.pipeline('shop', destination='duckdb').run(orders())\n"


def send(*numbers: int) -> None:
    """Send signals to this process."""
    for number in numbers:
        os.kill(os.getpid(), number)


@pytest.mark.parametrize("stage", ["extract", "normalize", "load"])
@pytest.mark.parametrize(("number", "kind"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, SystemExit)])
def test_a_signal_stops_a_step(pipeline: Any, stage: str, number: int, kind: type[BaseException]) -> None:
    """With the exception that Python itself would raise; the next run loses and doubles nothing."""
    rest = [stage]

    def hook(event: str, of: Any, payload: Any) -> None:
        if event == "step_start" and payload in rest:
            rest.remove(payload)
            send(number)

    @dlt.resource
    def orders(at: Any = dlt.sources.incremental("id")) -> Any:
        yield [{"id": 1}, {"id": 2}]

    pipeline.add_hook(hook)
    with pytest.raises(kind) as caught:
        pipeline.run(orders())
    assert type(caught.value) is KeyboardInterrupt or isinstance(caught.value, SignalReceivedException)
    pipeline.run(orders())
    assert sorted(pipeline.dataset().orders.select("id").fetchall()) == [(1,), (2,)]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_load_ends_its_package_first(pipeline: Any) -> None:
    """What a signal interrupts is loaded, and then the process stops; nothing waits."""
    pipeline.add_hook(lambda event, of, payload: None)
    count = threading.Event()

    class Sending(dlt.progress.Collector):
        def update(self, *args: Any, **options: Any) -> None:
            if self.step == "load" and not count.is_set():
                count.set()
                send(signal.SIGINT)

    pipeline.collector = Sending()
    with pytest.raises(KeyboardInterrupt):
        pipeline.run([{"id": 1}], table_name="orders")
    assert not pipeline.has_pending_data and len(pipeline.dataset().orders.fetchall()) == 1


@pytest.mark.parametrize("event", ["step_end"])
def test_more_signals_do_not_break_the_trace(pipeline: Any, event: str) -> None:
    """While the process stops, and while a trace is stored."""

    @dlt.resource
    def orders() -> Any:
        yield {"id": 1}
        send(signal.SIGINT)
        yield {"id": 2}

    pipeline.add_hook(lambda name, of, payload: send(signal.SIGINT, signal.SIGTERM) if name == event else None)
    with pytest.raises(KeyboardInterrupt):
        pipeline.run(orders())
    stored = json.loads(Path(pipeline.working_dir, "trace.json").read_text())
    assert [step["step"] for step in stored["steps"]] == ["extract"] and stored["finished_at"]
    assert "KeyboardInterrupt" in stored["steps"][0]["step_exception"]
    pipeline.parts.hooks.added.clear()
    assert pipeline.run([{"id": 3}], table_name="orders").loads_ids
    # the first signal of all comes when the work is done
    pipeline.add_hook(lambda name, of, payload: send(signal.SIGINT) if (name, payload) == (event, "load") else None)
    with pytest.raises(KeyboardInterrupt):
        pipeline.run([{"id": 4}], table_name="orders")
    stored = json.loads(Path(pipeline.working_dir, "trace.json").read_text())
    assert [step["step"] for step in stored["steps"]] == ["extract", "normalize", "load"]


def test_a_load_in_a_thread_does_not_keep_the_main_thread_from_stopping(own_folder: Path) -> None:
    """Signals come to the main thread: what it does counts, not what others do."""
    loading, done = threading.Event(), threading.Event()

    class Waiting(dlt.progress.Collector):
        def update(self, *args: Any, **options: Any) -> None:
            if self.step == "load":
                loading.set()
                done.wait(250)

    beside = dlt.pipeline("beside", destination="duckdb", progress=Waiting())
    thread = threading.Thread(target=beside.run, args=([{"id": 1}],), kwargs={"table_name": "t"})
    thread.start()
    assert loading.wait(250)

    @dlt.resource
    def orders() -> Any:
        send(signal.SIGINT)
        yield {"id": 1}

    try:
        with pytest.raises(KeyboardInterrupt):
            dlt.pipeline("main", destination="duckdb").run(orders())
    finally:
        done.set()
        thread.join()
    assert len(beside.dataset().t.fetchall()) == 1


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, -signal.SIGINT), (signal.SIGTERM, 143)])
def test_a_script_ends_as_python_scripts_do(own_folder: Path, number: int, code: int) -> None:
    """Ctrl-C as without the library; SIGTERM without a traceback, in one line, with its exit code."""
    environment = {**os.environ, "NUMBERS": str(int(number)), "RUNTIME__USER_LOG": "true"}
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == code, done.stderr
    told = [line for line in done.stderr.splitlines() if line.startswith("dlt: ")]
    assert len(told) == 1 and "shop: extract stopped" in told[0]
    assert number == signal.SIGINT or done.stderr.splitlines() == told


@pytest.mark.parametrize(("numbers", "code"), [("2", 130), ("15", 143), ("2 2 2", 130), ("", 0)])
def test_a_step_of_the_command(own_folder: Path, numbers: str, code: int) -> None:
    """One line and the exit code of the signal; standard output carries a token, whatever a source prints."""
    Path("shop.py").write_text(SHOP)
    Path("spec.json").write_text(
        json.dumps({"source": "shop.py:orders", "pipeline": {"pipeline_name": "shop", "destination": "duckdb"}})
    )
    environment = {**os.environ, "NUMBERS": numbers, "RUNTIME__USER_LOG": "false", "PIPELINES__PROGRESS": "log"}
    line = [sys.executable, "-m", "dlt", "step", "extract", "spec.json", "--run-id", "1"]
    done = subprocess.run(line, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == code, done.stderr
    assert "printed by a source" in done.stderr and "written by a child" in done.stderr
    assert "---------- extract after" in done.stderr
    if code:
        assert done.stdout == "" and done.stderr.count("dlt: error: stopped by") == 1 and "Traceback" not in done.stderr
    else:
        assert json.loads(done.stdout)["stage"] == "extracted"
