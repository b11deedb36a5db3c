"""What the environment says of requests, such as proxies: read again only when something of it changed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from requests import Session

_VARIABLES = tuple(
    name
    for upper in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
    for name in (upper, upper.lower())
)
"""What `requests` reads; with all variables that it looks through for them, that takes a third of a request's time."""
_MOST = 1000


class Environment:
    """Arguments for sending requests, by host."""

    def __init__(self) -> None:
        self._known: dict[object, Mapping[str, Any]] = {}

    def settings(self, session: Session, url: str, options: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the arguments of `session.send` for a URL.

        Args:
            session: What sends the request.
            url: The URL.
            options: Arguments of the program, which come before all others.
        """
        proxies = options.get("proxies") or {}
        given = [options.get(name) for name in ("stream", "verify", "cert")]
        of_session = (session.trust_env, session.stream, session.verify, session.cert, *sorted(session.proxies.items()))
        host = "/".join(url.split("/", 3)[:3])
        key = (host, *given, *sorted(proxies.items()), of_session, *map(os.environ.get, _VARIABLES))
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= _MOST:
                # a program that asks a host for each of its items
                self._known.clear()
            found = self._known[key] = session.merge_environment_settings(url, dict(proxies), *given)
        return found
