"""Credentials: dicts, native values, parts from providers, and what is shown of them."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from dlt.configuration import resolve_configuration, secrets, with_config
from dlt.configuration.credentials import (
    AwsCredentials,
    AzureCredentials,
    ConnectionStringCredentials,
    GcpOAuthCredentials,
    GcpServiceAccountCredentials,
    GcpServiceAccountCredentialsWithoutDefaults,
)
from dlt.errors import (
    ConfigFieldMissingException,
    InvalidConnectionString,
    InvalidGoogleServicesJson,
    InvalidNativeValue,
)

URL = "postgres://loader:pa%2Fss@Example.org:5433/sales?sslmode=require"
SECTIONS = ("destination", "postgres")
KEY = {"type": "service_account", "project_id": "p", "private_key": "-----\\nabc\\n", "client_email": "a@b.c"}


def test_a_connection_string_is_read_and_written() -> None:
    """A native string sets all its parts, and the parts give the string."""
    made = resolve_configuration(ConnectionStringCredentials(), sections=SECTIONS, explicit_value=URL)
    assert made.as_dict() == {
        "drivername": "postgres",
        "username": "loader",
        "password": "pa/ss",
        "host": "Example.org",
        "port": 5433,
        "database": "sales",
        "query": {"sslmode": "require"},
    }
    assert made.to_url() == URL
    assert "pa/ss" not in repr(made) + str(made) and "require" not in repr(made)


def test_missing_parts_come_from_providers(write: Any, monkeypatch: Any) -> None:
    """A dict or string in part is completed; what is passed wins over providers, and these over a spec's own fields."""
    write("secrets.toml", '[destination.postgres.credentials]\npassword = "pw"\nhost = "other"\n')
    monkeypatch.setenv("DESTINATION__CREDENTIALS__PORT", "5444")
    for given in ({"drivername": "postgres", "host": "here"}, "postgres://here"):
        made = resolve_configuration(ConnectionStringCredentials(), sections=SECTIONS, explicit_value=given)
        assert (made.host, made.password, made.port) == ("here", "pw", 5444)
    partial = ConnectionStringCredentials(drivername="postgres", host="here", port=1)
    made = resolve_configuration(partial, sections=SECTIONS)
    assert (made.host, made.password, made.port) == ("other", "pw", 5444)
    given = ConnectionStringCredentials(drivername="postgres", host="here", port=1)
    made = resolve_configuration(ConnectionStringCredentials(), sections=SECTIONS, explicit_value=given)
    assert (made.host, made.password, made.port) == ("here", "pw", 1)


def test_strings_and_parts_of_providers_are_merged(write: Any, monkeypatch: Any) -> None:
    """Parts in a place before the string's come first; a dict in part is completed by the string."""
    write("secrets.toml", f'[destination.postgres]\ncredentials = "{URL}"\n')
    monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS__PASSWORD", "newer")
    made = resolve_configuration(ConnectionStringCredentials(), sections=SECTIONS)
    assert (made.username, made.password, made.port) == ("loader", "newer", 5433)
    made = resolve_configuration(ConnectionStringCredentials(), sections=SECTIONS, explicit_value={"username": "me"})
    assert (made.username, made.password, made.host) == ("me", "newer", "Example.org")
    monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS", "postgres://env:pw@host")
    made = resolve_configuration(ConnectionStringCredentials(), sections=SECTIONS)
    assert (made.username, made.password, made.database) == ("env", "pw", None)


def test_a_json_document_is_a_native_value() -> None:
    """Variables can hold all parts as JSON."""
    text = '{"drivername": "postgres", "port": "5433"}'
    made = resolve_configuration(ConnectionStringCredentials(), sections=SECTIONS, explicit_value=text)
    assert (made.drivername, made.port) == ("postgres", 5433)


def test_a_provider_gives_the_string_or_the_parts(write: Any, monkeypatch: Any) -> None:
    """`credentials` is one value or a table."""
    monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS", URL)
    assert resolve_configuration(ConnectionStringCredentials(), sections=SECTIONS).port == 5433
    monkeypatch.delenv("DESTINATION__POSTGRES__CREDENTIALS")
    write("secrets.toml", f'destination.postgres.credentials = "{URL}"\n')
    assert resolve_configuration(ConnectionStringCredentials(), sections=SECTIONS).host == "Example.org"
    write("secrets.toml", '[credentials]\ndrivername = "x"\n')
    assert resolve_configuration(ConnectionStringCredentials(), sections=SECTIONS).drivername == "x"


def test_fields_are_not_taken_from_variables_that_merely_bear_their_name(monkeypatch: Any) -> None:
    """The section `credentials` is never dropped, so HOST or USERNAME of the shell does no harm."""
    monkeypatch.setenv("HOST", "shell")
    monkeypatch.setenv("DESTINATION__POSTGRES__PORT", "1")
    made = resolve_configuration(ConnectionStringCredentials(), sections=SECTIONS, explicit_value="postgres://")
    assert (made.host, made.port) == (None, None)


def test_a_wrong_string_is_not_shown() -> None:
    """The message says what form is expected, without the text, which may hold a password."""
    for wrong in ("private text", "postgres://u:private@host:port/db"):
        with pytest.raises(InvalidNativeValue) as caught:
            resolve_configuration(ConnectionStringCredentials(), sections=SECTIONS, explicit_value=wrong)
        cause = caught.value.__cause__
        assert "private" not in f"{caught.value} {cause}" and isinstance(cause, InvalidConnectionString)
        assert cause.__cause__ is None
        assert caught.value.spec is ConnectionStringCredentials and caught.value.native_value_type is str


@pytest.mark.parametrize("given", [KEY, orjson.dumps(KEY).decode()])
def test_a_service_account_is_a_dict_or_json(given: Any) -> None:
    """The content of a key file, as text or as a dict; lost line ends come back."""
    made = resolve_configuration(GcpServiceAccountCredentialsWithoutDefaults(), explicit_value=given)
    assert (made.project_id, made.private_key) == ("p", "-----\nabc\n")
    assert "abc" not in repr(made) + str(made)


def test_a_key_of_another_kind_is_refused() -> None:
    """A document that is no service account is refused."""
    with pytest.raises(InvalidNativeValue, match="authorized_user") as caught:
        resolve_configuration(GcpServiceAccountCredentials(), explicit_value='{"type": "authorized_user"}')
    assert isinstance(caught.value.__cause__, InvalidGoogleServicesJson)


def test_credentials_of_the_machine(write: Any) -> None:
    """Amazon's and Azure's specs need no keys; half of a key pair is a mistake."""
    section = ("destination", "filesystem")
    assert resolve_configuration(AwsCredentials(), sections=section).to_s3fs_credentials() == {}
    azure = resolve_configuration(AzureCredentials(azure_storage_account_name="a"), sections=section)
    assert azure.to_adlfs_credentials() == {"account_name": "a", "anon": False}
    write("secrets.toml", '[destination.filesystem.credentials]\naws_access_key_id = "id"\n')
    with pytest.raises(ConfigFieldMissingException, match="'aws_secret_access_key'"):
        resolve_configuration(AwsCredentials(), sections=section)


def test_the_first_kind_that_fits_is_taken(write: Any) -> None:
    """A union of credentials is tried in order."""

    @with_config(sections=("sources", "sheets"))
    def sheets(credentials: GcpOAuthCredentials | GcpServiceAccountCredentials = secrets.value) -> Any:
        return credentials

    table = "\n".join(f"{key} = {orjson.dumps(value).decode()}" for key, value in KEY.items() if key != "type")
    write("secrets.toml", f"[sources.sheets.credentials]\n{table}\n")
    assert isinstance(sheets(), GcpServiceAccountCredentials)
    write("secrets.toml", "")
    with pytest.raises(ConfigFieldMissingException, match="SOURCES__SHEETS__CREDENTIALS__CLIENT_ID"):
        sheets()


def test_passed_credentials_are_completed(write: Any) -> None:
    """An argument that is a dict or a string becomes the spec that the hint names, though it names texts too."""

    @with_config(sections=("sources", "sql"))
    def tables(credentials: ConnectionStringCredentials, raw: str | ConnectionStringCredentials = "") -> Any:
        return credentials, raw

    write("secrets.toml", '[sources.sql.credentials]\npassword = "pw"\n')
    made, raw = tables("postgres://u@h/d", "postgres://u@h/d")
    assert made.to_url() == "postgres://u:pw@h/d" and raw.to_url() == "postgres://u@h/d"


def test_a_session_of_botocore_has_the_keys() -> None:
    """Sources of services of Amazon ask for one under the name that PyPI dlt 1.x has for it."""
    pytest.importorskip("botocore")
    made: Any = AwsCredentials(
        aws_access_key_id="id", aws_secret_access_key="geheim", region_name="eu-west-1"
    )._to_botocore_session()
    keys = made.get_credentials()
    assert (keys.access_key, keys.secret_key, made.get_config_variable("region")) == ("id", "geheim", "eu-west-1")
