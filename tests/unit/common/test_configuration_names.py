"""Places for values, injection and values as text under the names of PyPI `dlt` 1.x."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import dlt
from dlt.common.configuration import configspec, get_fun_spec, last_config, with_config
from dlt.common.configuration.container import Container
from dlt.common.configuration.exceptions import DuplicateConfigProviderException
from dlt.common.configuration.inject import get_orig_args
from dlt.common.configuration.providers import (
    ConfigProvider,
    ConfigTomlProvider,
    CustomLoaderDocProvider,
    DictionaryProvider,
    EnvironProvider,
    SecretsTomlProvider,
    StringTomlProvider,
)
from dlt.common.configuration.resolve import initialize_credentials
from dlt.common.configuration.specs import (
    BaseConfiguration,
    ConnectionStringCredentials,
    CredentialsConfiguration,
    PluggableRunContext,
    RuntimeConfiguration,
    extract_inner_hint,
)
from dlt.common.configuration.specs.config_providers_context import ConfigProvidersContainer
from dlt.common.configuration.utils import (
    add_config_dict_to_env,
    add_config_to_env,
    auto_cast,
    auto_config_fragment,
    deserialize_value,
    serialize_value,
)


@configspec
class User(CredentialsConfiguration):
    """Credentials of a program."""

    name: str | None = None
    number: int = 1


@configspec
class Settings(BaseConfiguration):
    """A spec with a section."""

    __section__ = "sec"
    a: str = "x"
    c: dict[str, object] | None = None
    credentials: User | None = None


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test sets is taken back."""
    monkeypatch.setattr(os, "environ", os.environ.copy())


def test_places_answer_by_sections(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A value, or None, and the name under which it was looked for."""
    monkeypatch.setenv("A__B__C", "5")
    environ = EnvironProvider()
    assert environ.name == "Environment Variables"
    assert environ.get_value("c", int, None, "a", "b") == ("5", "A__B__C")
    assert environ.get_value("c", int, "p", "a", "b") == (None, "P__A__B__C")
    (tmp_path / "secrets.toml").write_text("[a]\nb = 1\n")
    (tmp_path / "global").mkdir()
    (tmp_path / "global" / "secrets.toml").write_text("[a]\nb = 2\nc = 3\n")
    secrets = SecretsTomlProvider(str(tmp_path), str(tmp_path / "global"))
    assert secrets.get_value("b", int, None, "a") == (1, "a.b")
    assert secrets.get_value("c", int, None, "a") == (3, "a.c")
    assert secrets.supports_secrets and len(secrets.present_locations) == 2
    config = ConfigTomlProvider(str(tmp_path))
    assert config.is_empty and not config.supports_secrets
    config.set_value("a", {"x": 1}, None, "s")
    assert config.get_value("x", int, None, "s", "a") == (1, "s.a.x")
    config.write_toml()
    assert (tmp_path / "config.toml").read_text() == "[s.a]\nx = 1\n"
    text = StringTomlProvider("[a]\nb = 1")
    assert (text.name, text.get_value("b", int, None, "a")) == ("memory", (1, "a.b"))
    block = DictionaryProvider()
    with block.values({"p": {"z": 1}}):
        assert block.get_value("z", int, "p")[0] == 1
    assert block.get_value("z", int, "p")[0] is None


def test_a_program_registers_a_place_of_its_own() -> None:
    """A class that overrides `get_value`, and a function that returns a dict."""

    class Vault(ConfigProvider):
        @property
        def name(self) -> str:
            return "vault"

        @property
        def supports_secrets(self) -> bool:
            return True

        def get_value(self, key: str, hint: object, pipeline_name: str | None, *sections: str) -> tuple[object, str]:
            name = ".".join([*sections, key])
            return ("found" if name == "deep.token" else None), name

    dlt.secrets.register_provider(Vault())
    dlt.config.register_provider(CustomLoaderDocProvider("dict", lambda: {"deep": {"number": 3}}))
    assert dlt.secrets["deep.token"] == "found"
    assert dlt.config["deep.number"] == 3
    assert {"vault", "dict"} <= {provider.name for provider in ConfigProvidersContainer().providers}
    assert "vault" in ConfigProvidersContainer() and ConfigProvidersContainer()["vault"].supports_secrets


def test_a_function_learns_what_was_injected(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that takes further keyword arguments finds the spec and the arguments of the call there."""
    monkeypatch.setenv("S__B", "bb")

    @with_config(sections=("s",))
    def f(a: int = 1, b: str = dlt.config.value, **injection_kwargs: object) -> tuple[object, object, object]:
        return (a, b), last_config(**injection_kwargs), get_orig_args(**injection_kwargs)

    values, config, call = f(a=7)  # type: ignore[misc]  # the decorated function fills in b
    assert values == (7, "bb") and dict(config.items()) == {"a": 7, "b": "bb"} and call == ((), {"a": 7})
    spec = get_fun_spec(f)
    assert spec is not None and spec.__name__ == "FConfiguration"
    assert get_fun_spec(len) is None


def test_credentials_are_made_of_one_value() -> None:
    """A dict, a connection string, or the credentials themselves; nothing is looked up."""
    made = initialize_credentials(ConnectionStringCredentials, "postgresql://u:p@h/d")
    assert isinstance(made, ConnectionStringCredentials) and (made.host, made.database) == ("h", "d")
    assert dict(initialize_credentials(User, {"name": "x"}).items()) == {"name": "x", "number": 1}
    assert initialize_credentials(User | ConnectionStringCredentials, made) is made


def test_a_spec_goes_into_the_environment() -> None:
    """Values are text there; the fields of credentials lie under their section."""
    before = dict(os.environ)
    add_config_to_env(Settings(a="q", c={"z": [1]}, credentials=User(name="me", number=4)), ("p",))
    added = {name: value for name, value in os.environ.items() if name not in before}
    assert added == {
        "P__SEC__A": "q",
        "P__SEC__C__Z": "[1]",
        "P__SEC__CREDENTIALS__NAME": "me",
        "P__SEC__CREDENTIALS__NUMBER": "4",
    }
    add_config_dict_to_env({"a": 1, "b": {"c": 2}, "d": None}, ("s",), destructure_dicts=False)
    assert (os.environ["S__A"], os.environ["S__B"]) == ("1", '{"c":2}') and "S__D" not in os.environ
    add_config_dict_to_env({"a": 2}, ("s",))
    assert os.environ["S__A"] == "1"


def test_values_as_text() -> None:
    """Text spells bools, numbers, lists and dicts; whole tables in TOML, JSON or YAML."""
    assert [serialize_value(value) for value in (1, True, "a", {"a": 1}, b"x")] == ["1", "True", "a", '{"a":1}', "eA=="]
    assert [auto_cast(text) for text in ("1", "true", "1.5", "[1]", "abc", "'a'")] == [1, True, 1.5, [1], "abc", "'a'"]
    assert [auto_config_fragment(text) for text in ("a=1", '{"a":1}', "a: 1", "zzz")] == [*[{"a": 1}] * 3, None]
    assert deserialize_value("k", "[1]", list) == [1]


def test_hints() -> None:
    """The class behind a type hint."""
    assert extract_inner_hint(int | None) is int
    assert extract_inner_hint(list[int]) is list
    assert extract_inner_hint(User | None) is User
    assert RuntimeConfiguration().request_timeout == 60


def test_other_places_are_asked_for_a_block() -> None:
    """A program sets the places of the program that runs, and gives back those that were there."""
    context = Container()[PluggableRunContext]
    before = context.providers
    block = DictionaryProvider()
    context.providers = ConfigProvidersContainer([block])
    try:
        with block.values({"only": {"here": 5}}):
            assert dlt.config["only.here"] == 5
        assert context.providers[DictionaryProvider.NAME] is block
    finally:
        context.providers = before
    assert DictionaryProvider.NAME not in context.providers
    with pytest.raises(DuplicateConfigProviderException):
        context.providers.add_provider(EnvironProvider())
