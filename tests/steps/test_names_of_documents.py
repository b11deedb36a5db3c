"""What a query of ours calls a table is no name of a column: engines may take it for a field of that column."""

from __future__ import annotations

from pathlib import Path

import pytest

import dlt

# every letter: which of them queries once used does not matter
DOCUMENTS = {letter: {"id": 0, "_dlt_id": "x"} for letter in "abcdefghijklmnopqrstuvwxyz"}
STRATEGIES: list[dict[str, str]] = [
    {"disposition": "merge", "strategy": "delete-insert"},
    {"disposition": "merge", "strategy": "upsert"},
    {"disposition": "merge", "strategy": "insert-only"},
    {"disposition": "merge", "strategy": "scd2"},
]


@pytest.mark.parametrize("disposition", STRATEGIES, ids=lambda one: one["strategy"])
def test_columns_of_documents_may_have_names_of_one_letter(tmp_path: Path, disposition: dict[str, str]) -> None:
    """They are merged as all others, with and without nested rows."""
    pipeline = dlt.pipeline(
        "letters",
        destination=dlt.destinations.duckdb(str(tmp_path / "letters.duckdb")),
        dataset_name="letters_data",
        pipelines_dir=str(tmp_path),
    )
    columns = {letter: {"data_type": "json"} for letter in DOCUMENTS}
    key = {} if disposition["strategy"] == "scd2" else {"primary_key": "key"}
    for value in ("one", "two"):

        @dlt.resource(name="rows", write_disposition=disposition, columns=columns, **key)  # type: ignore[arg-type]
        def rows(value: str = value) -> object:
            yield {"key": 1, "value": value, "tags": [{"tag": value}], **DOCUMENTS}

        pipeline.run(rows())
    found = sorted(row["value"] for row in pipeline.dataset()["rows"].arrow().to_pylist())
    assert found == {"insert-only": ["one"], "scd2": ["one", "two"]}.get(disposition["strategy"], ["two"])
