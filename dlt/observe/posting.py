"""One request to a server, with an error that says why it did not arrive, and never the address."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from email.message import Message
from html import escape
from http.client import HTTPException
from typing import IO
from urllib.parse import unquote

from dlt.errors import DltException
from dlt.redact import redact

_MOST_SHOWN = 250
"""Characters of a refusal that are told."""
_MOST_READ = 4000
"""Bytes of an answer that are read; more than is told, for an address may stand where it is cut."""
_SECRET_WORD = 8
"""Letters from which on a part of an address is no word of a sentence."""


class NotDelivered(DltException):
    """A server did not take a message."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Takes a redirect for the refusal that it is: followed, a message would become a request without a body."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> None:
        """Return no other request."""


def post(url: str, body: bytes, timeout: float) -> None:
    """Post a JSON document.

    Args:
        url: Where to; a secret.
        body: The document.
        timeout: Seconds that the server has to be reached, and then to answer.

    Raises:
        NotDelivered: the server was not reached, did not answer in time, or refused.
    """
    ends: list[Exception | None] = []

    def send() -> None:
        try:
            _send(url, body, timeout)
        except Exception as error:  # noqa: BLE001 - raised below, in the thread that waits
            ends.append(error)
        else:
            ends.append(None)

    # a thread of its own: the time of a socket begins anew with each byte that a server lets drop
    thread = threading.Thread(target=send, name="dlt message", daemon=True)
    thread.start()
    thread.join(2 * timeout)
    if not ends:
        raise NotDelivered(f"the server did not end its answer within {2 * timeout:g} s")
    if ends[0] is not None:
        raise ends[0]


def _send(url: str, body: bytes, timeout: float) -> None:
    try:
        request = urllib.request.Request(url, body, {"Content-Type": "application/json", "User-Agent": "dlt"})
        with urllib.request.build_opener(_NoRedirect).open(request, timeout=timeout):
            return
    except urllib.error.HTTPError as error:
        said = _said(error)
        text = redact(f"the server answered {error.code} {error.reason}{f': {said}' if said else ''}", _parts(url))
        # cut behind, as half of an address would not be known
        raise NotDelivered(text[:_MOST_SHOWN]) from error
    # what is wrong with an address is a ValueError
    except (TimeoutError, urllib.error.URLError, HTTPException, OSError, ValueError) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        if isinstance(reason, TimeoutError):
            raise NotDelivered(f"the server did not answer within {timeout:g} s") from error
        # the text of a library's error may hold the address, which is a secret
        raise NotDelivered(redact(f"{type(reason).__name__}: {reason}", _parts(url))) from error


def _said(error: urllib.error.HTTPError) -> str:
    """Return the beginning of what a server says of its refusal; nothing where that does not come."""
    with error:
        try:
            found = error.read(_MOST_READ)
        except (HTTPException, OSError):
            return ""
    # one line, as that of the log is one
    return " ".join(found.decode(errors="replace").split())


def _parts(url: str) -> list[str]:
    """Return an address, and what a server may repeat of it: its path, as a page that is not found has it."""
    _, _, behind = url.partition("://")
    _, slash, target = behind.partition("/")
    path, _, query = target.partition("?")
    words = [*path.split("/"), *(pair.rpartition("=")[2] for pair in query.split("&"))]
    found = [url, slash + target, slash + path, *(word for word in words if len(word) >= _SECRET_WORD)]
    # as it was sent, and as people write it
    forms = [form for text in found for form in (text, unquote(text), escape(text)) if len(form) > 1]
    return sorted(dict.fromkeys(forms), key=len, reverse=True)
