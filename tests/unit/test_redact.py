"""Secrets are taken out of texts and errors: those that are known, and those that their place gives away."""

from __future__ import annotations

import pickle
import traceback
from collections.abc import Iterator
from typing import Any

import pytest

import dlt
from dlt import redact
from dlt.configuration import container
from dlt.errors import DltException


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Begin without known secrets, and drop what a test sets."""
    monkeypatch.setattr(redact, "_known", redact._Known())
    yield
    container.forget()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://ann:p@ss:w@host:5432/db failed", "postgresql://ann:***@host:5432/db failed"),
        ("s3://AKIA:geheim@bucket/x", "s3://AKIA:***@bucket/x"),
        ("https://ghp_abc@github.com/x", "https://***@github.com/x"),
        ("https://api.x/y?page=3&api_key=abc&q=1", "https://api.x/y?page=3&api_key=***&q=1"),
        ("/v1?X-Amz-Signature=ab%2F&se=2&hapikey=1", "/v1?X-Amz-Signature=***&se=2&hapikey=***"),
        ("host=h password=abcd1234 dbname=x", "host=h password=*** dbname=x"),
        ("AccountName=n;AccountKey=ab/c==;Suffix=x", "AccountName=n;AccountKey=***;Suffix=x"),
        ("md:db?motherduck_token=abc.def", "md:db?motherduck_token=***"),
        ("{'X-Api-Key': 'abcdef', 'page': 'x'}", "{'X-Api-Key': ***, 'page': 'x'}"),
        ("Authorization: Basic YWJjOmRlZg==", "Authorization: ***"),
        ("got 401 with Bearer abcdefghijklmnop", "got 401 with Bearer ***"),
        ('get(url, api_key="xyz", page="2")', 'get(url, api_key=***, page="2")'),
        ("-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----", "***"),
    ],
)
def test_secrets_are_told_by_their_place(text: str, shown: str) -> None:
    """URLs, parameters, headers, connection strings, keyword arguments, keys; all else stays readable."""
    assert redact.redact(text) == shown and redact.redact(shown) == shown


@pytest.mark.parametrize(
    "text",
    [
        "access_token: a value of type int is not str",
        'for "api_key" these places were asked',
        "set primary_key=id, merge_key='x'",
        "http://localhost:8000/users/ann@example.com",
        "Environment Variables: SOURCES__API__TOKEN\n  secrets.toml: sources.api.token",
        "f(secret=True, token=None, api_key=dlt.secrets.value)",
        "table secrets: 3 rows, key 12",
    ],
)
def test_what_is_no_secret_is_shown(text: str) -> None:
    """Advice, names of keys and rows do not become stars."""
    assert redact.redact(text) == text


def test_known_values_are_hidden_in_every_writing() -> None:
    """As they are, in a URL, in JSON, in a repr."""
    redact.remember('tricky "pass/wörd"\\')
    in_json = '{"p": "tricky \\"pass/w\\u00f6rd\\"\\\\"}'
    for form in ('x tricky "pass/wörd"\\ y', "tricky%20%22pass%2Fw%C3%B6rd%22%5C", in_json):
        assert "tricky" not in redact.redact(form) and redact.MASK in redact.redact(form)


@pytest.mark.parametrize(
    ("value", "secrets"),
    [
        ("postgresql://ann:my%2Fpw12@host/database1", ["my/pw12"]),
        ({"host": "server1", "password": "geheim12", "query": {"sslpassword": "geheim34"}}, ["geheim12", "geheim34"]),
        ('{"private_key": "-----BEGIN x", "project_id": "project1"}', ["-----BEGIN x"]),
        ("host=server1 password=abcd1234", ["abcd1234"]),
        ("AccountName=server1;AccountKey=abc/def1==;", ["abc/def1=="]),
        ("az://bucket1?sv=2020&sig=abcdef%3D", ["abcdef="]),
        ("geheim/geheim==", ["geheim/geheim=="]),
        ({"headers": {"X-Api-Key": "geheim56"}}, ["geheim56"]),
        ("/tmp/shop.duckdb", []),
        ("postgres", []),
        ("abc", []),
    ],
)
def test_of_credentials_only_the_secrets_are_remembered(value: Any, secrets: list[str]) -> None:
    """Hosts, databases, files and common words may be shown."""
    redact.remember(value)
    assert redact._known.texts == secrets


def test_short_secrets_do_not_hide_other_words() -> None:
    """A password of a few letters is hidden where it is a word."""
    redact.remember("order")
    assert redact.redact("orders: order refused") == "orders: *** refused"


class _Structured(Exception):
    def __init__(self, code: int, details: Any) -> None:
        self.code, self.details = code, details

    def __str__(self) -> str:
        return f"{self.code}: {self.details}"


@pytest.mark.parametrize(
    "error",
    [
        ValueError("no access with geheim-123"),
        KeyError("geheim-123"),
        FileNotFoundError(2, "No such file", "s3://a:geheim-123@b/c"),
        ValueError({"token": ["geheim-123"]}),
        _Structured(401, {"key": b"geheim-123"}),
        ImportError("cannot import geheim-123"),
    ],
)
def test_an_error_and_its_chain_are_cleaned(error: BaseException) -> None:
    """Whatever kind it is, when an error of ours is made because of it; its class and the traceback stay."""
    redact.remember("geheim-123")
    with pytest.raises(DltException) as caught:  # noqa: PT012 - the chain is what is tested
        try:
            try:
                raise error
            except Exception as inner:
                raise RuntimeError("between") from inner
        except Exception as outer:
            raise DltException(f"cannot go on: {outer.__cause__}") from outer
    shown = "".join(traceback.format_exception(caught.value))
    assert "geheim-123" not in shown and "geheim-123" not in repr(error) and redact.MASK in shown
    assert isinstance(error, type(error)) and caught.value.__cause__.__cause__ is error
    assert "geheim" not in str(pickle.loads(pickle.dumps(caught.value)))


def test_clean_errors_are_left_alone() -> None:
    """Arguments that hold no secret stay the objects that they are."""
    details = [{"id": 1}]
    error = ValueError(details, 7)
    redact.clean_error(error)
    assert error.args[0] is details and error.args[1] == 7


def test_long_texts_take_no_time_that_matters() -> None:
    """Each pattern reads a text once, whatever stands in it; large documents are data and hold no settings."""
    redact.remember({"rows": {str(number): {"token": f"value-{number}"} for number in range(10_000)}})
    assert redact._known.texts == []
    for text in ("a.b" * 20_000 + " key=", "a" * 50_000 + "://@key", "?a=1&keykey" * 5_000, "_secret" * 10_000):
        assert isinstance(redact.redact(text), str)


def test_the_secret_of_a_pipeline_is_in_no_repr() -> None:
    """Its settings are shown without it."""
    made = dlt.pipeline("secretive", pipeline_salt="geheim-salt", destination="duckdb")
    assert "geheim" not in repr(made.config) and "geheim" not in repr(made)


def test_where_something_is_may_be_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bucket or folder is configured beside secrets: its name stays readable, and a login in it does not."""
    monkeypatch.setenv("SOURCES__FILESYSTEM__BUCKET_URL", "events")

    @dlt.resource(section="filesystem")
    def found(bucket_url: str = dlt.secrets.value, webhook_uri: Any = dlt.secrets.value) -> Any:
        yield bucket_url

    assert list(found(webhook_uri="sftp://ada:lovelace1815@host/events")) == ["events"]
    assert redact.redact("events of lovelace1815 at host") == "events of *** at host"
    monkeypatch.setenv("SOURCES__FILESYSTEM__WEBHOOK_URI", "calls")
    assert list(found("orders")) == ["orders"]
    assert redact.redact("orders, calls and events") == "orders, calls and events"
    # the same by hand, where a word that is given as credentials is a secret
    dlt.secrets["sources.shop.bucket_url"], dlt.secrets["sources.shop.credentials"] = "invoices", "lovelace1852"
    assert dlt.secrets["sources.filesystem.bucket_url"] == "events"
    assert redact.redact("invoices and events of lovelace1852") == "invoices and events of ***"
