"""A whole Airflow as processes of this machine: Postgres, API server, scheduler, DAG processor, Celery workers."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.servers.postgres import PostgresServer
from tests.servers.process import free_port
from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
ENDED = ("success", "failed")
MOST_REVIVALS = 3
"""How often the services of one Airflow may end by themselves."""


class Airflow:
    """One Airflow; everything it starts is stopped by `stop`.

    Args:
        settings: Variables of its environment; None removes one.
        executor: Its executors.
    """

    def __init__(self, executor: str = "LocalExecutor", **settings: str | None) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="dlt-airflow-real-"))
        self.dags = self.home / "dags"
        self.dags.mkdir()
        self.postgres = PostgresServer(max_connections="300", fsync="off").start()
        self.port = free_port()
        base = f"http://127.0.0.1:{self.port}"
        metadata = self.postgres.new_database()
        inherited = {key: value for key, value in os.environ.items() if not key.startswith("AIRFLOW_")}
        known: dict[str, str | None] = {
            **inherited,
            "AIRFLOW_HOME": str(self.home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(self.dags),
            "AIRFLOW__CORE__EXECUTOR": executor,
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__PARALLELISM": "8",
            "AIRFLOW__CORE__FERNET_KEY": "",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{base}/execution/",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": metadata.replace("postgresql://", "postgresql+psycopg2://"),
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": str(self.port),
            "AIRFLOW__API__BASE_URL": base,
            "AIRFLOW__API__WORKERS": "1",
            "AIRFLOW__API__SECRET_KEY": "a-secret-of-the-tests",
            "AIRFLOW__API_AUTH__JWT_SECRET": "a-secret-of-the-tests-a-secret-of-the-tests-a-secret-of-the-tests",
            "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "5",
            "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "5",
            "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
            "AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "1",
            "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "20",
            "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "3",
            "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_SEC": "3",
            "AIRFLOW__SCHEDULER__MAX_DAGRUNS_TO_CREATE_PER_LOOP": "50",
            "AIRFLOW__SCHEDULER__MAX_DAGRUNS_PER_LOOP_TO_SCHEDULE": "50",
            "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
            "AIRFLOW__OPENLINEAGE__DISABLED": "True",
            "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(self.home / "logs"),
            "AIRFLOW__DLT__WORK_DIR": str(self.home / "work"),
            "SCARF_ANALYTICS": "false",
            "DO_NOT_TRACK": "1",
            "RUNTIME__DLTHUB_TELEMETRY": "false",
            "DLT_DATA_DIR": str(self.home / "data"),
            "PYTHONPATH": str(ROOT),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            **settings,
        }
        self.environment = {key: value for key, value in known.items() if value is not None}
        self._processes: list[subprocess.Popen[bytes]] = []
        self._services: dict[tuple[str, ...], subprocess.Popen[bytes]] = {}
        self._revived: list[str] = []
        self._token: str | None = None

    def start(self) -> Airflow:
        """Make the metadata database, start the services, and wait until all of them are healthy."""
        subprocess.run(["airflow", "db", "migrate"], env=self.environment, check=True, capture_output=True, timeout=300)
        for command in (("api-server", "--workers", "1"), ("scheduler",), ("dag-processor",)):
            self._services[command] = self.run("airflow", *command)
        self.wait(self._healthy, 180, "Airflow is not healthy")
        self._token = self.call("/auth/token")["access_token"]
        return self

    def run(self, *command: str, **variables: str) -> subprocess.Popen[bytes]:
        """Start a process of this Airflow; its output goes to a file of the home folder."""
        with open(self.home / f"{command[-1].strip('-')}-{len(self._processes)}.log", "wb") as log:
            process = subprocess.Popen(
                command,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**self.environment, **variables},
                cwd=self.home,
                start_new_session=True,
            )
        self._processes.append(process)
        return process

    def _look_after(self) -> None:
        """Start a service of Airflow again that ended by itself, as every deployment of it does.

        Scheduler and DAG processor both activate assets that are new; where they meet, the later one dies of a
        duplicate key in `asset_active` (Airflow 3.3).

        Raises:
            RuntimeError: services end again and again.
        """
        for command, process in list(self._services.items()):
            if process.poll() is None:
                continue
            number = self._processes.index(process)
            log = self.home / f"{command[-1].strip('-')}-{number}.log"
            end = log.read_text(encoding="utf-8", errors="replace")[-3000:]
            self._revived.append(f"airflow {' '.join(command)} ended with {process.returncode}:\n{end}")
            print(self._revived[-1], file=sys.stderr, flush=True)
            if len(self._revived) > MOST_REVIVALS:
                raise RuntimeError(f"Airflow does not stay alive. {self._revived[-1]}")
            self._services[command] = self.run("airflow", *command)

    def stop(self) -> None:
        """Stop all processes in the order in which they do not miss each other, and delete the home folder."""
        for process in reversed(self._processes):
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
        deadline = time.monotonic() + 40
        for process in reversed(self._processes):
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, deadline - time.monotonic()))
        for process in self._processes:
            # workers that a killed supervisor left behind are of its session
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)
        self.postgres.stop()
        if not os.environ.get("DLT_KEEP_AIRFLOW"):
            shutil.rmtree(self.home, ignore_errors=True)

    # -- the REST interface

    def call(self, path: str, method: str = "GET", body: Any = None) -> Any:
        """Call the REST interface.

        Raises:
            RuntimeError: it answers with an error.
        """
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        if self._token:
            request.add_header("Authorization", f"Bearer {self._token}")
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{method} {path}: {error.code} {error.read()[:500]!r}") from error

    def wait(self, ready: Callable[[], Any], seconds: float, message: str) -> Any:
        """Wait until something is true; return it.

        Raises:
            RuntimeError: it did not become true in time.
        """
        last: list[Exception] = []

        def said() -> str:
            raise RuntimeError(f"{message} ({last[-1:]}); ended: {self._revived}; logs are in {self.home}")

        def found() -> Any:
            self._look_after()
            try:
                return ready()
            except (OSError, RuntimeError) as error:
                last.append(error)
                return None

        return wait_until(found, said, seconds=seconds, pause=0.3)

    def _healthy(self) -> bool:
        health = self.call("/api/v2/monitor/health")
        return all(health[name]["status"] == "healthy" for name in ("metadatabase", "scheduler", "dag_processor"))

    def unpause(self, dag_id: str, paused: bool = False) -> None:
        """Let a DAG run, once Airflow has seen it."""
        self.wait(lambda: self.call(f"/api/v2/dags/{dag_id}"), 90, f"the DAG {dag_id} was not found")
        self.call(f"/api/v2/dags/{dag_id}", "PATCH", {"is_paused": paused})

    def trigger(self, dag_id: str, run_id: str, **conf: Any) -> str:
        """Start a run; return its id."""
        body = {"dag_run_id": run_id, "logical_date": None, "conf": conf}
        return str(self.call(f"/api/v2/dags/{dag_id}/dagRuns", "POST", body)["dag_run_id"])

    def runs(self, dag_id: str) -> list[dict[str, Any]]:
        """Return all runs of a DAG."""
        return list(self.call(f"/api/v2/dags/{dag_id}/dagRuns?limit=100")["dag_runs"])

    def run_state(self, dag_id: str, run_id: str) -> str:
        """Return the state of a run."""
        return str(self.call(f"/api/v2/dags/{dag_id}/dagRuns/{urllib.parse.quote(run_id)}")["state"])

    def finish(self, dag_id: str, run_ids: list[str], seconds: float) -> dict[str, str]:
        """Wait until runs ended; return their states."""

        def states() -> dict[str, str] | None:
            known = {run["dag_run_id"]: run["state"] for run in self.runs(dag_id)}
            return {r: known[r] for r in run_ids} if all(known.get(r) in ENDED for r in run_ids) else None

        return dict(self.wait(states, seconds, f"{dag_id}: the runs did not end"))

    def clear(self, dag_id: str, run_id: str, *task_ids: str) -> None:
        """Clear tasks of a run, all of them when none is named."""
        body: dict[str, Any] = {"dry_run": False, "dag_run_id": run_id, "only_failed": False, "reset_dag_runs": True}
        if task_ids:
            body["task_ids"] = list(task_ids)
        self.call(f"/api/v2/dags/{dag_id}/clearTaskInstances", "POST", body)

    def fail(self, dag_id: str, run_id: str) -> None:
        """Mark a run as failed."""
        self.call(f"/api/v2/dags/{dag_id}/dagRuns/{urllib.parse.quote(run_id)}", "PATCH", {"state": "failed"})

    def tasks(self, dag_id: str, run_id: str) -> dict[str, dict[str, Any]]:
        """Return the tasks of a run; mapped ones have their index in the name."""
        path = f"/api/v2/dags/{dag_id}/dagRuns/{urllib.parse.quote(run_id)}/taskInstances?limit=100"
        return {
            task["task_id"] + (f"[{task['map_index']}]" if task["map_index"] >= 0 else ""): task
            for task in self.call(path)["task_instances"]
        }

    def xcom(self, dag_id: str, run_id: str, task_id: str, key: str = "return_value") -> Any:
        """Return what a task pushed."""
        path = f"/api/v2/dags/{dag_id}/dagRuns/{urllib.parse.quote(run_id)}/taskInstances/{task_id}/xcomEntries/{key}"
        return self.call(f"{path}?deserialize=true")["value"]

    def what_became_of(self, dag_id: str, run_id: str) -> str:
        """Return the tasks of a run with their tries and the end of their logs, for people who look for a cause."""
        found = self.tasks(dag_id, run_id)
        states = [f"{task}: {each['state']}, try {each['try_number']}" for task, each in found.items()]
        logs = [f"-- {task}\n{self.log_of(dag_id, run_id, task)[-4000:]}" for task in found]
        return "\n".join([f"{dag_id}, run {run_id}", *states, *logs])

    def log_of(self, dag_id: str, run_id: str, task_id: str) -> str:
        """Return what all tries of a task wrote to their logs."""
        folder = self.home / "logs" / f"dag_id={dag_id}" / f"run_id={run_id}" / f"task_id={task_id}"
        return "\n".join(path.read_text() for path in sorted(folder.rglob("*.log")))
