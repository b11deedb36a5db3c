"""Defaults of specs: placeholders, objects, and what a spec does about what is missing."""

from __future__ import annotations

from typing import Any

import pytest

from dlt.configuration import (
    BaseConfiguration,
    TSecretStrValue,
    config,
    configspec,
    resolve_configuration,
    secrets,
)
from dlt.configuration.credentials import GcpServiceAccountCredentialsWithoutDefaults
from dlt.errors import ConfigFieldMissingException, ConfigurationException


@configspec
class Api(BaseConfiguration):
    """A spec whose fields must be configured."""

    key: str | None = secrets.value
    shop: str = config.value
    url: str = "https://example.org"


@configspec
class Page(BaseConfiguration):
    """A nested spec."""

    size: int = 10


@configspec
class Reader(BaseConfiguration):
    """A spec with a default that is a spec."""

    page: Page = Page(size=20)


def test_placeholders_make_fields_required(write: Any) -> None:
    """`dlt.config.value` as a default is none, `dlt.secrets.value` makes a field secret, too."""
    assert Api().missing_fields() == ["shop"]
    write("config.toml", 'key = "public"\nshop = "north"\n')
    with pytest.raises(ConfigFieldMissingException, match="'key' for Api"):
        resolve_configuration(Api())
    write("secrets.toml", 'key = "private"\n')
    made = resolve_configuration(Api(shop=config.value))
    assert (made.key, made.shop) == ("private", "north")
    assert repr(made) == "Api(key=***, shop='north', url='https://example.org')"


def test_a_placeholder_leaves_an_optional_field_optional(write: Any) -> None:
    """It is asked for, and may be nowhere: so it is for arguments of functions."""

    @configspec
    class Wish(BaseConfiguration):
        page: Page | None = config.value
        token: str | None = secrets.value

    made = resolve_configuration(Wish())
    assert (made.token, made.is_resolved()) == (None, True)
    write("secrets.toml", 'token = "private"\n')
    assert resolve_configuration(Wish()).token == "private"


def test_a_subclass_may_give_a_default(write: Any) -> None:
    """A field that is declared again is what the subclass says."""

    @configspec
    class Fixed(Api):
        shop: str = "south"

    @configspec
    class Asking(Fixed):
        url: str = config.value

    assert Fixed().missing_fields() == []
    assert Asking().missing_fields() == ["url"]


def test_a_default_that_is_a_spec_is_not_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Providers come before a default, also one that the program gives; what is found does not stay in the class."""
    assert resolve_configuration(Reader()).page.size == 20
    monkeypatch.setenv("PAGE__SIZE", "30")
    assert resolve_configuration(Reader()).page.size == 30
    first, second = Reader(), Reader()
    first.page.size = 5
    assert second.page.size == 20
    assert resolve_configuration(Reader(page=Page(size=6))).page.size == 30
    assert resolve_configuration(Reader(), explicit_value={"page": Page(size=6)}).page.size == 6
    monkeypatch.delenv("PAGE__SIZE")
    assert resolve_configuration(first).page.size == 5


def test_found_fields_are_named_beside_the_missing_ones() -> None:
    """Credentials in part are told what they have and what they lack."""
    with pytest.raises(ConfigFieldMissingException) as caught:
        resolve_configuration(
            GcpServiceAccountCredentialsWithoutDefaults(), explicit_value={"project_id": "p", "private_key": "private"}
        )
    assert "These have values: 'project_id', 'private_key'." in str(caught.value)
    assert caught.value.fields == ["client_email"]


def test_a_spec_may_handle_what_is_missing() -> None:
    """`on_error` gets the exception; when it returns the spec is used as it is."""
    seen: list[ConfigurationException] = []

    @configspec
    class Lenient(BaseConfiguration):
        token: TSecretStrValue
        shop: str = "north"

        def on_error(self, error: ConfigurationException) -> None:
            seen.append(error)

    made = resolve_configuration(Lenient())
    assert (made.token, made.shop, made.is_resolved()) == (None, "north", False)
    assert isinstance(seen[0], ConfigFieldMissingException)
