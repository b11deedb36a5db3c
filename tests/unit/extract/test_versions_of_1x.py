"""Versions of rows as PyPI `dlt` 1.x tells them."""

from __future__ import annotations

import datetime
import uuid
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from dlt.extract.versions import OF_1X, OF_ANY_ORDER, way_of_versions
from dlt.extract.versions_of_1x import version_in_1x, with_versions_of_1x

UTC = datetime.timezone.utc
# found in tables that PyPI dlt 1.31 has loaded
VERSIONS: list[tuple[str, dict[str, Any]]] = [
    ("0tdXCZHKdxojtw", {"k": 1, "v": 0}),
    ("0tdXCZHKdxojtw", {"v": 0, "k": 1}),
    ("xv0xpksgSHe+ow", {"k": 1}),
    ("VeTete+jxYGh3w", {"k": 1, "v": None}),
    ("wV5Bs6UZhu7csw", {"k": 1, "s": "a"}),
    ("cSfPH+9m+cZ+0g", {"k": 1, "f": 1.5}),
    ("oQ1RA+MFoAKd5A", {"k": True}),
    ("IbzlGVwnyjdppQ", {"k": 1, "n": {"a": 1}}),
    ("FbATwWFzTcEcCQ", {"K a": 1, "b": "x"}),
    ("CaL3G5gehsmsOQ", {"k": 1, "t": "2024-01-01T00:00:00Z"}),
    ("vKRgO4CJZnnF3w", {"k": 1, "d": datetime.date(2024, 1, 1)}),
    ("tgtam+hbIF6DdQ", {"k": 1, "dec": Decimal("1.50")}),
    ("6zQPTRQydvVQlA", {"k": 1, "b": b"xy"}),
    ("8WS5oUGSdtB+wA", {"k": 1, "l": [{"a": 1}]}),
    ("iXbCUZRRtqsijA", {"k": 1, "l": []}),
]


@pytest.mark.parametrize(("version", "row"), VERSIONS, ids=lambda value: str(value)[:40])
def test_a_row_has_the_version_that_1x_gave_it(version: str, row: dict[str, Any]) -> None:
    """Keys in any order, and what JSON has no word for, make no difference."""
    assert version_in_1x(row) == version


def test_every_value_has_a_version() -> None:
    """Also those that JSON does not know, and that its fast writer refuses."""
    rows = [{"x": value} for value in (2**80, uuid.UUID(int=1), datetime.time(1), datetime.datetime.now(UTC), {1, 2})]
    assert len({version_in_1x(row) for row in rows}) == len(rows)


def test_rows_carry_their_versions_as_ids() -> None:
    """Those that have an id keep it, values become rows, and tables of Arrow stay as they are."""
    own, table = {"_dlt_id": "mine", "k": 1}, pa.table({"k": [1]})
    rows = with_versions_of_1x([{"k": 1}, own, 7])
    assert rows == [{"k": 1, "_dlt_id": "xv0xpksgSHe+ow"}, own, {"value": 7, "_dlt_id": version_in_1x({"value": 7})}]
    assert with_versions_of_1x({"k": 1}) == rows[0]
    assert with_versions_of_1x(table) is table


def test_a_history_goes_on_as_it_began() -> None:
    """PyPI dlt 1.x notes at the column of the id that it tells the version."""
    history: Any = {"name": "t", "x-merge-strategy": "scd2", "columns": {"_dlt_id": {"name": "_dlt_id"}}}
    of_1x = {**history, "columns": {"_dlt_id": {"name": "_dlt_id", "x-row-version": True}}}
    assert [way_of_versions(table) for table in (None, history, of_1x)] == [OF_ANY_ORDER, None, OF_1X]
    assert way_of_versions({**history, "x-row-hash": OF_ANY_ORDER}) == OF_ANY_ORDER
    assert way_of_versions({**of_1x, "x-merge-strategy": "delete-insert"}) == OF_ANY_ORDER
