"""`import dlt` loads next to nothing; every name is there when it is asked for."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import dlt
from dlt.lazy_names import lazy_names

FACADES = [
    "dlt",
    "dlt.dataset",
    "dlt.sources",
    "dlt.tasks",
    "dlt.extract",
    "dlt.configuration",
    "dlt.schema",
    "dlt.progress",
    "dlt.pipeline.progress",
]


def test_import_loads_no_step_no_schema_and_no_configuration() -> None:
    """What a program does not use costs it nothing."""
    code = "import sys, dlt; print(*sorted(name for name in sys.modules if name.startswith('dlt.')))"
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    names = ("context", "dataset", "late_dataclass", "lazy_names", "pipeline", "version")
    assert found == [f"dlt.{name}" for name in names]


@pytest.mark.parametrize("package", FACADES)
def test_every_name_is_found_and_listed(package: str) -> None:
    """`__all__`, `dir()` and attribute access agree."""
    module = importlib.import_module(package)
    assert set(module.__all__) <= set(dir(module))
    assert [name for name in module.__all__ if not hasattr(module, name)] == []


@pytest.mark.parametrize("package", FACADES)
def test_type_checkers_see_the_objects_that_programs_get(package: str) -> None:
    """Each import under TYPE_CHECKING gives the object that the name gives at run time, and none is left out."""
    module = importlib.import_module(package)
    assert module.__file__ is not None
    tree = ast.parse(Path(module.__file__).read_text())
    [branch] = [node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    seen = {}
    for node in branch.body:
        assert isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names:
            seen[alias.asname or alias.name] = _imported(node.module, alias.name)
    assert {name: getattr(module, name) for name in seen} == seen
    ordinary = {
        alias.asname or alias.name for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    assert set(module.__all__) - ordinary == set(seen)


def _imported(module: str, name: str) -> object:
    try:
        return importlib.import_module(f"{module}.{name}")
    except ModuleNotFoundError:
        return getattr(importlib.import_module(module), name)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    """The message is Python's own, so that `from dlt import nothing` reads as usual."""
    find, names = lazy_names("dlt", {"run": "dlt.pipeline.factory:run"})
    assert find("run") is dlt.run
    assert "run" in names()
    with pytest.raises(AttributeError, match="module 'dlt' has no attribute 'nothing'"):
        find("nothing")


@pytest.mark.parametrize(
    "program",
    [
        "import dlt; dlt.pipeline",
        "import dlt.pipeline.factory; import dlt; dlt.pipeline",
        "import dlt.pipeline.reading, dlt.pipeline.exceptions; from dlt import pipeline; pipeline",
        "from dlt import *; pipeline",
        "import dlt; dlt.dataset",
        "import dlt.dataset; dlt.dataset",
        "import dlt.dataset.relation, dlt.dataset.dataset; import dlt; dlt.dataset",
        "from dlt.dataset import Dataset, Relation; import dlt; dlt.dataset",
        "import dlt; dlt.dataset; from dlt.dataset import Dataset, Relation; dlt.dataset",
        "from dlt import *; dataset",
    ],
)
def test_a_function_is_found_whatever_is_imported_first(program: str) -> None:
    """The packages `dlt.pipeline` and `dlt.dataset` have the same names and never hide them."""
    *first, last = program.split("; ")
    told = f"import types; assert isinstance({last}, types.FunctionType), {last}"
    subprocess.run([sys.executable, "-c", "; ".join([*first, told])], check=True)


def test_classes_of_a_dataset_have_one_home() -> None:
    """`dlt.Dataset`, and the same from the package, where programs for PyPI `dlt` 1.x import it."""
    from dlt.dataset import Dataset, Relation

    assert (Dataset, Relation) == (dlt.Dataset, dlt.Relation)
    assert dlt.dataset("duckdb", "shop").dataset_name == "shop"
