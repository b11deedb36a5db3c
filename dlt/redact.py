"""Secrets leave no trace: one place that knows them, by value and by the words beside them, and takes them out of text.

Values become known where they are read or given: in the configuration, in credentials, in URLs. What is not known by
its value is told by its place: the password in a URL, a parameter named `api_key`, a bearer token.
"""

from __future__ import annotations

import json
import os
import re
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Protocol, runtime_checkable
from urllib.parse import parse_qsl, quote, quote_plus, unquote

from dlt.secret_words import SECRET_NAMES, is_place_name, is_secret_name

MASK = "***"
_MOST_KNOWN = 1024
_MOST_KEYS = 200
"""Larger documents are data, and not settings."""
_LONGEST = 1 << 16
"""Longer texts are no secrets."""
_MIN_LENGTH = 5
"""Shorter texts stand in other words by chance; in URLs and beside the words below they are hidden all the same."""
_WHOLE_WORD = 8
"""Texts below this length are hidden only where they are a word."""
# passwords of databases on a developer's machine, which are names of other things as well
_COMMON = {"admin", "bigquery", "default", "duckdb", "false", "loader", "minio", "minioadmin", "none", "null"}
_COMMON |= {"password", "postgres", "public", "redshift", "secret", "token", "true", "user", "username"}
# kinds of authentication, which stand where a secret could
_COMMON |= {"api_key", "basic", "bearer", "http_basic", "oauth2_client_credentials"}

# texts, not compiled patterns: `re` compiles and keeps a pattern at its first use, and most programs use none of them
_LOGIN = r"(?i)([a-z][a-z0-9+.-]{0,40}://[^\s/?#:@'\"]*):([^\s/?#'\"]+)@"
_LOGIN_TOKEN = r"(?i)(https?://)[^\s/?#:@'\"]+@"
_PARAMETER = (
    r"(?i)([?&;][^=&;\s'\"]*(?:key|token|secret|passw|pwd|sig|auth|cred|session|jwt)[^=&;\s'\"]*=)"
    # what is hidden already, also before the line break of a repr
    r"(?!\*\*\*(?:[&;\s'\"<>)\\]|$))[^&;\s'\"<>)]+"
)
_ASSIGNED = (
    rf"(?i)(?<![\w.-])([\w.-]*(?:{SECRET_NAMES})['\"]?(?:\s*=\s*|(?<=['\"])\s*:\s*))"
    r"(?:[bru]?'[^'\n]+'|[bru]?\"[^\"\n]+\"|(?<==)(?!None\b|True\b|False\b|dlt\.|\*\*\*\\)[^\s,;&'\"()\[\]{}]{4,})"
)
_HEADER = r"(?i)((?:authorization|cookie|x-api-key):)(?!\s*\*)[^'\"\n]+"
_BEARER = r"(?i)(bearer\s+)[\w.~+/=-]{12,}"
_SCHEME = r"(?i)(?:bearer|basic|token)\s+(\S+)$"
_PAIR = r"([\w-]+)\s*=\s*'?([^\s;']+)"
"""What connection strings of libpq, with blanks, and of Azure, with semicolons, are made of."""
_ADDRESS = r"(?i)[a-z][a-z0-9+.-]*://|[a-z][a-z0-9]+:[^\s?]*\?\w+=|(?:[\w-]+\s*=\s*[^\s;]+[\s;]+)+[\w-]+\s*="
"""Such a text is no secret as a whole: its host and its database may be shown."""
_FILES = (".duckdb", ".db", ".sqlite", ".sqlite3", ".json", ".toml", ".parquet")
_PEM = r"(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*-----|\Z)"
_HINTS: tuple[str, ...] = ("passw", "passphrase", "pwd", "secret", "key", "token", "auth", "cookie", "connection")
_HINTS += ("sig", "cred", "bearer", "session", "jwt")
"""The patterns need one of these words; most texts have none, and are not searched."""


@runtime_checkable
class Group(Protocol):
    """Several errors in one, as Python 3.11 and later have it."""

    exceptions: Sequence[BaseException]


class _Known:
    """Texts that are secrets, the newest last."""

    def __init__(self) -> None:
        self._texts: dict[str, None] = {}
        self._pattern: re.Pattern[str] | None = None
        self._lock = threading.Lock()

    @property
    def texts(self) -> list[str]:
        """Return the secrets, the oldest first."""
        return list(self._texts)

    def add(self, text: str) -> None:
        """Note a secret; of very many the oldest is forgotten."""
        # the usual case, without the lock: the same values are read again and again
        if text in self._texts:
            return
        with self._lock:
            self._texts[text] = None
            # a program that asks for a new token each minute must not slow every message down
            while len(self._texts) > _MOST_KNOWN:
                del self._texts[next(iter(self._texts))]
            self._pattern = None

    def hide(self, text: str) -> str:
        """Return a text without the secrets."""
        if not self._texts:
            return text
        pattern = self._pattern
        if pattern is None:
            # made when it is needed: secrets come often, messages do not
            with self._lock:
                pattern = self._pattern = _pattern(self._texts)
        return pattern.sub(MASK, text)


_known = _Known()


def _pattern(texts: Iterable[str]) -> re.Pattern[str]:
    forms = {form for text in texts for form in _forms(text)}
    # a secret that holds another one goes first
    return re.compile("|".join(_as_pattern(form) for form in sorted(forms, key=len, reverse=True)))


def _as_pattern(text: str) -> str:
    escaped = re.escape(text)
    return escaped if len(text) >= _WHOLE_WORD else rf"(?<!\w){escaped}(?!\w)"


def _forms(text: str) -> set[str]:
    """Return how a secret may be written: as it is, in a URL, in JSON, in a repr."""
    return {text, quote(text, safe=""), quote(text), quote_plus(text), json.dumps(text)[1:-1], repr(text)[1:-1]}


def remember(value: object) -> None:
    """Note a secret, so that no text shows it from now on.

    Args:
        value: A text, or a document in which the keys tell what is secret; other types are left out.
    """
    if isinstance(value, Mapping):
        # looking through data for secrets would cost more than the run
        if len(value) <= _MOST_KEYS:
            _remember_document(value)
    elif isinstance(value, (list, tuple)):
        for item in value[:_MOST_KEYS]:
            remember(item)
    elif isinstance(value, bytes):
        remember(value.decode(errors="replace"))
    elif isinstance(value, str) and len(value) <= _LONGEST:
        _remember_text(value.strip())


def never_hide(word: str) -> None:
    """Note a word that is no secret wherever it stands, such as the name of a kind of authentication.

    Args:
        word: The word.
    """
    _COMMON.add(word.lower())


def remember_setting(name: str, value: object, is_secret: bool) -> None:
    """Note what is secret of a setting.

    Args:
        name: Its name.
        value: Its value.
        is_secret: It is declared as a secret.
    """
    # a bucket or the path of a database stands beside its password: a word such as `events` may be shown
    remember(value if is_secret and not is_place_name(name) else {name: value})


def _remember_document(document: Mapping[object, object]) -> None:
    for name, item in document.items():
        if isinstance(item, Mapping) or is_secret_name(str(name)):
            remember(item)
        elif isinstance(item, str):
            remember_url(item)
        elif isinstance(item, (list, tuple)):
            # texts of a list whose name tells nothing are no secrets; documents in it tell by their keys
            remember([{"": inner} for inner in item[:_MOST_KEYS]])


def _remember_text(text: str) -> None:
    if text.startswith("{"):
        remember(_document(text))
        return
    remember_url(text)
    # hiding a word such as `postgres` would make every message about it useless
    plain = len(text) >= _MIN_LENGTH and text.lower() not in _COMMON
    scheme = re.match(_SCHEME, text)
    if scheme is not None:
        remember(scheme.group(1))
    if plain and not re.match(_ADDRESS, text) and not _is_path(text):
        _known.add(text)


def remember_url(text: str) -> None:
    """Note the password and the secret parameters of a URL or of a connection string."""
    if len(text) > _LONGEST:
        return
    for match in re.finditer(_LOGIN, text):
        remember(unquote(match.group(2)))
    if "=" not in text:
        return
    pairs = parse_qsl(text.partition("?")[2]) + [match.groups() for match in re.finditer(_PAIR, text)]
    for name, value in pairs:
        # the text itself would only lead here again
        if value != text and is_secret_name(name):
            remember(value)


def _is_path(text: str) -> bool:
    """Tell whether a text is a file of this machine, such as that of a database."""
    folder = os.path.dirname(text)
    return (
        text.startswith(("./", "../", "~/", ":")) or text.endswith(_FILES) or (folder > "/" and os.path.isdir(folder))
    )


def _document(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return {}


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """Return a text without secrets.

    Args:
        text: What is about to leave.
        secrets: Further texts that it must not show, however short.
    """
    for secret in secrets:
        # an empty text is in every text
        for form in _forms(secret) if secret else ():
            text = text.replace(form, MASK)
    text = _known.hide(text)
    if "://" in text and "@" in text:
        text = re.sub(_LOGIN_TOKEN, rf"\1{MASK}@", re.sub(_LOGIN, rf"\1:{MASK}@", text))
    # one pass over the text, where the patterns are many
    lower = text.lower()
    if not any(hint in lower for hint in _HINTS):
        return text
    if "=" in text or ":" in text:
        text = re.sub(_HEADER, rf"\1 {MASK}", re.sub(_PARAMETER, rf"\1{MASK}", text))
        text = re.sub(_ASSIGNED, rf"\1{MASK}", text)
    text = re.sub(_BEARER, rf"\1{MASK}", text)
    return re.sub(_PEM, MASK, text) if "-----BEGIN" in text else text


def clean_document(document: Mapping[str, object], secrets: Sequence[str] = ()) -> dict[str, object]:
    """Return a document without secrets."""
    known: dict[str, str] = {}
    return {key: _cleaned(item, secrets, known) for key, item in document.items()}


def clean(value: object, secrets: Sequence[str] = ()) -> object:
    """Return dicts, lists and texts without secrets; other values as they are."""
    return _cleaned(value, secrets, {})


def _cleaned(value: object, secrets: Sequence[str], known: dict[str, str]) -> object:
    if isinstance(value, str):
        # the trace of a load of many tables says the same few things of each
        found = known.get(value)
        if found is None:
            found = known[value] = redact(value, secrets)
        return found
    # by the exact type first: asking for a mapping takes longer than all the rest, and most values are numbers
    if value is None or isinstance(value, (int, float)):
        return value
    if type(value) is dict or isinstance(value, Mapping):
        return {key: _cleaned(item, secrets, known) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_cleaned(item, secrets, known) for item in value]
    return value


# -- errors


def clean_error(error: BaseException | None, secrets: Sequence[str] = ()) -> None:
    """Take secrets out of what an error, its causes and its contexts print; where they have none, nothing changes.

    Args:
        error: The error.
        secrets: Further texts that it must not show.
    """
    for found in _linked(error):
        # an error without secrets stays the object that it was, with its arguments
        if _leaks(found, secrets):
            _clean_one(found, secrets)


def clean_current_error() -> None:
    """Do the same for the error that is being handled here: it becomes the context of the one that is made."""
    clean_error(sys.exc_info()[1])


def _linked(error: BaseException | None) -> Iterator[BaseException]:
    waiting, seen = [error], set[int]()
    while waiting:
        found = waiting.pop()
        if found is None or id(found) in seen:
            continue
        seen.add(id(found))
        yield found
        # Python prints all of these below each other
        waiting += [found.__cause__, found.__context__, *(found.exceptions if isinstance(found, Group) else ())]


def _printed(error: BaseException) -> list[str]:
    shown = []
    for form in (str, repr):
        try:
            shown.append(form(error))
        except Exception as failure:  # noqa: BLE001 - the code of the error's class failed; Python prints its type then
            shown.append(type(failure).__name__)
    return [*shown, *map(str, vars(error).get("__notes__", ()))]


def _leaks(error: BaseException, secrets: Sequence[str]) -> bool:
    return any(redact(text, secrets) != text for text in _printed(error))


def _clean_one(error: BaseException, secrets: Sequence[str]) -> None:
    # BaseException prints its arguments, OSError and others their attributes
    error.args = tuple(_clean_argument(argument, secrets) for argument in error.args)
    # OSError and SyntaxError keep these beside their `__dict__`
    names = {*vars(error), "strerror", "filename", "msg", "text"}
    for name in names:
        value = getattr(error, name, None)
        if isinstance(value, (str, list)) and clean(value, secrets) != value:
            # what cannot be set is printed by `_print_as`
            with suppress(AttributeError, TypeError):
                setattr(error, name, clean(value, secrets))
    text, represented = (redact(text, secrets) for text in _printed(error)[:2])
    if _leaks(error, secrets):
        _print_as(error, text, represented)


def _clean_argument(value: object, secrets: Sequence[str]) -> object:
    cleaned = clean(value, secrets)
    if cleaned != value or redact(repr(value), secrets) == repr(value):
        return value if cleaned == value else cleaned
    return redact(repr(value), secrets)


def _print_as(error: BaseException, text: str, represented: str) -> None:
    """Let an error print a text; it stays an instance of its class."""
    kind = type(error)
    shown = {
        "__module__": kind.__module__,
        "__qualname__": kind.__qualname__,
        "__str__": lambda _self: text,
        "__repr__": lambda _self: represented,
    }
    try:
        # a class of its own for this one error: handlers of its class still catch it
        error.__class__ = type(kind.__name__, (kind,), shown)
    except TypeError:
        # the class is written in C; these print their arguments
        error.args = (text,)
