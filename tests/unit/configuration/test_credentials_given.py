"""Credentials: given in one piece or in part, missing, in the wrong file, or those of the machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, Union

import pytest

import dlt
from dlt import user_log
from dlt.configuration import (
    CredentialsConfiguration,
    TSecretStrValue,
    config,
    configspec,
    container,
    resolve_configuration,
    secrets,
    with_config,
)
from dlt.configuration.credentials import AwsCredentials, ConnectionStringCredentials
from dlt.configuration.lookup import MisplacedSecret
from dlt.destinations import machine
from dlt.destinations.impl.postgres.configuration import PostgresCredentials
from dlt.destinations.impl.postgres.driver import arguments
from dlt.errors import (
    ConfigFieldMissingException,
    InvalidBoto3Session,
    InvalidConnectionString,
    InvalidNativeValue,
    ValueNotSecretException,
)

URL = "postgresql://ann@db:5433/shop"


@configspec
class Own(CredentialsConfiguration):
    """Credentials that come as text, too."""

    user: str
    key: TSecretStrValue

    def parse_native_representation(self, native_value: Any) -> None:
        """Take user:key."""
        self.user, self.key = native_value.split(":")


@configspec
class Token(CredentialsConfiguration):
    """Another kind."""

    user: str
    token: TSecretStrValue


@dlt.source(section="shop")
def base(credentials: ConnectionStringCredentials = secrets.value) -> Any:
    """Take credentials of a kind of the library's."""
    return dlt.resource([{"it": credentials}], name="seen")


@dlt.source(section="shop")
def own(credentials: Own = secrets.value) -> Any:
    """Take credentials of a kind of the program's."""
    return dlt.resource([{"it": credentials}], name="seen")


@dlt.source(section="shop")
def either(credentials: Union[Own, Token] = secrets.value) -> Any:
    """Take credentials of one of two kinds."""
    return dlt.resource([{"it": credentials}], name="seen")


@dlt.resource(section="shop")
def perhaps(credentials: Own | None = None) -> Any:
    """Take credentials or none."""
    yield {"it": credentials}


@dlt.transformer(section="shop")
def joined(item: Any, credentials: Own = secrets.value) -> Any:
    """Take credentials beside the item."""
    yield {"it": credentials}


def one(data: Any) -> Any:
    """Return what the only item has."""
    (found,) = list(data)
    return found["it"]


def test_a_connection_string_becomes_the_object(monkeypatch: pytest.MonkeyPatch) -> None:
    """An argument that asks for credentials gets them, whatever was passed; missing parts come from providers."""
    monkeypatch.setenv("SOURCES__SHOP__CREDENTIALS__PASSWORD", "pw-of-env")
    for given in (URL, ConnectionStringCredentials(URL), {"drivername": "postgresql", "username": "ann", "host": "db"}):
        made = one(base(given))
        assert (type(made), made.username, made.host, made.password) == (
            ConnectionStringCredentials, "ann", "db", "pw-of-env",
        )  # fmt: skip
    assert one(base("postgresql://ann:mine@db/shop")).password == "mine"


def test_own_specs_optional_ones_and_transformers() -> None:
    """What holds for connection strings holds for every spec that reads text, wherever it is an argument."""
    for data in (own("joe:k"), perhaps("joe:k"), dlt.resource([1], name="n") | joined("joe:k"), either("joe:k")):
        made = one(data)
        assert (type(made), made.user, made.key) == (Own, "joe", "k")
    assert one(perhaps()) is None and one(perhaps(None)) is None


def test_the_kind_of_a_union_is_the_one_that_fits(write: Any) -> None:
    """Each kind is tried in order with what was passed and what is configured."""
    assert isinstance(one(either({"user": "joe", "token": "t"})), Token)
    assert isinstance(one(either(Token(user="joe", token="t"))), Token)
    write("secrets.toml", '[sources.shop.credentials]\nuser = "joe"\ntoken = "t"\n')
    assert isinstance(one(either()), Token)


def test_what_is_passed_chooses_the_kind_of_a_union(write: Any) -> None:
    """A dict with the fields of one class is that class, also where all of another one is configured."""
    write("secrets.toml", '[sources.shop.credentials]\nuser = "configured"\nkey = "k"\n')
    made = one(either({"user": "joe", "token": "t"}))
    assert isinstance(made, Token) and (made.user, made.token) == ("joe", "t")
    assert isinstance(one(either({"user": "joe"})), Own) and one(either({"user": "joe"})).user == "joe"


def test_text_of_another_class_does_not_stand_in_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a union, a configured text may be that of a class that was not passed."""
    monkeypatch.setenv("SOURCES__SHOP__CREDENTIALS", "no-such-text")
    made = one(either({"user": "joe", "key": "k"}))
    assert isinstance(made, Own) and (made.user, made.key) == ("joe", "k")
    with pytest.raises(InvalidNativeValue):
        one(either())


def test_text_that_a_spec_does_not_read_is_not_shown() -> None:
    """The error of a user's parser may quote the value, so it is not passed on."""
    with pytest.raises(InvalidNativeValue, match="Own: its parse_native_representation does not take") as caught:
        list(own("very-private"))
    error: BaseException | None = caught.value
    while error is not None:
        assert "very-private" not in str(error)
        error = error.__cause__


def test_the_constructor_takes_a_url_or_a_dict() -> None:
    """`ConnectionStringCredentials(url)` reads it; its URL tells its parts and hides the password where it is shown."""
    made = ConnectionStringCredentials("postgresql+psycopg2://ann:p%40w@h:5/d?x=1")
    assert (made.drivername, made.password, made.port, made.query) == ("postgresql+psycopg2", "p@w", 5, {"x": "1"})
    url = made.to_url()
    assert url == "postgresql+psycopg2://ann:p%40w@h:5/d?x=1" and "p%40w" not in repr(url)
    assert url.render_as_string(hide_password=True) == "postgresql+psycopg2://ann:***@h:5/d?x=1"
    assert (url.get_backend_name(), url.get_driver_name(), url.host) == ("postgresql", "psycopg2", "h")
    assert url.set(database="e", query={}) == "postgresql+psycopg2://ann:p%40w@h:5/e"
    assert str(made) == "postgresql+psycopg2://ann:***@h:5/d"
    assert str(ConnectionStringCredentials(drivername="pg", host="::1", port=5)) == "pg://[::1]:5"
    assert ConnectionStringCredentials({"drivername": "x", "host": "y"}).host == "y"
    assert PostgresCredentials(URL).drivername == "postgresql"
    with pytest.raises(InvalidConnectionString):
        ConnectionStringCredentials("no url at all")


def test_optional_placeholders_admit_that_there_is_nothing(write: Any) -> None:
    """A parameter that is Optional gets None where nothing is configured; one that is not must be configured."""

    @with_config(sections=("a",))
    def seen(key: str | None = secrets.value, n: int | None = config.value, own: Own | None = secrets.value):
        return key, n, own

    assert seen() == (None, None, None)
    write("secrets.toml", 'key = "k"\n')
    assert seen() == ("k", None, None)
    write("secrets.toml", "")
    write("config.toml", 'key = "k"\n')
    with pytest.raises(ValueNotSecretException, match=r"key stands in config\.toml"):
        seen()


PLACES = {
    "own": "[sources.shop.shop]\n",
    "source": "[sources.shop]\n",
    "bare": "",
}


@pytest.mark.parametrize("table", PLACES.values(), ids=PLACES)
def test_a_secret_among_settings_is_an_error_though_there_is_a_default(table: str, write: Any) -> None:
    """Nothing goes on with a default while the user's value stands where it is not read; the message says where."""

    @with_config(sections=("sources", "shop", "shop"))
    def fetch(token: TSecretStrValue = "default", other: Annotated[str, "mark"] = "x") -> Any:
        return token, other

    assert fetch() == ("default", "x")
    write("config.toml", f'{table}token = "very-private"\n')
    with pytest.raises(MisplacedSecret, match=r"token stands in config\.toml.*move it") as caught:
        fetch()
    assert isinstance(caught.value, ConfigFieldMissingException) and "very-private" not in str(caught.value)
    write("secrets.toml", f'{table}token = "right"\n')
    assert fetch() == ("right", "x")


def test_a_secret_that_the_program_set_as_a_setting() -> None:
    """dlt.config is a place for settings too."""
    try:
        config["api.token"] = "very-private"
        with pytest.raises(MisplacedSecret, match=r"api\.token stands in Set in the program \(dlt\.config\)"):
            with_config(lambda token=secrets.value: token, sections=("api",))()
    finally:
        container.forget()


def test_fields_that_are_no_secrets_may_stand_in_config_toml(write: Any) -> None:
    """Host and user in config.toml, the password in secrets.toml or a variable: one set of credentials."""
    write("config.toml", '[destination.postgres.credentials]\nhost = "h"\nusername = "u"\ndatabase = "d"\n')
    destination: Any = dlt.destinations.postgres()
    with pytest.raises(ConfigFieldMissingException, match="not found: 'password' for PostgresCredentials"):
        destination.resolved()
    write("secrets.toml", '[destination.postgres.credentials]\npassword = "p"\n')
    assert str(destination.resolved()) == "postgresql://u:***@h/d"
    write("secrets.toml", "")
    write("config.toml", '[destination.postgres.credentials]\nhost = "h"\npassword = "very-private"\n')
    with pytest.raises(ValueNotSecretException, match=r"credentials\.password stands in config\.toml") as caught:
        destination.resolved()
    assert "very-private" not in str(caught.value)


MISSING: list[tuple[Any, list[str]]] = [
    ("postgres", ["host", "database", "username", "password"]),
    ("redshift", ["host", "database", "username", "password"]),
    ("sqlalchemy", ["drivername"]),
]


@pytest.mark.parametrize(("name", "fields"), MISSING)
def test_no_credentials_are_replaced_by_defaults(
    name: str, fields: list[str], monkeypatch: pytest.MonkeyPatch, write: Any
) -> None:
    """Without credentials nothing is loaded anywhere, whatever variables of libpq say."""
    for key, value in {"PGHOST": "h", "PGUSER": "u", "PGDATABASE": "d", "PGPASSWORD": "p", "PGSERVICE": "s"}.items():
        monkeypatch.setenv(key, value)
    destination: Any = getattr(dlt.destinations, name)()
    with pytest.raises(ConfigFieldMissingException) as caught:
        destination.resolved()
    assert caught.value.fields == fields
    assert f"DESTINATION__{name.upper()}__CREDENTIALS__{fields[0].upper()}" in str(caught.value)
    write("config.toml", f'[destination.{name}]\ncredentials = "postgresql://u:very-private@h/d"\n')
    with pytest.raises(ValueNotSecretException, match=rf"{name}\.credentials stands in config\.toml") as caught:
        destination.resolved()
    assert "very-private" not in str(caught.value)


POSTGRES: list[tuple[Any, list[str]]] = [
    ("postgresql://ann@db/shop", []),
    ("postgresql://db/shop", ["username"]),
    ("postgresql:///shop", ["host", "username"]),
    ("postgresql://ann@/shop?host=/run/postgresql", []),
    ("postgresql://?service=warehouse", []),
    ("postgresql://?libpq_defaults=true", []),
    ({"host": "db", "username": "ann", "database": "shop"}, ["password"]),
    ({"host": "db", "username": "ann", "database": "shop", "query": {"sslcert": "me.pem"}}, []),
    ({"password": "p"}, ["host", "database", "username"]),
    ({"libpq_defaults": True}, []),
    (PostgresCredentials(host="db", username="ann", database="shop"), ["password"]),
    (PostgresCredentials("postgresql://ann@db/shop"), []),
    (ConnectionStringCredentials("postgresql://ann@db/shop"), []),
]


@pytest.mark.parametrize(("given", "fields"), POSTGRES, ids=str)
def test_credentials_in_part_name_what_is_missing(given: Any, fields: list[str]) -> None:
    """Parts that are lacking are named; a URL may go without a password, libpq's own ways must be asked for."""
    destination: Any = dlt.destinations.postgres(given)
    if not fields:
        assert destination.resolved().is_resolved()
        return
    with pytest.raises(ConfigFieldMissingException, match="libpq_defaults=true") as caught:
        destination.resolved()
    assert caught.value.fields == fields


def test_variables_of_libpq_do_not_say_where() -> None:
    """Port and address are those that the user gave, or the usual port; with libpq_defaults they are left to libpq."""
    destination: Any = dlt.destinations.postgres("postgresql://ann@db/shop")
    given = arguments(destination.resolved())
    assert (given["host"], given["port"], given["hostaddr"]) == ("db", 5432, "")
    destination = dlt.destinations.postgres("postgresql://?libpq_defaults=true")
    assert not {"host", "port", "hostaddr", "libpq_defaults"} & set(arguments(destination.resolved()))


def test_a_duckdb_file_is_the_one_that_the_user_named(write: Any) -> None:
    """Credentials in config.toml are an error and no other file is made; the field database may stand there."""
    duckdb: Any = dlt.destinations.duckdb()
    write("config.toml", '[destination.duckdb]\ncredentials = "mine.duckdb"\n')
    with pytest.raises(ValueNotSecretException, match=r"destination\.duckdb\.credentials stands in config\.toml"):
        print(duckdb.path)
    write("config.toml", '[destination.duckdb.credentials]\ndatabase = "mine.duckdb"\n')
    assert Path(duckdb.path).name == "mine.duckdb"
    write("secrets.toml", '[destination.duckdb]\ncredentials = "other.duckdb"\n')
    assert Path(duckdb.path).name == "other.duckdb"
    assert Path(dlt.destinations.duckdb("given.duckdb").path).name == "given.duckdb"


def test_a_session_without_keys_leaves_them_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """They may come from elsewhere; what is no session is an error."""
    botocore = pytest.importorskip("botocore.session")
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, os.devnull)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    session = botocore.get_session()
    assert AwsCredentials.from_session(session).aws_access_key_id is None
    session.set_credentials("key", "word")
    assert AwsCredentials.from_session(session).to_session_credentials()["aws_access_key_id"] == "key"
    with pytest.raises(InvalidBoto3Session, match="found int"):
        AwsCredentials().parse_native_representation(1)


def test_credentials_of_the_machine_are_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys of the machine are used with a word, and their absence is an error with every place that was asked."""
    pytest.importorskip("botocore")
    told: list[str] = []
    monkeypatch.setattr(machine, "_told", set())
    monkeypatch.setattr(user_log, "info", told.append)
    # whoever runs the tests may have keys
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, os.devnull)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    section = ("destination", "filesystem", "credentials")
    spec = resolve_configuration(AwsCredentials(), sections=section)
    with pytest.raises(ConfigFieldMissingException, match="DESTINATION__FILESYSTEM__CREDENTIALS__AWS_ACCESS_KEY_ID"):
        machine.check_machine_credentials(spec, "filesystem", section)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "key")
    for _ in range(2):
        machine.check_machine_credentials(spec, "filesystem", section)
    machine.check_machine_credentials(AwsCredentials(aws_access_key_id="a"), "other", section)
    assert len(told) == 1 and "no credentials are configured, so the AWS credentials of the machine are used" in told[0]
