"""What kinds of errors destinations have: which of them may pass, and what their messages advise."""

from __future__ import annotations

from typing import get_args

import pytest

from dlt.error_kinds import (
    TRANSIENT,
    Kind,
    connecting_error,
    database_error,
    is_transient,
    refusal_kind,
    store_error,
)
from dlt.errors import (
    DatabaseTerminalException,
    DatabaseTransientException,
    DatabaseUndefinedRelation,
    DestinationConnectionError,
    DestinationTerminalException,
    DestinationTransientException,
    TerminalException,
    TransientException,
)

KINDS: tuple[Kind, ...] = get_args(Kind)


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_the_same_wherever_it_comes_up(kind: Kind) -> None:
    """In databases, stores and while connecting; the error bears it."""
    made = [
        database_error(kind, "what"),
        store_error(kind, "what"),
        connecting_error(kind, "where", "text", "the password"),
    ]
    for error in made:
        assert isinstance(error, TransientException if is_transient(kind) else TerminalException)
        assert not (isinstance(error, TransientException) and isinstance(error, TerminalException))
        assert error.kind == kind
    assert is_transient(kind) is (kind in TRANSIENT)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("undefined", DatabaseUndefinedRelation),
        ("clash", DatabaseTransientException),
        ("timeout", DatabaseTransientException),
        ("constraint", DatabaseTerminalException),
        ("refused", DatabaseTerminalException),
    ],
)
def test_errors_of_databases_have_classes_of_their_own(kind: Kind, expected: type[Exception]) -> None:
    """As programs for PyPI `dlt` 1.x catch them."""
    assert type(database_error(kind, "x")) is expected


@pytest.mark.parametrize("kind", KINDS)
def test_a_load_gives_way_where_two_meet(kind: Kind) -> None:
    """And nowhere else."""
    error = database_error(kind, "x")
    clash = getattr(error, "clash", False)
    assert bool(clash) is (kind in ("clash", "busy"))


@pytest.mark.parametrize(
    ("kind", "advice", "text"),
    [
        ("disk_full", None, "It said so. The disk of the destination is full."),
        ("right", None, "It said so. The user of the destination lacks a right."),
        ("read_only", None, "It said so. The destination can only be read."),
        ("refused", None, "It said so."),
        ("refused", "Do this.", "It said so. Do this."),
        ("disk_full", "Do this.", "It said so. Do this."),
        ("disk_full", "", "It said so."),
    ],
)
def test_a_message_ends_with_what_to_do(kind: Kind, advice: str | None, text: str) -> None:
    """What is said about an error itself comes before what its kind tells."""
    for make, classes in ((database_error, Exception), (store_error, Exception)):
        found = make(kind, "It said so.", advice=advice)
        assert isinstance(found, classes) and str(found).startswith(text)
    assert str(store_error("disk_full", "x", advice="y")) == "x. y"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("FATAL: too many connections", "overloaded"),
        ("remaining connection slots are reserved", "overloaded"),
        ('password authentication failed for user "ann"', "credentials"),
        ("fe_sendauth: no password supplied", "credentials"),
        ("no pg_hba.conf entry for host", "credentials"),
        ("Access denied for user", "credentials"),
        ("Login failed for user", "credentials"),
        ("SSL error: certificate verify failed", "credentials"),
        ('role "ann" does not exist', "credentials"),
        ("permission denied for database", "right"),
        ("user ann is not permitted to log in", "right"),
        ('database "shop" does not exist', "undefined"),
        ("Unknown database 'shop'", "undefined"),
        ("server does not support SSL", "refused"),
        ('invalid port number: "x"', "refused"),
        ("definition of service not found", "refused"),
        ("could not connect to server: Connection refused", "connection"),
        ("", "connection"),
    ],
)
def test_why_a_server_lets_nobody_in_is_told_by_its_words(text: str, kind: str) -> None:
    """In any case; what says nothing of it is a server out of reach, which may come back."""
    assert refusal_kind(text) == refusal_kind(text.upper()) == refusal_kind(text.lower()) == kind


def test_a_connection_that_cannot_be_made_says_what_to_look_at() -> None:
    """The server, or the settings."""
    away = connecting_error("connection", "postgres at host", "timed out", "the password")
    assert isinstance(away, DestinationConnectionError) and str(away).startswith(
        "postgres at host: no connection: timed"
    )
    refused = connecting_error("credentials", "postgres at host", "no", "the password")
    assert str(refused) == "postgres at host: the connection is refused: no. Check the password."
    assert isinstance(store_error("timeout", "x"), DestinationTransientException)
    assert isinstance(store_error("undefined", "x"), DestinationTerminalException)
