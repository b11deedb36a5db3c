"""URLs without secrets, for messages."""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import unquote_plus

from dlt.redact import MASK
from dlt.secret_words import is_secret_name

SENSITIVE_PARAMS = {
    "access-token",
    "access_token",
    "api-key",
    "api_key",
    "apikey",
    "client_id",
    "client_secret",
    "key",
    "password",
    "pwd",
    "secret",
    "token",
    "username",
}
"""Names of parameters that hold secrets, beside those whose names say so in other words."""


def sanitize_url(url: str, sensitive: Collection[str] | None = None) -> str:
    """Return a URL that shows neither its password nor the values of its secret parameters.

    Args:
        url: The URL.
        sensitive: Names of parameters that hold secrets, in lower case; the usual ones when None.
    """
    names = SENSITIVE_PARAMS if sensitive is None else sensitive

    def hide(match: re.Match[str]) -> str:
        name = unquote_plus(match.group(2))
        is_secret = name.lower() in names or (sensitive is None and is_secret_name(name))
        return f"{match.group(1)}{match.group(2)}={MASK}" if is_secret else match.group()

    start, mark, rest = url.partition("?")
    query, hash_sign, fragment = rest.partition("#")
    start = re.sub(r"^([a-zA-Z][\w+.-]*://)[^/@\s]+@", rf"\1{MASK}@", start)
    return start + mark + re.sub(r"(^|[&;])([^=&;#]+)=[^&;#]*", hide, query) + hash_sign + fragment
