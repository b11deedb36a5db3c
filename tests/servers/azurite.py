"""Azurite, Microsoft's emulator of Azure Blob Storage, which checks keys and signatures, on a free loopback port."""

from __future__ import annotations

import os
import shutil
from itertools import count
from pathlib import Path

from tests.servers.process import ServerProcess, free_port

MAIN = Path(__file__).parents[2] / ".servers" / "node_modules" / "azurite" / "dist" / "src" / "blob" / "main.js"
ACCOUNT = "account"
KEY = "c2VjcmV0IGtleSBvZiB0aGUgdGVzdCBhY2NvdW50Lw=="
_containers = count(1)


def lacks() -> str | None:
    """Return what has to be done before Azurite runs here, None if nothing."""
    if shutil.which("node") is None:
        return "there is no Node.js here, which Azurite needs: apt-get install nodejs npm, then make install-azurite"
    return None if MAIN.exists() else "Azurite is not installed: make install-azurite"


class AzuriteServer:
    """One server that keeps blobs in memory."""

    def __init__(self) -> None:
        self._process = ServerProcess("azurite")
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/{ACCOUNT}"

    def start(self) -> AzuriteServer:
        """Start the server and wait until it answers."""
        command = [str(shutil.which("node")), str(MAIN), "--blobHost", "127.0.0.1", "--blobPort", str(self.port)]
        command += ["--inMemoryPersistence", "--silent", "--disableTelemetry", "--skipApiVersionCheck"]
        environment = {"PATH": os.environ["PATH"], "AZURITE_ACCOUNTS": f"{ACCOUNT}:{KEY}"}
        self._process.start(command, self._answers, environment)
        return self

    def _answers(self) -> bool:
        import requests

        try:
            # it refuses a request without a signature, but it answers
            return requests.get(self.url, timeout=20).status_code < 500
        except requests.RequestException:
            return False

    def stop(self) -> None:
        """End the server."""
        self._process.stop()

    def new_container(self) -> str:
        """Make an empty container; return its URL."""
        from azure.storage.blob import BlobServiceClient

        name = f"test-{os.getpid()}-{next(_containers)}"
        with BlobServiceClient(self.url, credential={"account_name": ACCOUNT, "account_key": KEY}) as client:
            client.create_container(name).close()
        return f"az://{name}"

    def credentials(self) -> dict[str, str]:
        """Return what a filesystem destination needs to come here with the key of the account."""
        return {
            "azure_storage_account_name": ACCOUNT,
            "azure_storage_account_key": KEY,
            "azure_account_host": self.url,
        }
