"""Patterns of names, and the checks that schemas of PyPI `dlt` 1.x make with them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from dlt.common.schema.typing import (
    SIMPLE_REGEX_PREFIX,
    TSimpleRegex,
)
from dlt.errors import DictValidationException
from dlt.schema.naming import NamingConvention, naming_from


def normalize_schema_name(name: str) -> str:
    """Return the name that a schema gets of any text."""
    # PyPI dlt 1.x allows 64 characters
    return naming_from("snake_case", 64).normalize_identifier(name)


def is_valid_schema_name(name: str) -> bool:
    """Tell whether a schema can have a name."""
    return bool(name) and name.isidentifier() and len(name) <= 64


def canonical_simple_regex(regex: str) -> TSimpleRegex:
    """Return a regular expression as schemas hold it."""
    return TSimpleRegex(regex if regex.startswith(SIMPLE_REGEX_PREFIX) else f"{SIMPLE_REGEX_PREFIX}{regex}")


def _expression(regex: str) -> str:
    if regex.startswith(SIMPLE_REGEX_PREFIX):
        return regex[len(SIMPLE_REGEX_PREFIX) :]
    # a plain name matches itself only, though a dot or a bracket may stand in it
    return f"^{re.escape(regex)}$"


def compile_simple_regex(r: str) -> re.Pattern[str]:
    """Return what a name, or an expression that begins with "re:", matches."""
    return re.compile(_expression(r))


def compile_simple_regexes(r: Iterable[str]) -> re.Pattern[str]:
    """Return what one of several names and expressions matches."""
    # each in brackets: an alternative inside of one must not end at its neighbour
    return re.compile("|".join(f"({_expression(regex)})" for regex in r))


_OF_EXPRESSIONS = frozenset("^$*+?[](){}|\\")
"""Letters that names do not have, and expressions do."""


def simple_regex_validator(path: str, pk: str, pv: object, t: object) -> bool:
    """Check a value of a document whose type is `TSimpleRegex`; tell whether it is of this type.

    Args:
        path: Where in the document it stands.
        pk: Its key.
        pv: The value.
        t: Its type.

    Raises:
        DictValidationException: it is no name, and no regular expression after "re:".
    """
    # validators are asked one after the other: this one knows one type
    if t is not TSimpleRegex:
        return False
    if not isinstance(pv, str):
        raise DictValidationException(f"{path}: {pk} is {pv!r}, and must be text.", path=path, field=pk, value=pv)
    if not pv.startswith(SIMPLE_REGEX_PREFIX) and set(pv) & _OF_EXPRESSIONS:
        raise DictValidationException(
            f"{path}: {pk} is {pv!r}: a regular expression begins with {SIMPLE_REGEX_PREFIX!r}.",
            path=path,
            field=pk,
            value=pv,
        )
    try:
        compile_simple_regex(pv)
    except re.error as error:
        raise DictValidationException(
            f"{path}: {pk} is {pv!r}, which is no regular expression: {error}.", path=path, field=pk, value=pv
        ) from error
    return True


def column_name_validator(naming: NamingConvention) -> object:
    """Return what checks that a value of a document is the name of a column.

    Args:
        naming: Names are as it gives them.
    """

    def check(path: str, pk: str, pv: object, t: object) -> bool:
        if getattr(t, "__name__", None) != "TColumnName":
            return False
        if not isinstance(pv, str) or naming.normalize_path(pv) != pv:
            raise DictValidationException(
                f"{path}: {pk} is {pv!r}, which is not a valid column name.", path=path, field=pk, value=pv
            )
        return True

    return check
