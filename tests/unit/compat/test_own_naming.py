"""Naming conventions that users write, as the documentation of PyPI `dlt` 1.x shows them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import dlt
from dlt.errors import InvalidNamingType, NamingTypeNotFound, UnknownNamingModule
from dlt.schema.naming import naming_from

UPPER = """
from typing import ClassVar

from dlt.common.normalizers.naming.naming import NamingConvention as BaseNamingConvention


class NamingConvention(BaseNamingConvention):
    PATH_SEPARATOR: ClassVar[str] = "__"
    _CLEANUP_TABLE = str.maketrans(".\\n\\r'\\"▶", "______")

    def normalize_identifier(self, identifier: str) -> str:
        identifier = super().normalize_identifier(identifier)
        norm_identifier = identifier.translate(self._CLEANUP_TABLE).upper()
        return self.shorten_identifier(norm_identifier, identifier, self.max_length)

    @property
    def is_case_sensitive(self) -> bool:
        return True
"""
NO_COLUMNS = """
from dlt.common.normalizers.naming.snake_case import NamingConvention as SnakeCase


class Prefixed(SnakeCase):
    def normalize_identifier(self, identifier):
        return "x_" + super().normalize_identifier(identifier)

    def normalize_path(self, path):
        return super().normalize_path(path.replace(".", "__"))
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder from which modules are imported."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DLT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in ("upper_names", "prefixed_names", "broken_names"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return tmp_path


def test_a_convention_of_ones_own(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module with a class `NamingConvention`, from the base: tables, columns, children, long names."""
    (folder / "upper_names.py").write_text(UPPER)
    monkeypatch.setenv("SCHEMA__NAMING", "upper_names")
    pipeline = dlt.pipeline("own", destination="duckdb", dataset_name="d")
    pipeline.run([{"id": 1, "a.b": 2, "l": [{"x": 1}]}], table_name="items")
    tables = {table["name"]: list(table["columns"]) for table in pipeline.default_schema.data_tables()}
    assert {"ITEMS", "ITEMS__L"} == set(tables) and {"ID", "A_B"} <= set(tables["ITEMS"])
    shortened = naming_from("upper_names", 20).normalize_identifier("a" * 30)
    assert len(shortened) == 20 and shortened != naming_from("upper_names", 20).normalize_identifier("a" * 31)


def test_a_convention_from_snake_case(folder: Path) -> None:
    """Overrides of `normalize_identifier` and `normalize_path` are asked for every part."""
    (folder / "prefixed_names.py").write_text(NO_COLUMNS)
    naming = naming_from("prefixed_names.Prefixed")
    assert naming.normalize_path("Some.Key") == "x_some__x_key"


@pytest.mark.parametrize(
    ("identifier", "name", "path"),
    [
        ("event__value_value2XXXX", "event_value_value2_xxxx", "event__value_value2_xxxx"),
        ("_value_", "_valuex", "_valuex"),
        ("a__b", "a_b", "a__b"),
        ("__a", "_a", "a"),
        ("a____b", "a_b", "a__b"),
        ("CamelCase__Thing", "camel_case_thing", "camel_case__thing"),
        ("1a", "_1a", "_1a"),
        ("__", "xx", ""),
    ],
)
def test_identifiers_and_paths_of_snake_case(identifier: str, name: str, path: str) -> None:
    """Only in a path a double underscore means something; keys of data are paths."""
    naming = naming_from("snake_case")
    assert (naming.normalize_identifier(identifier), naming.normalize_path(identifier)) == (name, path)


@pytest.mark.parametrize(
    ("content", "path", "kind", "words"),
    [
        (
            "import not_installed_xyz",
            "broken_names",
            UnknownNamingModule,
            "broken_names .*No module named 'not_install",
        ),
        ("import not_installed_xyz", "broken_names.Mine", UnknownNamingModule, r"broken_names\S* .*No module named"),
        (
            "from os import nothing_xyz",
            "broken_names",
            UnknownNamingModule,
            "broken_names .*ImportError: cannot import",
        ),
        ("def", "broken_names", UnknownNamingModule, "broken_names .*SyntaxError"),
        ("raise RuntimeError('boom')", "broken_names", UnknownNamingModule, "broken_names .*RuntimeError: boom"),
        ("x = 1", "broken_names", NamingTypeNotFound, "broken_names has no class NamingConvention"),
        ("x = 1", "broken_names.Mine", NamingTypeNotFound, "broken_names has no class Mine"),
        ("class NamingConvention: pass", "broken_names", InvalidNamingType, "'broken_names' is <class"),
        ("", "nowhere_names", UnknownNamingModule, "'nowhere_names' is neither one of snake_case"),
        ("", "nowhere.names.Mine", UnknownNamingModule, "'nowhere.names.Mine' is neither"),
    ],
)
def test_what_is_wrong_with_a_module_is_told(
    folder: Path, content: str, path: str, kind: type[Exception], words: str
) -> None:
    """The module, and the error inside of it; a module that is missing is told from one that misses something."""
    (folder / "broken_names.py").write_text(content)
    with pytest.raises(kind, match=words) as caught:
        naming_from(path)
    assert caught.value.__cause__ is not None or "Error" not in words
