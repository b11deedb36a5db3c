"""Connections and Variables of Airflow as configuration of dlt. Used in tasks only.

A task sees what it was given and nothing else, so pipelines do not share secrets. All of it is looked up once, when
the task starts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import tomlkit
from airflow.providers.common.compat import sdk

from dlt.configuration import container, get_value
from dlt.configuration.providers.memory import MemoryProvider
from dlt.errors import SpecInvalid
from dlt.types import JsonObject
from dlt_airflow.arguments import hide_text, names_secret
from dlt_airflow.kinds import given, kind_of

if TYPE_CHECKING:
    from airflow.sdk import Connection

# to hide a host or a region would blot out words of every log
_OPEN = {
    *("host", "port", "database", "schema", "username", "drivername", "project_id", "location", "region_name"),
    *("bucket_url", "endpoint_url", "dataset_name", "type", "client_email", "token_uri", "auth_uri"),
    *("base_url", "azure_storage_account_name", "sftp_username"),
}
ConnIds = str | Sequence[str] | Mapping[str, str] | None


def configuration(conn_ids: ConnIds = None, variables: str | Sequence[str] | None = None) -> JsonObject:
    """Return the configuration of a task: what its connections, its variables and `[dlt]` of Airflow say.

    Args:
        conn_ids: Ids of connections; a dict says under which key the credentials of each one stand.
        variables: Names of variables that hold configuration as TOML or JSON.
    """
    values = collect(conn_ids, variables)
    places = _places()
    if places:
        _merge(values, {"handoff": places})
    return values


@contextmanager
def configured(values: JsonObject) -> Iterator[None]:
    """Let dlt find values for the length of a block.

    Args:
        values: What `configuration` returned.
    """
    # what a connection or variable says of the log comes before our wish
    values = {**values, "runtime": {**_log_settings(), **values.get("runtime", {})}}
    # the next task of this process must not see them
    with _provider().holding(values):
        yield


def _log_settings() -> JsonObject:
    """Return settings by which messages go to the task's log only: Airflow takes what is on stderr for errors."""
    wanted = {"user_log": False, "log_level": "INFO"}
    return {key: value for key, value in wanted.items() if get_value(key, sections=("runtime",), default=None) is None}


def _places() -> JsonObject:
    """Return where packages are on this worker. It is no part of the spec, which travels to other workers."""
    found = {"url": setting("handoff_url"), "work_dir": setting("work_dir")}
    return {key: value for key, value in found.items() if value}


def setting(name: str) -> str | None:
    """Return a setting of the section `[dlt]`, or None.

    Args:
        name: Name of the setting.
    """
    return sdk.conf.get("dlt", name, fallback=None) or None


@cache
def _memory() -> MemoryProvider:
    return MemoryProvider("Airflow connections and variables")


def _provider() -> MemoryProvider:
    found = _memory()
    # a program, or a test, may have put other providers in its place
    if found not in container.asked(True):
        container.register_provider(found)
    return found


def collect(conn_ids: ConnIds, variables: str | Sequence[str] | None) -> JsonObject:
    """Look up connections and variables, hide their secrets in logs, and return what they say.

    Args:
        conn_ids: Ids of connections.
        variables: Names of variables.

    Raises:
        SpecInvalid: a variable is neither TOML nor JSON, or a connection is of a kind whose place is not known.
    """
    found: JsonObject = {}
    for name in [variables] if isinstance(variables, str) else list(variables or ()):
        _merge(found, variable_document(name, sdk.Variable.get(name)))
    for section, conn_id in _pairs(conn_ids):
        connection = sdk.BaseHook.get_connection(conn_id)
        values = values_of(connection)
        _hide(values, True)
        if connection.conn_type == "dlt" and section is None:
            _merge(found, values)
            continue
        # a type that dlt has one destination for tells by itself where it goes
        place = section or kind_of(connection).place
        if place is None:
            raise SpecInvalid(
                f"connection {conn_id}: credentials of the type {connection.conn_type!r} have no place of their own. "
                f"Say where they go: conn_ids={{'destination.NAME.credentials': '{conn_id}'}}, or make it a connection "
                "of the type dlt."
            )
        _merge(found, {place: values})
    return found


def variable_document(name: str, text: str) -> JsonObject:
    """Return what a variable says, its secrets hidden in logs.

    Args:
        name: Its name.
        text: TOML or JSON.

    Raises:
        SpecInvalid: it is neither.
    """
    document = _document(f"variable {name}", text)
    _hide(document, False)
    return document


def _pairs(conn_ids: ConnIds) -> list[tuple[str | None, str]]:
    if conn_ids is None:
        return []
    if isinstance(conn_ids, Mapping):
        return [(section, conn_id) for section, conn_id in conn_ids.items()]
    return [(None, conn_id) for conn_id in ([conn_ids] if isinstance(conn_ids, str) else conn_ids)]


def values_of(connection: Connection) -> JsonObject:
    """Return what a connection says, as dlt names it.

    Args:
        connection: A connection of the type dlt, or of a database or cloud.
    """
    if connection.conn_type == "dlt":
        extra = dict(connection.extra_dejson or {})
        # the form of Airflow 3 has all of it as one text
        text = extra.pop("secret_config", None)
        _merge(extra, _of_form(connection.conn_id, extra))
        if text:
            _merge(extra, _document(f"connection {connection.conn_id}", text))
        return extra
    return kind_of(connection).values()


def _of_form(conn_id: str, extra: JsonObject) -> JsonObject:
    """Take the fields of a destination out of what the form gave; return where they stand."""
    filled = {name: extra.pop(f"destination_{name}", None) for name in ("name", "credentials", "bucket_url")}
    if not any(filled.values()):
        return {}
    name = filled.pop("name")
    if not name:
        raise SpecInvalid(
            f"connection {conn_id}: it has {', '.join(key for key, value in filled.items() if value)} and does not say "
            "of which destination. Fill in the field Destination."
        )
    found = given(filled)
    text = str(found.get("credentials") or "")
    if text.lstrip().startswith("{"):
        found["credentials"] = _document(f"connection {conn_id}", text)
    return {"destination": {name: found}}


def _document(name: str, text: str) -> JsonObject:
    try:
        found = json.loads(text) if text.lstrip().startswith("{") else tomlkit.parse(text).unwrap()
    except ValueError as error:
        # the text may hold secrets, so it is not shown
        raise SpecInvalid(f"{name}: it is neither TOML nor JSON. {type(error).__name__}") from None
    return dict(found)


def _merge(target: JsonObject, more: Mapping[str, object]) -> None:
    for key, value in more.items():
        head, _, rest = key.partition(".")
        # keys may be dotted, as in TOML and in the form
        value = {rest: value} if rest else value
        if isinstance(value, Mapping):
            inner = target.get(head)
            if not isinstance(inner, dict):
                inner = target[head] = {}
            _merge(inner, value)
        else:
            target[head] = value


def _hide(document: object, secret: bool) -> None:
    """Hide texts in logs: all of a connection but what is public, and of a variable what its key says to be secret."""
    if isinstance(document, Mapping):
        for name, value in document.items():
            below = secret or names_secret(str(name))
            _hide(value, below and str(name).lower().rpartition(".")[2] not in _OPEN)
    elif isinstance(document, (list, tuple)):
        for value in document:
            _hide(value, secret)
    elif secret and isinstance(document, str) and document:
        hide_text(document)
        if "://" in document:
            _hide_password(document)


def _hide_password(url: str) -> None:
    try:
        password = urlsplit(url).password
    except ValueError:
        return
    if password:
        hide_text(password)
        # as a driver shows it
        hide_text(unquote(password))
