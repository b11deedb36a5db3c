"""What is written down twice, once to run and once for type checkers, says the same."""

from __future__ import annotations

import inspect
import typing
from typing import Any

import pytest

import dlt
from dlt.extract import mark
from dlt.extract.hint_checks import FILE_FORMATS, HINTS
from dlt.extract.hints import ResolvedHints, TableHints
from dlt.extract.incremental.settings import SETTINGS
from dlt.extract.options import HintOptions, ResourceOptions
from dlt.extract.refresh import RefreshMode
from dlt.extract.resource_hints import ResourceHints
from dlt.extract.vocabulary import FileFormat, Refresh


def parameters(function: Any, *without: str) -> set[str]:
    """Return the names of a function's parameters."""
    return set(inspect.signature(function).parameters) - {"self", *without}


def keys(kind: Any) -> set[str]:
    """Return the keys of a TypedDict."""
    return set(kind.__annotations__)


def test_the_decorators_take_the_options_that_checkers_know() -> None:
    """`dlt.resource` by name, `dlt.transformer` all but what is its own."""
    assert parameters(dlt.resource, "data", "name", "table_name") == keys(ResourceOptions)
    assert keys(ResourceOptions) - keys(HintOptions) == {"data_from"}


def test_hints_have_the_same_names_everywhere() -> None:
    """In `make_hints`, `apply_hints`, the dict that a resource keeps, and the check of it."""
    given = {"parent" if name == "parent_table_name" else name for name in parameters(mark.make_hints)}
    assert given == keys(TableHints)
    assert parameters(ResourceHints.apply_hints) == parameters(mark.make_hints, "max_table_nesting") | {
        "create_table_variant"
    }
    assert set(HINTS) - {"original_columns", "validator"} == keys(TableHints)
    assert keys(TableHints) - keys(ResolvedHints) == {"incremental"}


def test_words_are_the_same_for_checkers_and_at_run_time() -> None:
    """Formats of files and modes of a refresh."""
    assert set(typing.get_args(FileFormat)) == set(FILE_FORMATS)
    assert typing.get_args(Refresh) == typing.get_args(RefreshMode)


def test_settings_of_a_cursor_are_its_parameters_in_order() -> None:
    """What is given by its place is known by its name."""
    assert tuple(inspect.signature(dlt.sources.incremental.__init__).parameters)[1:] == SETTINGS


def test_options_of_a_request_are_those_of_requests() -> None:
    """None is missing, and none is made up."""
    requests = pytest.importorskip("requests")
    from dlt.sources.helpers.requests import RequestOptions

    assert keys(RequestOptions) == parameters(requests.Session.request, "method", "url")
