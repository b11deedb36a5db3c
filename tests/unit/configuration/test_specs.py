"""Specs: classes whose fields come from the configuration."""

from __future__ import annotations

from typing import Any, Final, Optional

import pytest

from dlt.configuration import (
    BaseConfiguration,
    CredentialsConfiguration,
    TSecretStrValue,
    configspec,
    resolve_configuration,
    spec_from_signature,
    with_config,
)
from dlt.configuration import config as dlt_config
from dlt.configuration import secrets as dlt_secrets
from dlt.errors import (
    ConfigFieldMissingException,
    ConfigFieldMissingTypeHintException,
    ConfigurationWrongTypeException,
    ConfigValueCannotBeCoercedException,
    FinalConfigFieldException,
    InvalidNativeValue,
)


@configspec
class Buffer(BaseConfiguration):
    """A nested spec."""

    rows: int = 10
    mode: str | None = None


@configspec
class Server(BaseConfiguration):
    """A spec with all kinds of fields."""

    host: str
    port: int = 80
    tags: list[str] = []
    token: Optional[TSecretStrValue] = None  # noqa: UP045 - the older form is the test
    kind: Final[str] = "http"
    buffer: Buffer = None  # type: ignore[assignment]
    document: Any = None


def test_fields_come_from_providers_and_nested_ones_from_their_section(write: Any) -> None:
    """Fields of nested specs stand in a section of their name."""
    lines = ['host = "h"', "port = 81", 'tags = ["a"]', "rows = 7", "[server.buffer]", 'mode = "fast"']
    write("config.toml", "[server]\n" + "\n".join(lines[:3]) + "\n" + "\n".join(lines[4:]))
    made = resolve_configuration(Server(), sections=("server",))
    assert (made.host, made.port, made.tags, made.kind) == ("h", 81, ["a"], "http")
    assert (made.buffer.rows, made.buffer.mode) == (10, "fast")
    assert made.is_resolved() and resolve_configuration(made) is made


def test_what_the_program_gives_comes_first(monkeypatch: Any) -> None:
    """Values that the program gives win over providers, defaults among them."""
    monkeypatch.setenv("HOST", "env")
    monkeypatch.setenv("PORT", "1")
    made = resolve_configuration(Server(port=80))
    assert (made.host, made.port) == ("env", 80)
    assert resolve_configuration(Server(), explicit_value={"port": "9"}).port == 9


def test_missing_and_partial() -> None:
    """Required fields are named with their spec; a partial spec can be accepted."""
    with pytest.raises(ConfigFieldMissingException, match="'host' for Server"):
        resolve_configuration(Server())
    made = resolve_configuration(Server(), accept_partial=True)
    assert made.is_partial() and not made.is_resolved() and made.missing_fields() == ["host"]


def test_final_fields_are_not_configured(monkeypatch: Any) -> None:
    """A provider that changes a final field is refused."""
    monkeypatch.setenv("HOST", "h")
    monkeypatch.setenv("KIND", "http")
    assert resolve_configuration(Server()).kind == "http"
    monkeypatch.setenv("KIND", "https")
    with pytest.raises(FinalConfigFieldException, match="Environment Variables sets KIND"):
        resolve_configuration(Server())


def test_a_spec_reads_like_a_dict_and_hides_secrets() -> None:
    """Fields are items too; secrets are masked in the repr."""
    made = Server(host="h", token="private")
    made["port"] = 5
    assert (made["port"], "port" in made, made.get("nothing", 1)) == (5, True, 1)
    assert list(made) == made.keys() and len(made) == 7
    assert dict(made.items())["token"] == "private"
    assert "private" not in repr(made) + str(made) and "token=***" in repr(made)
    with pytest.raises(KeyError):
        made["nothing"] = 1
    assert Server().tags is not Server().tags


def test_hooks() -> None:
    """`on_partial` may fill fields in, on_resolved checks the whole."""

    @configspec
    class Login(CredentialsConfiguration):
        user: str
        home: str

        def on_partial(self) -> None:
            self.user = self.user or "nobody"

        def on_resolved(self) -> None:
            if self.home == "/":
                raise ValueError("home is /")

        def parse_native_representation(self, native_value: Any) -> None:
            self.home = native_value

    assert resolve_configuration(Login(), explicit_value="/home").user == "nobody"
    with pytest.raises(ValueError, match="home is /"):
        resolve_configuration(Login(), explicit_value="/")


def test_mistakes_in_specs() -> None:
    """A field without a hint, a class that is no spec, and a native value without a parser are refused."""
    with pytest.raises(ConfigFieldMissingTypeHintException, match=r"Wrong\.port has no type hint"):

        @configspec
        class Wrong(BaseConfiguration):
            port = 1

    with pytest.raises(ConfigurationWrongTypeException, match="int is not a spec"):
        resolve_configuration(1)  # type: ignore[type-var]
    with pytest.raises(InvalidNativeValue, match="Server has no form as int"):
        resolve_configuration(Server(), explicit_value=1)
    assert resolve_configuration(Server(), explicit_value='{"host": "h"}').host == "h"


def test_a_function_gets_a_spec_of_its_own() -> None:
    """Parameters are fields; those without a default are required."""

    def orders(key: str = dlt_secrets.value, shop=dlt_config.value, limit: int = 5, *rest: Any, day) -> None:  # type: ignore[no-untyped-def]
        raise AssertionError("not called")

    spec = spec_from_signature(orders)
    assert spec.__name__ == "OrdersConfiguration"
    made = spec()
    assert made.missing_fields() == ["key", "shop", "day"]
    made.update({"key": "private", "shop": 1, "day": 2, "rest": 3})
    assert repr(made) == "OrdersConfiguration(key=***, shop=1, limit=5, day=2)"


def test_a_function_takes_its_arguments_from_a_spec(write: Any) -> None:
    """`with_config` fills the fields that are parameters, and a parameter of the spec's type."""

    @with_config(spec=Server, sections=("server",))
    def connect(host: str = "default", port: int = 1, settings: Server | None = None) -> Any:
        return host, port, settings

    write("config.toml", '[server]\nhost = "h"\n')
    host, port, settings = connect()
    assert (host, port, settings.host) == ("h", 80, "h")
    assert connect(port=5)[:2] == ("h", 5)


def test_wrong_types_name_the_field(monkeypatch: Any) -> None:
    """A field's value is coerced or refused."""
    monkeypatch.setenv("HOST", "h")
    monkeypatch.setenv("BUFFER__ROWS", "few")
    with pytest.raises(ConfigValueCannotBeCoercedException, match="rows: 'few' is not int"):
        resolve_configuration(Server())
