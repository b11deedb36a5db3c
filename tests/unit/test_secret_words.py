"""One place knows the words that say that a value beside them is a secret."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import dlt
from dlt.io.faults import secrets_of
from dlt.secret_words import is_secret_name, may_be_secret_name

SURE = [
    "password",
    "PASSWD",
    "db_password",
    "api_key",
    "x-api-key",
    "apikey",
    "account_key",
    "sas_token",
    "client_secret",
    "mypasswords",
]
MAYBE = ["credentials", "apitokens", "tokens", "authorizations"]
NEVER = ["key_id", "name", "monkey", "bucket_url", "region", "endpoint", "id", "primary_key", "passed", "author"]


@pytest.mark.parametrize("name", [*SURE, *MAYBE])
def test_words_of_secrets_are_found(name: str) -> None:
    """A name that may be a secret's is kept back; one that is sure counts for both questions."""
    assert may_be_secret_name(name)
    assert is_secret_name(name) == (name in SURE)


@pytest.mark.parametrize("name", NEVER)
def test_names_that_only_look_alike_are_shown(name: str) -> None:
    """Keys of tables, ids and places are no secrets."""
    assert not is_secret_name(name) and not may_be_secret_name(name)


def test_arguments_of_file_systems_give_their_secrets_however_deep() -> None:
    """Nested options too; what only names a way to sign in is no secret."""
    given = {
        "key": "AKIAEXAMPLE0",
        "secret": "s3cr3t-value",
        "token": "google_default",
        "client_kwargs": {"aws_session_token": "session-value", "endpoint_url": "http://localhost:9000"},
        "config_kwargs": {"password": "short"},
    }
    assert secrets_of(given) == ("AKIAEXAMPLE0", "s3cr3t-value", "session-value")


def test_no_other_module_has_a_list_of_such_words() -> None:
    """A pattern or list of words with "passw" and "token" in it stands in one module, and in the patterns around it."""
    root = Path(dlt.__file__).parent
    found = {
        path.relative_to(root).as_posix()
        for path in root.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and {"passw", "secret", "token"} <= _words(node)
    }
    assert found <= {"secret_words.py", "redact.py"}


def _words(node: ast.Constant) -> set[str]:
    return {word for word in ("passw", "secret", "token") if word in str(node.value).lower() and "|" in str(node.value)}
