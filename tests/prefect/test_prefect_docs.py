"""The page on Prefect runs as it is written, on a real server with a worker; the example and the demonstration too."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from sybil import Example, Sybil
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser, SkipParser

from tests.prefect.services import ROOT, Services

pytestmark = [pytest.mark.heavy_prefect, pytest.mark.timeout(600)]


@pytest.fixture
def as_it_was(services: Services) -> Iterator[None]:
    """Delete the automations that a test made: they would run the crashed runs of other tests again."""
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        before = {found.id for found in client.read_automations()}
        yield
        for found in client.read_automations():
            if found.id not in before:
                client.delete_automation(found.id)


def test_page(services: Services, as_it_was: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each block of the page runs; what a command prints is what the page shows."""
    printed = ""

    def shell(example: Example) -> None:
        """Run the lines of a block as a reader would."""
        nonlocal printed
        for line in str(example.parsed).splitlines():
            if line.startswith("pip install"):
                assert line.removeprefix("pip install ").strip("'") == "dlt-tasks[prefect]"
                continue
            where = {**services.environment, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
            done = subprocess.run(
                line, shell=True, cwd=tmp_path, env=where, capture_output=True, text=True, timeout=200
            )
            assert done.returncode == 0, f"{line}: {done.stdout}{done.stderr}"
            printed = done.stdout

    def shown(example: Example) -> None:
        """Compare what the page shows with the last line that was printed."""
        assert str(example.parsed).strip() == printed.strip().splitlines()[-1]

    python = PythonCodeBlockParser()
    sybil = Sybil(
        parsers=[
            python,
            CodeBlockParser(language="bash", evaluator=shell),
            CodeBlockParser(language="text", evaluator=shown),
            CodeBlockParser(language="yaml", evaluator=lambda _example: None),
            SkipParser(),
        ]
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DLT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.syspath_prepend(str(tmp_path))
    module = ModuleType("page_prefect")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    document = sybil.parse(ROOT / "docs" / "prefect.md")
    document.namespace.update(vars(module))
    for example in document.examples():
        text = str(example.parsed)
        named = re.match(r"# (\w+\.(?:py|yaml))\n", text)
        if named is not None:
            (tmp_path / named[1]).write_text(text, encoding="utf-8")
            continue
        example.evaluate()


def test_example(tmp_path: Path) -> None:
    """The example runs by itself, on a temporary server."""
    examples = tmp_path / "examples"
    examples.mkdir()
    (examples / "prefect_flow.py").write_bytes((ROOT / "examples" / "prefect_flow.py").read_bytes())
    (examples / "data").symlink_to(ROOT / "examples" / "data")
    environment: dict[str, Any] = {**os.environ, "PREFECT_HOME": str(tmp_path / "prefect"), "HOME": str(tmp_path)}
    command = [sys.executable, str(examples / "prefect_flow.py")]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "countries                 250\ncountries__borders        649\n" in done.stdout


def test_demonstration() -> None:
    """`make demo-prefect` runs to its end, prints the tables, and leaves no process behind."""
    command = [sys.executable, "-m", "tests.prefect.demo"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=400)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "COMPLETED" in done.stdout and "countries__borders        649" in done.stdout
