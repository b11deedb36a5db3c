"""The order of all places, checked against the rule on any set of places that have a value."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import tomlkit
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dlt.configuration import (
    CredentialsConfiguration,
    TSecretStrValue,
    configspec,
    get_value,
    resolve_configuration,
    section_context,
)
from dlt.errors import ConfigFieldMissingException, ValueNotSecretException

PIPELINE = "nightly"
SECTIONS = ("sources", "shop", "orders")
PATHS = [
    ("sources", "shop", "orders"),
    ("source", "shop", "orders"),
    ("sources", "shop"),
    ("source", "shop"),
    ("sources", "orders"),
    ("source", "orders"),
    ("sources",),
    ("source",),
    (),
]
KINDS = ("env", "secrets.toml", "config.toml")
PLACES = [(kind, path) for paths in ([(PIPELINE, *path) for path in PATHS], PATHS) for kind in KINDS for path in paths]


@contextmanager
def holding(places: list[tuple[str, tuple[str, ...], str]]) -> Iterator[None]:
    """Put a value that names the place into every place, under a key, for the length of a block."""
    before, folder = dict(os.environ), os.getcwd()
    with tempfile.TemporaryDirectory() as work:
        os.chdir(work)
        Path(".dlt").mkdir()
        try:
            for file in ("secrets.toml", "config.toml"):
                document: dict[str, Any] = {}
                for path, key in ((path, key) for kind, path, key in places if kind == file):
                    table = document
                    for section in path:
                        table = table.setdefault(section, {})
                    table[key] = ".".join((file, *path))
                Path(".dlt", file).write_text(tomlkit.dumps(document))
            for path, key in ((path, key) for kind, path, key in places if kind == "env"):
                os.environ["__".join((*path, key)).upper()] = ".".join(("env", *path))
            yield
        finally:
            os.chdir(folder)
            os.environ.clear()
            os.environ.update(before)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.sets(st.sampled_from(PLACES), min_size=1, max_size=8), st.booleans(), st.booleans())
def test_the_first_place_in_order_wins(places: set[tuple[str, tuple[str, ...]]], named: bool, secret: bool) -> None:
    """All places of the pipeline come before the others; in both, providers in order, paths from specific to general.

    A secret is asked for in places for secrets only; one that stands among settings alone is an error.
    """
    asked = [(kind, path) for kind, path in PLACES if named or path[:1] != (PIPELINE,)]
    expected = next((place for place in asked if place in places and not (secret and place[0] == "config.toml")), None)
    name = PIPELINE if named else ""
    with holding([(kind, path, "limit") for kind, path in sorted(places)]):
        if expected is None and secret and any(place in places for place in asked):
            with pytest.raises(ValueNotSecretException, match=r"stands in config\.toml"):
                get_value("limit", str, sections=SECTIONS, pipeline_name=name, secret=True, default="none")
            return
        found = get_value("limit", str, sections=SECTIONS, pipeline_name=name, secret=secret, default="none")
    assert found == (".".join((expected[0], *expected[1])) if expected else "none")


@configspec
class Login(CredentialsConfiguration):
    """Credentials with a secret and a plain field."""

    host: str
    key: TSecretStrValue


LOGIN_PATHS = [(PIPELINE, "destination", "pg"), (PIPELINE, "destination"), (PIPELINE,)]
LOGIN_PATHS += [path[1:] for path in LOGIN_PATHS]
LOGIN_PLACES = [
    (kind, path, field)
    for paths in (LOGIN_PATHS[:3], LOGIN_PATHS[3:])
    for kind in KINDS
    for path in paths
    for field in ("host", "key")
]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.sets(st.sampled_from(LOGIN_PLACES), min_size=1, max_size=8))
def test_fields_of_credentials_follow_the_same_order(places: set[tuple[str, tuple[str, ...], str]]) -> None:
    """Every field for itself: all of the pipeline's places first; a secret is never read from config.toml."""
    inner = [(kind, (*path, "credentials"), field) for kind, path, field in sorted(places)]
    expected = {
        field: next(
            (
                ".".join((kind, *path, "credentials"))
                for kind, path, name in LOGIN_PLACES
                if name == field and (kind, path, name) in places and not (field == "key" and kind == "config.toml")
            ),
            None,
        )
        for field in ("host", "key")
    }
    with holding(inner), section_context(pipeline_name=PIPELINE):
        if None in expected.values():
            with pytest.raises(ConfigFieldMissingException) as caught:
                resolve_configuration(Login(), sections=("destination", "pg", "credentials"))
            assert set(caught.value.fields) == {field for field, value in expected.items() if value is None}
            return
        made = resolve_configuration(Login(), sections=("destination", "pg", "credentials"))
    assert (made.host, made.key) == (expected["host"], expected["key"])
