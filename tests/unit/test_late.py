"""A package that is imported late is the package itself once a name of it was used."""

from __future__ import annotations

import subprocess
import sys

import pytest

from dlt.late import LateModule


def test_nothing_is_imported_before_a_name_is_used() -> None:
    """A program that never touches Arrow does not pay for it, nor for its parts."""
    program = (
        "import sys; from dlt.late import np, pa, pc, pq, orjson, duckdb;"
        "heavy = {'numpy', 'pyarrow', 'pyarrow.compute', 'pyarrow.parquet', 'orjson', 'duckdb'};"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules);"
        "print(orjson.dumps({}).decode(), pa.array([1]).type, pc.sum([1, 2]), sorted(heavy & set(sys.modules)))"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout == "{} int64 3 ['numpy', 'orjson', 'pyarrow', 'pyarrow.compute']\n"


def test_its_names_are_those_of_the_package() -> None:
    """What is found is the same object, so isinstance holds."""
    late = LateModule("decimal")
    import decimal

    assert late.Decimal is decimal.Decimal
    assert late.ROUND_DOWN == decimal.ROUND_DOWN
    assert isinstance(decimal.Decimal(1), late.Decimal)


def test_a_name_that_the_package_does_not_have_is_an_attribute_error() -> None:
    """A mistake reads as it would with the package itself."""
    with pytest.raises(AttributeError, match="module 'decimal' has no attribute 'nonsense'"):
        LateModule("decimal").nonsense  # noqa: B018


def test_a_package_that_is_not_installed_is_told_when_it_is_used() -> None:
    """The import alone never fails: what asks for an extra says so where it is needed."""
    missing = LateModule("no_such_package_anywhere")
    with pytest.raises(ModuleNotFoundError, match="no_such_package_anywhere"):
        missing.thing  # noqa: B018
