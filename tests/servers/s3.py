"""An S3 in this process on a free loopback port, for the length of a test session."""

from __future__ import annotations

import logging
import os
from itertools import count
from typing import Any

_buckets = count(1)
KEY, SECRET = "test-key", "test-secret/with+signs"


class S3Server:
    """A server that keeps objects in memory; it does not check keys."""

    def __init__(self) -> None:
        self._server: Any = None
        self.url = ""

    def start(self) -> S3Server:
        """Start the server."""
        from moto.server import ThreadedMotoServer

        # it writes a line for each request
        logging.getLogger("werkzeug").setLevel(logging.ERROR)

        self._server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
        self._server.start()
        host, port = self._server.get_host_and_port()
        self.url = f"http://{host}:{port}"
        return self

    def stop(self) -> None:
        """End the server."""
        self._server.stop()

    def client(self) -> Any:
        """Return a client of boto3."""
        import boto3

        return boto3.client(
            "s3",
            endpoint_url=self.url,
            aws_access_key_id=KEY,
            aws_secret_access_key=SECRET,
            region_name="us-east-1",
        )

    def new_bucket(self) -> str:
        """Make an empty bucket; return its URL."""
        name = f"test-{os.getpid()}-{next(_buckets)}"
        self.client().create_bucket(Bucket=name)
        return f"s3://{name}"

    def keys(self, bucket_url: str) -> list[str]:
        """Return the names of the objects of a bucket."""
        listed = self.client().list_objects_v2(Bucket=bucket_url.removeprefix("s3://"))
        return [found["Key"] for found in listed.get("Contents", [])]

    def credentials(self) -> dict[str, str]:
        """Return what a filesystem destination needs to come here."""
        return {"aws_access_key_id": KEY, "aws_secret_access_key": SECRET, "endpoint_url": self.url}
