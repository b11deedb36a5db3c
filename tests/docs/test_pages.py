"""The documentation is complete: pages are in the navigation, links lead somewhere, dependencies are explained."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomlkit as tomllib

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "docs").glob("*.md"))
TEXTS = [*PAGES, ROOT / "README.md", ROOT / "CONTRIBUTING.md"]


def project() -> dict[str, object]:
    """Read pyproject.toml."""
    return dict(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"])


def test_navigation() -> None:
    """Each page can be reached."""
    navigation = (ROOT / "zensical.toml").read_text(encoding="utf-8")
    assert set(re.findall(r'"([\w-]+\.md)"', navigation)) == {page.name for page in PAGES}


@pytest.mark.parametrize("page", TEXTS, ids=lambda page: page.stem)
def test_links(page: Path) -> None:
    """Links between pages and to files of the repository lead to something."""
    for link in re.findall(r"\]\((?!https?:|#)([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
        assert (page.parent / link).exists(), link


def test_dependencies() -> None:
    """The page on dependencies has a line for each one of the default install, of `dev` and of `docs`."""
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8").lower()
    table = {name.strip() for row in re.findall(r"^\| ([^|]+) \|", page, re.MULTILINE) for name in row.split(",")}
    found = project()
    extras = found["optional-dependencies"]
    assert isinstance(extras, dict)
    lines = [*list(found["dependencies"]), *extras["dev"], *extras["docs"]]  # type: ignore[call-overload]
    names = {re.split(r"[\[<>=!~; ]", line, maxsplit=1)[0].lower() for line in lines}
    assert names <= table, names - table
