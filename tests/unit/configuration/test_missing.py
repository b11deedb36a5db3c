"""What is missing in specs inside specs, and in credentials of functions, is told at once."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any, Union

import pytest

from dlt.configuration import BaseConfiguration, TSecretStrValue, config, configspec, resolve_configuration, with_config
from dlt.configuration.base import CredentialsConfiguration
from dlt.configuration.credentials import ConnectionStringCredentials
from dlt.errors import ConfigFieldMissingException, SpecException
from dlt.errors.lookups import LookupTrace, LookupTraces


@configspec
class Inner(BaseConfiguration):
    """A nested spec."""

    path: str
    token: TSecretStrValue
    rows: int = 2


@configspec
class Outer(BaseConfiguration):
    """A spec with a nested one."""

    name: str
    inner: Inner
    other: Inner | None = None


def test_fields_of_nested_specs_are_listed_with_the_others(write: Any) -> None:
    """One exception for all, with the places of each, and which are secrets."""
    write("config.toml", '[s.inner]\ntoken = "very-private"\n')
    with pytest.raises(ConfigFieldMissingException) as caught:
        resolve_configuration(Outer(), sections=("s",))
    assert caught.value.fields == list(caught.value.traces) == ["name", "inner"]
    assert list(caught.value.asked) == ["name", "inner.path", "inner.token"]
    assert caught.value.secret_fields == {"inner.token"} and isinstance(caught.value.config, Outer)
    (within,) = caught.value.traces["inner"]
    assert isinstance(within, LookupTraces) and (within.spec_name, within.union_count) == ("Inner", 0)
    assert within.traces["path"][0] == LookupTrace("Environment Variables", ["s", "inner"], "S__INNER__PATH")
    assert {trace.key for trace in caught.value.attrs()["traces"]["inner"]} >= {"S__INNER__PATH", "s.inner.token"}
    text = str(caught.value)
    assert "not found: 'name', 'inner.path', 'inner.token' for Outer." in text
    assert "Environment Variables: S__INNER__PATH" in text and "config.toml: s.inner.token" not in text
    assert "s.inner.token stands in config.toml" in text and "very-private" not in text


def test_a_partial_spec_has_its_nested_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    """`accept_partial` keeps what nested specs have."""
    monkeypatch.setenv("INNER__ROWS", "5")
    made = resolve_configuration(Outer(), accept_partial=True)
    assert (made.inner.rows, made.inner.missing_fields(), made.other) == (5, ["path", "token"], None)


def test_credentials_and_arguments_are_listed_together() -> None:
    """A function names the fields of its credentials and its other arguments in one exception."""

    @with_config(sections=("sources", "sql"))
    def tables(credentials: ConnectionStringCredentials, schema: str = config.value) -> Any:
        return credentials, schema

    with pytest.raises(TypeError, match=r"'schema', 'credentials\.drivername' for tables") as caught:
        tables()
    assert "SOURCES__SQL__CREDENTIALS__DRIVERNAME" in str(caught.value)
    with pytest.raises(ConfigFieldMissingException, match=r"'schema', 'credentials\.drivername'"):
        tables({"host": "h"})


def test_a_field_cannot_hide_a_method() -> None:
    """A field that would break the spec's dict-like face is refused where it is written."""
    with pytest.raises(SpecException, match=r"Wrong\.items: specs have a method of this name"):

        @configspec
        class Wrong(BaseConfiguration):
            items: list[str] = []


SCRIPT = """
import dlt

@dlt.source
def orders(key: str = dlt.secrets.value):
    return dlt.resource([{"key": key}], name="rows")

found = list(orders())
"""


def test_sources_of_a_script_are_configured_by_its_name(write: Any, project: Path) -> None:
    """For a source in the running script the section of the module is the script's name."""
    script = project / "shop.py"
    script.write_text(SCRIPT)
    write("secrets.toml", '[sources.shop.orders]\nkey = "private"\n')
    assert runpy.run_path(str(script), run_name="__main__")["found"] == [{"key": "private"}]


@configspec
class ByKey(CredentialsConfiguration):
    """One of two ways to log in."""

    api_key: TSecretStrValue = None  # type: ignore[assignment]
    url: str = None  # type: ignore[assignment]


@configspec
class ByName(CredentialsConfiguration):
    """The other one."""

    user: str = None  # type: ignore[assignment]
    password: TSecretStrValue = None  # type: ignore[assignment]


@configspec
class Required(BaseConfiguration):
    """It must have one of them."""

    credentials: Union[ByKey, ByName] = None  # type: ignore[assignment]


@configspec
class Possible(BaseConfiguration):
    """It may have one of them."""

    credentials: Union[ByKey, ByName] | None = None


@pytest.mark.parametrize("kind", [Required, Possible])
@pytest.mark.parametrize(
    ("variables", "given", "expected"),
    [
        ({}, None, None),
        ({"URL": "u"}, None, ByKey(url="u")),
        ({"USER": "u"}, None, ByName(user="u")),
        ({}, {"credentials": {"user": "u"}}, ByName(user="u")),
        ({"USER": "u", "PASSWORD": "p"}, None, ByName(user="u", password="p")),
    ],
)
def test_of_several_specs_the_one_of_which_something_is_there_is_kept_in_part(
    monkeypatch: pytest.MonkeyPatch, kind: type[BaseConfiguration], variables: Any, given: Any, expected: Any
) -> None:
    """A spec that must have it is in part as well; where it may be missing, nothing is None."""
    for name, value in variables.items():
        monkeypatch.setenv(f"CREDENTIALS__{name}", value)
    made = resolve_configuration(kind(), explicit_value=given, accept_partial=True)
    found = made["credentials"]
    assert found == (ByKey() if expected is None and kind is Required else expected)
    is_whole = isinstance(expected, ByName) and bool(expected.password)
    assert made.is_resolved() is (is_whole or kind is Possible) is not made.is_partial()
