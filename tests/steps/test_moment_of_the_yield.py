"""What a resource yields is stored as it was when it was yielded, whatever the program does with it afterwards."""

from __future__ import annotations

import collections
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

import dlt


def loaded(tmp_path: Path, data: Any, tables: tuple[str, ...] = ("t",)) -> dict[str, list[tuple[Any, ...]]]:
    """Load data and return the values of `id` of each table, or of `value` where it is nested, in order."""
    pipeline = dlt.pipeline(
        "moment", destination=dlt.destinations.duckdb(str(tmp_path / "m.duckdb")), pipelines_dir=str(tmp_path)
    )
    pipeline.run(data, table_name=None if isinstance(data, dlt.sources.DltResource) else "t")
    dataset = pipeline.dataset()
    return {
        name: sorted(dataset[name].select("value" if "__" in name else "id").fetchall())
        for name in tables
    }  # fmt: skip


def one_dict(count: int) -> Iterator[dict[str, Any]]:
    """Yield one dict again and again."""
    row: dict[str, Any] = {}
    for number in range(count):
        row["id"] = number
        yield row


def dicts_in_turns(count: int) -> Iterator[dict[str, Any]]:
    """Yield three dicts in turns."""
    rows: list[dict[str, Any]] = [{}, {}, {}]
    for number in range(count):
        rows[number % 3]["id"] = number
        yield rows[number % 3]


def one_page(count: int) -> Iterator[list[dict[str, Any]]]:
    """Yield one list again and again, which is emptied in between."""
    page: list[dict[str, Any]] = []
    for number in range(count):
        page.append({"id": number})
        if len(page) == 3 or number == count - 1:
            yield page
            page.clear()


def pages_of_one_dict(count: int) -> Iterator[list[dict[str, Any]]]:
    """Yield pages that hold one and the same dict."""
    row: dict[str, Any] = {}
    for number in range(count):
        row["id"] = number
        yield [row]


def emptied_afterwards(count: int) -> Iterator[dict[str, Any]]:
    """Yield dicts that are emptied after they were yielded."""
    for number in range(count):
        row = {"id": number}
        yield row
        row.clear()


@pytest.mark.parametrize("count", [5, 12_345])
@pytest.mark.parametrize("rows", [one_dict, dicts_in_turns, one_page, pages_of_one_dict, emptied_afterwards])
def test_objects_that_are_used_again(tmp_path: Path, rows: Any, count: int) -> None:
    """A few rows and several pages: each row has the value that it had when it was yielded."""
    assert loaded(tmp_path, rows(count)) == {"t": [(number,) for number in range(count)]}


def test_empty_pages_between_others(tmp_path: Path) -> None:
    """A page without rows takes nothing away."""
    assert loaded(tmp_path, iter([[{"id": 0}], [], [{"id": 1}, {"id": 2}], [], []])) == {"t": [(0,), (1,), (2,)]}


def test_what_is_nested_in_one_dict_that_is_used_again(tmp_path: Path) -> None:
    """Lists and dicts in a dict that is yielded again and again are those of the moment too."""

    def rows() -> Iterator[dict[str, Any]]:
        row: dict[str, Any] = {"id": 0, "tags": [], "place": {"city": ""}}
        for number in range(100):
            row["id"] = number
            row["tags"].append(number)
            row["place"]["city"] = str(number)
            yield row

    found = loaded(tmp_path, rows(), ("t", "t__tags"))
    assert found["t"] == [(number,) for number in range(100)]
    assert len(found["t__tags"]) == 100 * 101 // 2


def test_a_transformer_that_uses_its_object_again(tmp_path: Path) -> None:
    """What a transformer returns or yields is stored as it was then."""
    kept: dict[str, Any] = {}

    @dlt.transformer(data_from=dlt.resource(one_dict(50), name="numbers", selected=False), name="t")
    def doubled(row: dict[str, Any]) -> dict[str, Any]:
        kept["id"] = row["id"] * 2
        return kept

    assert loaded(tmp_path, doubled) == {"t": [(2 * number,) for number in range(50)]}


@pytest.mark.parametrize("parallelized", [False, True])
def test_asynchronous_and_parallel_resources(tmp_path: Path, parallelized: bool) -> None:
    """An asynchronous generator and one in a thread may use their dict again too."""

    async def later() -> AsyncIterator[dict[str, Any]]:
        for row in one_dict(500):
            yield row

    data = dlt.resource(one_dict(500), name="t").parallelize() if parallelized else dlt.resource(later, name="t")
    assert loaded(tmp_path, data) == {"t": [(number,) for number in range(500)]}


def shared_list(alone: bool) -> Iterator[Any]:
    """Yield dicts that share a list and a dict, alone or in pages."""
    tags: list[Any] = []
    place = {"city": 0, "of": [{"n": 0}]}
    for number in range(20):
        tags.append(number)
        place["of"] = [{"n": number}] if number % 2 else place["of"]
        place["city"] = number
        row = {"id": number, "tags": tags, "place": place, "pair": ({"n": 1}, tags)}
        yield row if alone else [row]


@pytest.mark.parametrize("alone", [True, False])
def test_what_is_nested_and_shared_by_several_dicts(tmp_path: Path, alone: bool) -> None:
    """A list or dict that stands in several rows has in each the values of its moment."""
    pipeline = dlt.pipeline("m", destination=dlt.destinations.duckdb(str(tmp_path / "m.duckdb")))
    pipeline.run(dlt.resource(shared_list(alone), name="t", columns={"tags": {"data_type": "json"}}))
    rows = pipeline.dataset()["t"].select("id", "tags", "place__city").fetchall()
    assert sorted((number, len(str(tags).split(",")), city) for number, tags, city in rows) == [
        (number, number + 1, number) for number in range(20)
    ]
    assert len(pipeline.dataset()["t__pair__list"].select("value").fetchall()) == 20 * 21 // 2


@pytest.mark.parametrize("kind", [collections.OrderedDict, lambda: collections.defaultdict(list)])
def test_other_classes_of_dicts_that_are_used_again(tmp_path: Path, kind: Any) -> None:
    """Dicts of another class, and lists as rows, are those of the moment too."""

    def rows() -> Iterator[Any]:
        row = kind()
        for number in range(20):
            row["id"] = number
            yield row

    assert loaded(tmp_path, rows()) == {"t": [(number,) for number in range(20)]}


@pytest.mark.parametrize("page", [True, False])
def test_a_map_that_uses_its_object_again(tmp_path: Path, page: bool) -> None:
    """What add_map gives is stored as it was when the function returned it, nested values included."""
    kept: dict[str, Any] = {}
    seen: list[int] = []

    def changed(row: dict[str, Any]) -> dict[str, Any]:
        seen.append(row["id"])
        kept.update(id=row["id"] * 2)
        return kept

    def with_seen(row: dict[str, Any]) -> dict[str, Any]:
        row["seen"] = seen
        return row

    data = [{"id": number} for number in range(20)]
    resource = dlt.resource(lambda: iter([data] if page else data), name="t").add_map(changed).add_map(with_seen)
    found = loaded(tmp_path, resource, ("t", "t__seen"))
    assert found["t"] == [(2 * number,) for number in range(20)]
    resource = dlt.resource(lambda: iter([data] if page else data), name="u").add_map(
        lambda row: with_seen({**changed(row)})
    )
    seen.clear()
    assert len(loaded(tmp_path, resource, ("u__seen",))["u__seen"]) == 20 * 21 // 2


@pytest.mark.parametrize("page", [True, False])
@pytest.mark.parametrize("parallelized", [True, False])
def test_a_transformer_changes_rows_for_itself_only(tmp_path: Path, page: bool, parallelized: bool) -> None:
    """The table of the parent, and another transformer, have the rows that the parent yielded."""

    @dlt.source
    def chain() -> Any:
        def rows() -> Iterator[Any]:
            data = [{"id": number, "place": {"city": number}, "tags": [number]} for number in range(20)]
            yield from ([data] if page else data)

        parent = dlt.resource(rows, name="parent")

        @dlt.transformer(data_from=parent, parallelized=parallelized)
        def changing(item: Any) -> Iterator[Any]:
            for row in item if isinstance(item, list) else [item]:
                row["id"], row["place"]["city"], row["more"] = -1, -1, 1
                row["tags"].append(-1)
                yield row

        @dlt.transformer(data_from=parent)
        def reading(item: Any) -> Iterator[Any]:
            yield from item if isinstance(item, list) else [item]

        return parent, changing, reading

    pipeline = dlt.pipeline("m", destination=dlt.destinations.duckdb(str(tmp_path / "m.duckdb")))
    pipeline.run(chain())
    for name in ("parent", "reading"):
        rows = pipeline.dataset()[name].select("id", "place__city").fetchall()
        assert sorted(rows) == [(number, number) for number in range(20)]
        assert len(pipeline.dataset()[f"{name}__tags"].select("value").fetchall()) == 20
        assert "more" not in pipeline.default_schema.tables[name]["columns"]
    assert pipeline.dataset()["changing"].select("id", "place__city").fetchall() == [(-1, -1)] * 20


def test_a_parallel_transformer_that_uses_its_object_again(tmp_path: Path) -> None:
    """Rows that a transformer yields in a thread are those of the moment."""

    @dlt.transformer(data_from=dlt.resource([{"id": 1}], name="one", selected=False), name="t", parallelized=True)
    def many(row: dict[str, Any]) -> Iterator[dict[str, Any]]:
        yield from one_dict(10)

    assert loaded(tmp_path, many) == {"t": [(number,) for number in range(10)]}
