"""A package that is imported late is the package itself once a name of it was used."""

from __future__ import annotations

import builtins
import pickle
import subprocess
import sys
import threading
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from dlt import late as packages
from dlt.late import LateModule, imported


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


def test_what_a_test_puts_into_the_package_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """All modules that hold the late package have the package itself, once a name of it was used."""
    import decimal

    holder = ModuleType("holder_of_a_late_package")
    monkeypatch.setitem(sys.modules, holder.__name__, holder)
    for module in (holder, packages):
        monkeypatch.setattr(module, "pa", LateModule("decimal"), raising=False)
    holder.pa = packages.pa
    assert holder.pa.Decimal is decimal.Decimal
    assert holder.pa is packages.pa is decimal
    monkeypatch.setattr("decimal.Decimal", int)
    assert holder.pa.Decimal is int


def test_a_circular_import_sees_all_names_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that is looked up while the package is being imported does not fix the names that it had then."""
    (tmp_path / "half_late.py").write_text("a = 1\nimport user_of_half_late\nb = 2\n")
    (tmp_path / "user_of_half_late.py").write_text(
        "from dlt.late import LateModule\nlate = LateModule('half_late')\nassert late.a == 1\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    import_module("half_late")
    assert import_module("user_of_half_late").late.b == 2


def test_it_is_pickled_as_the_package() -> None:
    """A function that is sent by value takes the names of its module along."""
    import decimal

    assert pickle.loads(pickle.dumps(LateModule("decimal"))) is decimal


def test_a_module_that_another_thread_is_importing_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What has begun to be imported has none of its names yet."""
    name = "dlt_test_slow_module"
    (tmp_path / f"{name}.py").write_text(
        "import builtins\nbuiltins.dlt_test_begun.set()\nbuiltins.dlt_test_go_on.wait(60)\nVALUE = 1\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    begun, go_on, asked = threading.Event(), threading.Event(), threading.Event()
    monkeypatch.setattr(builtins, "dlt_test_begun", begun, raising=False)
    monkeypatch.setattr(builtins, "dlt_test_go_on", go_on, raising=False)
    assert imported(name) is None
    found: list[object] = []

    def ask() -> None:
        asked.set()
        module = imported(name)
        found.append(getattr(module, "VALUE", "not whole"))

    importer, asker = threading.Thread(target=import_module, args=(name,)), threading.Thread(target=ask)
    importer.start()
    assert begun.wait(60)
    asker.start()
    assert asked.wait(60)
    # one that does not wait is done by now
    asker.join(0.2)
    go_on.set()
    importer.join()
    asker.join()
    assert found == [1]


def test_a_package_begins_on_a_stack_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """How deep the caller stands does not make the import dearer; what fails in it is raised to the caller."""
    (tmp_path / "told_where.py").write_text("import inspect\ndepth = len(inspect.stack())\n")
    (tmp_path / "told_why.py").write_text("raise OSError('the disk is gone')\n")
    monkeypatch.syspath_prepend(tmp_path)

    def deep(frames: int) -> object:
        return deep(frames - 1) if frames else LateModule("told_where").depth

    found = deep(200)
    assert isinstance(found, int) and found < 100
    with pytest.raises(OSError, match="the disk is gone"):
        LateModule("told_why").anything  # noqa: B018


def test_a_package_is_imported_while_the_process_ends() -> None:
    """No thread can be started then."""
    program = "import atexit; from dlt.late import pa; atexit.register(lambda: print(pa.int64()))"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout == "int64\n" and not told.stderr
