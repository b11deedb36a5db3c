"""A Prefect of the test session's own: settings, a server in this process's care, sources for its runs."""

from __future__ import annotations

import importlib.util
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
HAS_PREFECT = importlib.util.find_spec("prefect") is not None
collect_ignore_glob = [] if HAS_PREFECT else ["test_prefect_*.py"]

if HAS_PREFECT:
    # Prefect reads its settings when it is imported, so they are there before any test module is
    HOME = Path(tempfile.mkdtemp(prefix="dlt-prefect-"))
    os.environ.update(
        {
            "PREFECT_HOME": str(HOME),
            "PREFECT_PROFILES_PATH": str(HOME / "profiles.toml"),
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_TELEMETRY_ENABLE_RESOURCE_METRICS": "false",
            "PREFECT_CLI_PROMPT": "false",
            "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "600",
            "PREFECT_WORKER_QUERY_SECONDS": "1",
            "PREFECT_LOGGING_LEVEL": "WARNING",
            "DO_NOT_TRACK": "1",
            "DLT_DATA_DIR": str(HOME / "data"),
            "RUNTIME__USER_LOG": "false",
            "PYTHONPATH": str(ROOT),
        }
    )
    os.environ.pop("PREFECT_API_URL", None)


def pytest_report_header() -> list[str]:
    """Say that tests are left out, and how to run them."""
    return (
        [] if HAS_PREFECT else ["prefect: not installed here, its tests are left out; run them with make test-prefect"]
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the heavy tests out unless they are asked for by their mark."""
    if "heavy_prefect" in config.getoption("-m", ""):
        return
    for item in items:
        if item.get_closest_marker("heavy_prefect"):
            item.add_marker(pytest.mark.skip(reason="starts a whole Prefect: make test-prefect"))


def pytest_unconfigure() -> None:
    """Delete the folder of the session."""
    if HAS_PREFECT and not os.environ.get("DLT_KEEP_PREFECT"):
        shutil.rmtree(HOME, ignore_errors=True)


@pytest.fixture(scope="module")
def harness() -> Iterator[None]:
    """Give flows of this process a temporary server."""
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=600):
        yield


@pytest.fixture(scope="session")
def services(tmp_path_factory: Any) -> Iterator[Any]:
    """Start a Prefect server with its metadata in PostgreSQL, and a process worker."""
    from tests.prefect.services import Services

    with Services(tmp_path_factory.mktemp("services")) as started:
        yield started
