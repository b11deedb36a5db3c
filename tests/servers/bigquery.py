"""The emulator local-bigquery on a free loopback port, for the length of a test session."""

from __future__ import annotations

import os
from itertools import count
from pathlib import Path
from typing import Any

from tests.servers.process import ServerProcess, free_port

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-bigquery" / "bin" / "python"
PROJECT = "local"
_projects = count(1)


def is_installed() -> bool:
    """Tell whether `make install-bigquery` was run; it needs Python 3.13."""
    return (PYTHON.parent.parent / ".installed").exists()


class BigQueryEmulator:
    """One server; what is committed survives `crash`."""

    def __init__(self, port: int | None = None) -> None:
        self._process = ServerProcess("bigquery")
        self.folder = self._process.folder
        self.port, self._grpc_port = port or free_port(), free_port()

    @property
    def url(self) -> str:
        """Return the address of the REST API."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def buckets(self) -> Path:
        """Return the folder in which the emulator finds gs:// URLs."""
        return self.folder / "gcs"

    def start(self) -> BigQueryEmulator:
        """Start the server and wait until it answers."""
        arguments = ["--host", "127.0.0.1", "--port", str(self.port), "--grpc-port", str(self._grpc_port)]
        arguments += ["--project", PROJECT, "--data-dir", str(self.folder / "data")]
        program = str(Path(__file__).with_name("bigquery_emulator.py"))
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "TMPDIR": str(self.folder),
            "GCS_LOCAL_ROOT": str(self.buckets),
        }
        self.buckets.mkdir(exist_ok=True)
        self._process.start([str(PYTHON), program, *arguments], self._answers, environment)
        return self

    def _answers(self) -> bool:
        import requests

        try:
            return requests.get(f"{self.url}/bigquery/v2/projects/{PROJECT}/datasets", timeout=20).ok
        except requests.RequestException:
            return False

    def client(self, project: str = PROJECT) -> Any:
        """Return the official client, as another program would use it."""
        from google.auth.credentials import AnonymousCredentials
        from google.cloud import bigquery

        return bigquery.Client(project, AnonymousCredentials(), client_options={"api_endpoint": self.url})

    def new_project(self) -> str:
        """Return the name of a project that nobody has used; the emulator makes it when it is asked for."""
        return f"p{os.getpid()}-{next(_projects)}"

    def crash(self) -> None:
        """End the server as a power cut would, for its connections."""
        self._process.end()

    def stop(self) -> None:
        """End the server and delete its data."""
        self._process.stop()
