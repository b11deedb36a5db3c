"""Exceptions under the names of PyPI `dlt` 1.x are those that are raised here."""

from __future__ import annotations

import pytest

import dlt
from dlt import errors
from dlt.common import exceptions


@pytest.mark.parametrize("name", exceptions.__all__)
def test_a_name_is_the_class_that_is_raised(name: str) -> None:
    """What is not raised here says so in its docstring."""
    found = getattr(exceptions, name)
    assert issubclass(found, BaseException)
    said = (
        "Named by programs, raised by nothing here.",
        "raised by `dlt.common.utils.assert_min_pkg_version`.",
        "raised by `dlt.common.runners.Venv`.",
    )
    assert found is getattr(errors, name, None) or found.__doc__.endswith(said)


def test_a_program_catches_by_the_old_name() -> None:
    """As it did before."""
    with pytest.raises(exceptions.PipelineException):
        dlt.pipeline("no/name")
