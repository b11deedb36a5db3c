"""Packages on disk."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from dlt.errors import LoadPackageNotFound, PackageCorrupt
from dlt.packages.manifest import Manifest, PackageFile
from dlt.packages.tidying import tidy
from dlt.packages.workdir import Workdir
from dlt.schema.schema import Schema


def _workdir(path: Path) -> Workdir:
    workdir = Workdir(str(path))
    workdir.prepare()
    return workdir


def _package(workdir: Workdir, load_id: str, stage: str = "extracted") -> None:
    builder = workdir.begin(load_id)
    Path(builder.path, "t.1").write_bytes(b"abc")
    file = PackageFile("t.1", "t", "rows", 1, 3, 0)
    builder.commit(Manifest("s", stage, files=(file,)), Schema("s"), {"x": dt.date(2024, 1, 2)})


def test_a_package_carries_files_schema_and_state(tmp_path: Path) -> None:
    """A committed package is read back with its schema and its typed state."""
    workdir = _workdir(tmp_path)
    _package(workdir, "2.5")
    (package,) = workdir.packages("extracted")
    package.check()
    assert (package.load_id, package.schema.name, package.state) == ("2.5", "s", {"x": dt.date(2024, 1, 2)})


def test_what_a_killed_step_left_is_wiped(tmp_path: Path) -> None:
    """A package in two stages counts as the later one; tmp is wiped."""
    workdir = _workdir(tmp_path)
    workdir.begin("1.0")
    _package(workdir, "2.0")
    _package(workdir, "2.0", "normalized")
    assert workdir.packages("extracted") == []
    tidy(workdir)
    assert [package.stage for package in workdir.packages("normalized")] == ["normalized"]
    assert not list((tmp_path / "tmp").iterdir()) and not list((tmp_path / "extracted").iterdir())


def test_documents_that_nobody_finished_are_deleted(tmp_path: Path) -> None:
    """What a killed process began to write goes, of this release and of earlier ones; files of others stay."""
    workdir = _workdir(tmp_path)
    _package(workdir, "2.0")
    begun = ["state.json.0123456789ab.tmp", "schemas/s.schema.json.0123456789ab.tmp", "trace.json.4711.tmp"]
    begun += ["extracted/2.0/package.json.fedcba987654.tmp"]
    foreign = ["secret.0123456789ab.tmp", "notes.tmp", "schemas/mine.txt", "extracted/2.0/mine.0123.tmp.bak"]
    for name in (*begun, *foreign):
        (tmp_path / name).write_bytes(b"{")
    tidy(workdir)
    assert [name for name in begun if (tmp_path / name).exists()] == []
    assert [name for name in foreign if not (tmp_path / name).exists()] == []


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    """Packages are checked before they are loaded."""
    workdir = _workdir(tmp_path)
    _package(workdir, "2.0")
    (package,) = workdir.packages("extracted")
    Path(package.path, "t.1").write_bytes(b"ab")
    with pytest.raises(PackageCorrupt, match=r"t\.1 of table t has 2 bytes"):
        package.check()


def test_an_unknown_package_is_named(tmp_path: Path) -> None:
    """The error lists what there is."""
    workdir = _workdir(tmp_path)
    _package(workdir, "2.0")
    with pytest.raises(LoadPackageNotFound, match=r"no package 3\.0.*2\.0"):
        workdir.package("3.0")


def test_the_secret_is_made_once_and_private(tmp_path: Path) -> None:
    """The file has mode 0600 and is kept between calls."""
    workdir = _workdir(tmp_path)
    assert workdir.secret() == workdir.secret()
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600
