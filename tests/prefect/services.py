"""A real Prefect: a server with its metadata in PostgreSQL, and process workers; and how to run flows on them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Any
from uuid import UUID

from tests.servers.postgres import PostgresServer
from tests.servers.process import free_port
from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
FINAL = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}


def wait_for(condition: Callable[[], Any], seconds: float, what: str) -> Any:
    """Return the first true answer.

    Raises:
        TimeoutError: there was none in time.
    """
    return wait_until(condition, what, seconds=seconds, pause=0.25, passing=(OSError, urllib.error.URLError))


class Services:
    """A server and its workers, for the length of a block.

    Args:
        folder: For logs and working folders.
        ui: Serve the user interface too.
    """

    def __init__(self, folder: Path, ui: bool = False) -> None:
        self.folder = folder
        self._ui = ui
        self._processes: list[subprocess.Popen[bytes]] = []
        self._stack = ExitStack()
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/api"

    def __enter__(self) -> Services:
        # whatever fails while it starts, nothing stays behind
        with ExitStack() as stack:
            stack.callback(self._stop)
            self._begin()
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def _begin(self) -> None:
        self.postgres = PostgresServer().start()
        metadata = self.postgres.new_database().replace("postgresql://", "postgresql+asyncpg://")
        self.environment = {
            **os.environ,
            "PREFECT_API_URL": self.url,
            "PREFECT_HOME": str(self.folder / "home"),
            "PREFECT_PROFILES_PATH": str(self.folder / "home" / "profiles.toml"),
            "PREFECT_LOGGING_LEVEL": "INFO",
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_SERVER_DATABASE_CONNECTION_URL": metadata,
            "PREFECT_SERVER_UI_API_URL": self.url,
            "PREFECT_UI_STATIC_DIRECTORY": str(self.folder / "ui"),
            "PREFECT_TELEMETRY_ENABLE_RESOURCE_METRICS": "false",
            "PREFECT_WORKER_QUERY_SECONDS": "1",
            "PREFECT_CLI_PROMPT": "false",
            "DO_NOT_TRACK": "1",
            "PYTHONPATH": str(ROOT),
            "DLT_DATA_DIR": str(self.folder / "data"),
        }
        server = ["server", "start", "--host", "127.0.0.1", "--port", str(self.port)]
        self.start("server", *server, *([] if self._ui else ["--no-ui"]))
        wait_for(lambda: urllib.request.urlopen(f"{self.url}/health", timeout=5).status == 200, 600, "server")
        self._point_here()
        self.command("work-pool", "create", "--type", "process", "dlt")
        # with a --limit, Prefect 3.8's worker ends when a run is scheduled again before it has seen to its crash
        self.start("worker", "worker", "start", "--pool", "dlt", "--name", "worker")

    def _point_here(self) -> None:
        from prefect.settings import PREFECT_API_URL, temporary_settings

        self._settings = temporary_settings({PREFECT_API_URL: self.url})
        self._settings.__enter__()

    def start(self, name: str, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a command of Prefect beside; its output goes to a log."""
        with open(self.folder / f"{name}.log", "ab") as log:
            process = subprocess.Popen(
                [str(Path(sys.executable).parent / "prefect"), *arguments],
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self.environment,
                cwd=self.folder,
                start_new_session=True,
            )
        self._processes.append(process)
        return process

    def command(self, *arguments: str, cwd: Path | None = None) -> str:
        """Run a command of Prefect; return its output."""
        return self.run([str(Path(sys.executable).parent / "prefect"), "--no-prompt", *arguments], cwd)

    def run(self, command: list[str], cwd: Path | None = None) -> str:
        """Run a command that talks to this server; return its output.

        Raises:
            RuntimeError: it failed.
        """
        done = subprocess.run(
            command,
            env=self.environment,
            cwd=cwd or self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=180,
        )
        if done.returncode:
            raise RuntimeError(f"{command}: {done.stdout}\n{done.stderr}")
        return done.stdout

    def _stop(self) -> None:
        for process in reversed(self._processes):
            _signal(process, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(30)
            # a flow run of a worker that ended is in the same session
            _signal(process, signal.SIGKILL)
            process.wait(30)
        if hasattr(self, "_settings"):
            self._settings.__exit__(None, None, None)
        if hasattr(self, "postgres"):
            self.postgres.stop()

    # -- flows

    def deploy(self, flow: Any, name: str) -> UUID:
        """Deploy a flow of an importable module; return the id of the deployment."""
        from prefect.deployments.runner import EntrypointType

        made = flow.to_deployment(name, work_pool_name="dlt", entrypoint_type=EntrypointType.MODULE_PATH)
        return made.apply(work_pool_name="dlt")  # type: ignore[no-any-return]  # Prefect's decorator hides the type

    def begin(self, deployment: UUID, **parameters: Any) -> UUID:
        """Let a worker run a deployment; return the id of the flow run."""
        from prefect.client.orchestration import get_client

        with get_client(sync_client=True) as client:
            return client.create_flow_run_from_deployment(deployment, parameters=parameters).id

    def run_by_name(self, deployment: str) -> UUID:
        """Let a worker run a deployment, given as "flow/deployment"; return the id of the flow run."""
        from prefect.client.orchestration import get_client

        with get_client(sync_client=True) as client:
            found = client.read_deployment_by_name(deployment)
        return self.begin(found.id)

    def tasks_of(self, flow_run: UUID) -> list[Any]:
        """Return the task runs of a flow run, in the order of their starts."""
        from prefect.client.orchestration import get_client
        from prefect.client.schemas.filters import FlowRunFilter

        chosen = FlowRunFilter.model_validate({"id": {"any_": [flow_run]}})
        with get_client(sync_client=True) as client:
            found = client.read_task_runs(flow_run_filter=chosen)
        return sorted(found, key=lambda run: str(run.start_time))

    def artifacts_of(self, flow_run: UUID) -> list[Any]:
        """Return the artifacts of a flow run."""
        from prefect.client.orchestration import get_client

        with get_client(sync_client=True) as client:
            return [artifact for artifact in client.read_artifacts() if artifact.flow_run_id == flow_run]

    def read(self, flow_run: UUID) -> Any:
        """Return a flow run."""
        from prefect.client.orchestration import get_client

        with get_client(sync_client=True) as client:
            return client.read_flow_run(flow_run)

    def end(self, flow_run: UUID, seconds: float = 600, states: set[str] = FINAL) -> Any:
        """Wait for the end of a flow run; return it."""
        return wait_for(lambda: (run := self.read(flow_run)).state_type.value in states and run, seconds, str(flow_run))


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)
