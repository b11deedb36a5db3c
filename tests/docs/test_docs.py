"""The code blocks of the documentation run, page by page, in an empty folder."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import ModuleType

import pytest
from sybil import Example, Sybil
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser, SkipParser

from tests.processes import run_python

ROOT = Path(__file__).resolve().parents[2]
OF_ORCHESTRATORS = {"airflow", "prefect"}
"""These pages run in the environments of Airflow and Prefect, with the tests of those."""
OF_SERVERS = {"pg_replication"}
"""These run in tests/sources_on_servers."""
OF_THEIR_OWN = {"signals"}
"""These set what a process has one of: they run in a process of their own."""
PAGES = [
    *(page for page in sorted((ROOT / "docs").glob("*.md")) if page.stem not in OF_ORCHESTRATORS | OF_SERVERS),
    ROOT / "README.md",
]


def write_file(example: Example) -> None:
    """Write a TOML block to the file that its first line names in a comment."""
    text = str(example.parsed)
    path = Path(text.splitlines()[0].removeprefix("#").strip())
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


SYBIL = Sybil(parsers=[PythonCodeBlockParser(), CodeBlockParser(language="toml", evaluator=write_file), SkipParser()])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_page(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every example of the documentation runs as it is written."""
    if page.stem not in OF_THEIR_OWN:
        run_page(page, tmp_path, monkeypatch)
        return
    code = (
        "import pathlib, pytest; from tests.docs.test_docs import run_page\n"
        "with pytest.MonkeyPatch.context() as patch:\n"
        f"    run_page(pathlib.Path({str(page)!r}), pathlib.Path({str(tmp_path)!r}), patch)"
    )
    done = run_python(["-c", code], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert done.returncode == 0, done.stderr.decode()


def run_page(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the examples of a page in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("DLT_DATA_DIR", str(tmp_path / "data"))
    # functions of a page must belong to a module, as those of a script do
    module = ModuleType(f"page_{page.stem}")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    document = SYBIL.parse(page)
    document.namespace.update(vars(module))
    for example in document.examples():
        example.evaluate()
