"""Scripts are imported to look into them, and nothing of theirs is extracted."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import dlt
from dlt.reflection import names
from dlt.reflection.script_inspector import (
    DummyModule,
    PipelineIsRunning,
    import_pipeline_script,
    import_script_module,
    no_pipeline_execution,
)

HEAD = "import dlt\n\n@dlt.resource\ndef numbers():\n    yield 1\n\n"


@pytest.mark.parametrize("end", ["list(numbers())", "dlt.pipeline('p').extract(numbers())"])
def test_a_script_that_extracts_while_it_is_imported_is_refused(tmp_path: Path, end: str) -> None:
    """Below `if __name__` it may do as it likes."""
    (tmp_path / "runs.py").write_text(HEAD + end)
    (tmp_path / "waits.py").write_text(HEAD + f'if __name__ == "__main__":\n    {end}\n')
    with pytest.raises(PipelineIsRunning, match="__main__"):
        import_pipeline_script(str(tmp_path), "runs")
    script = import_pipeline_script(str(tmp_path), "waits.py")
    assert list(script.numbers()) == [1]


def test_the_refusal_ends_with_its_block() -> None:
    """Also after an error."""
    rows = dlt.resource([1], name="rows")
    with pytest.raises(PipelineIsRunning), no_pipeline_execution():
        list(rows)
    assert list(rows) == [1]


def test_dummies_stand_for_packages_that_are_not_installed(tmp_path: Path) -> None:
    """If that is asked for, and not for parts of the script itself; they are gone afterwards."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__init__.py").write_text(
        "from nobody_has_this import Client, name\nimport nobody_has_this.inner as inner\nx: Client = Client()\n"
    )
    (tmp_path / "broken.py").write_text("import broken.part\n")
    with pytest.raises(ModuleNotFoundError, match="nobody_has_this"):
        import_script_module(str(tmp_path), "shop")
    shop = import_script_module(str(tmp_path), "shop", ignore_missing_imports=True)
    assert issubclass(shop.Client, SimpleNamespace) and isinstance(shop.name, SimpleNamespace)
    assert isinstance(shop.inner, DummyModule) and "nobody_has_this" not in sys.modules
    with pytest.raises(ImportError):
        import_script_module(str(tmp_path), "broken", ignore_missing_imports=True)


def test_the_names_are_the_functions_of_the_library() -> None:
    """A script that is read as text calls these."""
    assert all(callable(getattr(dlt, name)) for name in names.DETECTED_FUNCTIONS)
