"""A committed package is read as it was written, and every damage of it is told with its file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dlt.errors import PackageCorrupt, SchemaEngineNoUpgradePathException
from dlt.packages.manifest import Manifest, PackageFile
from dlt.packages.package import LoadPackage
from dlt.packages.undo import Undo
from dlt.packages.workdir import Workdir
from dlt.schema.schema import Schema
from dlt.schema.stored import ENGINE_VERSION
from dlt.states.delta import Change, encode_delta


@pytest.fixture
def package(tmp_path: Path) -> LoadPackage:
    """Return a package with a file, a state, a delta and an undo."""
    workdir = Workdir(str(tmp_path / "shop"))
    workdir.prepare()
    builder = workdir.begin("1.5")
    Path(builder.path, "t.1").write_bytes(b"abc")
    Path(builder.path, "u.1").write_bytes(b"")
    files = (PackageFile("t.1", "t", "rows", 1, 3, 0x352441C2), PackageFile("u.1", "u", "rows", 0, 0))
    delta = encode_delta([Change(("sources", "s"), 1, 2)])
    manifest = Manifest("s", "extracted", files=files, state_delta=delta)
    return builder.commit(manifest, Schema("s"), {"n": 1}, Undo("e1"))


def again(package: LoadPackage, pipeline_name: str | None = "shop") -> LoadPackage:
    """Return the package as the next process reads it."""
    return LoadPackage(package.path, package.stage, pipeline_name)


def test_all_of_it_is_read(package: LoadPackage) -> None:
    """Schema, state, delta, undo and files."""
    found = again(package)
    found.check()
    assert (found.load_id, found.schema_name, found.schema.name, found.state) == ("1.5", "s", "s", {"n": 1})
    assert [file.name for file in found.files] == ["t.1", "u.1"] and found.undo == Undo("e1")
    assert found.state_delta == [Change(("sources", "s"), 1, 2)]


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("t.1", None, "t.1 of table t is missing, its manifest says 3 bytes and 1 rows"),
        ("t.1", b"ab", "t.1 of table t has 2 bytes, its manifest says 3 bytes"),
        ("t.1", b"abcd", "t.1 of table t has 4 bytes"),
        ("t.1", b"abd", "t.1 of table t has the checksum"),
        ("u.1", None, "u.1 of table u is missing"),
        ("u.1", b"x", "u.1 of table u has 1 bytes"),
        ("schema.json", None, "schema.json is missing"),
        ("schema.json", b"{", "schema.json is damaged"),
        ("schema.json", b"[]", "schema.json"),
        ("schema.json", b"{}", "schema.json holds no schema"),
        ("schema.json", b'{"name": "s", "tables": 5}', "schema.json holds no schema"),
        ("state.json", None, "state.json is missing"),
        ("state.json", b"{", "state.json is damaged"),
        ("package.json", None, "its manifest .*package.json is missing"),
        ("package.json", b"{", "its manifest .*package.json is damaged"),
        ("package.json", b"{}", "its manifest .*package.json is damaged: it has no schema_name"),
    ],
)
@pytest.mark.parametrize("pipeline_name", ["shop", None])
def test_damage_is_told(
    package: LoadPackage, name: str, content: bytes | None, found: str, pipeline_name: str | None
) -> None:
    """With package, stage and file, and what to do, which for a task is something else."""
    path = Path(package.path, name)
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(PackageCorrupt, match=found) as caught:
        again(package, pipeline_name).check()
    assert str(caught.value).startswith("package 1.5 (extracted): ")
    assert ("abort-packages 1.5" in str(caught.value)) is (pipeline_name is not None)
    assert (caught.value.load_id, caught.value.pipeline_name) == ("1.5", pipeline_name)


@pytest.mark.parametrize("name", ["package.json", "schema.json", "state.json"])
def test_a_byte_that_changed_is_found(package: LoadPackage, name: str) -> None:
    """Documents carry their own checksums."""
    path = Path(package.path, name)
    data = path.read_bytes()
    place = data.rindex(b'"') - 1
    path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
    with pytest.raises(PackageCorrupt, match=f"{name} is damaged"):
        again(package).check()


def test_a_folder_in_the_place_of_a_document_cannot_be_read(package: LoadPackage) -> None:
    """It is damage like any other."""
    path = Path(package.path, "schema.json")
    path.unlink()
    path.mkdir()
    with pytest.raises(PackageCorrupt, match=r"schema\.json cannot be read"):
        _ = again(package).schema


def test_a_damaged_delta_is_told(package: LoadPackage) -> None:
    """It stands in the manifest."""
    values: dict[str, Any] = json.loads(Path(package.path, "package.json").read_text())
    values.pop("crc32")
    Path(package.path, "package.json").write_text(json.dumps({**values, "state_delta": "[1]"}))
    with pytest.raises(PackageCorrupt, match=r"its manifest .* is damaged: "):
        again(package).check()
    Path(package.path, "package.json").write_text(json.dumps({**values, "state_delta": None}))
    assert again(package).state_delta is None


def test_a_damaged_undo_is_as_good_as_none(package: LoadPackage) -> None:
    """Giving the package up goes by the states of its neighbours then."""
    Path(package.path, "undo.json").write_text("{")
    assert again(package).undo is None
    again(package).check()
    Path(package.path, "undo.json").unlink()
    assert again(package).undo is None


def test_a_package_without_state_says_so(package: LoadPackage) -> None:
    """Then a file of the state is not missed."""
    values: dict[str, Any] = json.loads(Path(package.path, "package.json").read_text())
    values.pop("crc32")
    values.pop("has_state")
    Path(package.path, "package.json").write_text(json.dumps(values))
    Path(package.path, "state.json").unlink()
    found = again(package)
    found.check()
    assert found.state is None


def test_a_schema_of_a_later_release_is_no_damage(package: LoadPackage) -> None:
    """The advice is another one: to upgrade, and not to give the package up."""
    later = {"name": "s", "engine_version": ENGINE_VERSION + 1}
    Path(package.path, "schema.json").write_text(json.dumps(later))
    with pytest.raises(SchemaEngineNoUpgradePathException, match="Upgrade the library"):
        again(package).check()


def test_files_without_a_checksum_are_compared_by_size(package: LoadPackage) -> None:
    """Those of earlier releases."""
    values: dict[str, Any] = json.loads(Path(package.path, "package.json").read_text())
    values.pop("crc32")
    del values["files"][0]["crc32"]
    Path(package.path, "package.json").write_text(json.dumps(values))
    Path(package.path, "t.1").write_bytes(b"abd")
    again(package).check()
