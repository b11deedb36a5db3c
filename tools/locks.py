"""Check the locks, without a network: `python -m tools.locks`.

Each dependency of pyproject.toml is pinned in the lock of the environments that install it, for each Python and
system, by a version that pyproject.toml allows; and packages that stand in several locks have one version. `--make`
writes the locks anew with uv, as far as it must: what is pinned stays where it still fits.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import tomlkit
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "constraints.txt"
"""The lock of the package: of the default install and of all extras but those of the orchestrators."""

VARIABLES = {
    "constraints-airflow.txt": "FOR_AIRFLOW",
    "constraints-airflow2.txt": "FOR_AIRFLOW2",
    "constraints-prefect.txt": "FOR_PREFECT",
    "constraints-ducklake.txt": "FOR_DUCKLAKE",
}
"""Locks of other environments, and the variables of the Makefile that say what is installed into them."""

ORCHESTRATORS = {"airflow", "prefect", "prefect-runners"}
"""Extras with a lock of their own, because two orchestrators cannot share an environment."""

PYTHONS = ("3.10", "3.11", "3.12", "3.13", "3.14")
OLDEST = {"constraints-prefect.txt": "3.11"}
"""Locks of environments that need a newer Python than the oldest: prefect-ray wants 3.11."""

SYSTEMS = {"linux": "Linux", "darwin": "Darwin", "win32": "Windows"}

DIFFERENCES = {
    ("constraints-airflow2.txt", "flask"): "Airflow 2.11 asks for flask<2.4",
    ("constraints-airflow2.txt", "rich"): "Airflow 2.11's rich-argparse and providers ask for rich<14",
    ("constraints-airflow2.txt", "sqlalchemy"): "Airflow 2.11 asks for SQLAlchemy 1.4",
    ("constraints-ducklake.txt", "duckdb"): "DuckLake's extension comes as a package for DuckDB 1.5.5 only",
    ("constraints-prefect.txt", "cachetools"): "Prefect asks for cachetools<8",
}
"""Where a lock may pin another version than the package's lock, and why."""


@dataclass(frozen=True)
class Wanted:
    """What an environment installs: extras of the package, and other packages."""

    extras: tuple[str, ...]
    others: tuple[str, ...] = ()


def main(arguments: list[str]) -> int:
    """Print what is wrong with the locks.

    Args:
        arguments: `--make` writes them first.
    """
    locks = wanted_of(ROOT)
    if arguments == ["--make"]:
        for name, wanted in locks.items():
            write(name, wanted)
    wrong = list(problems(ROOT, DIFFERENCES))
    print("\n".join(wrong) or f"The {len(locks)} locks agree with pyproject.toml and with each other.")
    return 1 if wrong else 0


def wanted_of(root: Path) -> dict[str, Wanted]:
    """Return what is installed by each lock, the package's first."""
    project = _project(root)
    makefile = (root / "Makefile").read_text(encoding="utf-8").replace("\\\n", " ")
    found = {PACKAGE: Wanted(tuple(name for name in project["optional-dependencies"] if name not in ORCHESTRATORS))}
    for name, variable in VARIABLES.items():
        line = re.search(rf"^{variable} := (.*)$", makefile, re.MULTILINE)
        assert line, f"the Makefile has no variable {variable}"
        own, *others = (word for word in shlex.split(line[1]) if word != "-e")
        found[name] = Wanted(tuple(own.removeprefix(".").strip("[]").split(",")) if own != "." else (), tuple(others))
    return found


def problems(root: Path, differences: dict[tuple[str, str], str]) -> Iterator[str]:
    """Yield what is wrong with the locks of a folder, a line each.

    Args:
        root: Folder with pyproject.toml, the Makefile and the locks.
        differences: Lock and package that may differ from the package's lock, with the reason.
    """
    project = _project(root)
    wanted = wanted_of(root)
    pins = {name: _pins(root / name) for name in wanted}
    for name, what in wanted.items():
        extras = (line for extra in what.extras for line in project["optional-dependencies"][extra])
        own = [Requirement(line) for line in (*project["dependencies"], *extras)]
        # what the tests need besides is for Linux, where they run
        others = [Requirement(f"{line}; sys_platform == 'linux'") for line in what.others]
        yield from dict.fromkeys(_missing(name, [*own, *others], pins[name]))
    differing = {
        (name, package): versions
        for name in wanted
        if name != PACKAGE
        for package, versions in _differing(name, pins[PACKAGE], pins[name]).items()
    }
    for (name, package), (ours, theirs) in differing.items():
        if (name, package) not in differences:
            yield (
                f"{name}: {package}=={theirs}, and {PACKAGE} has {ours}. Pin one version in both, "
                f"or write the reason into DIFFERENCES of tools/locks.py."
            )
    for name, package in differences.keys() - differing.keys():
        yield f"tools/locks.py: DIFFERENCES names {package} in {name}, which is the same in both. Take it out."


def _missing(name: str, requirements: list[Requirement], pins: list[Requirement]) -> Iterator[str]:
    for environment in _environments(name):
        pinned = _versions(pins, environment)
        for requirement in requirements:
            if requirement.marker is not None and not requirement.marker.evaluate(environment):
                continue
            found = pinned.get(canonicalize_name(requirement.name))
            where = f"on Python {environment['python_version']}, {environment['sys_platform']}"
            if found is None:
                yield f"{name}: {requirement.name} is not pinned {where}. Run: python -m tools.locks --make"
            elif not requirement.specifier.contains(found, prereleases=True):
                yield f"{name}: {requirement.name}=={found} is not {requirement.specifier} {where}."


def _differing(name: str, ours: list[Requirement], theirs: list[Requirement]) -> dict[str, tuple[str, str]]:
    """Return the packages that have two versions in some environment, with the versions."""
    found: dict[str, tuple[str, str]] = {}
    for environment in _environments(name):
        first, second = _versions(ours, environment), _versions(theirs, environment)
        for package in first.keys() & second.keys():
            if first[package] != second[package]:
                found.setdefault(package, (first[package], second[package]))
    return dict(sorted(found.items()))


def _versions(pins: list[Requirement], environment: dict[str, str]) -> dict[str, str]:
    return {
        canonicalize_name(pin.name): _exact(pin.specifier)
        for pin in pins
        if pin.marker is None or pin.marker.evaluate(environment)
    }


def _exact(specifier: SpecifierSet) -> str:
    (only,) = specifier
    assert only.operator == "==", f"a lock pins versions by ==, not by {specifier}"
    return only.version


def _environments(name: str) -> Iterator[dict[str, str]]:
    for python in PYTHONS[PYTHONS.index(OLDEST.get(name, PYTHONS[0])) :]:
        for system, platform in SYSTEMS.items():
            yield {
                "implementation_name": "cpython",
                "os_name": "nt" if system == "win32" else "posix",
                "platform_machine": "x86_64",
                "platform_python_implementation": "CPython",
                "platform_system": platform,
                "python_full_version": f"{python}.9",
                "python_version": python,
                "sys_platform": system,
            }


def _pins(path: Path) -> list[Requirement]:
    lines = (line.partition("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [Requirement(line) for line in lines if line]


def _project(root: Path) -> dict[str, object]:
    return tomlkit.parse((root / "pyproject.toml").read_text(encoding="utf-8")).unwrap()["project"]


def write(name: str, wanted: Wanted) -> None:
    """Resolve what an environment installs with uv, and write its lock.

    Args:
        name: File of the lock; the versions in it stay where they fit, then those of the package's lock.
        wanted: What is installed.

    Raises:
        SystemExit: There is no uv, or nothing fits.
    """
    uv = shutil.which("uv")
    if uv is None:
        raise SystemExit("tools/locks.py: there is no uv. Run: pip install uv")
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    if name != PACKAGE:
        shared = (ROOT / PACKAGE).read_text(encoding="utf-8").splitlines()
        names = {line.partition("==")[0] for line in shared}
        lines = [*shared, *(line for line in lines if line.partition("==")[0] not in names)]
    command = [uv, "pip", "compile", "--quiet", "--universal", "--python-version", OLDEST.get(name, PYTHONS[0])]
    command += ["--no-annotate", "--no-header", *(word for extra in wanted.extras for word in ("--extra", extra))]
    with tempfile.TemporaryDirectory() as folder:
        # uv keeps the versions that it finds in its output
        output, others = Path(folder, name), Path(folder, "others.in")
        output.write_text("\n".join(lines) + "\n", encoding="utf-8")
        others.write_text("\n".join(wanted.others) + "\n", encoding="utf-8")
        done = subprocess.run(
            [*command, "pyproject.toml", str(others), "-o", str(output)], cwd=ROOT, check=False, capture_output=True
        )
        if done.returncode:
            raise SystemExit(f"{name}: {done.stderr.decode()}")
        (ROOT / name).write_bytes(output.read_bytes())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
