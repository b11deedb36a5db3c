"""Masked values are in no file and no table of any destination, and keys that are masked merge."""

from __future__ import annotations

import hmac
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import dlt
from dlt.schema.capabilities import Capabilities
from tests.destinations.cases import needs
from tests.destinations.conftest import MakePipeline

SALT = "a-salt-that-nobody-guesses"
CANARY = "kanarie.vogel@example.com"


@pytest.fixture(autouse=True)
def salted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give all pipelines one salt."""
    monkeypatch.setenv("MASK_SALT", SALT)


def users(number: int, as_arrow: bool) -> Any:
    """Return a resource with a masked key and masked rows inside of a list."""
    row: dict[str, Any] = {"email": CANARY, "n": number}
    if not as_arrow:
        row["friends"] = [{"email": CANARY}, {"email": None}]
    data = pa.Table.from_pylist([row]) if as_arrow else [row]
    columns: Any = {"email": {"mask": "hash", "data_type": "text"}, "friends[*].email": {"mask": "redact"}}
    hints: Any = {"primary_key": "email", "columns": columns}
    return dlt.resource([data], name="users", **hints)


@pytest.mark.parametrize("as_arrow", [False, True], ids=["rows", "arrow"])
@pytest.mark.parametrize("disposition", ["append", "replace", "merge"])
def test_masked_values_are_nowhere(
    make: MakePipeline, caps: Capabilities, tmp_path: Path, disposition: Any, as_arrow: bool
) -> None:
    """Whatever the disposition; a merge finds the row by the hash of its key."""
    needs(disposition != "merge" or bool(caps.supported_merge_strategies), "it has no merge")
    pipeline = make()
    for number in (1, 2):
        info = pipeline.run(users(number, as_arrow), write_disposition=disposition)
        assert not info.has_failed_jobs, str(info)
    hashed = hmac.digest(SALT.encode(), CANARY.encode(), "sha256").hex()
    found = sorted(pipeline.dataset()["users"].select("email", "n").fetchall())
    assert found == ([(hashed, 1), (hashed, 2)] if disposition == "append" else [(hashed, 2)])
    if not as_arrow:
        nested = {row[0] for row in pipeline.dataset()["users__friends"].select("email").fetchall()}
        assert nested == {"***", None}
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert CANARY.encode() not in path.read_bytes(), path
        if path.suffix == ".parquet":
            assert CANARY not in str(pa.parquet.read_table(path).to_pydict()), path
