"""What a load does not need it does not import, however well it is installed."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

LOAD = """
import datetime, decimal, sys
import dlt

now = datetime.datetime.now(datetime.timezone.utc)
rows = [
    {"id": number, "at": now, "naive": now.replace(tzinfo=None), "day": now.date(), "time": now.time(), "raw": b"x",
     "price": decimal.Decimal("1.50"), "iso": "2024-01-01T00:00:00Z", "part": {"deep": {"list": [1, 2]}, "none": None},
     "lines": [{"x": 1}, {"x": 2, "more": [{"y": 1}]}]}
    for number in range(5)
]


@dlt.resource(table_name="seen", **HINTS)
def seen(cursor=dlt.sources.incremental("at", row_order="asc")):
    yield rows


pipeline = dlt.pipeline("small", destination=dlt.destinations.duckdb("small.duckdb"), dataset_name="small_data")
for _ in range(2):
    pipeline.run([dlt.resource(rows, name="plain", **HINTS), dlt.resource(iter(rows), name="single", **HINTS), seen()])
print({name: pipeline.last_trace.last_normalize_info.row_counts.get(name) for name in ("plain", "single")})
assert "pandas" not in sys.modules
"""


@pytest.mark.parametrize(
    "hints",
    ["{}", '{"primary_key": "id", "write_disposition": "merge"}', '{"checks": [dlt.check.between("id", 0, 9)]}'],
)
def test_pandas_is_not_imported(tmp_path: Path, hints: str) -> None:
    """Rows of all kinds, single ones and pages, are appended and merged without it, though pyarrow knows it."""
    assert find_spec("pandas")
    # an interpreter that began anew: what the tests have imported is not in it
    program = [sys.executable, "-c", LOAD.replace("HINTS", hints)]
    done = subprocess.run(program, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "{'plain': 5, 'single': 5}" in done.stdout
