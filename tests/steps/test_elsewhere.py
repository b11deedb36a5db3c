"""Steps in other environments: interpreters, virtual environments and containers, by one request and one answer."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import venv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pytest

from dlt.errors import (
    HandoffMissing,
    SpecInvalid,
    StepFailedElsewhere,
    StepImpossibleElsewhere,
)
from dlt.tasks import LoadReport, StepContext, is_terminal
from dlt.tasks.elsewhere import StepElsewhere
from dlt.tasks.environments import check_environment, command_in
from dlt.tasks.request import STEPS, Step, StepRequest, context_to_dict
from tests.processes import run_python
from tests.steps import elsewhere_program
from tests.waiting import wait_until

PROGRAM = str(Path(elsewhere_program.__file__))
HERE = {"python": sys.executable}


@pytest.fixture(autouse=True)
def database(own_folder: Path) -> Path:
    """Work in a folder of the test."""
    return own_folder / "spec.duckdb"


def spec(source: str = "numbers", **source_args: Any) -> dict[str, Any]:
    """Return a spec of the test's program."""
    return {
        "source": f"{PROGRAM}:{source}",
        "pipeline": {"pipeline_name": "spec", "destination": "duckdb", "dataset_name": "data"},
        "source_args": source_args,
        "work_dir": os.path.abspath("work"),
    }


def run(
    step: Step,
    what: dict[str, Any] | None = None,
    tokens: Sequence[dict[str, Any]] = (),
    runs_in: Mapping[str, object] = HERE,
    said: list[str] | None = None,
    **request: Any,
) -> dict[str, Any]:
    """Run a step elsewhere; what it says goes to a list."""
    lines: list[str] = [] if said is None else said
    context = context_to_dict(StepContext("monday"))
    return StepElsewhere(runs_in, lines.append).run(StepRequest(step, what, tokens, context, **request))


def load_all(what: dict[str, Any], runs_in: Mapping[str, object] = HERE, **request: Any) -> LoadReport:
    """Run the steps one after the other, and clean up."""
    token = run("extract", what, runs_in=runs_in, **request)
    normalized = run("normalize", None, [token], runs_in, **request)
    report = run("load", None, [normalized], runs_in, **request)
    run("cleanup", None, [normalized], runs_in, **request)
    return LoadReport.from_dict(report)


def rows(table: str, database: Path) -> list[Any]:
    """Return the rows of a table, without the columns of the library."""
    with duckdb.connect(str(database), read_only=True) as connection:
        found = connection.sql(f"SELECT COLUMNS('^[^_]') FROM data.{table} ORDER BY ALL")
        return found.fetchall()


def test_all_steps_run_in_another_interpreter(database: Path) -> None:
    """What the source prints is no answer, and its log comes line by line."""
    said: list[str] = []
    assert run("resources", spec()) == {"resources": ["numbers"]}
    token = run("extract", spec(), said=said)
    assert "the source prints" in said
    report = LoadReport.from_dict(run("load", None, [run("normalize", None, [token])]))
    assert report.rows == {"numbers": 3, "numbers__items": 6}
    assert rows("numbers", database) == [(1,), (2,), (3,)] and len(rows("numbers__items", database)) == 6
    # a retry finds its work
    assert run("load", None, [run("normalize", None, [token])])["skipped"]
    assert Path("work").exists() and run("cleanup", None, [token]) == {}
    assert not list(Path("work").rglob("*.json"))


def test_the_interpreter_is_the_one_that_was_asked_for(database: Path, own_folder: Path) -> None:
    """With variables of its own, and without what leads to our packages."""
    link = own_folder / "other python"
    link.symlink_to(sys.executable)
    made = command_in({"python": str(link), "env": {"TOLD": "yes"}})
    assert made["arguments"] == [str(link), "-m", "dlt", "step", "run", "-"]
    assert "PYTHONPATH" not in made["environment"] and "VIRTUAL_ENV" not in made["environment"]
    load_all(spec("interpreter"), {"python": sys.executable, "env": {"TOLD": "yes"}})
    assert rows("place", database) == [(sys.executable, "yes")]


def test_settings_and_secrets_travel_with_the_request(database: Path) -> None:
    """The step finds them; they are in no token, no file and no variable."""
    what = spec("of_secret")
    values = {"sources": {"proofs": {"key": "canary-1"}}}
    token = run("extract", what, configuration=values, hidden=["canary-1"])
    assert "canary-1" not in orjson.dumps(token).decode()
    assert not [path for path in Path().rglob("*") if path.is_file() and b"canary-1" in path.read_bytes()]
    run("load", None, [run("normalize", None, [token])])
    assert rows("proof", database) == [(8,)]


def test_an_error_says_what_failed_and_hides_secrets() -> None:
    """One that passes by may be tried again, one of the program may not."""
    said: list[str] = []
    with pytest.raises(StepFailedElsewhere, match="extract in the python") as failed:
        run("extract", spec("leaks"), said=said, configuration={"key": "canary-2"}, hidden=["canary-2"])
    assert "was refused" in str(failed.value) and not is_terminal(failed.value)
    assert "canary-2" not in f"{failed.value}{said}" and any("the key is" in line for line in said)
    with pytest.raises(StepImpossibleElsewhere, match="the source is written wrongly") as wrong:
        run("extract", spec("wrong"), said=said)
    assert is_terminal(wrong.value) and any("Traceback" in line for line in said)


def test_errors_that_a_caller_acts_upon_keep_their_class() -> None:
    """Such as a package that is gone."""
    token = run("extract", spec())
    elsewhere = {**token, "spec": {**token["spec"], "work_dir": os.path.abspath("other")}}
    with pytest.raises(HandoffMissing):
        run("normalize", None, [elsewhere])


def test_a_process_that_dies_without_an_answer() -> None:
    """The error tells the signal and the last words; the next try may go better."""
    with pytest.raises(StepFailedElsewhere, match=r"killed by signal 9(.|\n)*last words") as failed:
        run("extract", spec("dies"))
    assert not is_terminal(failed.value)


def test_an_interpreter_without_the_library(own_folder: Path) -> None:
    """The error says what to install."""
    venv.create(own_folder / "bare", with_pip=False)
    bare = own_folder / "bare" / ("Scripts" if os.name == "nt" else "bin") / "python"
    with pytest.raises(StepImpossibleElsewhere, match="Install dlt-tasks there"):
        run("extract", spec(), runs_in={"python": str(bare)})


@pytest.mark.parametrize(
    ("runs_in", "told"),
    [
        ({}, "is no environment"),
        ({"pythn": "/usr/bin/python3"}, "is no environment"),
        ({"python": "/usr/bin/python3", "requirements": "duckdb"}, "requirements is str, not a list of texts"),
        ({"python": "/usr/bin/python3", "image": "dlt"}, "python does not go with image"),
        ({"python": ""}, "python is str, not a text"),
        ({"image": "dlt", "env": {"A": 1}}, "env is dict, not a dict of texts"),
        ({"image": "dlt", "options": "--network host"}, "options is str, not a list of texts"),
    ],
)
def test_an_environment_that_is_described_wrongly(runs_in: Any, told: str) -> None:
    """It is refused before anything runs."""
    with pytest.raises(SpecInvalid, match=told):
        check_environment(runs_in)


def test_an_environment_that_is_not_there() -> None:
    """The error names it."""
    with pytest.raises(SpecInvalid, match="there is no interpreter /nowhere/python"):
        run("extract", spec(), runs_in={"python": "/nowhere/python"})
    with pytest.raises(SpecInvalid, match="no command no-engine"):
        run("extract", spec(), runs_in={"image": "dlt", "engine": "no-engine"})


def test_a_request_of_another_version() -> None:
    """Both environments need the same form."""
    done = run_python(["-m", "dlt", "step", "run", "env:REQUEST"], env={**os.environ, "REQUEST": '{"step": "load"}'})
    assert done.returncode == 1
    assert "Install the same version" in orjson.loads(done.stdout)["error"]["message"]


# -- stopping


def test_a_step_is_stopped(own_folder: Path) -> None:
    """Its process ends, and nothing is kept."""
    step = StepElsewhere(HERE, lambda _line: None)
    request = StepRequest("extract", spec("waits", folder=str(own_folder)), (), context_to_dict(StepContext("monday")))
    failed: list[BaseException] = []

    def work() -> None:
        try:
            step.run(request)
        except StepFailedElsewhere as error:
            failed.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    pid = _pid(own_folder)
    step.stop()
    thread.join(60)
    assert "no answer" in str(failed[0]) and not _is_there(pid)
    assert not list(Path("work").rglob("extracted.*.json"))


def test_a_step_stops_when_the_process_that_asked_is_killed(own_folder: Path) -> None:
    """Nothing goes on that nobody waits for."""
    request = StepRequest("extract", spec("waits", folder=str(own_folder)), (), context_to_dict(StepContext("monday")))
    code = (
        "import sys, orjson\n"
        "from dlt.tasks.elsewhere import StepElsewhere\n"
        "from dlt.tasks.request import StepRequest\n"
        f"request = StepRequest.from_dict(orjson.loads({orjson.dumps(request.to_dict())!r}))\n"
        f"StepElsewhere({HERE!r}, print).run(request)\n"
    )
    asking = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    pid = _pid(own_folder)
    asking.send_signal(signal.SIGKILL)
    asking.wait()
    wait_until(lambda: not _is_there(pid), "the end of the step", seconds=60)


def test_a_load_that_is_stopped_ends_its_package(own_folder: Path) -> None:
    """Also where the task that asked ends by an error at once, as Airflow does it."""
    what = {**spec(), "pipeline": f"{PROGRAM}:slow_pipeline", "pipeline_args": {"folder": str(own_folder)}}
    normalized = run("normalize", None, [run("extract", what)])

    def stopped(line: str) -> None:
        if line == "the load has begun":
            step.stop()
            raise KeyboardInterrupt

    step = StepElsewhere(HERE, stopped)
    with pytest.raises(KeyboardInterrupt):
        step.run(StepRequest("load", None, [normalized], context_to_dict(StepContext("monday"))))
    assert (own_folder / "loaded").exists()
    assert LoadReport.from_dict(run("load", None, [normalized])).rows["numbers"] == 3


def _pid(folder: Path) -> int:
    wait_until(lambda: (folder / "pid").exists() and (folder / "pid").read_text(), "the step", seconds=60)
    return int((folder / "pid").read_text())


def _is_there(pid: int) -> bool:
    """Tell whether a process is there; one that ended may wait for somebody to ask how."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"


# -- containers and pods


ENGINE = """#!/bin/sh
# what an engine does with these: options, then the image, then the command with the variables that were named
while [ "$1" != the-image ]; do
  case "$1" in
    run|--rm|--interactive|--init) ;;
    --env) shift; names="$names $1" ;;
    --network) shift ;;
    *) echo "unknown: $1" >&2; exit 125 ;;
  esac
  shift
done
shift
for name in $names; do eval "value=\\$$name"; set -- "$name=$value" "$@"; done
exec env PATH="{path}" HOME="$HOME" "$@"
"""


@pytest.mark.skipif(os.name == "nt", reason="the engine is a script of the shell")
def test_the_command_of_a_container(database: Path, own_folder: Path) -> None:
    """It takes the request on its standard input, whatever runs it."""
    engine = own_folder / "engine"
    engine.write_text(ENGINE.format(path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])))
    engine.chmod(0o755)
    runs_in = {"image": "the-image", "engine": str(engine), "options": ["--network", "host"], "env": {"TOLD": "in"}}
    report = load_all(spec("interpreter"), runs_in)
    assert report.rows == {"place": 1} and rows("place", database)[0][1] == "in"


def test_a_request_in_a_variable_and_an_answer_in_a_file(own_folder: Path) -> None:
    """As in a pod: the answer tells of an error too, and the command ends with 0."""
    answer = own_folder / "return.json"
    command = ["-m", "dlt", "step", "run", "env:REQUEST", "--answer", str(answer)]
    for what, key in ((spec(), "made"), (spec("wrong"), "error")):
        request = StepRequest("extract", what, (), context_to_dict(StepContext(key)))
        env = {**os.environ, "REQUEST": orjson.dumps(request.to_dict()).decode()}
        assert run_python(command, env=env).returncode == 0
        assert key in orjson.loads(answer.read_bytes())


# -- virtual environments


@pytest.mark.slow
def test_a_virtual_environment_is_made_once(database: Path, own_folder: Path) -> None:
    """By whoever comes first; others wait for it, and a half that a killed process left is made anew."""
    root = Path(__file__).resolve().parents[2]
    runs_in = {"requirements": [f"dlt-tasks @ {root.as_uri()}", "six==1.17.0"], "folder": str(own_folder / "made")}
    threads = [threading.Thread(target=command_in, args=(runs_in,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    [made] = (path for path in (own_folder / "made").iterdir() if not path.name.endswith(".lock"))
    born = made.stat().st_ino
    assert load_all(spec("interpreter"), runs_in).rows == {"place": 1}
    assert rows("place", database)[0][0].startswith(str(made)) and made.stat().st_ino == born
    (made / ".ready").unlink()
    assert command_in(runs_in)["arguments"][0].startswith(str(made)) and (made / ".ready").exists()


def test_requirements_that_cannot_be_installed(own_folder: Path) -> None:
    """The error shows what pip said, and no half of an environment is taken for one."""
    runs_in = {
        "requirements": ["dlt-tasks", "no-such-package-of-anyone==9"],
        "pip_args": ["--no-index"],
        "folder": str(own_folder / "made"),
    }
    for _ in range(2):
        with pytest.raises(OSError, match="no-such-package-of-anyone"):
            command_in(runs_in)


def test_every_step_can_be_asked_for() -> None:
    """The request names them as the command does."""
    done = run_python(["-m", "dlt", "step", "--help"])
    assert all(step in done.stdout.decode() for step in STEPS)
