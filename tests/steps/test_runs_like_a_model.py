"""Whatever runs follow each other, the dataset holds what a few lines of Python say that it holds."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import dlt
from dlt import context

Row = dict[str, Any]
ITEMS = st.lists(
    st.fixed_dictionaries({"sku": st.sampled_from("ab")}, optional={"tags": st.lists(st.integers(0, 2), max_size=2)}),
    max_size=2,
)
ROWS = st.lists(
    st.fixed_dictionaries(
        {"id": st.integers(1, 3)}, optional={"name": st.none() | st.sampled_from(["Ada", "Bob"]), "items": ITEMS}
    ),
    min_size=1,
    max_size=4,
)
RUNS = st.lists(st.tuples(st.sampled_from(["append", "replace", "merge"]), st.lists(ROWS, min_size=1, max_size=2)),
                min_size=1, max_size=3)  # fmt: skip


def after(known: list[Row], disposition: str, new: list[Row]) -> list[Row]:
    """Return the rows of a table after a run; of several new rows with one key the last one counts."""
    if disposition == "append":
        return [*known, *new]
    if disposition == "replace":
        return new
    last = {row["id"]: row for row in new}
    return [*(row for row in known if row["id"] not in last), *last.values()]


def expected(rows: list[Row]) -> list[Counter[Any]]:
    """Return root rows, items with their root, and tags with their item and place."""
    items = [(row["id"], item) for row in rows for item in row.get("items", [])]
    return [
        Counter((row["id"], row.get("name")) for row in rows),
        Counter((key, item["sku"]) for key, item in items),
        Counter((key, item["sku"], n, tag) for key, item in items for n, tag in enumerate(item.get("tags", []))),
    ]


QUERIES = [
    "SELECT id, name FROM {t}",
    "SELECT t.id, i.sku FROM {t__items} AS i JOIN {t} AS t ON t._dlt_id = i._dlt_parent_id",
    "SELECT t.id, i.sku, g._dlt_list_idx, g.value FROM {t__items__tags} AS g "
    "JOIN {t__items} AS i ON i._dlt_id = g._dlt_parent_id JOIN {t} AS t ON t._dlt_id = i._dlt_parent_id",
]
TABLES = [["t"], ["t", "t__items"], ["t", "t__items", "t__items__tags"]]


def found(pipeline: Any) -> list[Counter[Any]]:
    """Return the same from the dataset; tables that nothing made hold nothing, and each nested row has a parent."""
    counters: list[Counter[Any]] = []
    known = pipeline.default_schema.data_table_names()
    with pipeline.sql_client() as client:
        names = {name: client.make_qualified_table_name(name) for name in TABLES[-1]}
        for tables, query in zip(TABLES, QUERIES, strict=True):
            if not set(tables) <= set(known):
                counters.append(Counter())
                continue
            rows = client.execute_sql(query.format(**names)) or []
            ((count,),) = client.execute_sql(f"SELECT COUNT(*) FROM {names[tables[-1]]}") or [(None,)]
            assert count == len(rows)
            counters.append(Counter(tuple(row) for row in rows))
    return counters


@pytest.mark.parametrize("kind", ["duckdb", "sqlite"])
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(runs=RUNS, apart=st.booleans())
def test_runs_leave_what_a_model_says(
    kind: str, tmp_path_factory: pytest.TempPathFactory, runs: list[tuple[str, list[list[Row]]]], apart: bool
) -> None:
    """Appended, replaced and merged in any order, in several pages, in one process or as if each were another one."""
    folder: Path = tmp_path_factory.mktemp("model")
    place = {
        "duckdb": lambda: dlt.destinations.duckdb(str(folder / "model.duckdb")),
        "sqlite": lambda: dlt.destinations.sqlalchemy(f"sqlite:///{folder}/model.db"),
    }[kind]

    def pipeline() -> Any:
        return dlt.pipeline("model", destination=place(), dataset_name="data", pipelines_dir=str(folder / "work"))

    rows: list[Row] = []
    made = pipeline()
    for disposition, pages in runs:
        if apart:
            made = pipeline()
        data = dlt.resource(
            lambda pages=pages: iter(pages),
            name="t",
            primary_key="id",
            write_disposition=disposition,
            columns={"name": {"data_type": "text"}},
        )
        assert not made.run(data).has_failed_jobs
        rows = after(rows, disposition, [row for page in pages for row in page])
        assert found(made) == expected(rows)
    context.activate(None)
