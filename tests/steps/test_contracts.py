"""Contracts: what may change, by entity, table, source and run."""

from __future__ import annotations

from typing import Any

import pytest

import dlt
from dlt.errors import DataValidationError, PipelineStepFailed


def run(pipeline: Any, rows: Any, contract: Any = None, table: str = "t") -> Any:
    """Load rows under a contract."""
    return pipeline.run(rows, table_name=table, schema_contract=contract)


def values(pipeline: Any, *columns: str) -> list[Any]:
    """Return the rows of the table."""
    return sorted(pipeline.dataset().t.select(*columns).fetchall())


@pytest.mark.parametrize("entity", ["columns", "data_type", "tables"])
def test_a_frozen_entity_raises_and_keeps_the_package_out(pipeline: Any, entity: str) -> None:
    """Schema 4: freeze; the error names table and column and says what to do."""
    run(pipeline, [{"id": 1}])
    bad = {"columns": [{"id": 2, "new": 1}], "data_type": [{"id": "x"}], "tables": [{"id": 2, "l": [1]}]}[entity]
    with pytest.raises(PipelineStepFailed, match="freezes") as failure:
        run(pipeline, bad, {entity: "freeze"})
    assert isinstance(failure.value.__cause__, DataValidationError)
    pipeline.drop_pending_packages()
    assert values(pipeline, "id") == [(1,)]


def test_rows_and_values_are_discarded(pipeline: Any) -> None:
    """Schema 4: discard_row drops the row with its nested rows, discard_value only what is new."""
    run(pipeline, [{"id": 1, "l": [1]}])
    run(pipeline, [{"id": 2}, {"id": 3, "new": 1, "l": [9]}], {"columns": "discard_row"})
    run(pipeline, [{"id": 4, "new": 1}], {"columns": "discard_value"})
    run(pipeline, [{"id": 5}, {"id": "x"}], {"data_type": "discard_row"})
    run(pipeline, [{"id": 6, "m": [1]}], {"tables": "discard_value"})
    assert values(pipeline, "id") == [(1,), (2,), (4,), (5,), (6,)]
    assert pipeline.dataset().t__l.select("value").fetchall() == [(1,)]
    assert "new" not in pipeline.default_schema.get_table_columns("t") and "t__m" not in pipeline.default_schema.tables


def test_a_new_table_takes_its_first_columns(pipeline: Any) -> None:
    """Schema 4: a contract on columns counts once the table has some."""
    run(pipeline, [{"id": 1, "v": 2}], {"columns": "freeze"})
    assert values(pipeline, "id", "v") == [(1, 2)]


def test_a_frozen_set_of_tables_refuses_a_new_root_table(pipeline: Any) -> None:
    """Schema 4: a table that is declared with types is known."""
    run(pipeline, [{"id": 1}])
    with pytest.raises(PipelineStepFailed, match="table other is new"):
        run(pipeline, [{"id": 1}], {"tables": "freeze"}, table="other")


def test_contracts_of_resource_source_and_run(pipeline: Any) -> None:
    """Schema 4: a resource's own contract comes before its source's; one given to run is for all."""
    run(pipeline, [{"id": 1}])

    @dlt.source(name="shop", schema_contract={"columns": "freeze"})
    def shop(extra: bool) -> Any:
        row = {"id": 1, "extra": 1} if extra else {"id": 1}
        yield dlt.resource([row], name="open", schema_contract="evolve")
        yield dlt.resource([{"id": 1}], name="shut")

    pipeline.run(shop(False))
    pipeline.run(shop(True))
    assert "extra" in pipeline.schemas["shop"].get_table_columns("open")


def test_an_unknown_mode_is_told(pipeline: Any) -> None:
    """Schema 4: the error lists entities and modes."""
    with pytest.raises(PipelineStepFailed, match="discard_row"):
        run(pipeline, [{"id": 1}], {"columns": "explode"})
