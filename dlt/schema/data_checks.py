"""Checks of data: what must hold for the rows of a table before a load becomes visible.

They are values, and as dicts of JSON they are part of a table's schema.
"""

from __future__ import annotations

import contextlib
import datetime
import decimal
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import Final, Literal, cast, get_args

from dlt.errors import ChecksNotSupported, InvalidCheck
from dlt.late_dataclass import dataclass
from dlt.schema.capabilities import Capabilities
from dlt.schema.checks import known_values
from dlt.schema.readings import parse_timestamp
from dlt.schema.typing import CHECK_KINDS, REFERENCES, CheckKind, ColumnSchema, DataType, TableSchema
from dlt.schema.x_keys import X_CHECKS

CheckScope = Literal["load", "table"]
Severity = Literal["error", "warn"]
NUMBERS: Final[tuple[DataType, ...]] = ("bigint", "double", "decimal", "wei")
_ARGUMENTS: Final[Mapping[str, tuple[str, ...]]] = {
    "not_null": (),
    "unique": (),
    "accepted": ("values",),
    "between": ("min", "max"),
    "matches": ("pattern",),
    REFERENCES: ("table", "referenced_columns"),
    "row_count": ("min", "max"),
    "fresh": ("within",),
    "sql": ("query", "name"),
}
"""What each kind takes beside columns, scope and severity."""
_TYPES: Final[Mapping[str, tuple[DataType, ...]]] = {
    "accepted": ("text", "bool", "date", "timestamp", *NUMBERS),
    "between": ("date", "timestamp", *NUMBERS),
    "matches": ("text",),
    "fresh": ("timestamp", "date"),
}
"""Types of columns that a kind is for, where it is not for all."""
_UNSEEN = "If no value of it came yet, name it in columns=, as {'nullable': True}."
_LONGEST = 100 * 365 * 24 * 3600
"""Seconds that a check of freshness goes back at most: a moment behind them may be none."""
_WHOLE = 2**63
"""Whole numbers below it are written as such."""
_SHOWN = 60
"""Letters of a value or query that the text of a check shows."""


@dataclass(frozen=True)
class Check:
    """What must hold for the rows of a table; `dlt.check` makes them.

    Attributes:
        kind: What is checked, one of `CHECK_KINDS`.
        columns: Columns that it looks at.
        arguments: What else it is told, as JSON has it.
        scope: "load" for the rows of the load, "table" for all rows.
        severity: "error" undoes the load, "warn" is told and recorded.

    Raises:
        InvalidCheck: it is none.
    """

    kind: CheckKind
    columns: tuple[str, ...] = ()
    arguments: Mapping[str, object] = field(default_factory=dict, hash=False)
    scope: CheckScope = "load"
    severity: Severity = "error"

    def __post_init__(self) -> None:
        wrong = next(_faults(self), None)
        if wrong is not None:
            raise InvalidCheck(f"check {self.kind}: {wrong}", hint="checks", found=self.arguments or self.columns)

    def __str__(self) -> str:
        about = ", ".join(self.columns)
        more = _cut(_told(self.kind, self.arguments))
        return f"{self.kind}({about}{': ' if about and more else ''}{more})"

    def to_dict(self) -> dict[str, object]:
        """Return it as a schema has it: JSON values, without what is so by default."""
        found: dict[str, object] = {"check": self.kind}
        if self.columns:
            found["columns"] = list(self.columns)
        found.update({key: value for key, value in self.arguments.items() if value is not None})
        if self.scope != "load":
            found["scope"] = self.scope
        if self.severity != "error":
            found["severity"] = self.severity
        return found


def check_of(value: object, place: str) -> Check:
    """Return the check that a schema, or a program, says.

    Args:
        value: A check, or what `to_dict` gave.
        place: What it belongs to, for messages.

    Raises:
        InvalidCheck: it is none.
    """
    if isinstance(value, Check):
        return value
    if not isinstance(value, Mapping):
        raise InvalidCheck(
            f"{place}: found {value!r} in checks. Give checks of dlt.check, such as dlt.check.not_null('id').",
            hint="checks",
            found=value,
        )
    # YAML knows dates and moments
    given = {key: _as_json(each) for key, each in value.items()}
    kind, columns = given.pop("check", None), given.pop("columns", ())
    scope, severity = given.pop("scope", "load"), given.pop("severity", "error")
    # people write one name as it is
    names = tuple(columns) if isinstance(columns, (list, tuple)) else (columns,)
    try:
        return Check(cast(CheckKind, kind), names, given, cast(CheckScope, scope), cast(Severity, severity))
    except InvalidCheck as error:
        raise InvalidCheck(f"{place}: {error}", **error.attrs()) from None


def _as_json(value: object) -> object:
    if isinstance(value, list):
        return [_as_json(each) for each in value]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= _WHOLE:
        return str(value)
    return value.isoformat() if isinstance(value, datetime.date) else value


def checks_of(table: TableSchema) -> list[Check]:
    """Return the checks of a table.

    Raises:
        InvalidCheck: the schema holds something else.
    """
    found = table.get(X_CHECKS) or ()
    if isinstance(found, (str, Mapping)):
        raise InvalidCheck(f"table {table['name']}: found {found!r} as {X_CHECKS}. Give a list.", hint=X_CHECKS)
    return [check_of(check, f"table {table['name']}") for check in found]


# -- what can be told without a table


def _faults(check: Check) -> Iterator[str]:
    """Yield what is wrong with a check, whatever table it is for."""
    if check.kind not in CHECK_KINDS:
        yield f"there is no such check. {known_values(check.kind, CHECK_KINDS)}"
        return
    if check.scope not in get_args(CheckScope):
        yield f"found scope={check.scope!r}. {known_values(check.scope, get_args(CheckScope))}"
    if check.severity not in get_args(Severity):
        yield f"found severity={check.severity!r}. {known_values(check.severity, get_args(Severity))}"
    known = _ARGUMENTS[check.kind]
    for key in check.arguments:
        if key not in known:
            yield f"it takes no {key!r}. {known_values(key, known)}" if known else f"it takes no {key!r}."
    if not all(isinstance(name, str) and name for name in check.columns):
        yield f"found the columns {check.columns!r}. Names of columns are texts that are not empty."
    yield from _of_columns(check)
    yield from _of_arguments(check)


def _of_columns(check: Check) -> Iterator[str]:
    count = len(check.columns)
    # a query names its columns itself
    if check.kind in ("row_count", "sql"):
        if count:
            yield "it is about no column."
    elif check.kind in ("not_null", "unique"):
        if not count:
            yield "name a column at least."
    elif count != 1:
        yield f"found the columns {list(check.columns)!r}. It is about one column."


def _of_arguments(check: Check) -> Iterator[str]:
    given = check.arguments
    if check.kind == "accepted":
        values = given.get("values")
        if not isinstance(values, list) or not values:
            yield f"found values={values!r}. Give a list of the values that may be there."
        elif any(value is None or isinstance(value, (list, Mapping)) or _is_endless(value) for value in values):
            yield f"found values={values!r}. Give texts, numbers, moments; NULL is left to not_null."
    elif check.kind in ("between", "row_count"):
        yield from _of_ends(check.kind, given.get("min"), given.get("max"))
    elif check.kind == "matches":
        yield from _of_pattern(given.get("pattern"))
    elif check.kind == REFERENCES:
        names = given.get("referenced_columns")
        if not given.get("table") or not isinstance(names, list) or len(names) != 1 or not names[0]:
            yield "say which column has the values, such as 'customers.id'."
    elif check.kind == "fresh":
        within = given.get("within")
        if not isinstance(within, (int, float)) or isinstance(within, bool) or not 0 < within <= _LONGEST:
            yield f"found within={within!r}. Give a timedelta, or seconds, more than 0 and less than 100 years."
    elif check.kind == "sql":
        query = given.get("query")
        if not isinstance(query, str) or "{rows}" not in query:
            yield f"found {query!r}. Give a query of rows that must not be there, which reads from {{rows}} AS r."


def _of_ends(kind: str, low: object, high: object) -> Iterator[str]:
    if low is None and high is None:
        yield "give min, max, or both."
    elif kind == "row_count" and not all(_is_count(end) for end in (low, high) if end is not None):
        yield f"found min={low!r}, max={high!r}. Give whole numbers from 0 on."
    elif any(_end_of(end) is None for end in (low, high) if end is not None):
        yield f"found min={low!r}, max={high!r}. Give numbers, dates or moments."
    elif low is not None and high is not None and _is_behind(low, high):
        yield f"found min={low!r}, max={high!r}: nothing is between them."


def _of_pattern(pattern: object) -> Iterator[str]:
    if not isinstance(pattern, str) or not pattern:
        yield f"found the pattern {pattern!r}. Give a regular expression."
        return
    try:
        re.compile(pattern)
    except re.error as error:
        yield f"found the pattern {pattern!r}, which is no regular expression: {error}."


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_behind(low: object, high: object) -> bool:
    ends = (_end_of(low), _end_of(high))
    # a number beside a moment is told when the type of the column is known
    if isinstance(ends[0], decimal.Decimal) and isinstance(ends[1], decimal.Decimal):
        return ends[0] > ends[1]
    return isinstance(ends[0], datetime.datetime) and isinstance(ends[1], datetime.datetime) and ends[0] > ends[1]


def _end_of(value: object) -> decimal.Decimal | datetime.datetime | None:
    """Return the number or the moment that an end says; None where it is neither."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)) or _is_endless(value):
        return None
    # JSON has decimals and moments as texts
    with contextlib.suppress(ArithmeticError):
        number = decimal.Decimal(str(value))
        return number if number.is_finite() else None
    with contextlib.suppress(ValueError):
        return parse_timestamp(str(value))
    return None


def _is_endless(value: object) -> bool:
    """Tell whether a value is a number that JSON does not have."""
    return isinstance(value, float) and not math.isfinite(value)


def _told(kind: str, given: Mapping[str, object]) -> str:
    """Return what a check is told, for people."""
    if kind == "accepted":
        return ", ".join(map(str, cast(Sequence[object], given["values"])))
    if kind in ("between", "row_count"):
        low, high = given.get("min"), given.get("max")
        if low is None or high is None:
            return f"at least {low}" if high is None else f"at most {high}"
        return f"{low} to {high}"
    if kind == REFERENCES:
        return f"{given['table']}.{cast(Sequence[object], given['referenced_columns'])[0]}"
    if kind == "fresh":
        return f"within {datetime.timedelta(seconds=cast(float, given['within']))}"
    if kind == "sql":
        return str(given.get("name") or given["query"])
    return str(given.get("pattern") or "")


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


# -- what a table and a destination say


def check_supported(table: TableSchema, capabilities: Capabilities) -> None:
    """Refuse checks that a destination cannot do.

    Args:
        table: The table.
        capabilities: What the destination can do.

    Raises:
        ChecksNotSupported: it cannot do one.
        InvalidCheck: the schema holds something else.
    """
    for check in checks_of(table):
        can = capabilities.supported_checks
        if check.kind not in can:
            raise ChecksNotSupported(
                f"table {table['name']}: the destination cannot do the check {check}. It can do: "
                f"{', '.join(can) or 'none, as its rows cannot be read before the load ends'}. Leave the check out, or "
                "do it in the resource, with add_map or add_filter.",
                table=table["name"],
                check=str(check),
            )


def check_typed(table: TableSchema, check: Check, place: str) -> None:
    """Refuse a check that does not go with the columns of its table, as far as their types are known.

    Args:
        table: The table.
        check: The check.
        place: What it belongs to, for messages.

    Raises:
        InvalidCheck: it does not.
    """
    for name in check.columns:
        column = table["columns"].get(name, {})
        kind = column.get("data_type")
        # of a column without values nobody knows the type yet
        if kind is None:
            continue
        fitting = _TYPES.get(check.kind)
        if fitting is not None and kind not in fitting:
            raise _unfit(place, check, name, f"the column is {kind}. It is for {', '.join(fitting)}.")
        if check.kind == "unique" and kind in ("json", "binary"):
            raise _unfit(place, check, name, f"the column is {kind}, whose values are not compared.")
        for value in values_of(check):
            try:
                value_for(value, column)
            except (ValueError, ArithmeticError):
                raise _unfit(place, check, name, f"the column is {kind}, and {value!r} is none.") from None


def check_on_table(table: TableSchema, check: Check, place: str) -> None:
    """Refuse a check of a column that its table does not have, or of another type.

    Args:
        table: The table, with all of its columns.
        check: The check.
        place: What it belongs to, for messages.

    Raises:
        InvalidCheck: it does not.
    """
    for name in check.columns:
        if name not in table["columns"]:
            known = [column for column in table["columns"] if not column.startswith("_dlt")]
            told = f"{known_values(name, known)} " if known else ""
            raise _unfit(place, check, name, f"the table has no such column. {told}{_UNSEEN}")
    check_typed(table, check, place)


def _unfit(place: str, check: Check, column: str, why: str) -> InvalidCheck:
    return InvalidCheck(
        f"{place}, column {column!r}: the check {check} cannot be done: {why}", hint="checks", column_name=column
    )


def values_of(check: Check) -> list[object]:
    """Return the values with which those of the column are compared."""
    if check.kind == "accepted":
        return list(cast(Sequence[object], check.arguments["values"]))
    ends = (check.arguments.get("min"), check.arguments.get("max")) if check.kind == "between" else ()
    return [end for end in ends if end is not None]


def value_for(value: object, column: ColumnSchema) -> object:
    """Return a value of a check as one of the type of a column.

    Args:
        value: JSON has it.
        column: The column, whose type is known.

    Raises:
        ValueError: it is none of this type.
        ArithmeticError: it is no number.
    """
    kind = column["data_type"]
    if kind == "bool" or isinstance(value, bool):
        if kind == "bool" and isinstance(value, bool):
            return value
    elif kind in ("decimal", "wei"):
        # JSON has decimals as texts
        return decimal.Decimal(str(value))
    elif kind in ("bigint", "double"):
        # whatever number a program gives: JSON has decimals as texts
        number = decimal.Decimal(str(value))
        if number.is_finite():
            return int(number) if number == number.to_integral_value() and abs(number) < _WHOLE else float(number)
    elif isinstance(value, str):
        if kind == "text":
            return value
        moment = parse_timestamp(value)
        if kind == "date":
            return moment.date()
        return moment if column.get("timezone", True) else moment.replace(tzinfo=None)
    raise ValueError(value)
