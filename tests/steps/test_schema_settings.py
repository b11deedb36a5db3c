"""What users set for a schema: types, hints, detections, filters, files in folders, live edits."""

from __future__ import annotations

import datetime as dt
import decimal
import importlib.util
from pathlib import Path
from typing import Any

import pytest
import yaml

import dlt
from dlt.errors import PipelineStepFailed, TableIdentifiersFrozen


def kinds(pipeline: Any, table: str) -> dict[str, str]:
    """Return the types of the users' columns of a table."""
    columns = pipeline.default_schema.get_table_columns(table)
    return {name: column["data_type"] for name, column in columns.items() if not name.startswith("_dlt")}


def test_python_types_become_data_types(pipeline: Any) -> None:
    """Every type is read back as it went in."""
    moment = dt.datetime(2024, 1, 2, 3, 4, 5, 678, tzinfo=dt.timezone.utc)
    row = {
        "text": "é",
        "double": 1.5,
        "bool": True,
        "timestamp": moment,
        "bigint": 1 << 62,
        "binary": b"\x00\xff",
        "decimal": decimal.Decimal("12.34"),
        "date": dt.date(2024, 1, 2),
        "time": dt.time(3, 4, 5),
        "wei": 1 << 100,
    }
    pipeline.run([row], table_name="items")
    found = kinds(pipeline, "items")
    assert found == {**{name: name for name in row}, "wei": "wei"}
    (stored,) = pipeline.dataset().items.select(*row).fetchall()
    assert stored == tuple(row.values())


def test_declared_types_precision_and_scale(pipeline: Any) -> None:
    """Precision, scale and timezone of declared columns reach the destination."""
    columns: dict[str, Any] = {
        "price": {"data_type": "decimal", "precision": 10, "scale": 3},
        "naive": {"data_type": "timestamp", "timezone": False},
        "small": {"data_type": "bigint", "precision": 32},
        "doc": {"data_type": "json"},
        "old": {"data_type": "complex"},
    }
    row = {"price": "1.2345", "naive": "2024-01-01T00:00:00", "small": "7", "doc": {"a": [1]}, "old": [1]}
    pipeline.run([row], table_name="items", columns=columns)
    with pipeline.sql_client() as client:
        found = client.execute_sql(
            "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'items'"
        )
    types = dict(found or [])
    assert (types["price"], types["naive"], types["small"]) == ("DECIMAL(10,3)", "TIMESTAMP", "INTEGER")
    assert kinds(pipeline, "items")["doc"] == kinds(pipeline, "items")["old"] == "json"


def test_preferred_types_and_default_hints(pipeline: Any) -> None:
    """Preferred types count by name and by `re:` pattern, for new columns."""
    schema = dlt.Schema("mine")
    schema.update_preferred_types({"re:_at$": "timestamp", "code": "text"})
    schema.merge_hints({"not_null": ["re:^id$"], "partition": ["made_at"]})
    pipeline.run([{"id": 1, "made_at": 1700000000, "code": 7}], table_name="items", schema=schema)
    assert kinds(pipeline, "items") == {"id": "bigint", "made_at": "timestamp", "code": "text"}
    columns = pipeline.default_schema.get_table_columns("items")
    assert columns["id"]["nullable"] is False and columns["made_at"]["partition"] is True
    assert pipeline.dataset().items.select("code").fetchall() == [("7",)]


def test_detections(pipeline: Any) -> None:
    """Detections are ordered; ISO timestamps are found by default; others are opt-in; each can be removed."""
    row = {"at": "2024-01-01T10:00:00Z", "day": "2024-01-01", "n": 1}
    pipeline.run([row], table_name="plain")
    assert kinds(pipeline, "plain") == {"at": "timestamp", "day": "text", "n": "bigint"}
    schema = dlt.Schema("mine")
    schema.remove_type_detection("iso_timestamp")
    schema.add_type_detection("iso_date")
    pipeline.run([row], table_name="items", schema=schema)
    columns = pipeline.schemas["mine"].get_table_columns("items")
    assert {name: columns[name]["data_type"] for name in row} == {"at": "text", "day": "date", "n": "bigint"}
    with pytest.raises(ValueError, match="iso_timestamp"):
        schema.add_type_detection("nonsense")


def test_all_text(pipeline: Any) -> None:
    """One detection serves sources whose types nobody trusts."""
    schema = dlt.Schema("mine")
    schema.settings["detections"] = ["all_text"]
    pipeline.run([{"a": 1, "b": 1.5, "c": True, "l": [1]}], table_name="items", schema=schema)
    assert set(kinds(pipeline, "items").values()) == {"text"} and kinds(pipeline, "items__l") == {"value": "text"}


def test_filters(pipeline: Any) -> None:
    """Paths of columns and nested tables are filtered out, and in again."""
    schema = dlt.Schema("mine")
    filters = {"excludes": ["re:^secret", "tags", "re:^deep__"], "includes": ["secret__kept"]}
    schema.update_table({"name": "items", "columns": {}, "filters": filters})
    row = {"id": 1, "secret_key": 2, "secret": {"kept": 3, "gone": 4}, "tags": [1], "deep": [{"x": 1}]}
    pipeline.run([row], table_name="items", schema=schema)
    assert sorted(kinds(pipeline, "items")) == ["id", "secret__kept"]
    assert "items__tags" not in pipeline.default_schema.tables


def test_a_type_clash_makes_a_variant(pipeline: Any) -> None:
    """What does not fit goes to `col__v_<type>`; what can be converted does not."""
    pipeline.run([{"v": 1}, {"v": "2"}, {"v": "x"}, {"v": 1.0}], table_name="items")
    assert kinds(pipeline, "items") == {"v": "bigint", "v__v_text": "text"}
    found = sorted(pipeline.dataset().items.select("v", "v__v_text").fetchall(), key=repr)
    assert found == [(1, None), (1, None), (2, None), (None, "x")]


def test_live_edits_count_in_the_next_step(pipeline: Any) -> None:
    """Numbers that are extracted become text once the column is made text."""
    pipeline.extract([1, 2, 3, 4], table_name="table")
    text = {"name": "value", "data_type": "text"}
    pipeline.default_schema.update_table({"name": "table", "columns": {"value": text}})
    pipeline.run()
    assert kinds(pipeline, "table") == {"value": "text"}
    assert sorted(pipeline.dataset()["table"].select("value").fetchall()) == [("1",), ("2",), ("3",), ("4",)]


def test_loaded_packages_keep_the_schema_they_were_loaded_with(pipeline: Any) -> None:
    """Live edits do not reach into finished packages."""
    info = pipeline.run([{"id": 1}], table_name="items")
    before = pipeline.get_load_package_info(info.loads_ids[0]).schema_hash
    pipeline.default_schema.set_schema_contract("freeze")
    pipeline.default_schema.update_table({"name": "items", "columns": {"n": {"name": "n", "data_type": "bigint"}}})
    pipeline.run([{"id": 2}], table_name="items")
    assert pipeline.get_load_package_info(info.loads_ids[0]).schema_hash == before
    assert pipeline.default_schema.version_hash != before


def test_import_and_export_folders(own_folder: Path) -> None:
    """A schema is saved for import once, then the user's alone; exported at each change; edits are picked up."""

    def make() -> Any:
        return dlt.pipeline("io", destination="duckdb", import_schema_path="in", export_schema_path="out")

    make().run([{"id": 1, "n": 1}], table_name="items")
    first, exported = Path("in/io.schema.yaml"), Path("out/io.schema.yaml")
    known = yaml.safe_load(first.read_text())
    assert "n" not in known["tables"].get("items", {}).get("columns", {})
    assert yaml.safe_load(exported.read_text())["tables"]["items"]["columns"]["n"]["data_type"] == "bigint"
    untouched = first.read_text()
    make().run([{"id": 1, "more": 1}], table_name="items")
    assert first.read_text() == untouched and "more" in exported.read_text()
    known["tables"]["things"] = {"columns": {"n": {"data_type": "text"}}}
    first.write_text(yaml.safe_dump(known))
    again = make()
    assert "items" not in again.schemas["io"].tables
    again.run([{"n": 1}], table_name="things")
    assert again.default_schema.get_table_columns("things")["n"]["data_type"] == "text"


def test_one_folder_for_both_ways(own_folder: Path) -> None:
    """The user's file stays the user's."""
    pipeline = dlt.pipeline("io", destination="duckdb", import_schema_path="both", export_schema_path="both")
    pipeline.run([{"id": 1}], table_name="items")
    saved = Path("both/io.schema.yaml").read_text()
    pipeline.run([{"id": 1, "more": 1}], table_name="items")
    assert Path("both/io.schema.yaml").read_text() == saved


def test_a_source_takes_the_schema_file_beside_it(own_folder: Path, pipeline: Any) -> None:
    """A source takes `{name}_schema.yml` beside its file, or the schema that is given."""
    schema = dlt.Schema("shop")
    schema.update_table({"name": "orders", "columns": {"id": {"name": "id", "data_type": "text"}}})
    (own_folder / "shop_schema.yml").write_text(schema.to_pretty_yaml())
    module = own_folder / "shop_source.py"
    module.write_text("import dlt\n\n@dlt.source\ndef shop():\n    return dlt.resource([{'id': 1}], name='orders')\n")
    spec = importlib.util.spec_from_file_location("shop_source", module)
    assert spec is not None and spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    pipeline.run(loaded.shop())
    assert kinds(pipeline, "orders") == {"id": "text"}


def test_a_schema_survives_yaml_and_json() -> None:
    """Stored and read again, the content and its hash are the same."""
    schema = dlt.Schema("mine")
    schema.update_table({"name": "items", "columns": {"id": {"name": "id", "data_type": "text", "primary_key": True}}})
    schema.bump()
    for text in (schema.to_pretty_yaml(remove_defaults=True), schema.to_pretty_json(remove_defaults=True)):
        again = dlt.Schema.from_dict(yaml.safe_load(text))
        assert again.version_hash == schema.version_hash and again.tables == schema.tables


def test_what_normalize_notes_for_itself_can_be_left_out(pipeline: Any) -> None:
    """In the stored form and in copies; what a program said of the tables stays."""
    pipeline.run(dlt.resource([{"id": 1}], name="t", max_table_nesting=2))
    schema = pipeline.default_schema
    assert schema.tables["t"]["x-normalizer"] == {"max_nesting": 2, "seen-data": True}
    for tables in (
        schema.clone(remove_processing_hints=True).tables,
        schema.to_dict(remove_processing_hints=True)["tables"],
    ):
        assert tables["t"]["x-normalizer"] == {"max_nesting": 2}
        assert "x-normalizer" not in tables["_dlt_version"]
    assert "seen-data" not in schema.to_pretty_json(remove_processing_hints=True)
    assert "seen-data" in schema.to_pretty_yaml()


def test_a_stored_schema_of_an_early_version_goes_on(tmp_path: Path) -> None:
    """Its names keep two underscores as one, its tables are known, and new data lands in them."""
    early = {
        "name": "early",
        "engine_version": 9,
        "version": 3,
        "version_hash": "x",
        "tables": {"t": {"columns": {"a_b": {"data_type": "bigint", "nullable": True}}}},
        "settings": {},
        "normalizers": {"names": "dlt.common.normalizers.names.snake_case"},
    }
    made = dlt.pipeline("early", destination=dlt.destinations.duckdb(str(tmp_path / "early.duckdb")))
    made.run([{"a__b": 1, "c": [{"d__e": 2}]}], table_name="t", schema=dlt.Schema.from_dict(early))
    assert made.dataset().t.select("a_b").fetchall() == [(1,)]
    assert made.dataset().t__c.select("d_e").fetchall() == [(2,)]


@pytest.mark.parametrize(("paths", "name"), [("false", "a_b"), ("true", "a__b")])
def test_two_underscores_in_a_name_by_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, paths: str, name: str
) -> None:
    """Programs that began with an early version of PyPI `dlt` may say how they want it."""
    monkeypatch.setenv("SCHEMA__USE_BREAK_PATH_ON_NORMALIZE", paths)
    made = dlt.pipeline("paths", destination=dlt.destinations.duckdb(str(tmp_path / "paths.duckdb")))
    made.run([{"a__b": 1}], table_name="t")
    assert name in made.default_schema.tables["t"]["columns"]


@pytest.mark.parametrize(
    "variable", ["SCHEMA__NAMING", "SCHEMA__SHOP__NAMING", "SOURCES__SHOP__SCHEMA__NAMING", "SOURCES__SCHEMA__NAMING"]
)
@pytest.mark.parametrize("own", ["snake_case", "direct"])
def test_a_configured_naming_comes_before_that_of_the_source(
    pipeline: Any, monkeypatch: pytest.MonkeyPatch, variable: str, own: str
) -> None:
    """For all schemas, or for that of one source."""
    monkeypatch.setenv(variable, "sql_cs_v1")
    shop = dlt.source(lambda: dlt.resource([{"aB": 1, "c": {"dE": 2}}], name="items"), name="shop")()
    shop.schema.update_naming(own)
    pipeline.run(shop)
    assert set(kinds(pipeline, "items")) == {"aB", "c__dE"}


def test_another_naming_for_tables_with_rows_is_an_error(pipeline: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would make new columns beside the old ones; without a word the setting would count for nothing."""
    pipeline.run([{"aB": 1}], table_name="items")
    monkeypatch.setenv("SCHEMA__NAMING", "sql_cs_v1")
    with pytest.raises(PipelineStepFailed) as caught:
        pipeline.run([{"aB": 1}], table_name="items")
    assert isinstance(caught.value.__cause__, TableIdentifiersFrozen)
    monkeypatch.setenv("SCHEMA__NAMING", "snake_case")
    pipeline.run([{"aB": 2}], table_name="items")
    assert set(kinds(pipeline, "items")) == {"a_b"}


def test_another_naming_before_the_first_rows(pipeline: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A schema of nothing takes it."""
    pipeline.run([], table_name="items")
    monkeypatch.setenv("SCHEMA__NAMING", "sql_cs_v1")
    pipeline.run([{"aB": 1}], table_name="items")
    assert set(kinds(pipeline, "items")) == {"aB"}


def test_the_limit_of_a_resource_holds_where_columns_are_frozen(pipeline: Any) -> None:
    """A document of a table that is new is one column."""

    @dlt.source(schema_contract={"columns": "freeze"})
    def shop() -> Any:
        return dlt.resource([{"id": 1, "place": {"city": "Rome"}}], name="orders", max_table_nesting=0)

    pipeline.run(shop())
    assert pipeline.default_schema.tables["orders"]["columns"]["place"]["data_type"] == "json"


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_a_list_in_a_list_takes_two_levels_of_nesting(pipeline: Any, limit: int) -> None:
    """One for the row that has nothing but the list, and one for its table."""
    rows = [{"id": 1, "grid": [[1, 2], []]}]
    pipeline.run(dlt.resource(rows, name="boards", max_table_nesting=limit))
    tables = {name for name in pipeline.default_schema.tables if not name.startswith("_dlt")}
    nested = {"boards__grid__list"} if limit == 3 else set()
    assert tables == {"boards", "boards__grid", *nested}
    assert ("list" in pipeline.default_schema.tables["boards__grid"]["columns"]) is (limit < 3)
