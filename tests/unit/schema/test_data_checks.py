"""Checks are values that say what is wrong with them where they are made, and JSON of a schema."""

from __future__ import annotations

import datetime
import enum
import json
import uuid
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

import dlt
from dlt import check
from dlt.errors import ChecksNotSupported, InvalidCheck, InvalidHint
from dlt.schema.capabilities import Capabilities
from dlt.schema.data_checks import Check, check_of, check_supported, checks_of, value_for, values_of
from dlt.schema.schema import Schema

ALL = [
    check.not_null("a", "b"),
    check.unique("a", severity="warn"),
    check.accepted("a", ["x", 1, 2.5, True, Decimal("1.10"), datetime.date(2024, 1, 2)]),
    check.between("a", datetime.datetime(2024, 1, 2, 3), scope="table"),
    check.matches("a", "^x"),
    check.references("a", "other.id"),
    check.row_count(1, 9),
    check.fresh("a", datetime.timedelta(hours=2)),
    check.sql("SELECT id FROM {rows} AS r", "none"),
]


@pytest.mark.parametrize("one", ALL, ids=str)
def test_a_check_comes_back_from_json(one: Check) -> None:
    """What a schema stores is the same check."""
    assert check_of(json.loads(json.dumps(one.to_dict())), "table 't'") == one


def test_a_check_reads_well() -> None:
    """Its text is what results and messages show."""
    assert [str(one) for one in ALL] == [
        "not_null(a, b)",
        "unique(a)",
        "accepted(a: x, 1, 2.5, True, 1.10, 2024-01-02)",
        "between(a: at least 2024-01-02T03:00:00)",
        "matches(a: ^x)",
        "references(a: other.id)",
        "row_count(1 to 9)",
        "fresh(a: within 2:00:00)",
        "sql(none)",
    ]
    assert len(str(check.accepted("a", [f"value {number}" for number in range(1000)]))) < 80


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: check.not_null(), "name a column at least"),
        (lambda: check.not_null(""), "texts that are not empty"),
        (lambda: check.accepted("a", []), "Give a list of the values"),
        (lambda: check.accepted("a", "abc"), "Give a list of the values"),
        (lambda: check.accepted("a", None), "found values=None"),  # type: ignore[arg-type]
        (lambda: check.accepted("a", [None]), "NULL is left to not_null"),
        (lambda: check.accepted("a", [object()]), "Give texts, numbers"),
        (lambda: check.between("a"), "give min, max, or both"),
        (lambda: check.between("a", 2, 1), "nothing is between them"),
        (lambda: check.between("a", datetime.date(2025, 1, 1), datetime.date(2024, 1, 1)), "nothing is between them"),
        (lambda: check.between("a", Decimal("0.3"), Decimal("0.2")), "nothing is between them"),
        (lambda: check.between("a", "b"), "Give numbers, dates or moments"),
        (lambda: check.between("a", float("nan")), "Give numbers, dates or moments"),
        (lambda: check.between("a", max=Decimal("Infinity")), "Give numbers, dates or moments"),
        (lambda: check.accepted("a", [float("nan")]), "Give texts, numbers"),
        (lambda: check.fresh("a", float("inf")), "less than 100 years"),
        (lambda: check.matches("a", "("), "no regular expression: missing \\)"),
        (lambda: check.references("a", "customers"), "such as 'customers.id'"),
        (lambda: check.row_count(), "give min, max, or both"),
        (lambda: check.row_count(-1), "whole numbers from 0 on"),
        (lambda: check.fresh("a", datetime.timedelta(0)), "more than 0"),
        (lambda: check.sql("SELECT 1"), r"reads from \{rows\} AS r"),
        (lambda: check.unique("a", scope="all"), "Known are load, table"),  # type: ignore[arg-type]
        (lambda: check.unique("a", severity="warm"), "Did you mean 'warn'"),  # type: ignore[arg-type]
        (lambda: check_of({"check": "not_nul", "columns": ["a"]}, "table 't'"), "table 't'.*Did you mean 'not_null'"),
        (lambda: check_of({"check": "unique", "columns": ["a"], "cols": 1}, "table 't'"), "it takes no 'cols'"),
        (lambda: check_of("not_null", "table 't'"), r"dlt.check.not_null\('id'\)"),
    ],
)
def test_a_check_that_is_none_is_told_where_it_is_made(make: Any, text: str) -> None:
    """Before a pipeline, or even a resource, is there."""
    with pytest.raises(InvalidCheck, match=text):
        make()


def test_values_are_those_that_rows_hold() -> None:
    """Whatever class a program has for them; and a set has one order in every process, as a schema keeps it."""

    class Status(str, enum.Enum):
        OPEN = "open"
        PAID = "paid"

    ident = uuid.UUID(int=1)
    given = [*Status, np.int64(1), np.float64(1.5), np.str_("x"), ident]
    assert check.accepted("a", given).arguments["values"] == ["open", "paid", 1, 1.5, "x", str(ident)]
    assert {type(value) for value in check.accepted("a", given).arguments["values"]} == {str, int, float}  # type: ignore[attr-defined]
    assert check.accepted("a", Status).arguments["values"] == ["open", "paid"]
    letters = set("zyxwvutsr")
    assert check.accepted("a", letters).arguments["values"] == sorted(letters)
    assert check.accepted("a", {10, 9, "b"}).arguments["values"] == [9, 10, "b"]


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("bigint", [Decimal("5"), 5.0, Decimal("0.5")]),
        ("double", [Decimal("5"), 5, Decimal("0.5")]),
        ("decimal", [5, 5.0, 0.5]),
    ],
)
def test_numbers_go_with_every_column_of_numbers(kind: Any, values: Any) -> None:
    """A program need not know which kind of number its rows give."""
    column: Any = {"data_type": kind}
    found = [value_for(value, column) for value in values_of(check.accepted("n", values))]
    assert found == [5, 5, Decimal("0.5")]
    with pytest.raises((ValueError, ArithmeticError)):
        value_for("a lot", column)


def test_hints_take_checks() -> None:
    """They become part of the table, with the names of the destination; an empty list takes them back."""
    resource = dlt.resource([], name="Orders", checks=[check.not_null("CustomerId")])
    resource.apply_hints(
        checks=[check.references("CustomerId", "Customers.CustomerId")], nested_hints={"Lines": {"checks": [ALL[0]]}}
    )
    schema = Schema("shop")
    for table in resource.compute_tables(schema.naming):
        schema.update_table(table)
    assert schema.tables["orders"]["x-checks"] == [
        {
            "check": "references",
            "columns": ["customer_id"],
            "table": "customers",
            "referenced_columns": ["customer_id"],
        }
    ]
    assert schema.tables["orders__lines"]["x-checks"] == [{"check": "not_null", "columns": ["a", "b"]}]
    assert resource.apply_hints(checks=[]).compute_table_schema()["x-checks"] == []


def test_hints_that_are_no_checks_are_told() -> None:
    """With the resource, and where the types are known with the column too."""
    for wrong in (check.not_null("id"), "not_null", [5]):
        with pytest.raises(InvalidHint, match="checks"):
            dlt.resource([], name="t", checks=wrong)  # type: ignore[call-overload]
    resource = dlt.resource([], name="t", checks=[check.matches("n", "x")], columns={"n": {"data_type": "bigint"}})
    with pytest.raises(InvalidCheck, match=r"table 't', column 'n'.*the column is bigint. It is for text"):
        resource.compute_table_schema()


def test_checks_of_a_schema_file() -> None:
    """YAML holds them, and a wrong one is told with its table."""
    schema = Schema("shop")
    schema.update_table({"name": "t", "columns": {"a": {"name": "a"}}, "x-checks": [one.to_dict() for one in ALL]})
    back = Schema.from_dict(schema.to_dict())
    assert checks_of(back.tables["t"]) == ALL
    back.tables["t"]["x-checks"] = [{"check": "between", "columns": ["a"]}]
    with pytest.raises(InvalidCheck, match="table t: check between: give min, max"):
        checks_of(back.tables["t"])


def test_dates_of_yaml() -> None:
    """YAML reads them as such, and a schema has texts."""
    day = datetime.date(2024, 1, 2)
    found = check_of({"check": "between", "columns": "d", "min": day, "max": day}, "table t")
    assert found == check.between("d", day, day)
    with pytest.raises(InvalidCheck, match="nothing is between them"):
        check_of({"check": "between", "columns": "d", "min": day, "max": datetime.date(2023, 1, 1)}, "table t")
    with pytest.raises(InvalidCheck, match=r"found the columns \(5,\)"):
        check_of({"check": "not_null", "columns": 5}, "table t")


def test_a_destination_may_lack_a_check() -> None:
    """It says which ones it can do."""
    table: Any = {"name": "t", "columns": {}, "x-checks": [check.matches("a", "x").to_dict()]}
    check_supported(table, Capabilities())
    with pytest.raises(ChecksNotSupported, match=r"table t: .*the check matches\(a: x\). It can do: unique"):
        check_supported(table, Capabilities(supported_checks=("unique",)))
