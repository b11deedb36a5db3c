"""What CONTRIBUTING says of common changes is what the code shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SECTIONS = re.findall(
    r"^### ([^\n]+), as `([^`]+)` is one\n(.*?)(?=^##)",
    (ROOT / "CONTRIBUTING.md").read_text(),
    re.MULTILINE | re.DOTALL,
)
MARKS = {
    "references": r'"references"|\breferences: (?:Hint\[)?References\b|^References = ',
    "insert-only": r'"insert-only"',
}
"""How an example is told from its name in other places; its name by default."""


def test_there_is_an_example_of_each_change() -> None:
    """A hint, a strategy and a command."""
    assert [(title, example) for title, example, _ in SECTIONS] == [
        ("Add a hint", "references"),
        ("Add a merge strategy", "insert-only"),
        ("Add a command", "delete-folder"),
    ]


@pytest.mark.parametrize(("title", "example", "text"), SECTIONS, ids=[example for _, example, _ in SECTIONS])
def test_the_files_of_a_change_are_those_of_its_example(title: str, example: str, text: str) -> None:
    """No file of the package is missing in the list, and none is too many; tests and pages have the example too."""
    mark = re.compile(MARKS.get(example) or re.escape(example), re.MULTILINE)
    listed = set(re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE))
    found = {
        path.relative_to(ROOT).as_posix()
        for folder in ("dlt", "dlt_airflow", "dlt_prefect")
        for path in (ROOT / folder).rglob("*.py")
        # dlt/common only names what stands elsewhere, for programs of PyPI dlt 1.x
        if (ROOT / "dlt" / "common") not in path.parents and mark.search(path.read_text(encoding="utf-8"))
    }
    assert listed == found, title
    for path in re.findall(r"`((?:tests|docs)/[^`]+)`", text):
        assert re.search(re.escape(example), (ROOT / path).read_text(encoding="utf-8")), path
