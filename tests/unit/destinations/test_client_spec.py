"""What destinations tell of themselves to programs for PyPI `dlt` 1.x: types, names, parameters and specs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import dlt
from dlt.common.configuration import resolve_configuration
from dlt.common.configuration.exceptions import ConfigFieldMissingException, ConfigurationValueError
from dlt.common.destination import Destination
from dlt.common.destination.client import DestinationClientDwhConfiguration
from dlt.common.storages import FilesystemConfiguration
from dlt.configuration.credentials import AwsCredentials
from dlt.destinations.base import KNOWN, load_destination


@pytest.mark.parametrize("name", KNOWN)
def test_a_type_is_the_path_of_the_class(name: str) -> None:
    """It names the destination as its short name does; a name of its own changes nothing of it."""
    made = load_destination(name)(destination_name="mine")
    assert (made.destination_type, made.destination_name) == (f"dlt.destinations.{name}", "mine")
    assert made.destination_description == f"mine (dlt.destinations.{name})" and made.configured_name == "mine"
    for reference in (name, made.destination_type, load_destination(name)):
        assert Destination.to_name(reference) == name
        assert Destination.from_reference(reference).destination_type == made.destination_type
    assert Destination.from_reference(None, destination_name=name).destination_name == name


@pytest.mark.parametrize("name", KNOWN)
def test_each_destination_has_a_spec_of_its_settings(name: str) -> None:
    """It is made without values, and its type cannot be configured."""
    spec = load_destination(name)().spec
    assert issubclass(spec, DestinationClientDwhConfiguration) and spec().destination_type == name
    assert spec is load_destination(name)().spec


def test_parameters_are_what_the_program_set() -> None:
    """Names and settings in one dict, what it says of the capabilities in another."""
    assert dlt.destinations.duckdb().config_params == {}
    made = dlt.destinations.duckdb(":memory:", destination_name="n", environment="e", naming_convention="sql_cs_v1")
    assert made.config_params == {"credentials": ":memory:", "destination_name": "n", "environment": "e"}
    assert made.caps_params == {"naming_convention": "sql_cs_v1"}


def test_a_spec_is_filled_like_the_destination(monkeypatch: pytest.MonkeyPatch) -> None:
    """From what the program set, then from what is configured under its name; credentials too."""
    monkeypatch.setenv("DESTINATION__MINE__MEMORY_LIMIT", "2GB")
    monkeypatch.setenv("DESTINATION__MINE__CREDENTIALS", "configured.duckdb")
    made = dlt.destinations.duckdb(destination_name="mine")
    config: Any = made.configuration(made.spec())
    assert (config.memory_limit, config.credentials.database) == ("2GB", "configured.duckdb")
    config = made("given.duckdb").configuration(made.spec())
    assert config.credentials.database == "given.duckdb" and config.is_resolved()
    files = dlt.destinations.filesystem("s3://bucket/data")
    found: Any = files.configuration(files.spec(), accept_partial=True)
    assert (found.protocol, found.is_local_filesystem, type(found.credentials)) == ("s3", False, AwsCredentials)
    with pytest.raises(ConfigFieldMissingException) as caught:
        dlt.destinations.filesystem().configuration(files.spec())
    assert caught.value.fields == ["bucket_url"]


def test_a_class_of_a_program_says_its_type_itself() -> None:
    """Under either name of it."""

    class Nest(Destination):
        kind = "nest"

    class Old(Destination):
        destination_type = "old"  # type: ignore[assignment]  # as programs wrote it before there was `kind`

    assert (Nest().destination_type, Nest().destination_name) == ("nest", "nest")
    assert (Old().destination_type, Old().destination_name, Old.kind) == ("old", "old", "old")


def test_folders_and_buckets_have_urls(tmp_path: Path) -> None:
    """A path becomes a URL when it is resolved, a URL names its file system, and both ways lead back."""
    url = FilesystemConfiguration.make_file_url(str(tmp_path / "a b"))
    assert url.endswith("a%20b") and FilesystemConfiguration.make_local_path(url) == str(tmp_path / "a b")
    made = resolve_configuration(FilesystemConfiguration(bucket_url=str(tmp_path)))
    assert (made.bucket_url, made.is_local_filesystem) == (tmp_path.as_uri(), True)
    assert made.make_url(str(tmp_path / "x")) == (tmp_path / "x").as_uri() and str(made) == made.bucket_url
    with pytest.raises(ValueError, match="begins with file:"):
        FilesystemConfiguration.make_local_path("s3://bucket/x")
    bucket = FilesystemConfiguration(bucket_url="abfss://c@account.dfs.core.windows.net/x")
    assert bucket.make_url("c/file") == "abfss://c@account.dfs.core.windows.net/file"
    assert FilesystemConfiguration(bucket_url="s3://b").make_url("b/file") == "s3://b/file"
    assert FilesystemConfiguration.is_local_path("rel") and not FilesystemConfiguration.is_local_path("s3://b")
    with pytest.raises(ConfigurationValueError, match="names no folder"):
        resolve_configuration(FilesystemConfiguration(bucket_url="s3:"))
