"""What a destination holds, in a form that does not depend on load ids and times."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import dlt
from tests.prefect import shop


def content(url: str, dataset: str, folder: Path, kind: str = "postgres", name: str = "shop") -> dict[str, Any]:
    """Return the rows of all tables, child rows with the key of their parent, the state, and how loads are recorded."""
    pipeline = dlt.pipeline(
        name,
        pipelines_dir=str(folder),
        destination=dlt.destinations.duckdb(url) if kind == "duckdb" else dlt.destinations.postgres(url),
        dataset_name=dataset,
    )
    pipeline.drop()
    pipeline.sync_destination()
    found: dict[str, Any] = {"state": json.loads(json.dumps(pipeline.state.get("sources", {}), default=str))}
    with pipeline.sql_client() as client:

        def rows(query: str) -> list[Any]:
            with client.execute_query(query) as cursor:
                return sorted(cursor.fetchall())

        tables = [table["name"] for table in pipeline.default_schema.data_tables()]
        loads: set[Any] = set()
        for table in tables:
            if "__" in table:
                parent = table.rpartition("__")[0]
                found[table] = rows(
                    f"SELECT p.id, c._dlt_list_idx, c.name FROM {table} c "
                    f"JOIN {parent} p ON p._dlt_id = c._dlt_parent_id"
                )
                assert rows(f"SELECT count(*) FROM {table}") == [(len(found[table]),)], "child rows without a parent"
            else:
                columns = ", ".join(
                    c for c in sorted(pipeline.default_schema.tables[table]["columns"]) if not c.startswith("_dlt")
                )
                found[table] = rows(f"SELECT {columns} FROM {table}")
                loads |= set(rows(f"SELECT DISTINCT _dlt_load_id FROM {table}"))
        recorded = rows("SELECT load_id FROM _dlt_loads")
    assert loads <= set(recorded), "rows of a load that is not recorded as complete"
    assert len(recorded) == len(set(recorded)), "a load that is recorded twice"
    pipeline.deactivate()
    return found


def load_directly(url: str, dataset: str, folder: Path, last: int, kind: str = "postgres") -> None:
    """Run the shop's pipeline without any orchestrator."""
    pipeline = dlt.pipeline(
        "shop",
        pipelines_dir=str(folder),
        destination=dlt.destinations.duckdb(url) if kind == "duckdb" else dlt.destinations.postgres(url),
        dataset_name=dataset,
    )
    pipeline.run(shop.shop(last))
    pipeline.deactivate()


def spec(url: str, dataset: str = "shop", last: int = 11, kind: str = "postgres", **more: Any) -> dict[str, Any]:
    """Return the spec of a run of the shop."""
    pipeline_args = {"url": url, "dataset": dataset, "kind": kind, **more.pop("pipeline_args", {})}
    source_args = {"last": last, **more.pop("source_args", {})}
    return {
        "source": f"{shop.FILE}:shop",
        "source_args": source_args,
        "pipeline": f"{shop.FILE}:make_pipeline",
        "pipeline_args": pipeline_args,
        **more,
    }
