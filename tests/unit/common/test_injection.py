"""`with_config` and what programs for PyPI `dlt` 1.x ask about functions that it decorated."""

from __future__ import annotations

from typing import Any, Optional, Union

import pytest

import dlt
from dlt.common.configuration import configspec, get_fun_spec, inject_section, last_config, with_config
from dlt.common.configuration.exceptions import ConfigFieldMissingException, InvalidNativeValue
from dlt.common.configuration.inject import get_orig_args
from dlt.common.configuration.specs import BaseConfiguration, ConfigSectionContext, ConnectionStringCredentials

URL = "postgres://loader:pw@host/db"


@configspec
class Level(BaseConfiguration):
    """A spec for functions."""

    level: int = None  # type: ignore[assignment]
    text: str = "info"


class Engine:
    """A class of another library."""


def test_a_function_tells_its_spec() -> None:
    """It is the one that was given, or one of the parameters, derived from the base that was given."""

    @with_config(spec=Level)
    def with_spec(level: int = dlt.config.value) -> int:
        return level

    @with_config(base=Level)
    def with_base(level: int = dlt.config.value, more: bool = True) -> tuple[int, bool]:
        return level, more

    assert get_fun_spec(with_spec) is Level and get_fun_spec(len) is None
    made = get_fun_spec(with_base)
    assert made is not None and issubclass(made, Level) and made.get_resolvable_fields()["more"] is bool


def test_fields_of_the_base_must_have_values_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """A function whose spec has a base is not called before that one is whole."""

    @with_config(base=Level)
    def function(more: bool = True) -> bool:
        return more

    with pytest.raises(ConfigFieldMissingException) as caught:
        function(more=False)
    assert caught.value.fields == ["level"]
    monkeypatch.setenv("LEVEL", "1")
    assert function(more=False) is False


def test_only_injection_kwargs_get_more_than_was_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Functions that pass on what they do not name find nothing there that nobody passed."""
    monkeypatch.setenv("LEVEL", "1")

    @with_config(spec=Level)
    def plain(**kwargs: Any) -> dict[str, Any]:
        return kwargs

    @with_config(spec=Level)
    def asking(level: int, **injection_kwargs: Any) -> tuple[Any, ...]:
        kept = last_config(**injection_kwargs)
        return level, injection_kwargs["text"], kept.level, get_orig_args(**injection_kwargs)

    assert plain(a=1) == {"a": 1}
    assert asking(2) == (2, "info", 2, ((2,), {}))


def test_a_spec_that_is_passed_is_completed_or_taken_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it has counts after the configuration, until it is resolved."""

    @with_config(spec=Level)
    def function(level: int = dlt.config.value, text: str = dlt.config.value, given: Level | None = None) -> Any:
        return level, text, given

    given = Level(level=5)
    monkeypatch.setenv("TEXT", "debug")
    assert function(given=given) == (5, "debug", given) and given.is_resolved()
    monkeypatch.setenv("TEXT", "error")
    assert function(given=given)[1] == "debug"


def test_sections_come_from_arguments_or_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A function may return one section; a merge style says whether those at work outside come first."""
    for name in ("VALUE", "OWN__VALUE", "OUTER__VALUE", "SHOP_A__VALUE"):
        monkeypatch.setenv(name, name)

    @with_config(sections=lambda arguments: f"shop_{arguments['name']}")
    def by_argument(name: str, value: str = dlt.config.value) -> str:
        return value

    @with_config(sections=("own",))
    def own(value: str = dlt.config.value) -> str:
        return value

    @with_config(sections=("own",), sections_merge_style=ConfigSectionContext.prefer_existing)
    def outer(value: str = dlt.config.value) -> str:
        return value

    assert (by_argument("a"), own(), outer()) == ("SHOP_A__VALUE", "OWN__VALUE", "OWN__VALUE")
    with inject_section(ConfigSectionContext(sections=("outer",))):
        assert (own(), outer()) == ("OWN__VALUE", "OUTER__VALUE")


def test_nothing_is_no_value_of_what_must_be_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    """None is missing, unless the type admits it; a placeholder that is passed asks for the value or the default."""
    monkeypatch.setenv("SHOP", "configured")

    @with_config
    def function(shop: str = dlt.config.value, note: Optional[str] = "default") -> Any:  # noqa: UP045 - 1.x writes it so
        return shop, note

    with pytest.raises(ConfigFieldMissingException) as caught:
        function(None)  # type: ignore[arg-type]  # what is tested
    assert [place.provider for place in caught.value.traces["shop"]] == ["ExplicitValues"]
    assert function(dlt.config.value, None) == ("configured", None)
    assert function("mine", dlt.config.value) == ("mine", "default")


def test_a_union_gives_its_spec(monkeypatch: pytest.MonkeyPatch) -> None:
    """Text and dicts become the spec of a union that names them too; objects of its other classes stay."""

    @with_config
    def function(login: Union[ConnectionStringCredentials, Engine, str] = dlt.secrets.value) -> Any:
        return login

    engine = Engine()
    assert function(engine) is engine
    monkeypatch.setenv("LOGIN", URL)
    for made in (function(), function(URL), function({"drivername": "postgres", "host": "host"})):  # type: ignore[arg-type]  # what is tested
        assert isinstance(made, ConnectionStringCredentials) and made.host == "host"
    for wrong in ("?", 5):
        with pytest.raises(InvalidNativeValue):
            function(wrong)  # type: ignore[arg-type]  # what is tested


def test_a_spec_that_is_passed_is_not_completed_with_another_url(monkeypatch: pytest.MonkeyPatch) -> None:
    """The password of a configured URL must not go to the server that the program names."""

    @with_config
    def function(login: ConnectionStringCredentials = dlt.secrets.value) -> Any:
        return login

    monkeypatch.setenv("LOGIN", URL)
    assert function(ConnectionStringCredentials("postgres://me@there")).password is None


def test_types_of_secrets_are_called_like_types() -> None:
    """What programs mark so is the value itself."""
    assert (dlt.TSecretValue("x"), dlt.TSecretValue(5), dlt.TSecretStrValue("x")) == ("x", 5, "x")
