"""Programs in virtual environments, and where they run."""

from __future__ import annotations

import io
import logging
import os
import pickle
import signal
import sys
from pathlib import Path
from subprocess import PIPE, CalledProcessError
from typing import Any

import pytest

from dlt.absent import absent
from dlt.common import logger
from dlt.common.exceptions import CannotInstallDependencies, VenvNotFound
from dlt.common.runners import Venv, pool_runner, workermethod
from dlt.common.runners.configuration import PoolRunnerConfiguration
from dlt.common.runners.stdout import exec_to_stdout, iter_std, iter_stdout, iter_stdout_with_result
from dlt.common.runners.synth_pickle import decode_last_obj, decode_obj, encode_obj
from dlt.common.runtime import anon_tracker, exec_info, signals, telemetry
from dlt.common.runtime.collector import NULL_COLLECTOR, Collector, DictCollector
from dlt.errors import NotOffered, SignalReceivedException

PROGRAM = "import sys\nprint('out', sys.argv[2:])\nprint('err', file=sys.stderr)\nsys.exit(int(sys.argv[1]))\n"


@pytest.fixture
def program(tmp_path: Path) -> str:
    """Write a program that says what it is given, and ends with its first argument."""
    (tmp_path / "program.py").write_text(PROGRAM)
    return str(tmp_path / "program.py")


def test_programs_of_this_environment(program: str) -> None:
    """Their output comes with their errors, or line by line."""
    venv = Venv.restore_current()
    assert sorted(venv.run_script(program, 0, "b").splitlines()) == ["err", "out ['b']"]
    assert venv.run_command("python", "-c", "print('hi')") == "hi\n"
    assert "usage" in venv.run_module("json.tool", "--help")
    assert list(iter_stdout(venv, sys.executable, program, 0, 1)) == ["out ['1']"]
    assert sorted(iter_std(venv, sys.executable, program, 0)) == [(1, "out []"), (2, "err")]
    with venv.start_command(sys.executable, program, 0, stdout=PIPE, stderr=PIPE, text=True) as process:
        assert process.communicate() == ("out []\n", "err\n")


def test_programs_that_fail(program: str) -> None:
    """The error has what they wrote."""
    venv = Venv.restore_current()
    with pytest.raises(CalledProcessError) as caught:
        venv.run_script(program, 3)
    assert caught.value.returncode == 3 and "err" in caught.value.output
    with pytest.raises(CalledProcessError) as caught:
        list(iter_stdout(venv, sys.executable, program, 2))
    assert caught.value.stderr == "err\n" and caught.value.output == "out []\n"


def test_an_environment_is_made_and_deleted(tmp_path: Path) -> None:
    """With pip to install into it; without the network only what cannot be installed is told."""
    folder = str(tmp_path / "env")
    with Venv.set_pip_tool("uv"):
        assert Venv.get_pip_tool() == "uv"
        venv = Venv.create(folder)
        assert Venv.get_pip_command(venv.context, "install")[:3] == ["uv", "pip", "install"]
    assert venv.run_command("python", "-c", "import sys; print(sys.prefix)").strip() == os.path.realpath(folder)
    assert Venv.restore(folder).context.env_exe == venv.context.env_exe
    with pytest.raises(CannotInstallDependencies, match="no-such-file cannot be installed") as caught:
        venv.add_dependencies(["./no-such-file"])
    assert caught.value.dependencies == ["./no-such-file"]
    with venv:
        assert os.path.isdir(folder)
    assert not os.path.isdir(folder)
    with pytest.raises(VenvNotFound) as missing:
        Venv.restore(folder)
    assert missing.value.interpreter == folder
    with pytest.raises(NotImplementedError):
        Venv.restore_current().__enter__()


def test_results_of_programs(tmp_path: Path) -> None:
    """A line is an object, the others are what the program writes."""
    script = tmp_path / "result.py"
    begin = "import sys\nfrom dlt.common.runners.stdout import exec_to_stdout\n"
    script.write_text(begin + "with exec_to_stdout(lambda: print('x') or {'a': 1}):\n    pass\n")
    lines = iter_stdout_with_result(Venv.restore_current(), sys.executable, str(script))
    found: list[str] = []
    result: Any = None
    while True:
        try:
            found.append(next(lines))
        except StopIteration as end:
            result = end.value
            break
    assert (found, result) == (["x"], {"a": 1})
    script.write_text(begin + "with exec_to_stdout(lambda: int('x')):\n    pass\n")
    with pytest.raises(ValueError, match="invalid literal"):
        list(iter_stdout_with_result(Venv.restore_current(), sys.executable, str(script)))
    with exec_to_stdout(lambda: 5) as value:
        assert value == 5


def test_objects_as_lines() -> None:
    """Others are told from them."""
    line = encode_obj({"a": 1})
    assert line is not None and decode_obj(line) == {"a": 1} and decode_obj("text") is None
    assert decode_last_obj(["x", line, "y"]) == {"a": 1} and decode_last_obj(["x"]) is None
    assert encode_obj(lambda: None) is None and decode_obj(line[:-5] + "?") is None
    with pytest.raises((pickle.PickleError, AttributeError)):
        encode_obj(lambda: None, ignore_pickle_errors=False)


def test_what_is_not_here_says_what_to_do() -> None:
    """Pools of the engine; names of methods stay as they are."""
    with pytest.raises(NotOffered, match=r"pipeline\.normalize"):
        pool_runner.create_pool(PoolRunnerConfiguration())
    assert workermethod(absent) is absent


def test_signals(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program of its own stops at its safe points."""
    with signals.intercepted_signals():
        signals.sleep(0.01)
        signals.raise_if_signalled()
        assert not signals.was_signal_received()
        with pytest.raises(RuntimeError, match="no signal was received"):
            signals.exception_for_signal()
        signals.set_received_signal(signal.SIGTERM)
        assert signals.was_signal_received()
        with pytest.raises(SignalReceivedException):
            signals.sleep(5)
    with signals.intercepted_signals():
        signals.raise_if_signalled()


def test_counters() -> None:
    """A program reads them; the one without an effect is one as well."""
    collector = DictCollector()
    with collector("extract"):
        collector.update("items", 2)
        collector.update("items")
        assert collector.counters == {"items": 3} and collector.step == "extract"
        with pytest.raises(AssertionError, match="labels not supported"):
            collector.update("items", label="a")
    assert collector.counters is None
    assert isinstance(NULL_COLLECTOR, Collector)


@pytest.mark.parametrize(
    ("variable", "tell", "name"),
    [
        ("GITHUB_ACTIONS", exec_info.is_github_actions, "github_actions"),
        ("CODESPACES", exec_info.is_codespaces, "codespaces"),
        ("AWS_LAMBDA_FUNCTION_NAME", exec_info.is_aws_lambda, "aws_lambda"),
        ("FUNCTION_NAME", exec_info.is_gcp_cloud_function, "gcp_cloud_function"),
        ("AIRFLOW_CTX_TASK_ID", exec_info.is_running_in_airflow_task, "airflow"),
        ("DAGSTER_RUN_JOB_NAME", exec_info.is_running_in_dagster_task, "dagster"),
    ],
)
def test_where_a_program_runs(monkeypatch: pytest.MonkeyPatch, variable: str, tell: Any, name: str) -> None:
    """As the environment tells it."""
    monkeypatch.delenv(variable, raising=False)
    assert not tell() and name not in exec_info.exec_info_names()
    monkeypatch.setenv(variable, "1")
    assert tell() and name in exec_info.exec_info_names()
    assert set(exec_info.get_execution_context()) == {"ci_run", "python", "cpu", "exec_info", "library", "os"}
    assert not (exec_info.is_notebook() or exec_info.is_streamlit() or exec_info.is_marimo() or exec_info.is_colab())


def test_nothing_is_sent() -> None:
    """Programs that turn telemetry off, or have a function told of, go on."""
    telemetry.start_telemetry(None)
    telemetry.stop_telemetry()
    anon_tracker.init_anon_tracker(None)
    anon_tracker.track("pipeline", "run", {})
    anon_tracker.disable_anon_tracker()
    with anon_tracker.always_track():
        assert not telemetry.is_telemetry_started() and anon_tracker.get_anonymous_id() == ""
    assert telemetry.with_telemetry("command", "run", False)(absent) is absent


def test_the_logger() -> None:
    """Functions of a module, and what a logger has."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    logger.LOGGER.addHandler(handler)
    level = logger.LOGGER.level
    logger.LOGGER.setLevel(logging.INFO)
    try:
        logger.warning("careful")
        with logger.suppress_and_warn("failed"):
            raise KeyError("k")
        logger.metrics("rows", {"rows": 1})
    finally:
        logger.LOGGER.setLevel(level)
        logger.LOGGER.removeHandler(handler)
    assert "careful" in text.getvalue() and "failed" in text.getvalue() and "KeyError" in text.getvalue()
    assert logger.is_logging() and logger.log_level() == logging.getLevelName(logger.LOGGER.getEffectiveLevel())
    assert logger.name == logger.LOGGER.name and logger.is_json_logging("JSON")
    assert "NoneType" in logger.pretty_format_exception()


@pytest.mark.parametrize(
    ("variable", "value", "tell", "expected"),
    [
        ("CLAUDECODE", "0", exec_info.is_claude_code, False),
        ("CLAUDECODE", "1", exec_info.is_claude_code, True),
        ("CLAUDE_CODE_ENTRYPOINT", "cli", exec_info.is_claude_code_cli, False),
        ("CURSOR_AGENT", "0", exec_info.is_cursor, False),
        ("CURSOR_AGENT", "1", exec_info.is_cursor, True),
        ("CODEX_CI", "0", exec_info.is_codex, False),
        ("CODEX_THREAD_ID", "a", exec_info.is_codex, True),
        ("STREAMLIT_SERVER_PORT", "1", exec_info.is_streamlit, True),
    ],
)
def test_which_tool_runs_a_program(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, tell: Any, expected: bool
) -> None:
    """By the variables that it sets, and by what they hold."""
    for name in (
        "CLAUDECODE",
        "CLAUDE_CODE_ENTRYPOINT",
        "CURSOR_AGENT",
        "CODEX_CI",
        "CODEX_THREAD_ID",
        "CODEX_SANDBOX",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, value)
    assert tell() is expected


def test_the_owner_of_a_repository_stands_for_its_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where GitHub names no user."""
    for name, value in (("REPOSITORY", "shop/data"), ("REPOSITORY_OWNER", "shop")):
        monkeypatch.setenv(f"GITHUB_{name}", value)
    monkeypatch.delenv("GITHUB_USER", raising=False)
    assert exec_info.github_info()["github_user"] == "shop"
