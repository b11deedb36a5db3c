"""Specs: classes whose fields come from the configuration."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any, Final, Optional

import pytest

from dlt.configuration import (
    BaseConfiguration,
    CredentialsConfiguration,
    TSecretStrValue,
    TSecretValue,
    configspec,
    resolve_configuration,
    spec_from_signature,
    with_config,
)
from dlt.configuration import config as dlt_config
from dlt.configuration import secrets as dlt_secrets
from dlt.configuration.spec import is_secret, resolve_type
from dlt.errors import (
    ConfigFieldMissingException,
    ConfigFieldMissingTypeHintException,
    ConfigurationWrongTypeException,
    ConfigValueCannotBeCoercedException,
    InvalidNativeValue,
    UnmatchedConfigHintResolversException,
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
    document: Any | None = None


def test_fields_come_from_providers_and_nested_ones_from_their_section(write: Any) -> None:
    """Fields of nested specs stand in a section of their name."""
    lines = ['host = "h"', "port = 81", 'tags = ["a"]', "rows = 7", "[server.buffer]", 'mode = "fast"']
    write("config.toml", "[server]\n" + "\n".join(lines[:3]) + "\n" + "\n".join(lines[4:]))
    made = resolve_configuration(Server(), sections=("server",))
    assert (made.host, made.port, made.tags, made.kind) == ("h", 81, ["a"], "http")
    assert (made.buffer.rows, made.buffer.mode) == (10, "fast")
    assert made.is_resolved() and resolve_configuration(made) is made


def test_explicit_values_come_first_and_those_of_the_spec_last(monkeypatch: Any) -> None:
    """Explicit values win over providers, and these over what the spec itself has."""
    monkeypatch.setenv("HOST", "env")
    monkeypatch.setenv("PORT", "1")
    made = resolve_configuration(Server(port=80, token="t"))
    assert (made.host, made.port, made.token) == ("env", 1, "t")
    assert resolve_configuration(Server(), explicit_value={"port": "9"}).port == 9
    assert resolve_configuration(Server(), explicit_value=Server(host="here")).host == "here"


def test_an_explicit_none_is_a_value(monkeypatch: Any) -> None:
    """None for an optional field takes its value away, whatever is configured; a required field is missing then."""
    monkeypatch.setenv("HOST", "env")
    monkeypatch.setenv("TOKEN", "env")
    assert resolve_configuration(Server(), explicit_value={"token": None}).token is None
    with pytest.raises(ConfigFieldMissingException) as caught:
        resolve_configuration(Server(), explicit_value={"host": None})
    assert [trace.provider for trace in caught.value.traces["host"]] == ["ExplicitValues"]


def test_missing_and_partial() -> None:
    """Required fields are named with their spec; a partial spec can be accepted."""
    with pytest.raises(ConfigFieldMissingException, match="'host' for Server"):
        resolve_configuration(Server())
    made = resolve_configuration(Server(), accept_partial=True)
    assert made.is_partial() and not made.is_resolved() and made.missing_fields() == ["host"]


def test_final_fields_are_not_configured(monkeypatch: Any) -> None:
    """What a provider says of a final field is left out; explicit values set it."""
    monkeypatch.setenv("HOST", "h")
    monkeypatch.setenv("KIND", "http")
    assert resolve_configuration(Server()).kind == "http"
    monkeypatch.setenv("KIND", "https")
    assert resolve_configuration(Server()).kind == "http"
    assert resolve_configuration(Server(), explicit_value={"kind": "ftp"}).kind == "ftp"


def test_a_spec_reads_like_a_dict_and_hides_secrets() -> None:
    """Fields are items too; secrets are masked in the repr."""
    made = Server(host="h", token="private")
    made["port"] = 5
    assert (made["port"], "port" in made, made.get("nothing", 1)) == (5, True, 1)
    assert list(made) == list(made.keys()) and len(made) == 7
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


def test_methods_of_all_classes_run_once_those_of_the_base_first() -> None:
    """A subclass adds to `on_resolved` and `on_partial`, and does not call those of its base."""
    calls: list[str] = []

    @configspec
    class Base(BaseConfiguration):
        name: str

        def on_resolved(self) -> None:
            calls.append(f"base {self.name}")

        def on_partial(self) -> None:
            calls.append("base in part")

    @configspec
    class Derived(Base):
        def on_resolved(self) -> None:
            calls.append("derived")

        def on_partial(self) -> None:
            self.name = "made"
            self.resolve()

    assert resolve_configuration(Derived()).is_resolved()
    assert calls == ["base in part", "base made", "derived"]


def test_the_type_of_a_field_may_follow_from_another_one(monkeypatch: Any) -> None:
    """A method decorated with `resolve_type` returns the type; a subclass overrides it like any method."""

    @configspec
    class Point(BaseConfiguration):
        x: int = 0

    @configspec
    class Shape(BaseConfiguration):
        kind: str = "number"
        size: Any = None

        @resolve_type("size")
        def size_type(self) -> object:
            return Point if self.kind == "point" else int

    @configspec
    class Named(Shape):
        def size_type(self) -> object:
            return str if self.kind == "name" else super().size_type()

    monkeypatch.setenv("SIZE", "5")
    assert resolve_configuration(Shape()).size == 5 and resolve_configuration(Named(kind="name")).size == "5"
    monkeypatch.setenv("SIZE__X", "7")
    monkeypatch.setenv("KIND", "point")
    assert resolve_configuration(Named()).size.x == 7

    @configspec
    class Lost(BaseConfiguration):
        @resolve_type("nowhere")
        def nowhere_type(self) -> object:
            return int

    with pytest.raises(UnmatchedConfigHintResolversException, match="nowhere") as caught:
        resolve_configuration(Lost())
    assert (caught.value.spec_name, caught.value.field_names) == ("Lost", ["nowhere"])


def test_a_spec_is_a_mapping_that_keeps_its_fields() -> None:
    """It equals one of the same content, has views of its fields, and none can be deleted."""
    made = Server(host="h")
    assert isinstance(made, MutableMapping) and made == Server(host="h") != Server(host="i")
    assert made.items() == dict(made).items() and made.as_dict_nondefault() == {"host": "h"}
    with pytest.raises(KeyError, match="host"):
        del made["host"]
    assert Server.get_resolvable_fields()["port"] is int and list(Server.get_resolvable_fields()) == list(made)
    copied = made.copy()
    copied.tags.append("x")
    copied.buffer = Buffer(rows=1)
    assert made.buffer is None


def test_a_spec_tells_what_was_resolved_and_what_failed(monkeypatch: Any) -> None:
    """Defaults are not resolved fields; the last failure stays on the spec until it succeeds."""
    made = Server(port=80)
    with pytest.raises(ConfigFieldMissingException) as caught:
        resolve_configuration(made)
    assert made.__exception__ is caught.value and not made.is_resolved()
    monkeypatch.setenv("HOST", "h")
    assert resolve_configuration(made).__resolved_fields_set__ == ["host"]
    assert made.is_field_resolved("host") and not made.is_field_resolved("port") and made.__exception__ is None


def test_none_is_no_value_of_any_type(monkeypatch: Any) -> None:
    """A field of any type is required if its default is None, as secrets mostly are."""

    @configspec
    class Keys(BaseConfiguration):
        key: TSecretValue = None
        other: Any = None
        more: Optional[TSecretValue] = None  # noqa: UP045 - the older form is the test

    with pytest.raises(ConfigFieldMissingException) as caught:
        resolve_configuration(Keys())
    assert caught.value.fields == ["key", "other"]
    monkeypatch.setenv("KEY", "1")
    assert resolve_configuration(Keys(other=2)).as_dict() == {"key": "1", "other": 2}


@configspec
class Place(BaseConfiguration):
    """A spec that is also a text."""

    x: int = 0
    y: int = 0

    def parse_native_representation(self, native_value: object) -> None:
        """Take both numbers."""
        self.x, self.y = map(int, str(native_value).split(","))


@configspec
class Form(BaseConfiguration):
    """A spec with one within."""

    at: Place = None  # type: ignore[assignment]


def test_a_spec_within_may_be_set_as_a_dict_or_a_text(monkeypatch: Any) -> None:
    """It is a default then: what is configured comes before it."""
    monkeypatch.setenv("AT__Y", "7")
    for given in ("3,4", {"x": 3, "y": 4}):
        made = resolve_configuration(Form(at=given))  # type: ignore[arg-type]  # what is tested
        assert (made.at.x, made.at.y) == (3, 7)
    monkeypatch.setenv("AT", "5,6")
    assert resolve_configuration(Form()).at.x == 0, "a spec without a section has no text of its own"


def test_explicit_objects_stay_as_they_are() -> None:
    """Only texts, numbers and documents become the type of their field."""
    marker = object()
    made = resolve_configuration(Server(), explicit_value={"host": marker, "port": "7"})
    assert made.host is marker and made.port == 7


@configspec
class Forward(BaseConfiguration):
    """A spec whose field is of a class that comes later."""

    later: Later
    tags: set[str]
    key: TSecretStrValue | int


@configspec
class Later(BaseConfiguration):
    """A class that comes later."""

    size: int = 3


def test_fields_may_be_sets_later_classes_and_unions_with_a_secret() -> None:
    """PyPI dlt refuses the first two, and shows the third."""
    made = resolve_configuration(Forward(), explicit_value={"tags": "a,b", "key": "private"})
    assert (made.later.size, made.tags, is_secret(dict(made.__config_fields__)["key"])) == (3, {"a", "b"}, True)
    assert "private" not in repr(made)
