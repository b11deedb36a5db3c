"""Types of the arguments of the client."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from requests import Response

HTTPMethodBasic = Literal["GET", "POST"]
HTTPMethodExtended = Literal["PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]
HTTPMethod = HTTPMethodBasic | HTTPMethodExtended
HookFunction = Callable[..., Any]
"""Takes an answer, and what `requests` adds; it returns None or an answer in its place."""
HookEvent = HookFunction | list[HookFunction]
Hooks = dict[str, HookEvent]
"""Functions by event; `response` is the only event that there is."""
TApiKeyLocation = Literal["header", "cookie", "query", "param"]

__all__ = [
    "HTTPMethod",
    "HTTPMethodBasic",
    "HTTPMethodExtended",
    "HookEvent",
    "HookFunction",
    "Hooks",
    "Response",
    "TApiKeyLocation",
]
