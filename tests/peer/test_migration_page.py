"""The page about coming from PyPI `dlt`, with a dataset that PyPI `dlt` loaded in its place."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import duckdb
import pytest

from tests.docs.test_docs import ROOT, run_page
from tests.peer.environment import peer_python
from tests.peer.side import QUIET

PAGE = ROOT / "docs" / "migration.md"


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_page_goes_on_with_what_the_other_library_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its program runs with PyPI dlt as it stands there, and then all of its examples with this library."""
    program = re.search(r"```python\n(# shop.py\n.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert program is not None
    (tmp_path / "shop.py").write_text(program[1], encoding="utf-8")
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"} | QUIET
    environment |= {"HOME": str(tmp_path), "DLT_DATA_DIR": str(tmp_path / "data")}
    command = [peer_python(), "-P", "shop.py"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    run_page(PAGE, tmp_path, monkeypatch)
    with duckdb.connect(str(tmp_path / "shop.duckdb"), read_only=True) as connection:
        [(first, count)] = connection.execute("SELECT min(_dlt_load_id), count(*) FROM shop_data.customers").fetchall()
    # the rows are those of PyPI dlt still: the cursor stood behind them
    assert len(first.partition(".")[2]) < 12 and count == 2
