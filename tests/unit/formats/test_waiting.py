"""Rows that wait for a page keep their order and their values, copied into columns or not."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlt.formats.batches import batch_rows
from dlt.formats.waiting import PAGE_ROWS, ROWS_AFTER_A_REFUSAL, CopiedRows, Page, WaitingRows, waiting_rows
from dlt.version import form

FORMS = ["pure", pytest.param("compiled", marks=pytest.mark.skipif(form() == "pure", reason="there is no extension"))]
HUGE = 2**70
ROWS = st.dictionaries(st.sampled_from("abc"), st.sampled_from([1, "t", 0.5, [1], {"x": 1}, HUGE]), max_size=3)


@pytest.fixture(params=FORMS)
def in_form(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Use one of the forms."""
    monkeypatch.setenv("DLT_PURE_PYTHON", "1" if request.param == "pure" else "")
    return str(request.param)


def waiting(**schema: Any) -> WaitingRows:
    """Return where the rows of a table wait."""
    return waiting_rows({"columns": {}, **schema}, str)  # type: ignore[typeddict-item]


def rows_of(page: Page) -> list[Any]:
    """Return the rows of a page."""
    return list(page) if isinstance(page, Sequence) else list(batch_rows(page))


@settings(max_examples=60, deadline=None)
@given(pages=st.lists(st.lists(ROWS, max_size=8) | ROWS.map(lambda row: [row] * 300), max_size=6))
@pytest.mark.parametrize("pure", [pytest.param("", marks=FORMS[1].marks), "1"])  # type: ignore[union-attr]
def test_rows_come_out_as_they_went_in(pure: str, pages: list[list[Any]]) -> None:
    """Whatever they hold, and however they are put together."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DLT_PURE_PYTHON", pure)
        rows = waiting()
        found: list[Any] = []
        count = 0
        for page in pages:
            for full in rows.add(page, own=False):
                found += rows_of(full)
            count += len(page)
            assert len(rows) == count - len(found)
        for rest in rows.rest():
            found += rows_of(rest)
    assert found == [row for page in pages for row in page] and not rows


@pytest.mark.parametrize("size", [1, 7, 3 * PAGE_ROWS])
def test_pages_have_at_most_so_many_rows(in_form: str, size: int) -> None:
    """A list of any length is written in pages, and so are rows that come one by one."""
    rows, every = waiting(), [{"a": number} for number in range(3 * PAGE_ROWS + 1)]
    pages: list[Page] = []
    for start in range(0, len(every), size):
        pages += rows.add(every[start : start + size], own=True)
    pages += rows.rest()
    assert [len(page) for page in pages] == [PAGE_ROWS, PAGE_ROWS, PAGE_ROWS, 1]
    assert all(isinstance(page, pa.RecordBatch) for page in pages)


@pytest.mark.parametrize("odd", [1, HUGE], ids=["copied", "refused"])
def test_a_program_may_change_what_it_gave(in_form: str, odd: int) -> None:
    """Rows stay as they were, also those that wait in the exact form."""
    rows, row = waiting(), {"a": odd, "d": {"x": [0]}}
    for number in range(3):
        row["d"]["x"][0] = number  # type: ignore[index]
        assert not list(rows.add([row], own=False)) or odd == 1
    assert [found["d"]["x"] for page in rows.rest() for found in rows_of(page)] == [[0], [1], [2]]


@pytest.mark.skipif(form() == "pure", reason="there is no extension")
def test_one_odd_row_takes_few_others_along() -> None:
    """The rows before it and those that follow later are columns."""
    rows = CopiedRows(lambda _key: False, nested=True)
    every: list[Any] = [{"a": number} for number in range(9000)]
    every[5000] = {"a": HUGE}
    pages = [*rows.add(every, own=True), *rows.rest()]
    assert [(isinstance(page, pa.RecordBatch), len(page)) for page in pages] == [
        *((True, 5000), (False, ROWS_AFTER_A_REFUSAL), (True, 9000 - 5000 - ROWS_AFTER_A_REFUSAL)),
    ]
    assert [row for page in pages for row in rows_of(page)] == every


@pytest.mark.skipif(form() == "pure", reason="there is no extension")
def test_many_odd_rows_do_not_make_many_files() -> None:
    """Columns and rows change places as often as the logarithm of the number of rows."""
    rows = CopiedRows(lambda _key: False, nested=True)
    every = [{"a": HUGE if number % 10 == 0 else number} for number in range(200_000)]
    pages = [*rows.add(every, own=True), *rows.rest()]
    kinds = [isinstance(page, pa.RecordBatch) for page in pages]
    changes = sum(first != second for first, second in pairwise(kinds))
    assert sum(map(len, pages)) == len(every) and changes <= 24


@pytest.mark.parametrize(
    ("hints", "columns"), [({"x-normalizer": {"max_nesting": 0}}, "string"), ({}, "struct<x: int64>")]
)
def test_documents_follow_the_schema_of_the_table(in_form: str, hints: dict[str, Any], columns: str) -> None:
    """They stay whole as JSON text, or become columns."""
    rows = waiting(**hints)
    assert not list(rows.add([{"d": {"x": 1}}], own=True))
    [page] = rows.rest()
    assert isinstance(page, pa.RecordBatch) and str(page.schema.field("d").type) == columns
