"""How the files are read and written."""

from __future__ import annotations

import datetime
import stat
from pathlib import Path
from typing import Any

import pytest

from dlt.configuration import config, container, get_value, secrets
from dlt.configuration.providers.parsing import _parse_with_tomlkit, parse_toml
from dlt.errors import ConfigProviderException


def test_bytes_that_are_no_text_are_told_without_the_text(write: Any) -> None:
    """The message about a file in another encoding does not show what it holds."""
    write("secrets.toml", "").write_bytes(b'key = "very-private\xff"\n')
    with pytest.raises(ConfigProviderException, match="byte 19 is not UTF-8") as caught:
        get_value("key", secret=True)
    assert caught.value.__cause__ is None and caught.value.__suppress_context__


def test_a_byte_order_mark_is_skipped(write: Any) -> None:
    """Files that editors on Windows wrote are read and written."""
    path = write("config.toml", "")
    path.write_bytes(b"\xef\xbb\xbfa = 1\n")
    assert get_value("a") == 1
    container.CONFIG.set("b", 2)
    assert path.read_text() == "a = 1\nb = 2\n"


def test_files_are_written_as_a_whole(write: Any, project: Path) -> None:
    """A new secrets.toml is the user's alone, an existing file keeps its rights, and no draft stays."""
    secrets.writable_provider.set("shop.key", "private")
    file = project / ".dlt" / "secrets.toml"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.chmod(0o640)
    secrets.writable_provider.set("shop.key", "other")
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert [path.name for path in file.parent.iterdir()] == ["secrets.toml"]
    assert secrets["shop.key"] == "other"


def test_a_linked_file_stays_linked(project: Path, tmp_path: Path) -> None:
    """Writing changes the file that a link names."""
    shared = tmp_path / "shared.toml"
    shared.write_text("a = 1\n")
    (project / ".dlt").mkdir()
    (project / ".dlt" / "config.toml").symlink_to(shared)
    config.writable_provider.set("a", 2)
    assert shared.read_text() == "a = 2\n" and (project / ".dlt" / "config.toml").is_symlink()


def test_a_broken_file_is_not_written(write: Any) -> None:
    """A file that cannot be read is left alone."""
    path = write("config.toml", "a = \n")
    with pytest.raises(ConfigProviderException, match="line 1"):
        config.writable_provider.set("b", 1)
    assert path.read_text() == "a = \n"


def test_values_set_by_the_program_are_copies() -> None:
    """A value gives way to a table, and the program's dict is not changed."""
    given = {"limit": 1}
    try:
        config["shop"] = 5
        config["shop.orders"] = given
        config["shop.orders.page"] = 2
        assert config["shop"] == {"orders": {"limit": 1, "page": 2}}
        assert given == {"limit": 1}
    finally:
        container.forget()


@pytest.mark.parametrize("parse", [parse_toml, _parse_with_tomlkit])
def test_both_parsers_agree(parse: Any) -> None:
    """The parser of Python and tomlkit give the same values, and name the same line."""
    text = 'a = 1\nb.c = [1.5, "x"]\n[d]\nday = 2024-02-29\nat = 2024-02-29T10:00:00Z\non = true\n'
    found = parse(text, "file")
    at = datetime.datetime(2024, 2, 29, 10, tzinfo=datetime.timezone.utc)
    assert found == {"a": 1, "b": {"c": [1.5, "x"]}, "d": {"day": datetime.date(2024, 2, 29), "at": at, "on": True}}
    assert found["d"]["at"].utcoffset() == datetime.timedelta(0)
    with pytest.raises(ConfigProviderException, match="file: line 2, column") as caught:
        parse('a = 1\nkey = "very-private\nb = 2\n', "file")
    assert "very-private" not in str(caught.value) and caught.value.__suppress_context__
    with pytest.raises(ConfigProviderException, match=r"^file: .* is not TOML"):
        parse('key = "very-private', "file")
