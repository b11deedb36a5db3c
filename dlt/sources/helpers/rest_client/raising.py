"""Errors of answers: what failed, where, and what to do, without secrets."""

from __future__ import annotations

from typing import Any

import requests as _requests
from requests import Response

from dlt.configuration.resolve import resolve_configuration
from dlt.configuration.runtime import RuntimeConfiguration
from dlt.redact import redact
from dlt.sources.helpers.rest_client.redaction import sanitize_url

_ADVICE = {
    401: "The server did not accept the credentials: they are wrong, have expired, or were not sent. Check auth.",
    403: "The credentials may not do this. Check their scopes, and whether a limit is used up.",
    429: "The server is asked too often. Set rate_limit of the client, or request_max_attempts.",
}


def _dlt_raise_for_status(
    response: Response, show_error_body: bool, max_error_body_length: int, *args: Any, **kwargs: Any
) -> None:
    """Raise HTTPError for an answer of 400 and above; its text shows no secret.

    Args:
        response: The answer.
        show_error_body: Show what the server says.
        max_error_body_length: How much of it, in characters.
        *args: What `requests` gives to hooks.
        **kwargs: The same.

    Raises:
        requests.HTTPError: it is one.
    """
    del args, kwargs
    status = response.status_code
    if not 400 <= status < 600:
        return
    kind = "Client" if status < 500 else "Server"
    text = f"{status} {kind} Error: {_reason(response.reason)} for url: {sanitize_url(str(response.url))}"
    if status in (401, 403) and vars(response.request or response).get("is_stripped"):
        text += (
            "\nCredentials, headers and cookies were not sent: the link or redirect that leads here names another host "
            "than the one with which the program began. If it is to be trusted, begin there."
        )
    elif status in _ADVICE:
        text += f"\n{_ADVICE[status]}"
    if show_error_body:
        body = response.text
        cut = body[:max_error_body_length]
        text += f"\nResponse body: {cut}{'... (truncated)' if len(body) > len(cut) else ''}"
    raise _requests.HTTPError(redact(text), response=response, request=response.request)


def raise_for_status(response: Response, *args: Any, **kwargs: Any) -> None:
    """Raise HTTPError for an answer of 400 and above, as the section `runtime` says how.

    Args:
        response: The answer.
        *args: What `requests` gives to hooks.
        **kwargs: The same.

    Raises:
        requests.HTTPError: it is one.
    """
    if response.status_code >= 400:
        config = resolve_configuration(RuntimeConfiguration())
        _dlt_raise_for_status(response, config.http_show_error_body, config.http_max_error_body_length, *args, **kwargs)


def _reason(reason: object) -> str:
    if isinstance(reason, bytes):
        # some servers write it in their own language
        try:
            return reason.decode("utf-8")
        except UnicodeDecodeError:
            return reason.decode("iso-8859-1")
    return str(reason or "")
