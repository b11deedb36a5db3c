"""A REST API: pages by number, which a client walks over."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

TITLE = "REST API: 2,000 pages of 100 rows"
CASES = {"RESTClient": 4.0, "rest_api": 4.0}
PAGES, ROWS = 2000, 100


def row(number: int) -> dict[str, Any]:
    """Return a row as APIs have it."""
    return {
        "id": number,
        "name": f"name {number}",
        "email": f"user{number}@example.com",
        "is_active": number % 2 == 0,
        "score": number * 1.5,
        "created_at": f"2026-01-{number % 28 + 1:02d}T12:00:{number % 60:02d}Z",
        "city": ("Berlin", "Paris", "Rome")[number % 3],
        "visits": number % 977,
    }


@contextlib.contextmanager
def prepare(folder: Path) -> Iterator[dict[str, str]]:
    """Run the server; what it costs is its own."""
    del folder
    server = subprocess.Popen([sys.executable, __file__], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        yield {"url": f"http://127.0.0.1:{int(server.stdout.readline())}"}
    finally:
        server.kill()
        server.wait()


def load(case: str, settings: dict[str, str], pipeline: Any) -> dict[str, int]:
    """Walk over the pages, by hand or as a configuration says."""
    if case == "rest_api":
        from dlt.sources.rest_api import rest_api_source

        paginator = {"type": "page_number", "base_page": 1, "total_path": "total_pages"}
        endpoint = {"path": "items", "data_selector": "data", "paginator": paginator}
        config = {"client": {"base_url": settings["url"]}, "resources": [{"name": "items", "endpoint": endpoint}]}
        pipeline.run(rest_api_source(config))
    else:
        pipeline.run(_items(settings["url"]))
    return dict(pipeline.last_trace.last_normalize_info.row_counts)


def _items(url: str) -> Any:
    import dlt
    from dlt.sources.helpers.rest_client import RESTClient
    from dlt.sources.helpers.rest_client.paginators import PageNumberPaginator

    @dlt.resource(name="items")
    def items() -> Iterator[Any]:
        client = RESTClient(url)
        paginator = PageNumberPaginator(base_page=1, total_path="total_pages")
        yield from client.paginate("/items", paginator=paginator, data_selector="data")

    return items()


def serve() -> None:
    """Answer with pages that are ready before the first request."""
    bodies = [
        json.dumps(
            {
                "data": [row(page * ROWS + place) for place in range(ROWS)],
                "page": page + 1,
                "total_pages": PAGES,
            }
        ).encode()
        for page in range(PAGES)
    ]

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            body = bodies[int(parse_qs(urlsplit(self.path).query)["page"][0]) - 1]
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    serve()
