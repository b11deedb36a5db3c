"""Hints of one destination, put onto resources."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

import dlt
from dlt.destinations.adapters import bigquery_adapter


def hints(**options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the hints of the table and of its columns."""
    resource = bigquery_adapter(dlt.resource([1], name="t"), **options)
    table = resource.compute_table_schema()
    return table.get("x-bigquery", {}), table["columns"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"partition": "day"}, {"partition": "day"}),
        ({"partition": {"column": "n", "start": 0}}, {"partition": {"column": "n", "start": 0}}),
        ({"cluster": "a"}, {"cluster": ["a"]}),
        ({"cluster": ("a", "b")}, {"cluster": ["a", "b"]}),
        ({"cluster": [], "labels": {"a": "b"}}, {"labels": {"a": "b"}}),
        ({"table_description": "x"}, {"description": "x"}),
        ({"table_expiration_datetime": "2024-01-02T00:00:00Z"}, {"expires": "2024-01-02T00:00:00+00:00"}),
        ({"table_expiration_datetime": dt.datetime(2024, 1, 2)}, {"expires": "2024-01-02T00:00:00"}),
        ({"insert_api": "streaming"}, {"insert_api": "streaming"}),
        ({"insert_api": "default"}, {"insert_api": "default"}),
        ({"partition_expiration_days": 0}, {"partition_expiration_days": 0}),
        ({"labels": {"a": "b"}, "autodetect_schema": False}, {"labels": {"a": "b"}}),
    ],
    ids=str,
)
def test_what_is_given_stands_in_the_table(options: Any, expected: Any) -> None:
    """And nothing that is not."""
    assert hints(**options)[0] == expected


def test_columns_are_rounded_as_it_is_asked() -> None:
    """In one of two ways."""
    table, columns = hints(round_half_even="a", round_half_away_from_zero=["b", "c"])
    assert table == {}
    assert {name: column["x-bigquery-rounding"] for name, column in columns.items()} == {
        "a": "ROUND_HALF_EVEN",
        "b": "ROUND_HALF_AWAY_FROM_ZERO",
        "c": "ROUND_HALF_AWAY_FROM_ZERO",
    }


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({}, "nothing is asked for"),
        ({"cluster": [], "labels": {}}, "nothing is asked for"),
        ({"insert_api": "load"}, "insert_api='load' is neither 'default' nor 'streaming'"),
        ({"cluster": list("abcde")}, "four columns at most"),
        ({"partition": "a", "autodetect_schema": True}, "autodetect_schema=True is not supported"),
        ({"round_half_even": ["a", "b"], "round_half_away_from_zero": ["b"]}, "b cannot be rounded in two ways"),
        ({"table_expiration_datetime": "soon"}, "soon"),
    ],
    ids=str,
)
def test_what_bigquery_does_not_know_is_refused(options: Any, text: str) -> None:
    """Before anything is put onto the resource."""
    with pytest.raises(ValueError, match=text):
        hints(**options)


def test_data_that_is_no_resource_becomes_one() -> None:
    """By the name of its function, or under a name of ours."""

    def orders() -> Any:
        yield {"id": 1}

    for data, name in ((orders, "orders"), ([{"id": 1}], "content")):
        resource = bigquery_adapter(data, cluster="id")
        assert resource.name == name and list(resource) == [{"id": 1}]
    source = dlt.source(lambda: [dlt.resource([1], name="t")], name="s")()
    assert bigquery_adapter(source.resources["t"], cluster="id") is source.resources["t"]
