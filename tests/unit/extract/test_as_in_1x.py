"""Hints, models, cursors and sources as programs for PyPI dlt 1.x use them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, ClassVar, Optional

import pytest
from pydantic import BaseModel

import dlt
from dlt.context import activate
from dlt.errors import (
    ArgumentsOverloadException,
    ConfigurationValueError,
    DataItemRequiredForDynamicTableHints,
    DataValidationError,
    InconsistentTableTemplate,
    IncrementalCursorInvalidCoercion,
    IncrementalCursorPathHasValueNone,
    IncrementalCursorPathMissing,
    IncrementalPrimaryKeyMissing,
    PipelineStepFailed,
    ResourceExtractionError,
)
from dlt.extract.items import DataItemWithMeta, MaterializedEmptyList
from dlt.extract.validation import PydanticValidator
from dlt.schema.schema import Schema

KEYS = ("primary_key", "merge_key")


@pytest.mark.parametrize("key", KEYS)
def test_a_key_leaves_it_to_its_columns_whether_a_row_may_lack_it(key: Any) -> None:
    """A column that says nothing is not nullable."""
    columns: Any = {"a": {"data_type": "text", "nullable": True}}
    made = dlt.resource([1], name="r", columns=columns).apply_hints(**{key: ["a", "b"]})
    found = made.compute_table_schema()["columns"]
    assert (found["a"]["nullable"], found["b"]["nullable"]) == (True, False)
    assert found["a"].get(key) and found["b"].get(key)


def test_references_come_together_table_by_table() -> None:
    """A later one takes the place of an earlier one to the same table."""

    def reference(table: str, column: str) -> Any:
        return {"columns": [column], "referenced_table": table, "referenced_columns": ["id"]}

    made = dlt.resource([1], name="r", references=[reference("users", "a")])
    made.apply_hints(references=[reference("orders", "b")]).apply_hints(references=[reference("users", "c")])
    assert made.compute_table_schema()["references"] == [reference("users", "c"), reference("orders", "b")]


def test_the_write_disposition_can_be_set() -> None:
    """As an attribute of a resource."""
    made = dlt.resource([1], name="r")
    made.write_disposition = "merge"
    assert made.write_disposition == made.compute_table_schema()["write_disposition"] == "merge"


def test_hints_of_one_table_say_which_and_are_no_functions() -> None:
    """Nor is a parent a function where the table is not."""
    made = dlt.resource([1], name="r")
    for name in (None, lambda item: "b"):
        with pytest.raises(ValueError, match="Pass its name as table_name"):
            made.apply_hints(table_name=name, write_disposition="append", create_table_variant=True)
    with pytest.raises(InconsistentTableTemplate, match="write_disposition is a function"):
        made.apply_hints(table_name="b", write_disposition=lambda item: "append", create_table_variant=True)
    with pytest.raises(InconsistentTableTemplate, match="parent_table_name is a function"):
        made.apply_hints(parent_table_name=lambda item: "b")
    made.apply_hints(table_name=lambda item: "b", parent_table_name=lambda item: "c")
    assert made.compute_table_schema({})["parent"] == "c"
    with pytest.raises(DataItemRequiredForDynamicTableHints) as needed:
        made.compute_table_schema()
    assert needed.value.hint_name == "table_name"


def test_the_column_of_the_cursor_is_marked(tmp_path: Any) -> None:
    """It is one of a table, that of the last run."""
    made = dlt.resource([{"a": 1, "b": 2}], name="r", incremental=dlt.sources.incremental("a"))
    assert made.compute_table_schema()["columns"] == {"a": {"name": "a", "incremental": True}}
    pipeline = dlt.pipeline("marked", destination="duckdb", pipelines_dir=str(tmp_path))
    try:
        for cursor in "ab":
            pipeline.extract(made.apply_hints(incremental=dlt.sources.incremental(cursor)))
            columns = pipeline.default_schema.tables["r"]["columns"]
            assert [name for name, column in columns.items() if column.get("incremental")] == [cursor]
    finally:
        activate(None)


class Street(BaseModel):
    """A document in a document."""

    name: str
    number: Optional[int] = None  # noqa: UP045 - as users write


class Person(BaseModel):
    """A row with documents, one of them optional, and a list."""

    dlt_config: ClassVar[Any] = {"skip_nested_types": True}
    id: int
    home: Street
    work: Optional[Street] = None  # noqa: UP045 - as users write
    tags: list[str] = []


def test_a_model_that_skips_nested_types_has_the_columns_of_its_documents() -> None:
    """Those of an optional document may be NULL; lists come with the data."""
    columns = dlt.resource([1], name="r", columns=Person).compute_table_schema()["columns"]
    assert {name: (column["data_type"], column["nullable"]) for name, column in columns.items()} == {
        "id": ("bigint", False),
        "home__name": ("text", False),
        "home__number": ("bigint", True),
        "work__name": ("text", True),
        "work__number": ("bigint", True),
    }


def test_a_function_sees_at_once_that_a_row_was_out_of_range() -> None:
    """Also where it yields its rows one by one, and the rows before it are not in a page by then."""
    pulled: list[int] = []

    @dlt.resource
    def falling(at: Any = dlt.sources.incremental("at", initial_value=90)) -> Any:
        for n in range(100, 0, -1):
            pulled.append(n)
            yield {"at": n}
            if at.start_out_of_range:
                return

    assert [row["at"] for row in falling()] == list(range(100, 89, -1))
    assert pulled[-1] == 89


@pytest.mark.parametrize(
    ("start", "end", "function"),
    [(5, 2, max), (2, 5, min), (5, 2, lambda pair: max(pair))],
)
def test_a_range_that_ends_before_it_begins_is_an_error(start: int, end: int, function: Any) -> None:
    """It would load nothing, again and again."""
    wrong = dlt.sources.incremental("at", start, function, end_value=end)
    with pytest.raises(ConfigurationValueError, match="the end comes before the start"):
        wrong.resolve()
    with pytest.raises(ConfigurationValueError, match=f"initial_value={start}, end_value={end}"):
        list(dlt.resource([{"at": 3}], name="r", incremental=wrong))
    right = dlt.sources.incremental("at", end, function, end_value=start)
    assert right.resolve() is right and right.is_resolved() and not right.is_partial()


def test_errors_of_a_cursor_say_what_they_found() -> None:
    """As attributes."""

    def failure(row: Any, **settings: Any) -> Any:
        with pytest.raises(Exception, match="'r'") as failed:
            list(dlt.resource([row], name="r").add_step(dlt.sources.incremental("at", **settings)))
        return failed.value

    missing = failure({"b": 1})
    assert isinstance(missing, IncrementalCursorPathMissing)
    assert (missing.pipe_name, missing.json_path, missing.item) == ("r", "at", {"b": 1})
    none = failure({"at": None})
    assert isinstance(none, IncrementalCursorPathHasValueNone) and (none.json_path, none.item) == ("at", {"at": None})
    key = failure({"at": 1}, primary_key="id")
    assert isinstance(key, IncrementalPrimaryKeyMissing) and key.primary_key_column == "id"
    kind = failure({"at": 1}, initial_value="a")
    assert isinstance(kind, IncrementalCursorInvalidCoercion)
    assert (kind.cursor_path, kind.cursor_value, kind.item) == ("at", "a", 1)


def test_the_type_of_a_cursors_values_is_known() -> None:
    """By the brackets, else by the start."""
    assert dlt.sources.incremental[str]("at", 3).get_incremental_value_type() is str  # type: ignore[arg-type] # wrong
    assert dlt.sources.incremental("at", 3).get_incremental_value_type() is int
    assert dlt.sources.incremental("at").get_incremental_value_type() is Any


def test_marks_are_of_the_classes_that_programs_know() -> None:
    """By which they look for them."""
    assert isinstance(dlt.mark.with_table_name({}, "t"), DataItemWithMeta)
    assert type(dlt.mark.materialize_table_schema()) is MaterializedEmptyList


def test_a_factory_tells_its_settings_and_makes_others() -> None:
    """None leaves what is there."""
    factory = dlt.source(lambda: dlt.resource([1], name="r"), name="shop", max_table_nesting=2, section="one")
    other = factory.clone(name="store", section="two", root_key=True, parallelized=True)
    assert (factory.name, factory.section, factory.max_table_nesting, factory.root_key) == ("shop", "one", 2, None)
    assert (other.name, other.section, other.max_table_nesting, other.root_key) == ("store", "two", 2, True)
    assert other.parallelized and not factory.parallelized and factory.spec is factory.schema_contract is None
    made = other()
    assert (made.name, made.section, made.max_table_nesting, made.root_key) == ("store", "two", 2, True)
    given = factory.with_args(schema=Schema("given"))
    assert given.schema is not None and given.name == given().name == "given" and factory.schema is None
    assert factory.clone(name="given", schema=Schema("given"))().name == "given"
    with pytest.raises(ArgumentsOverloadException, match="Leave name out"):
        factory.clone(name="other", schema=Schema("given"))


class Shop:
    """A source that is an object."""

    def __init__(self, count: int) -> None:
        self.count = count

    def __call__(self, times: int = 1) -> Any:
        """Return its resource."""
        return dlt.resource(["a"] * self.count * times, name="letters")


def test_an_object_that_can_be_called_is_a_source() -> None:
    """With the name of its class, in the section of its module."""
    made = dlt.source(Shop(2))(times=2)
    assert (made.name, made.section, list(made)) == ("Shop", "test_as_in_1x", ["a"] * 4)


def test_the_source_of_an_async_function_is_awaited() -> None:
    """Its body knows its schema, as that of any other function."""

    @dlt.source
    async def shop(letter: str = "a") -> Any:
        return dlt.resource([letter, dlt.current.source_schema().name], name="letters")

    async def main() -> Any:
        return await shop("b")  # type: ignore[misc] # a call of an async function

    made = asyncio.run(main())
    assert made.name == "shop" and list(made) == ["b", "shop"]


def test_a_factory_changes_the_sources_that_it_makes() -> None:
    """In the order in which it was told how; its copies do so too."""
    factory = dlt.source(lambda: (dlt.resource([1, 2, 3], name="a"), dlt.resource([4, 5], name="b")), name="shop")
    factory.add_postprocessor(lambda made: made.with_resources("a"))
    factory.add_limit(2)
    seen: list[str] = []
    copy = factory.clone(name="store").add_postprocessor(lambda made: seen.append(made.name))
    assert list(factory()) == list(copy()) == [1, 2] and seen == ["store"]


def test_resources_of_a_source_are_configured_in_its_section(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever module they come from, and whether they were called or not; a source is known by its function too."""

    @dlt.resource(section="elsewhere")
    def rows(token: str = dlt.config.value) -> Any:
        yield token

    @dlt.source(section="shop", schema=Schema("given"))
    def orders(token: str = dlt.config.value) -> Any:
        return rows, rows().with_name("called"), dlt.resource([token], name="own")

    monkeypatch.setenv("SOURCES__ELSEWHERE__TOKEN", "elsewhere")
    monkeypatch.setenv("SOURCES__SHOP__TOKEN", "shop")
    monkeypatch.setenv("SOURCES__SHOP__ORDERS__TOKEN", "orders")
    assert list(rows()) == ["elsewhere"]
    assert sorted(orders()) == ["orders", "shop", "shop"] and orders().name == "given"
    monkeypatch.setenv("SOURCES__SHOP__ROWS__TOKEN", "rows")
    assert sorted(orders()) == ["orders", "rows", "rows"]
    assert list(rows()) == ["elsewhere"]


def test_resources_of_several_sections_are_configured_in_that_of_the_pipeline_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their own comes first; resources of one section have no other, and a default stays what it is."""

    def check(*sections: str) -> list[tuple[str, int]]:
        found: list[tuple[str, int]] = []

        def made(name: str, section: str) -> Any:
            @dlt.resource(name=name, section=section)
            def rows(token: str = dlt.config.value, limit: int = 1) -> Any:
                found.append((token, limit))
                yield {"a": 1}

            return rows()

        pipeline = dlt.pipeline("daily", destination="dummy", pipelines_dir=str(tmp_path))
        pipeline.extract([made(f"r{number}", section) for number, section in enumerate(sections)])
        return found

    monkeypatch.setenv("SOURCES__DAILY__R0__TOKEN", "of r0")
    monkeypatch.setenv("SOURCES__DAILY__TOKEN", "of all")
    monkeypatch.setenv("SOURCES__DAILY__R1__LIMIT", "5")
    assert check("x", "y") == [("of r0", 1), ("of all", 5)]
    monkeypatch.setenv("SOURCES__X__R0__TOKEN", "own")
    monkeypatch.setenv("SOURCES__Y__TOKEN", "own too")
    assert check("x", "y") == [("own", 1), ("own too", 5)]
    assert check("x") == [("own", 1)] and check("y", "y") == [("own too", 1), ("own too", 1)]
    with pytest.raises(PipelineStepFailed, match="SOURCES__Z__R0__TOKEN"):
        check("z")


def test_a_resource_leaves_its_source() -> None:
    """The only one without its name; parents that are no resources are evaluated too."""
    inner = dlt.resource([1], name="inner")
    made = dlt.source(lambda: inner | dlt.transformer(lambda n: n + 1, name="outer"), name="shop")()
    assert [found.name for found in made.resources.extracted] == ["outer", "inner"]
    assert made.resources.detach().source_name is None and list(made.resources.detach("outer")) == [2]


def test_a_limit_says_how_much_it_takes() -> None:
    """Of yields of a size; none where the number is negative or None."""
    made = dlt.resource([1], name="r")
    limits = [made.add_limit(number).limit for number in (10, 0, None, -1)]
    assert [limit.limit(50) for limit in limits if limit] == [500, 0, None, None]
    rows = made.add_limit(10, count_rows=True).limit
    assert rows is not None and rows.limit(50) == 10


def test_resources_and_sources_say_what_they_are() -> None:
    """In the form in which a program makes them; printed, with what can be done with them."""

    @dlt.resource(primary_key="id", selected=False)
    def pages(number: int) -> Any:
        yield {"id": number}

    @dlt.transformer(data_from=pages)
    def words(page: Any) -> Any:
        yield page

    assert repr(pages) == "<@dlt.resource(name='pages', section='test_as_in_1x', primary_key='id', selected=False)>"
    assert repr(words) == "<@dlt.transformer(name='words', section='test_as_in_1x', data_from='pages')>"
    limited = pages(1).add_limit(3).add_map(dict)
    assert "limit=3" in repr(limited) and "steps=['Map']" in repr(limited)
    assert "Call it with its arguments (number" in str(pages) and "list(resource)" in str(pages(1))
    assert "It takes the items of `pages`." in str(words)
    made = dlt.source(lambda: (pages, words), name="book")()
    assert repr(made) == "<@dlt.source(name='book', section='test_as_in_1x', resources=['pages', 'words'])>"
    assert "resource `pages` is not selected" in str(made) and "`words` is selected, data from `pages`" in str(made)


def test_a_validator_can_be_made_and_set() -> None:
    """Its modes are those of the contract; what it refuses is told with the table, the column and the item."""
    made = dlt.resource([{"name": "High", "number": "x"}], name="streets")
    made.validator = PydanticValidator(Street, column_mode="freeze", data_mode="freeze", table_name="streets")
    assert (made.validator.column_mode, made.validator.data_mode) == ("freeze", "freeze")
    with pytest.raises(ResourceExtractionError) as failed:
        list(made)
    refused = failed.value.__cause__
    assert isinstance(refused, DataValidationError)
    assert (refused.schema_name, refused.table_name, refused.schema_entity) == (None, "streets", "data_type")
    assert refused.data_item == {"name": "High", "number": "x"} and refused.contract_mode == "freeze"


def test_a_cursor_of_the_state_knows_where_it_began() -> None:
    """Its initial value is that of the cursor which moved it."""
    found: list[Any] = []

    @dlt.resource
    def items() -> Any:
        cursor = dlt.sources.incremental.from_existing_state("items", "at")
        found.append((cursor.initial_value, cursor.start_value, cursor.last_value))
        yield [{"at": 3}, {"at": 5}]

    assert list(items().add_step(dlt.sources.incremental("at", initial_value=4))) == [{"at": 5}]
    assert found == [(4, 4, 4)]
