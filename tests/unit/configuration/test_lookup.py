"""Which place a value comes from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dlt.configuration import config, get_value, section_context, with_config
from dlt.errors import ConfigFieldMissingException, ConfigProviderException, ConfigValueCannotBeCoercedException


def test_environment_comes_before_secrets_before_config_before_default(write: Any, monkeypatch: Any) -> None:
    """The order is: explicit > env > vaults > secrets.toml > config.toml > default."""
    sections = ("sources", "shop")
    assert get_value("limit", int, sections=sections, default=1) == 1
    write("config.toml", "[sources.shop]\nlimit = 2\n")
    assert get_value("limit", int, sections=sections, default=1) == 2
    write("secrets.toml", "[sources.shop]\nlimit = 3\n")
    assert get_value("limit", int, sections=sections, default=1) == 3
    monkeypatch.setenv("SOURCES__SHOP__LIMIT", "4")
    assert get_value("limit", int, sections=sections, default=1) == 4


def test_secrets_are_never_read_from_config_toml(write: Any) -> None:
    """A secret in config.toml counts as missing, and the message says so without the value."""
    write("config.toml", '[sources.shop]\napi_key = "very-private"\n')
    with pytest.raises(ConfigFieldMissingException) as caught:
        get_value("api_key", str, sections=("sources", "shop"), secret=True)
    assert "sources.shop.api_key stands in config.toml" in str(caught.value)
    assert "very-private" not in str(caught.value)


def test_toml_keys_are_case_sensitive_and_variables_upper(write: Any, monkeypatch: Any) -> None:
    """Keys of TOML are dotted and case-sensitive; variables in upper case, joined with two underscores."""
    write("config.toml", "[extract]\nWorkers = 9\n")
    assert get_value("workers", int, sections=("extract",), default=None) is None
    monkeypatch.setenv("MY_SECTION__GCP_CREDENTIALS__PRIVATE_KEY", "key")
    assert get_value("private_key", sections=("my_section", "gcp_credentials"), secret=True) == "key"


def test_project_folder_comes_before_home_folder(write: Any, tmp_path: Path) -> None:
    """`.dlt` of the working folder comes first, then that of the home folder."""
    write("config.toml", "a = 1\nb = 1\n", tmp_path / "home")
    write("config.toml", "a = 2\n")
    assert (get_value("a"), get_value("b")) == (2, 1)


@pytest.mark.parametrize(
    "table",
    [
        "p.sources.shop.orders",
        "p.sources.shop",
        "p.sources",
        "p",
        "sources.shop.orders",
        "sources.shop",
        "sources",
        "source.shop.orders",
        "source.shop",
        "source",
    ],
)
def test_every_place_is_searched(table: str, write: Any) -> None:
    """Sections are optional, and `source` stands for `sources`."""
    write("config.toml", f"[{table}]\nlimit = 5\n")
    assert get_value("limit", sections=("sources", "shop", "orders"), pipeline_name="p") == 5


def test_specific_places_come_first_and_all_of_the_pipelines_before(write: Any) -> None:
    """The most specific path comes first; the whole search is under the pipeline's name, then without it."""
    lines = ["[sources.shop.orders]", "a = 1", "b = 1", "[sources.shop]", "a = 2", "c = 2", "[p]", "b = 3"]
    write("config.toml", "\n".join(lines))
    with section_context(pipeline_name="p"):
        found = [get_value(key, sections=("sources", "shop", "orders")) for key in "abc"]
    assert found == [1, 3, 2]


def test_a_changed_file_is_read_again(write: Any) -> None:
    """A file is parsed once, and again when it changed."""
    write("config.toml", "a = 1\n")
    assert get_value("a") == 1
    write("config.toml", "a = 10\n")
    assert get_value("a") == 10


def test_a_broken_file_names_its_line_but_not_its_text(write: Any) -> None:
    """A message about secrets.toml does not show what it holds."""
    path = write("secrets.toml", 'fine = 1\nkey = "very-private\n')
    with pytest.raises(ConfigProviderException) as caught:
        get_value("key", secret=True)
    assert str(path) in str(caught.value) and "line 2" in str(caught.value)
    assert "very-private" not in str(caught.value)


def test_values_of_another_type_are_refused(monkeypatch: Any) -> None:
    """The message names key, value and type; the value of a secret is not shown."""
    monkeypatch.setenv("EXTRACT__WORKERS", "many")
    with pytest.raises(ConfigValueCannotBeCoercedException, match="workers: 'many' is not int"):
        get_value("workers", int, sections=("extract",))
    with pytest.raises(ConfigValueCannotBeCoercedException) as caught:
        get_value("workers", int, sections=("extract",), secret=True)
    assert "many" not in str(caught.value)


def test_a_wrong_type_names_key_place_and_types(write: Any, tmp_path: Path, monkeypatch: Any) -> None:
    """The message has the whole key, the file or variable, the wanted type and that of the value."""
    for folder, file in ((tmp_path / "home", "config.toml"), (tmp_path / "project", "secrets.toml")):
        path = write(file, '[load]\nworkers = ["many"]\n', folder)
        with pytest.raises(ConfigValueCannotBeCoercedException) as caught:
            get_value("workers", int, sections=("load", "x"))
        text = str(caught.value)
        assert f"is not int. It is load.workers in {path}" in text
        assert ("['many']" in text and "of type list" in text) == (file == "config.toml")
        assert "a value of type list" in text or file == "config.toml"
    monkeypatch.setenv("LOAD__WORKERS", "few")
    with pytest.raises(ConfigValueCannotBeCoercedException, match="the environment variable LOAD__WORKERS, of type"):
        get_value("workers", int, sections=("load",))


def test_values_of_secrets_toml_are_not_shown(write: Any) -> None:
    """A setting that stands in secrets.toml is treated as a secret in messages."""
    write("secrets.toml", 'limit = "very-private"\n')

    @with_config
    def orders(limit: int = 1) -> None:
        raise AssertionError("not reached")

    for call in (orders, lambda: get_value("limit", int), lambda: config.get("limit", int)):
        with pytest.raises(ConfigValueCannotBeCoercedException, match="limit: a value of type str is not int"):
            call()
