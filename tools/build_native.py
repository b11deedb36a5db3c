"""Build the compiled form of the package where there is a C compiler: a build hook of hatchling.

`DLT_PURE_PYTHON=1` builds the package without it, `DLT_PURE_PYTHON=0` fails where it cannot be built. By default a
machine without a compiler gets a package that is whole, and only slower.
"""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

MODULES = ("dlt.formats._columns", "dlt.destinations.impl.postgres._copy")
PURE = "DLT_PURE_PYTHON"
# it is compiled at every install: what a debugger needs would double the time
OPTIONS = () if os.name == "nt" else ("-O2", "-g0")


class NativeBuildHook(BuildHookInterface):
    """Put the extensions into a wheel, or into the checkout of an editable install."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the extensions before the files of the wheel are gathered.

        Args:
            version: `editable`, or `standard` for a wheel.
            build_data: What hatchling asks for; its tag and its files are set here.
        """
        root = Path(self.root)
        sources = {module: root / source_of(module) for module in MODULES}
        # the name has the ABI, so that those of several Pythons may lie beside each other in one checkout
        suffix = sysconfig.get_config_var("EXT_SUFFIX")
        places = {module: source.with_name(source.stem + suffix) for module, source in sources.items()}
        if os.environ.get(PURE) == "1":
            if version == "editable":
                for place in places.values():
                    place.unlink(missing_ok=True)
            return
        if version == "editable" and all(_is_current(places[module], sources[module]) for module in MODULES):
            build_data.update(pure_python=False, infer_tag=True)
            return
        folder = tempfile.TemporaryDirectory()
        # the wheel is made of it later
        atexit.register(folder.cleanup)
        found = _built(root, Path(folder.name), self.app.display_warning)
        if found is None:
            return
        build_data.update(pure_python=False, infer_tag=True)
        for module, built in found.items():
            if version == "editable":
                _put(built, places[module])
            else:
                build_data["force_include"][str(built)] = places[module].relative_to(root).as_posix()


def source_of(module: str) -> str:
    """Return the path of what a module is compiled from, from the root of the checkout on."""
    return module.replace(".", "/") + ".pyx"


def _put(built: Path, place: Path) -> None:
    # beside it first: another install may use the same file, or build it at the same time
    with tempfile.NamedTemporaryFile(dir=place.parent, suffix=".so", delete=False) as whole:
        whole.write(built.read_bytes())
    shutil.copymode(built, whole.name)
    os.replace(whole.name, place)


def _is_current(place: Path, source: Path) -> bool:
    newest = max(source.stat().st_mtime, Path(__file__).stat().st_mtime)
    return place.exists() and place.stat().st_mtime >= newest


def _built(root: Path, folder: Path, warn: Any) -> dict[str, Path] | None:
    """Return the extensions, None where they cannot be built and need not be.

    Args:
        root: The checkout.
        folder: Where all files go, so that builds for several Pythons do not meet.
        warn: Takes the reason why there are none.

    Raises:
        RuntimeError: they must be there.
    """
    reason = _obstacle()
    if reason is None:
        try:
            return compiled(root, folder)
        except _errors() as error:
            reason = f"the C compiler failed: {error}"
    names = " and ".join(MODULES)
    if os.environ.get(PURE) == "0":
        raise RuntimeError(f"{names} cannot be built, and {PURE}=0 wants them: {reason}")
    warn(f"{names} are not built, and dlt is slower: {reason}")
    return None


def _obstacle() -> str | None:
    if sys.implementation.name != "cpython":
        return f"it is made for CPython, and this is {sys.implementation.name}"
    if sys.byteorder != "little":
        return "it is made for machines with the lowest byte first"
    try:
        import Cython  # noqa: F401
        import setuptools  # noqa: F401
    except ImportError as error:
        return f"{error}. Install cython and setuptools where builds are not isolated."
    return None


def _errors() -> tuple[type[Exception], ...]:
    from setuptools import errors

    return errors.CCompilerError, errors.BaseError, OSError


def compiled(root: Path, folder: Path, options: Sequence[str] = OPTIONS) -> dict[str, Path]:
    """Compile the extensions and return the file of each module.

    Args:
        root: The checkout.
        folder: Where all files go.
        options: What the C compiler is told, and the linker.
    """
    from Cython.Build import cythonize
    from setuptools import Distribution, Extension

    own = [
        Extension(
            module,
            # their names differ, so one folder has them all
            [str(shutil.copy(root / source_of(module), folder))],
            extra_compile_args=list(options),
            extra_link_args=list(options),
        )
        for module in MODULES
    ]
    made = cythonize(own, quiet=True)
    command = Distribution({"name": "dlt", "ext_modules": made}).get_command_obj("build_ext")
    command.build_lib, command.build_temp = str(folder / "lib"), str(folder / "objects")
    command.ensure_finalized()
    command.run()
    return {module: Path(command.get_ext_fullpath(module)) for module in MODULES}
