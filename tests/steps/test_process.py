"""What pipelines leave of the process: they take nothing that is the program's, and give back what a step needs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from dlt.version import form

PROGRAM = """
import gc, json, locale, logging, os, signal, sys, threading, warnings

def seen():
    loggers = {}
    for name in ("", "dlt"):
        logger = logging.getLogger(name)
        loggers[name] = [logger.level, logger.disabled, logger.propagate, logger.handlers, logger.filters]
    return {
        "loggers": repr(loggers),
        "disabled": logging.root.manager.disable,
        "excepthooks": repr([sys.excepthook, threading.excepthook, sys.unraisablehook]),
        "signals": repr([(number, signal.getsignal(number)) for number in sorted(signal.valid_signals())]),
        "streams": repr([sys.stdin, sys.stdout, sys.stderr]),
        "warnings": repr(warnings.filters),
        "environment": dict(os.environ),
        "locale": locale.setlocale(locale.LC_ALL),
        "folder": os.getcwd(),
        "path": list(sys.path),
    }

import dlt, dlt.pipeline.factory  # the logger "dlt" is silent from here on
import duckdb, numpy, pyarrow  # what these change is not ours
before = seen()

def check(when):
    gc.collect()
    now = seen()
    different = {key: (before[key], now[key]) for key in before if before[key] != now[key]}
    assert not different, (when, different)

@dlt.resource
def items():
    at_work["level"] = logging.getLogger("dlt").level
    at_work["signal"] = signal.getsignal(signal.SIGTERM)
    yield {"id": 1}

at_work = {}
first = dlt.pipeline("first", destination="duckdb")
second = dlt.pipeline("second", destination=dlt.destinations.filesystem("files"))
check("made")
for pipeline in (first, second):
    pipeline.run(items())
    check("run")
    pipeline.extract([{"id": 2}], table_name="items")
    pipeline.normalize()
    pipeline.load()
    pipeline.dataset().items.fetchall()
    pipeline.sync_destination()
    check("steps")
assert at_work["signal"] is not signal.SIG_DFL
thread = threading.Thread(target=first.run, args=([{"id": 3}],), kwargs={"table_name": "items"})
thread.start()
thread.join()
check("thread")

def failing():
    yield {"id": 4}
    raise ValueError("of the source")

try:
    first.run(failing(), table_name="items")
except Exception as error:
    hook = sys.excepthook
check("failed")
first.drop()
check("dropped")
print(json.dumps([at_work["level"], hook is sys.__excepthook__]))
"""


def run(folder: Path, **runtime: str) -> list[object]:
    """Run the program with settings of `runtime`; return what it saw while a pipeline was at work."""
    environment = {**os.environ, **{f"RUNTIME__{key.upper()}": value for key, value in runtime.items()}}
    line = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(line, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: list[object] = json.loads(done.stdout)
    return found


def test_pipelines_leave_the_process_as_it_was(own_folder: Path) -> None:
    """Made, run, failed, in threads, dropped: logging, hooks, signals, streams, warnings, environment and locale."""
    assert run(own_folder) == [50, True]


def test_what_settings_ask_for_ends_with_the_step(own_folder: Path) -> None:
    """The level of the logger holds while a step runs, the hook while its error is alive."""
    assert run(own_folder, log_level="INFO", excepthook="true") == [20, False]


def test_handlers_that_a_source_sets_are_the_programs() -> None:
    """A step puts back only what it set itself."""
    program = (
        "import signal, dlt\n"
        "def items():\n"
        "    signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "    yield {'id': 1}\n"
        "dlt.pipeline('own', destination='duckdb').run(items(), table_name='items')\n"
        "assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN\n"
        "assert signal.getsignal(signal.SIGINT) is signal.default_int_handler\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


ONE_ROW = """
import sys, dlt, dlt.version

destination = dlt.destinations.duckdb("one.duckdb")
pipeline = dlt.pipeline("one", destination=destination, pipelines_dir="pipelines", dataset_name="data")
pipeline.extract([{"id": 1}], table_name="t")
assert pipeline.normalize().row_counts["t"] == 1
print(dlt.version.form(), "pandas" in sys.modules)
pipeline.load()
# older DuckDBs import it themselves, and it imports pandas
print("pandas" in sys.modules and "pyarrow.dataset" not in sys.modules)
"""


@pytest.mark.skipif(
    form() == "pure", reason="pyarrow imports pandas to read lists, and only the extension hands it none"
)
def test_a_load_of_one_row_does_not_import_pandas(tmp_path: Path) -> None:
    """Where it is installed it takes longer to import than the load itself; pyarrow would do so to read a list."""
    assert find_spec("pandas") is not None
    done = subprocess.run(
        [sys.executable, "-c", ONE_ROW], cwd=tmp_path, stdout=subprocess.PIPE, text=True, check=True, timeout=120
    )
    assert done.stdout.split() == ["compiled", "False", "False"]
