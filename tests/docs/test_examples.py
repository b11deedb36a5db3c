"""The examples run as a reader would run them: as scripts, in processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXPECTED = {
    "airflow_countries": ["countries                   250", "regions                       6"],
    "arrow_and_frames": ["3 rows of measures were kept", "('cellar', 2, 21.5)"],
    "incremental": ["[(1, 'opened'), (2, 'closed'), (3, 'reopened')]"],
    "nested_merge": ["(1, 'Ada', 'a', 3)", "(3, 'Mary', None, None)"],
    "quickstart": ["China          16  AFG BTN", "countries                   251", "countries__borders          651"],
    "scheduled": ["100 countries are there"],
    "rest_like_source": ["players__tags [1]", "('Emmy', 2027)"],
}


OF_ORCHESTRATORS = {"airflow_dag", "prefect_flow"}
"""These run in the environments of Airflow and Prefect, with the tests of those."""


@pytest.mark.parametrize("name", sorted({path.stem for path in (ROOT / "examples").glob("*.py")} - OF_ORCHESTRATORS))
def test_example(name: str, tmp_path: Path) -> None:
    """An example runs without arguments and prints what it promises."""
    examples = tmp_path / "examples"
    examples.mkdir()
    (examples / f"{name}.py").write_bytes((ROOT / "examples" / f"{name}.py").read_bytes())
    (examples / "data").symlink_to(ROOT / "examples" / "data")
    run = subprocess.run(
        [sys.executable, str(examples / f"{name}.py")],
        cwd=tmp_path,
        env={**os.environ, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    for text in EXPECTED[name]:
        assert text in run.stdout
