"""Secrets of containers: files below a folder."""

from __future__ import annotations

from pathlib import Path

import pytest

import dlt
from dlt.configuration import container
from dlt.configuration.providers.secret_files import SecretFiles
from dlt.errors import ConfigFieldMissingException


@dlt.source(section="shop", name="shop")
def shop(api_key: str = dlt.secrets.value, region: str = dlt.config.value) -> object:
    """Take a secret and a setting."""
    return dlt.resource([{"key": api_key, "region": region}], name="seen")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder of secrets."""
    made = tmp_path / "secrets"
    made.mkdir()
    monkeypatch.setattr(container.SECRET_FILES, "folder", str(made))
    monkeypatch.setenv("SOURCES__SHOP__REGION", "north")
    return made


def seen() -> object:
    """Return what the source takes."""
    return next(iter(shop().resources["seen"]))


def test_a_secret_is_the_text_of_a_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sections stand before it; it comes before a variable, and a line end behind it is not its own."""
    monkeypatch.setenv("SOURCES__SHOP__API_KEY", "of the environment")
    assert seen() == {"key": "of the environment", "region": "north"}
    (folder / "sources--shop--api-key").write_text("of the file\n")
    assert seen() == {"key": "of the file", "region": "north"}


def test_a_secret_may_be_in_a_folder_of_its_name(folder: Path) -> None:
    """As volumes of Kubernetes have it."""
    (folder / "api-key").mkdir()
    (folder / "api-key" / "api-key").write_text("deep")
    assert seen() == {"key": "deep", "region": "north"}


def test_settings_are_not_looked_for_there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a place for secrets; what is missing names it, and the files that would be taken."""
    monkeypatch.delenv("SOURCES__SHOP__REGION")
    (folder / "region").write_text("north")
    with pytest.raises(ConfigFieldMissingException) as raised:
        seen()
    assert raised.value.fields == ["api_key", "region"]
    assert "Secret Files: sources--shop--api-key" in str(raised.value)
    assert "Secret Files: sources--shop--region" not in str(raised.value)


def test_without_a_folder_nothing_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on most machines."""
    monkeypatch.setattr(container.SECRET_FILES, "folder", str(tmp_path / "none"))
    with pytest.raises(ConfigFieldMissingException) as raised:
        seen()
    assert "Secret Files" not in str(raised.value)
    assert SecretFiles(str(tmp_path / "none")).keys() == []
