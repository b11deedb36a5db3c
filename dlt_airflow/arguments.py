"""Arguments that may be secret: hidden in logs and in what Airflow shows of a task."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Generic, TypeVar, overload
from urllib.parse import unquote

from airflow.providers.common.compat import sdk

if TYPE_CHECKING:
    from typing_extensions import Self

    from dlt.types import JsonObject

Value = TypeVar("Value")

_SOURCES = re.compile(r"\bconn\b|\bvar\b|get_connection|Variable")
"""What a template says that takes a value from where Airflow keeps secrets."""
_LEAST = 5
"""Airflow hides no text that is shorter."""
_hidden: dict[str, None] = {}
_PASSWORD = re.compile(r"://[^/?#\s'\"@:]*:([^/?#\s'\"]+)@")


class _Field(Generic[Value]):
    """A field of an operator that does something when it is set."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, task: None, owner: type | None = None) -> Self: ...
    @overload
    def __get__(self, task: object, owner: type | None = None) -> Value: ...

    def __get__(self, task: object, owner: type | None = None) -> Self | Value:
        if task is None:
            return self
        try:
            found: Value = task.__dict__[self._name]
        except KeyError:
            # Airflow asks for the fields of an operator that is not ready, and takes this error for "not yet"
            raise AttributeError(self._name) from None
        return found


class Hidden(_Field[Value]):
    """A field of an operator: what its templates take from connections and variables is hidden once it is rendered."""

    def __set__(self, task: object, value: Value) -> None:
        before = task.__dict__.get(self._name)
        task.__dict__[self._name] = value
        # set for the first time it is the template; set again it was rendered
        if before is not None and before is not value:
            hide(before, value)


class Shown:
    """Tokens or a report that came from another task, with the short text that Airflow shows instead of their JSON."""

    def __init__(self, value: Mapping[str, object] | list[object]) -> None:
        self.value = value

    def serialize(self) -> str:
        """Return the text."""
        items = [self.value] if isinstance(self.value, Mapping) else list(self.value)
        return "; ".join(_told(dict(item)) for item in items if isinstance(item, Mapping)) or "nothing"

    __str__ = serialize


class Handed(_Field[object]):
    """A field of an operator: what other tasks returned."""

    def __set__(self, task: object, value: object) -> None:
        if isinstance(value, Sequence) and not isinstance(value, str):
            # what mapped tasks returned is fetched when it is asked for, which works while the task runs only
            value = list(value)
        task.__dict__[self._name] = Shown(value) if isinstance(value, (Mapping, list)) else value


def handed(value: object) -> object:
    """Return what another task returned, of a field that shows it."""
    return value.value if isinstance(value, Shown) else value


def _told(item: JsonObject) -> str:
    packages = item.get("packages") or []
    ids = item.get("load_ids") or [package.get("load_id") for package in packages]
    rows: dict[str, int] = dict(item.get("rows") or {})
    for package in packages:
        for table, count in (package.get("rows") or {}).items():
            rows[table] = rows.get(table, 0) + count
    what = " ".join(filter(None, (str(item.get("pipeline_name")), item.get("chunk"), item.get("stage") or "loaded")))
    counted = ", ".join(f"{table} {count}" for table, count in rows.items()) or "nothing"
    return f"{what}: {counted} ({', '.join(map(str, ids)) or 'no package'})"


def hide(template: object, value: object) -> None:
    """Hide what a template took from a connection or variable, and passwords in addresses.

    Args:
        template: The field before it was rendered.
        value: The field after it.
    """
    if isinstance(value, Mapping):
        known = template if isinstance(template, Mapping) else {}
        for key, inner in value.items():
            hide(known.get(key, template if isinstance(template, str) else None), inner)
    elif isinstance(value, (list, tuple)):
        # a template that is one text may have made the list
        whole = template if isinstance(template, str) else None
        same = isinstance(template, (list, tuple)) and len(template) == len(value)
        templates = template if isinstance(template, (list, tuple)) and same else [whole] * len(value)
        for before, inner in zip(templates, value, strict=True):
            hide(before, inner)
    elif isinstance(value, str) and value:
        if isinstance(template, str) and takes_secrets(template):
            hide_text(value)
        for password in _PASSWORD.findall(value):
            hide_text(password)
            # drivers show a password as it is, addresses show it escaped
            hide_text(unquote(password))


def hide_text(text: str) -> None:
    """Hide a text in logs, in what Airflow shows of tasks, and in errors.

    Args:
        text: The text.
    """
    sdk.mask_secret(text)
    if len(text) >= _LEAST:
        _hidden[text] = None


def hidden() -> list[str]:
    """Return what was hidden in this process: errors leave it by other ways than the logs in which Airflow hides it."""
    return list(_hidden)


def names_secret(name: str) -> bool:
    """Tell whether a key of this name holds a secret."""
    # imported at use: most files of DAGs have no arguments to look at
    from dlt.secret_words import may_be_secret_name

    return may_be_secret_name(name) or "sas" in re.split("[^a-z]+", name.lower())


def tells_secrets(arguments: Mapping[str, object]) -> bool:
    """Tell whether the text of arguments holds secrets: by their names, their templates, or passwords in addresses."""
    # a template may be anywhere in a nested value
    text = ",".join(map(str, arguments.values()))
    return takes_secrets(text) or _PASSWORD.search(text) is not None or _names_one(arguments)


def _names_one(value: object) -> bool:
    if isinstance(value, Mapping):
        return any(names_secret(str(key)) or _names_one(inner) for key, inner in value.items())
    return isinstance(value, (list, tuple)) and any(_names_one(inner) for inner in value)


def takes_secrets(template: str) -> bool:
    """Tell whether a template takes something from where Airflow keeps secrets."""
    return "{" in template and _SOURCES.search(template) is not None


def is_masked(text: str) -> bool:
    """Tell whether a text holds what Airflow hides in logs."""
    return bool(sdk.redact(text) != text)
