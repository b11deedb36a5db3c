"""Which schemas a pipeline has, how they grow, and how users steer them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import dlt
from dlt.errors import InvalidSchemaName, SchemaNotFoundError, TableNotFound


def songs(name: str = "spotify", rows: Any = ({"id": 1},)) -> Any:
    """Return a source with one resource."""

    @dlt.source(name=name)
    def source() -> Any:
        return dlt.resource(list(rows), name="songs")

    return source()


def kinds(pipeline: Any, table: str) -> dict[str, str]:
    """Return the types of the users' columns of a table."""
    columns = pipeline.default_schema.get_table_columns(table)
    return {name: column["data_type"] for name, column in columns.items() if not name.startswith("_dlt")}


def test_the_first_source_gives_the_default_schema(pipeline: Any) -> None:
    """The first schema stays the default; data without a schema joins it, other sources bring theirs."""
    pipeline.run(songs())
    pipeline.run(songs("echonest"))
    pipeline.run([{"id": 1}], table_name="labels")
    assert pipeline.default_schema_name == "spotify" and pipeline.default_schema is pipeline.schemas["spotify"]
    assert sorted(pipeline.schemas) == ["echonest", "spotify"]
    assert sorted(pipeline.default_schema.data_table_names()) == ["labels", "songs"]


def test_a_pipeline_has_a_naming_convention_before_it_ran(pipeline: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """That of a new schema; the one of a schema that is there stays."""
    assert pipeline.naming.name() == "snake_case"
    pipeline.run([1], table_name="t")
    monkeypatch.setenv("SCHEMA__NAMING", "duck_case")
    assert dlt.pipeline("other").naming.name() == "duck_case"
    assert pipeline.naming.name() == "snake_case"


def test_lists_and_resources_make_a_schema_named_as_the_pipeline(pipeline: Any) -> None:
    """A list, an iterator and a resource have no name of their own."""
    pipeline.extract([{"id": 1}], table_name="items")
    assert pipeline.default_schema_name == "spec"


def test_a_plain_generator_names_the_schema(own_folder: Path) -> None:
    """An undecorated generator function gives its own name."""

    def players() -> Any:
        yield {"id": 1}

    one = dlt.pipeline("one", destination="duckdb")
    one.run(players)
    assert one.default_schema_name == "players" and len(one.dataset().players.fetchall()) == 1
    two = dlt.pipeline("two", destination="duckdb")
    two.run(players())
    assert two.default_schema_name == "players"


def test_an_explicit_schema_takes_all_data(pipeline: Any) -> None:
    """`schema=` puts sources and lists of any form into it."""
    mine = dlt.Schema("mine")
    pipeline.run([songs(), songs("echonest")], schema=mine)
    pipeline.run([{"id": 1}], table_name="labels", schema=mine)
    assert pipeline.schema_names == ["mine"]
    assert sorted(pipeline.schemas["mine"].data_table_names()) == ["labels", "songs"]


def test_schemas_are_known_by_name(pipeline: Any) -> None:
    """Two sources with one name share a schema; `schema` is an alias; an unknown name lists the known."""
    pipeline.run(songs(rows=[{"a": 1}]))
    pipeline.run(songs(rows=[{"b": 1}]))
    assert kinds(pipeline, "songs") == {"a": "bigint", "b": "bigint"}
    assert list(pipeline.schema) == list(pipeline.schemas) == ["spotify"] and "spotify" in pipeline.schemas
    with pytest.raises(SchemaNotFoundError, match="spotify"):
        pipeline.schemas["other"]
    with pytest.raises(TableNotFound, match="songs"):
        pipeline.default_schema.get_table("nope")


def test_a_name_that_is_no_identifier_is_refused() -> None:
    """The error offers a name that is valid."""
    with pytest.raises(InvalidSchemaName, match="my_schema"):
        dlt.Schema("my schema")


def test_the_hash_follows_the_content(pipeline: Any) -> None:
    """Same content has the same hash and version, new content the next version; former hashes are kept."""
    pipeline.run([{"id": 1}], table_name="items")
    first, version = pipeline.default_schema.version_hash, pipeline.default_schema.version
    pipeline.run([{"id": 2}], table_name="items")
    assert (pipeline.default_schema.version_hash, pipeline.default_schema.version) == (first, version)
    pipeline.run([{"id": 2, "more": 1}], table_name="items")
    assert pipeline.default_schema.version == version + 1 and first in pipeline.default_schema.previous_hashes
    with pipeline.sql_client() as client:
        stored = client.execute_sql("SELECT version_hash FROM _dlt_version ORDER BY version")
    assert [row[0] for row in stored][-2:] == [first, pipeline.default_schema.version_hash]


def test_several_pipelines_share_a_table(pipeline: Any) -> None:
    """The table has the columns of both."""
    other = dlt.pipeline("other", destination=pipeline.destination, dataset_name="data")
    pipeline.run([{"id": 1, "a": 1}], table_name="items")
    other.run([{"id": 2, "b": "x"}], table_name="items")
    pipeline.run([{"id": 3, "a": 3}], table_name="items")
    with pipeline.sql_client() as client:
        found = client.execute_sql("SELECT id, a, b FROM items ORDER BY id")
    assert found == [(1, 1, None), (2, None, "x"), (3, 3, None)]


def test_names_of_tables_and_columns(pipeline: Any) -> None:
    """Names are snake case without leading digit, `__` between parent and child; arguments are treated as data."""
    row = {"CamelCase": 1, "2nd": 2, "a b--c": 3, "Nested": {"InnerKey": 4}, "List": [{"X": 5}], "tail_": 6}
    pipeline.run([row], table_name="MyTable")
    assert sorted(kinds(pipeline, "my_table")) == ["_2nd", "a_b_c", "camel_case", "nested__inner_key", "tailx"]
    assert kinds(pipeline, "my_table__list") == {"x": "bigint"}


def test_dicts_become_columns_and_lists_become_tables(pipeline: Any) -> None:
    """Lists become tables down to `max_table_nesting`; what lies deeper is kept as JSON."""

    @dlt.source(name="deep", max_table_nesting=1)
    def deep() -> Any:
        yield dlt.resource([{"a": {"b": 1}, "l": [{"x": 1, "m": [1, 2]}]}], name="items")
        yield dlt.resource([{"l": [1]}], name="flat", max_table_nesting=0)

    pipeline.run(deep())
    tables = sorted(pipeline.default_schema.data_table_names())
    assert tables == ["flat", "items", "items__l"]
    assert kinds(pipeline, "items") == {"a__b": "bigint"} and kinds(pipeline, "flat") == {"l": "json"}
    assert kinds(pipeline, "items__l") == {"x": "bigint", "m": "json"}


def test_root_keys_of_a_source(pipeline: Any) -> None:
    """`root_key=True` gives nested rows the id of their root row."""

    @dlt.source(name="rooted", root_key=True)
    def rooted() -> Any:
        return dlt.resource([{"l": [{"m": [1]}]}], name="items")

    pipeline.run(rooted())
    data = pipeline.dataset()
    assert data.table("items__l__m").select("_dlt_root_id").fetchall() == data.items.select("_dlt_id").fetchall()
