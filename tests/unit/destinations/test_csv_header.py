"""What stands between the values of a file of CSV."""

from __future__ import annotations

import pytest

from dlt.destinations.csv_header import delimiter_of

NAMES = {"id", "name", "a,b", 'odd "name"', "naïve", "x"}


@pytest.mark.parametrize(
    ("header", "delimiter"),
    [
        ("id,name", ","),
        ('"id"|"name"', "|"),
        ("id;name;x", ";"),
        ("idyname", "y"),
        ('"a,b";id', ";"),
        ('"odd ""name""" id', " "),
        ("naïve\tid", "\t"),
    ],
)
def test_names_that_are_known_tell_it(header: str, delimiter: str) -> None:
    """With any other a part of the line would be no column of the table."""
    assert delimiter_of(header, NAMES) == delimiter


@pytest.mark.parametrize("header", ["", "id", "name", "1|2", "id|unknown"])
def test_where_nothing_tells_it_is_a_comma(header: str) -> None:
    """One name stands alone; a line of values is no header, which the query says."""
    assert delimiter_of(header, NAMES) == ","
