"""The wheel has the extension where it can be compiled, and works without it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import pytest

pytest.importorskip("hatchling")
ROOT = Path(__file__).parents[3]
PROGRAM = """
import dlt, dlt.version, duckdb

here = dlt.destinations.duckdb(duckdb.connect(":memory:"))
info = dlt.run([{"id": 1, "tags": ["a"]}], destination=here, table_name="t")
assert not info.has_failed_jobs
print(dlt.version.form(), dlt.__file__)
"""
COMPILER = (sysconfig.get_config_var("CC") or "cc").split()[0]
can_compile = pytest.mark.skipif(
    shutil.which(COMPILER) is None
    or not Path(sysconfig.get_path("include"), "Python.h").exists()
    or None in map(find_spec, ("Cython", "setuptools")),
    reason="there is no C compiler, no Cython, or there are no headers of Python",
)


def build(target: str, checkout: Path, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Build a wheel or a source distribution."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(folder)]
    return subprocess.run(
        command, cwd=checkout, env={**without_form(), **variables}, capture_output=True, text=True, check=False
    )


def without_form() -> dict[str, str]:
    """Return the environment of this process without what chooses a form."""
    return {name: value for name, value in os.environ.items() if name != "DLT_PURE_PYTHON"}


def said_of(wheel: Path, tmp_path: Path, variables: Mapping[str, str]) -> list[str]:
    """Return what a program prints that has the content of a wheel before everything else."""
    place = tmp_path / wheel.stem
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(place)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=tmp_path,
        env={**without_form(), "PYTHONPATH": str(place), "DLT_DATA_DIR": str(tmp_path / "data"), **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    said = done.stdout.split()
    assert said[1].startswith(str(place))
    return said


@can_compile
def test_a_source_distribution_builds_a_wheel_with_the_extensions(tmp_path: Path) -> None:
    """Its name says for which Python and which system it is, and the program may still take the form in Python."""
    assert build("sdist", ROOT, tmp_path).returncode == 0
    [sdist] = tmp_path.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        assert not [name for name in archive.getnames() if name.endswith((".so", ".pyd", "_columns.c", "_copy.c"))]
        archive.extractall(tmp_path, filter="data")
    done = build("wheel", tmp_path / sdist.name.removesuffix(".tar.gz"), tmp_path, DLT_PURE_PYTHON="0")
    assert done.returncode == 0, done.stderr
    [wheel] = tmp_path.glob("*.whl")
    python = f"cp{sys.version_info[0]}{sys.version_info[1]}"
    assert f"-{python}-{python}" in wheel.name and not wheel.name.endswith("-any.whl")
    with zipfile.ZipFile(wheel) as archive:
        extensions = {name for name in archive.namelist() if name.endswith((".so", ".pyd"))}
    modules = ("dlt/formats/_columns", "dlt/destinations/impl/postgres/_copy")
    assert extensions == {module + sysconfig.get_config_var("EXT_SUFFIX") for module in modules}
    assert said_of(wheel, tmp_path, {})[0] == "compiled"
    assert said_of(wheel, tmp_path, {"DLT_PURE_PYTHON": "1"})[0] == "pure"


@pytest.mark.parametrize(
    "variables", [{"DLT_PURE_PYTHON": "1"}, {"CC": "/nowhere/cc"}], ids=["as it is asked for", "without a compiler"]
)
def test_a_wheel_without_the_extension_is_for_every_python(variables: dict[str, str], tmp_path: Path) -> None:
    """It is whole, and works."""
    done = build("wheel", ROOT, tmp_path, **variables)
    assert done.returncode == 0, done.stderr
    [wheel] = tmp_path.glob("*.whl")
    assert wheel.name.endswith("-py3-none-any.whl")
    assert said_of(wheel, tmp_path, {})[0] == "pure"


def test_a_build_that_must_have_the_extension_fails_without_a_compiler(tmp_path: Path) -> None:
    """The message says what was asked for."""
    done = build("wheel", ROOT, tmp_path, CC="/nowhere/cc", DLT_PURE_PYTHON="0")
    assert done.returncode != 0 and "cannot be built, and DLT_PURE_PYTHON=0 wants them" in done.stderr
    assert not list(tmp_path.glob("*.whl"))
