"""Columns that a hint gives another name, on every destination: with their values, or not at all."""

from __future__ import annotations

from typing import Any

import pytest

import dlt
from dlt.errors import PipelineStepFailed
from dlt.io import failpoints
from dlt.schema.capabilities import Capabilities
from tests.destinations.conftest import MakePipeline
from tests.destinations.test_conformance import orphans, rows

HINTS: Any = {"mail": {"from": "email"}, "l[*].code": {"from": "l[*].sku"}}


def people(caps: Capabilities, *keys: int, columns: Any = None, name: str = "t", **more: Any) -> Any:
    """Return a resource of rows with a list in each."""
    merges = "delete-insert" in caps.supported_merge_strategies
    found = [{"id": key, "email": f"{key}@x", "l": [{"sku": f"s{key}"}], **more} for key in keys]
    disposition: Any = "merge" if merges else "append"
    return dlt.resource(found, name=name, primary_key="id", write_disposition=disposition, columns=columns)


def columns_of(pipeline: Any, table: str) -> set[str]:
    """Return the columns of a table at the destination that are not the library's."""
    with pipeline.destination_client_for() as client:
        return {name for name in client.stored_tables([table])[table] if not name.startswith("_dlt")}


def test_a_column_gets_another_name_with_its_values(
    make: MakePipeline, caps: Capabilities, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also behind a load that broke off; the plan tells it, and a second run changes nothing."""
    pipeline = make()
    assert not pipeline.run(people(caps, 1, 2)).has_failed_jobs
    if not caps.renames_columns:
        with pytest.raises(PipelineStepFailed, match=r"column 'mail': it is to be the column 'email'.*renames none"):
            pipeline.run(people(caps, 3, columns=HINTS))
        assert rows(pipeline, "t", "id", "email") == [(1, "1@x"), (2, "2@x")]
        pipeline.run(people(caps, 3, columns=HINTS, name="u"))
        assert rows(pipeline, "u", "id", "mail") == [(3, "3@x")]
        assert rows(pipeline, "u__l", "code") == [("s3",)]
        return
    plan = pipeline.plan(people(caps, 3, columns=HINTS, new=1))
    told = {table.name: (table.renamed_columns, table.new_columns) for table in plan.tables}
    assert told["t"] == ({"email": "mail"}, {"new": "bigint"}) and told["t__l"] == ({"sku": "code"}, {})
    assert ["RENAME" in statement for statement in plan.ddl] == [True, False, True]
    assert columns_of(pipeline, "t") == {"id", "email"}

    def cut(name: str) -> None:
        if name == "load.before_commit":
            raise ConnectionError("the connection is lost")

    with monkeypatch.context() as patch:
        patch.setattr(failpoints, "point", cut)
        with pytest.raises(PipelineStepFailed, match="the connection is lost"):
            pipeline.run(people(caps, 3, columns=HINTS))
    # where a change of tables is part of the transaction nothing is changed; else the next try goes on from there
    assert "email" in columns_of(pipeline, "t") or not caps.supports_ddl_transactions
    for columns in (HINTS, None, HINTS):
        assert not pipeline.run(people(caps, 3, columns=columns)).has_failed_jobs
    assert columns_of(pipeline, "t") == {"id", "mail"} and columns_of(pipeline, "t__l") == {"code"}
    assert sorted(set(rows(pipeline, "t", "id", "mail"))) == [(1, "1@x"), (2, "2@x"), (3, "3@x")]
    assert sorted(set(rows(pipeline, "t__l", "code"))) == [("s1",), ("s2",), ("s3",)]
    assert orphans(pipeline, "t__l", "t") == 0
    assert pipeline.plan(people(caps, 3, columns=HINTS)).ddl == []
