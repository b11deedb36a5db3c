"""Docstrings and comments say what holds, in words: nothing points to a document that is not in the repository."""

from __future__ import annotations

import io
import re
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("benchmarks", "dlt", "dlt_airflow", "dlt_prefect", "examples", "tests", "tools")
CODE = re.compile(
    r'^[rf]?(?:"""|"|# ?(?:-- )?)\s*(?!S3\b)(?:[ADS]\d{1,3}\b[a-z, ]*|[A-Z][A-Za-z ]{2,20} \d{1,2})(?:, [^:"]*)?:\s'
)
"""Such as the number of a clause, or a heading of another document with a number, before a colon."""


def codes(text: str) -> list[str]:
    """Return the strings and comments of a module that begin with a code."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return [
        token.string.splitlines()[0]
        for token in tokens
        if token.type in (tokenize.COMMENT, tokenize.STRING) and CODE.match(token.string)
    ]


@pytest.mark.parametrize("folder", FOLDERS)
def test_nothing_begins_with_a_code(folder: str) -> None:
    """The sentence stands alone."""
    found = {
        str(path.relative_to(ROOT)): codes(path.read_text(encoding="utf-8"))
        for path in (ROOT / folder).rglob("*.py")
        if not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
    }
    assert {path: lines for path, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ('"""D' + '13: a field is what it is."""', 1),
        ('"""Load' + ' 6: rows match."""', 1),
        ("# S" + "4: see there", 1),
        ('"""S3: an object store."""', 0),
        ('"""W1: the first workload."""', 0),
        ('"""Return one field: the configuration."""', 0),
        ("x = 1  # why: because", 0),
    ],
)
def test_codes_are_found(text: str, count: int) -> None:
    """Headings with numbers are codes; sentences with a colon are none."""
    assert len(codes(text + "\n")) == count
