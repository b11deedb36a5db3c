"""The programs that one writes first, as scripts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import dlt

SOURCE = """
import dlt

@dlt.source
def acme_data(api_key=dlt.secrets.value):
    assert api_key == "from secrets.toml"
    yield dlt.resource([{"id": 1, "steps": [{"n": 1}]}], name="logs")
    yield dlt.resource([{"id": 1}], name="other")
"""


def run_script(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    """Run `acme.py` beside its source and its secrets."""
    (folder / "my_acme_source.py").write_text(SOURCE)
    (folder / ".dlt").mkdir(exist_ok=True)
    (folder / ".dlt" / "secrets.toml").write_text('[sources.my_acme_source]\napi_key = "from secrets.toml"\n')
    (folder / "acme.py").write_text("import dlt\nfrom my_acme_source import acme_data\n" + text)
    return subprocess.run([sys.executable, "acme.py"], capture_output=True, text=True, cwd=folder, check=False)


def tables(path: Path) -> set[str]:
    """Return schema and name of the tables with data."""
    import duckdb

    with duckdb.connect(str(path), read_only=True) as connection:
        found = connection.execute("SELECT table_schema || '.' || table_name FROM information_schema.tables").fetchall()
    return {name for (name,) in found if "._dlt" not in name}


def test_a_source_runs_itself(own_folder: Path) -> None:
    """Only `logs` and its nested table are in dataset `dlt_acme`; credentials come from providers."""
    done = run_script(
        own_folder,
        'from dlt.destinations import duckdb\nacme_data().with_resources("logs").run(destination=duckdb)\n',
    )
    assert done.returncode == 0, done.stderr
    assert tables(own_folder / "dlt_acme.duckdb") == {"dlt_acme.logs", "dlt_acme.logs__steps"}


def test_a_source_that_was_not_called(own_folder: Path) -> None:
    """Arguments are injected."""
    done = run_script(own_folder, 'dlt.run(data=acme_data.with_resources("logs"), destination="duckdb")\n')
    assert done.returncode == 0, done.stderr
    assert "dlt_acme.logs" in tables(own_folder / "dlt_acme.duckdb")


def test_a_configured_pipeline_needs_no_arguments(own_folder: Path) -> None:
    """Destination and dataset are known, secrets are read by hand."""
    done = run_script(
        own_folder,
        'dlt.pipeline(pipeline_name="pipe", destination="duckdb", dataset="extract_1")\n'
        'acme_data(dlt.secrets["sources.my_acme_source.api_key"]).run()\n',
    )
    assert done.returncode == 0, done.stderr
    assert "extract_1.other" in tables(own_folder / "pipe.duckdb")


def test_unhandled_errors_are_left_alone_unless_asked(own_folder: Path) -> None:
    """A traceback is the default; with `runtime.excepthook` it is one line and exit code 1."""
    plain = run_script(own_folder, "dlt.run([1], table_name='t')\n")
    assert plain.returncode == 1 and "Traceback" in plain.stderr
    (own_folder / ".dlt" / "config.toml").write_text("[runtime]\nexcepthook = true\nuser_log = true\n")
    short = run_script(own_folder, "dlt.run([1], table_name='t')\n")
    assert short.returncode == 1 and "Traceback" not in short.stderr
    assert "PipelineConfigMissing" in short.stderr and 'destination="duckdb"' in short.stderr


def test_live_edits_of_a_schema_count_from_the_next_step(pipeline: Any) -> None:
    """Numbers become text, because the live schema says so."""
    pipeline.extract([1, 2, 3, 4], table_name="table")
    pipeline.schemas["spec"].tables["table"]["columns"]["value"] = {"name": "value", "data_type": "text"}
    pipeline.run()
    assert pipeline.default_schema.get_table_columns("table")["value"]["data_type"] == "text"
    assert sorted(pipeline.dataset()["table"].select("value").fetchall()) == [("1",), ("2",), ("3",), ("4",)]


def test_import_and_export_folders(own_folder: Path) -> None:
    """The user's file is saved once and then the user's own; the export follows every change."""
    options = {"import_schema_path": "in", "export_schema_path": "out"}
    pipeline = dlt.pipeline("p", destination="duckdb", **options)
    pipeline.run([{"id": 1}], table_name="t")
    first = (own_folder / "in" / "p.schema.yaml").read_text()
    assert "bigint" in (own_folder / "out" / "p.schema.yaml").read_text()
    pipeline.run([{"id": 2, "new": 1}], table_name="t")
    assert (own_folder / "in" / "p.schema.yaml").read_text() == first
    assert "new" in (own_folder / "out" / "p.schema.yaml").read_text()
    edited = first.replace("settings:", "settings:\n  preferred_types:\n    re:^price: decimal", 1)
    (own_folder / "in" / "p.schema.yaml").write_text(edited)
    again = dlt.pipeline("p", destination="duckdb", **options)
    again.run([{"id": 3, "price": 1}], table_name="t")
    assert again.default_schema.get_table_columns("t")["price"]["data_type"] == "decimal"


def test_tables_can_be_made_before_data_comes(pipeline: Any) -> None:
    """`sync_schema` makes a table that has no rows yet, with all its columns."""
    pipeline.extract([{"id": 1}], table_name="t", columns={"name": {"data_type": "text"}})
    assert "t" in pipeline.sync_schema()
    with pipeline.sql_client() as client:
        assert client.execute_sql("SELECT * FROM t") == []
