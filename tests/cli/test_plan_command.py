"""`dlt plan` turns the runs of a script into plans."""

from __future__ import annotations

import json
import runpy
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dlt import context
from dlt.cli import main

SCRIPT = """
import sys
import dlt

pipeline = dlt.pipeline("shop", destination="duckdb", dataset_name="data")
info = pipeline.run([{"id": 1, "name": sys.argv[1]}], table_name="customers")
info.raise_on_failed_jobs()
print("loaded", info.loads_ids)
pipeline.extract([{"id": n} for n in range(9)], table_name="orders")
pipeline.normalize()
pipeline.load()
if __name__ == "__main__" and "drop" in sys.argv:
    pipeline.drop()
if "freeze" in sys.argv:
    dlt.run([{"id": "x", "new": 1}], table_name="customers", schema_contract="freeze")
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Work in an empty folder with a script."""
    monkeypatch.chdir(tmp_path)
    # the command adds the folder, whose script no other test must find
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setenv("DLT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("RUNTIME__USER_LOG", "false")
    context.activate(None)
    (tmp_path / "planned_shop.py").write_text(SCRIPT)
    yield tmp_path
    context.activate(None)


def test_it_tells_each_run_and_loads_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Steps that are called one by one are a run too; what the script prints goes to the other stream."""
    assert main(["plan", "planned_shop.py", "Ada"]) == 0
    told = capsys.readouterr()
    assert told.out.count("Plan of pipeline shop into duckdb:///") == 2
    assert "customers  create  append     1" in told.out and "orders  create  append     9" in told.out
    assert "loaded []" in told.err and "loaded" not in told.out
    assert sorted(path.name for path in folder.iterdir()) == ["planned_shop.py"]


def test_exit_codes(folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Two if something would change and it is asked for, one if a contract refuses it."""
    assert main(["plan", "--detailed-exitcode", "planned_shop.py", "Ada"]) == 2
    (folder / "none.py").write_text("import dlt\n")
    assert main(["plan", "--detailed-exitcode", "none.py"]) == 0
    assert "ran no pipeline" in capsys.readouterr().err
    (folder / "bad.py").write_text("raise ValueError('no')\n")
    assert main(["plan", "bad.py"]) == 1
    assert main(["plan", "missing.py"]) == 1
    assert "there is no script missing.py" in capsys.readouterr().err
    # the data is there now: the contract has something to compare with
    monkeypatch.setattr(sys, "argv", ["planned_shop.py", "Ada"])
    runpy.run_path("planned_shop.py")
    context.activate(None)
    capsys.readouterr()
    assert main(["plan", "planned_shop.py", "freeze"]) == 1
    assert "Nothing would be loaded: customers" in capsys.readouterr().out


def test_a_check_that_would_fail_ends_with_one(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The whole plan is shown."""
    checked = "dlt.resource([{'id': 1}, {'id': 1}], name='t', checks=[dlt.check.unique('id')])"
    (folder / "checked.py").write_text(f"import dlt\ndlt.pipeline('p', destination='duckdb').run({checked})\n")
    assert main(["plan", "checked.py"]) == 1
    shown = capsys.readouterr().out
    assert "t  unique(id)  2 of 2 rows  error" in shown and "New columns" in shown


def test_json_sample_and_statements(capsys: pytest.CaptureFixture[str]) -> None:
    """For programs, for a quick look, and for whoever has to agree to a change of tables."""
    assert main(["plan", "--json", "--sample", "3", "planned_shop.py", "Ada"]) == 0
    plans: list[Any] = json.loads(capsys.readouterr().out)
    assert [plan["tables"][0]["name"] for plan in plans] == ["customers", "orders"]
    assert all(plan["is_sample"] for plan in plans)
    assert main(["plan", "--ddl", "planned_shop.py", "Ada"]) == 0
    assert 'CREATE TABLE "shop"."data"."customers" (' in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["plan", "--sample", "0", "planned_shop.py"])


def test_a_script_that_plans_by_itself(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its own plan is one, and its run becomes one."""
    (folder / "own.py").write_text(
        "import dlt\n"
        "pipeline = dlt.pipeline('own', destination='duckdb', dataset_name='data')\n"
        "print('own plan', pipeline.plan([{'id': 1}], table_name='t').has_changes)\n"
        "pipeline.run([{'id': 1}], table_name='t')\n"
    )
    assert main(["plan", "own.py"]) == 0
    told = capsys.readouterr()
    assert "own plan True" in told.err and told.out.count("Plan of pipeline own") == 1


def test_what_is_no_run_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """A script that drops its pipeline would do it for real."""
    assert main(["plan", "planned_shop.py", "drop"]) == 1
    assert "drop changes state, folder or destination" in capsys.readouterr().err


def test_plans_are_told_whatever_the_script_does_behind_its_runs(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It may look at its data, which are those of the last real run; where it stops is told, after the plans."""
    (folder / "look.py").write_text(
        "import dlt\n"
        "pipeline = dlt.pipeline('look', destination='duckdb', dataset_name='data')\n"
        "info = pipeline.run([{'id': 1}], table_name='t')\n"
        "print(pipeline.dataset().row_counts().fetchall())\n"
        "pipeline.run([{'id': 1}], table_name='t')\n"
        "print(info.loads_ids[0])\n"
    )
    assert main(["plan", "look.py"]) == 1
    printed = capsys.readouterr()
    assert printed.out.count(f"Plan of pipeline look into duckdb:///{folder}/look.duckdb") == 2
    assert "look.py stopped at line 6. The plans above" in printed.err and "IndexError" in printed.err
    assert sorted(path.name for path in folder.iterdir()) == ["look.py", "planned_shop.py"]


@pytest.mark.parametrize("code", ["2", "'no new rows'", "1"])
def test_a_script_that_ends_itself(folder: Path, capsys: pytest.CaptureFixture[str], code: str) -> None:
    """Its plans are told, and its exit code is not taken for one of the plan."""
    run = "dlt.pipeline('ends', destination='duckdb').run([{'id': 1}], table_name='t')"
    (folder / "ends.py").write_text(f"import sys\nimport dlt\n{run}\nsys.exit({code})\n")
    assert main(["plan", "--detailed-exitcode", "ends.py"]) == 1
    printed = capsys.readouterr()
    assert printed.out.count("Plan of pipeline ends") == 1
    assert f"ends.py stopped at line 4 with sys.exit({code})" in printed.err


def test_a_script_that_counts_its_rows(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Counts are read only."""
    (folder / "counts.py").write_text(
        "import dlt\n"
        "pipeline = dlt.pipeline('counts', destination='duckdb')\n"
        "pipeline.run([{'id': 1}], table_name='t')\n"
        "print(pipeline.reconcile())\n"
    )
    assert main(["plan", "counts.py"]) == 0
    assert "Counts of pipeline counts" in capsys.readouterr().err
