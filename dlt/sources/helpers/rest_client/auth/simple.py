"""Credentials that are sent as they are: a token, a key, a name with a password."""

from __future__ import annotations

from base64 import b64encode
from typing import get_args
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from requests import PreparedRequest
from requests.auth import AuthBase

from dlt.configuration.spec import CredentialsConfiguration, configspec
from dlt.configuration.values import TSecretStrValue
from dlt.errors import NativeValueError, ValueErrorWithKnownValues
from dlt.redact import remember
from dlt.sources.helpers.rest_client.typing import TApiKeyLocation


@configspec
class AuthConfigBase(AuthBase, CredentialsConfiguration):
    """Base of all credentials of clients; a program's own ones change the request in `__call__`."""

    def __bool__(self) -> bool:
        # requests leaves out what is false, as a mapping without fields is
        return True

    # as an object, not by its fields: requests keeps them in places where equal ones would be one
    __hash__ = object.__hash__

    def _needed(self, name: str) -> str:
        """Return a field without which nothing can be sent.

        Args:
            name: Name of the field.

        Raises:
            ValueError: it has no value, or one that no header can hold.
        """
        value = self.get(name)
        if not isinstance(value, str) or not value:
            raise ValueError(
                f"{type(self).__name__}: {name} has no value. Pass it, or let dlt.secrets give it to the "
                "parameter of a source or resource."
            )
        if "\n" in value or "\r" in value:
            raise ValueError(
                f"{type(self).__name__}: {name} has a line break in it, which no header can hold. Was it read from a "
                "file? Then strip() it."
            )
        remember({name: value})
        return value


@configspec
class BearerTokenAuth(AuthConfigBase):
    """Send a token: `Authorization: Bearer TOKEN`.

    Args:
        token: The token.
    """

    token: TSecretStrValue = None  # type: ignore[assignment] # None means that it comes from the configuration

    def parse_native_representation(self, native_value: object) -> None:
        """Take the token as it is.

        Args:
            native_value: The token.

        Raises:
            NativeValueError: it is no text.
        """
        self.token = _text(self, "token", native_value)

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Put the token into the request."""
        request.headers["Authorization"] = f"Bearer {self._needed('token')}"
        return request


@configspec
class APIKeyAuth(AuthConfigBase):
    """Send a key in a header, in a cookie or in the URL.

    Args:
        name: Name of the header, the cookie or the parameter.
        api_key: The key.
        location: `header`, `cookie`, or `query`, also called `param`.
    """

    name: str = "Authorization"
    api_key: TSecretStrValue = None  # type: ignore[assignment] # None means that it comes from the configuration
    location: TApiKeyLocation = "header"

    def __post_init__(self) -> None:
        """Check the place.

        Raises:
            ValueError: there is no such place.
        """
        if self.location not in get_args(TApiKeyLocation):
            raise ValueErrorWithKnownValues("APIKeyAuth.location", self.location, get_args(TApiKeyLocation))

    def parse_native_representation(self, native_value: object) -> None:
        """Take the key as it is.

        Args:
            native_value: The key.

        Raises:
            NativeValueError: it is no text.
        """
        self.api_key = _text(self, "api_key", native_value)

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Put the key into the request, once."""
        key = self._needed("api_key")
        if self.location == "header":
            request.headers[self.name] = key
        elif self.location == "cookie":
            others = [part for part in str(request.headers.get("Cookie", "")).split("; ") if part]
            kept = [part for part in others if part.partition("=")[0] != self.name]
            request.headers["Cookie"] = "; ".join([*kept, f"{self.name}={key}"])
        else:
            parts = urlsplit(str(request.url or ""))
            # a link that the server made may hold it already; other parameters stay as they are written
            kept = [pair for pair in parts.query.split("&") if pair and parse_qsl(pair, True)[0][0] != self.name]
            query = "&".join([*kept, urlencode({self.name: key})])
            request.url = urlunsplit(parts._replace(query=query))
        return request


@configspec
class HttpBasicAuth(AuthConfigBase):
    """Send a name and a password.

    Args:
        username: The name.
        password: The password.
    """

    username: str = None  # type: ignore[assignment] # None means that it comes from the configuration
    password: TSecretStrValue = None  # type: ignore[assignment] # the same

    def parse_native_representation(self, native_value: object) -> None:
        """Take both from `name:password`, or from a list of them.

        Args:
            native_value: The text or the list.

        Raises:
            NativeValueError: it is neither.
        """
        if isinstance(native_value, str) and native_value.lstrip().startswith("{"):
            super().parse_native_representation(native_value)
            return
        parts: list[object] = []
        if isinstance(native_value, str) and ":" in native_value:
            name, _, password = native_value.partition(":")
            parts = [name, password]
        elif isinstance(native_value, (list, tuple)):
            parts = list(native_value)
        if len(parts) != 2 or not all(isinstance(part, str) for part in parts):
            raise NativeValueError(
                f"{type(self).__name__}: found a {type(native_value).__name__} that is no name with a password. Give "
                "'name:password', or a list of both.",
            )
        self.username, self.password = str(parts[0]), str(parts[1])

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Put both into the request."""
        # services that want a key only take it as the name, or as the password, beside nothing
        if self.username is None or self.password is None:
            self._needed("username" if self.username is None else "password")
        encoded = b64encode(f"{self.username}:{self.password}".encode()).decode()
        request.headers["Authorization"] = f"Basic {encoded}"
        return request


def _text(auth: AuthConfigBase, name: str, value: object) -> str:
    if not isinstance(value, str):
        raise NativeValueError(
            f"{type(auth).__name__}: found a {type(value).__name__}, expected the {name} as text.",
        )
    return value
