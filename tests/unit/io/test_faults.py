"""What an error of a file system means: whether another try may help, and that no secret of it is shown."""

from __future__ import annotations

import errno
from typing import Any

import pytest

from dlt.errors import (
    ConfigurationValueError,
    DestinationException,
    DestinationTerminalException,
    DestinationTransientException,
)
from dlt.io.faults import secrets_of, translated


class Client(Exception):
    """An error as boto raises it."""

    def __init__(self, status: int, code: str = "Other") -> None:
        super().__init__(f"An error occurred ({code})")
        self.response = {"ResponseMetadata": {"HTTPStatusCode": status}, "Error": {"Code": code}}


class Azure(Exception):
    """An error as the client of Azure raises it."""

    def __init__(self, status: int, text: str = "x") -> None:
        super().__init__(text)
        self.status_code = status


class Google(Exception):
    """An error as gcsfs raises it, whose code may be a text."""

    def __init__(self, code: Any, text: str = "x", retryable: bool = False) -> None:
        super().__init__(text)
        self.code, self.retryable = code, retryable


def named(name: str) -> Exception:
    """Return an error of a class of this name."""
    return type(name, (Exception,), {})("x")


def caused(cause: Exception, error: Exception | None = None, implicit: bool = False) -> Exception:
    """Return an error that another one caused."""
    made = error or OSError("it went wrong")
    if implicit:
        made.__context__ = cause
    else:
        made.__cause__ = cause
    return made


def meaning(error: Exception, **options: Any) -> DestinationException:
    """Return what an error is turned into."""
    with pytest.raises(DestinationException) as caught, translated("s3://bucket/a", **options):
        raise error
    assert caught.value.__cause__ is error and str(caught.value).startswith("s3://bucket/a: ")
    return caught.value


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (OSError(errno.ENOSPC, "x"), "disk_full"),
        (OSError(errno.EDQUOT, "x"), "disk_full"),
        (caused(OSError(errno.ENOSPC, "x")), "disk_full"),
        (OSError(errno.EROFS, "x"), "read_only"),
        (PermissionError("x"), "right"),
        (OSError(errno.EACCES, "x"), "right"),
        (caused(PermissionError("x")), "right"),
        (caused(PermissionError("x"), implicit=True), "right"),
        (Client(401), "right"),
        (Client(403), "right"),
        (Azure(403), "right"),
        (Google(403), "right"),
        (Google("403"), "right"),
        (OSError("Forbidden: https://x"), "right"),
        *[(named(name), "right") for name in ("NoCredentialsError", "ProfileNotFound", "ClientAuthenticationError")],
        *[(named(name), "right") for name in ("DefaultCredentialsError", "RefreshError", "TokenRetrievalError")],
        (caused(named("PartialCredentialsError")), "right"),
        (Google(403, retryable=True), "connection"),
        (Google(403, "Rate Limit Exceeded"), "connection"),
        (caused(Google(403, retryable=True)), "connection"),
        (ValueError("x"), "refused"),
        *[(Client(status), "refused") for status in (301, 307, 400, 405, 501)],
        (Client(400, "RequestTimeout"), "connection"),
        (Client(400, "BadDigest"), "connection"),
        (Client(400, "IncompleteBody"), "connection"),
        (Client(400, "XAmzContentSHA256Mismatch"), "connection"),
        (Client(404), "connection"),
        (FileNotFoundError("x"), "connection"),
        *[(Client(status), "connection") for status in (408, 429, 500, 502, 503, 504)],
        (Google("ECONNRESET"), "connection"),
        (ConnectionResetError("x"), "connection"),
        (TimeoutError("x"), "connection"),
        (OSError("x"), "connection"),
        (KeyError("x"), "connection"),
    ],
    ids=lambda part: part if isinstance(part, str) else f"{type(part).__name__}-{part}"[:40],
)
def test_every_error_has_a_kind(error: Exception, kind: str) -> None:
    """By its class, its number, its status, or that of what caused it; most may pass."""
    found = meaning(error)
    assert found.kind == kind
    transient = kind in ("disk_full", "connection")
    assert isinstance(found, DestinationTransientException if transient else DestinationTerminalException)
    advice = {"right": "Check the credentials", "refused": "Check bucket_url", "disk_full": "Free or add space"}
    assert advice.get(kind, "") in str(found)


def test_a_cause_that_is_hidden_is_no_cause() -> None:
    """Whoever raises `from None` says that it has nothing to do with it."""
    error = caused(PermissionError("x"), implicit=True)
    error.__suppress_context__ = True
    assert meaning(error).kind == "connection"


def test_a_chain_that_leads_back_ends() -> None:
    """Two errors that name each other are two errors."""
    one, other = OSError("one"), OSError("other")
    one.__cause__, other.__cause__ = other, one
    assert meaning(one).kind == "connection"


@pytest.mark.parametrize("error", [FileNotFoundError("x"), Client(404), Azure(404), Google(404), Google("404")])
def test_nothing_but_a_bucket_is_missed_by_who_writes(error: Exception) -> None:
    """Its advice is to create it; who reads misses a file, which may come."""
    found = meaning(error, writing=True)
    assert found.kind == "undefined" and "there is no such bucket" in str(found) and "bucket_url" in str(found)
    assert meaning(error).kind == "connection"


def test_an_answer_that_is_asked_for_is_left_as_it_is() -> None:
    """That a file is not there, or what the caller knows."""
    with pytest.raises(FileNotFoundError), translated("x", missing=True):
        raise FileNotFoundError
    assert meaning(PermissionError("x"), missing=True).kind == "right"
    with pytest.raises(KeyError), translated("x", passing=(KeyError, TypeError)):
        raise KeyError
    assert meaning(ValueError("x"), passing=(KeyError,)).kind == "refused"


@pytest.mark.parametrize("error", [ConfigurationValueError("ours"), ImportError("s3fs"), KeyboardInterrupt()])
def test_errors_of_our_own_are_left_as_they_are(error: BaseException) -> None:
    """They say already what to do."""
    with pytest.raises(type(error)) as caught, translated("x"):
        raise error
    assert caught.value is error


def test_no_error_is_none() -> None:
    """What the block does is done."""
    with translated("x"):
        found = 1
    assert found == 1


def test_secrets_are_not_shown() -> None:
    """Those of the file system, and those in addresses; only the first line of an answer is told."""
    error = OSError("key hidden-key at https://ann:pass-word@host/\nwith more")
    text = str(meaning(error, secrets=("hidden-key",)))
    assert "hidden-key" not in text and "pass-word" not in text and "with more" not in text and "OSError" in text


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ({}, ()),
        ({"secret": "long-enough"}, ("long-enough",)),
        ({"secret": "eight-le"}, ("eight-le",)),
        ({"secret": "seven-l"}, ()),
        ({"key": "AKIA-long-enough"}, ()),
        ({"secret": b"long-enough"}, ()),
        ({"secret": 123456789}, ()),
        ({"endpoint_url": "https://long-enough"}, ()),
        ({"token": "google_default"}, ()),
        ({"token": "anonymous"}, ()),
        ({"token": "another-one"}, ("another-one",)),
        ({"client_kwargs": {"aws_secret_access_key": "long-enough"}, "password": "another-one"},
         ("long-enough", "another-one")),
    ],
    ids=str,
)  # fmt: skip
def test_secrets_of_a_file_system_are_known_by_their_names(arguments: Any, found: tuple[str, ...]) -> None:
    """However deep they are; very short texts would hide parts of words."""
    result = secrets_of(arguments)
    if "key" in arguments:
        # an access key is no secret, or is one by its name: either way it is a text that was given
        assert set(result) <= {"AKIA-long-enough"}
        return
    assert result == found
