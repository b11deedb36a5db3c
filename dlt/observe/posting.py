"""One request to a server, with an error that says why it did not arrive, and never the address."""

from __future__ import annotations

import urllib.error
import urllib.request
from email.message import Message
from http.client import HTTPException
from typing import IO

from dlt.errors import DltException
from dlt.redact import redact


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
        timeout: Seconds that the server has for each of its answers.

    Raises:
        NotDelivered: the server was not reached, did not answer in time, or refused.
    """
    request = urllib.request.Request(url, body, {"Content-Type": "application/json", "User-Agent": "dlt"})
    try:
        with urllib.request.build_opener(_NoRedirect).open(request, timeout=timeout):
            return
    except urllib.error.HTTPError as error:
        with error:
            said = error.read(200).decode(errors="replace").strip()
        raise NotDelivered(f"the server answered {error.code} {error.reason}{f': {said}' if said else ''}") from error
    except (TimeoutError, urllib.error.URLError, HTTPException, OSError) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        if isinstance(reason, TimeoutError):
            raise NotDelivered(f"the server did not answer within {timeout:g} s") from error
        # the text of a library's error may hold the address, which is a secret
        raise NotDelivered(redact(f"{type(reason).__name__}: {reason}", [url])) from error
