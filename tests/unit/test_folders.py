"""The unit tests mirror the packages: whoever changes a package knows where its tests are."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = sorted(path.parent.name for path in (ROOT / "dlt").glob("*/__init__.py"))
FORMER = {"orchestrate"}
"""Former names of packages, which only offer what stands elsewhere; their tests are in compat."""


@pytest.mark.parametrize("package", [name for name in PACKAGES if name not in FORMER])
def test_each_package_has_its_folder(package: str) -> None:
    """With tests in it."""
    assert list((ROOT / "tests" / "unit" / package).rglob("test_*.py"))


def test_each_folder_has_its_package() -> None:
    """A folder that is called otherwise says nothing of where its tests belong."""
    folders = {path.name for path in (ROOT / "tests" / "unit").iterdir() if any(path.glob("test_*.py"))}
    assert folders - set(PACKAGES) <= {"compat", "typing"}
