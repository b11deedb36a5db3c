"""OAuth 2.0: tokens that are asked for with an id and a secret."""

from __future__ import annotations

from typing import Annotated, Any

from requests import PreparedRequest, Session

from dlt.configuration.spec import configspec
from dlt.configuration.values import NotResolved, TSecretStrValue
from dlt.errors import NativeValueError
from dlt.redact import remember
from dlt.sources.helpers.rest_client.auth.simple import AuthConfigBase
from dlt.sources.helpers.rest_client.auth.tokens import RenewedToken, ask_for_token, seconds_in


@configspec
class OAuth2AuthBase(AuthConfigBase):
    """Send a token of OAuth; a program's own class gets it where it likes.

    Args:
        access_token: The token.
    """

    access_token: TSecretStrValue = None  # type: ignore[assignment] # None means that it comes from the configuration

    def parse_native_representation(self, native_value: object) -> None:
        """Take the token as it is.

        Args:
            native_value: The token.

        Raises:
            NativeValueError: it is no text.
        """
        if not isinstance(native_value, str):
            raise NativeValueError(
                f"{type(self).__name__}: found a {type(native_value).__name__}, expected the access_token as text.",
            )
        self.access_token = native_value

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Put the token into the request."""
        request.headers["Authorization"] = f"Bearer {self._needed('access_token')}"
        return request


@configspec
class OAuth2ClientCredentials(RenewedToken, OAuth2AuthBase):
    """Ask a server for a token with an id and a secret, and again before it expires or when it is refused.

    A token that is given by hand is sent until a server refuses it.

    Args:
        access_token: A token that is there already.
        access_token_url: Where to ask.
        client_id: The id.
        client_secret: The secret.
        access_token_request_data: What the server wants beside them.
        default_token_expiration: Seconds that a token lives where the server does not tell.
        session: What sends the request for a token; one that retries when None.
    """

    access_token: Annotated[TSecretStrValue | None, NotResolved()] = None  # type: ignore[assignment] # none before the first request
    access_token_url: str = None  # type: ignore[assignment] # None means that it comes from the configuration
    client_id: TSecretStrValue = None  # type: ignore[assignment] # the same
    client_secret: TSecretStrValue = None  # type: ignore[assignment] # the same
    access_token_request_data: dict[str, Any] = None  # type: ignore[assignment] # an empty one of its own
    default_token_expiration: int = 3600
    session: Annotated[Session | None, NotResolved()] = None

    def __post_init__(self) -> None:
        """Let each have a dict of its own."""
        self.access_token_request_data = dict(self.access_token_request_data or {})

    def on_resolved(self) -> None:
        """The same for what the configuration says."""
        self.access_token_request_data = dict(self.access_token_request_data or {})

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Put a token into the request that is still good when it arrives."""
        return self._put_into(request)

    def obtain_token(self) -> None:
        """Ask for a token; override it.

        Raises:
            requests.HTTPError: the server refuses.
        """
        document = ask_for_token(
            self._sender(), self.access_token_url, self.build_access_token_request(), type(self).__name__
        )
        self.access_token = self.parse_access_token(document)
        remember(self.access_token)
        self._lives(self.parse_expiration_in_seconds(document))

    def build_access_token_request(self) -> dict[str, Any]:
        """Return what asks for a token, as arguments of `session.post`; override it."""
        return {
            "headers": {"Content-Type": "application/x-www-form-urlencoded"},
            "data": {
                **self.access_token_request_data,
                "client_id": self._needed("client_id"),
                "client_secret": self._needed("client_secret"),
                "grant_type": "client_credentials",
            },
        }

    def parse_expiration_in_seconds(self, response_json: Any) -> int:
        """Return how long a token lives; override it.

        Args:
            response_json: What the server answered.
        """
        return int(seconds_in(response_json, self.default_token_expiration))

    def parse_access_token(self, response_json: Any) -> str:
        """Return the token; override it.

        Args:
            response_json: What the server answered.

        Raises:
            ValueError: there is none.
        """
        token = response_json.get("access_token")
        if not isinstance(token, str) or not token:
            raise ValueError(
                f"{type(self).__name__}: the answer has no access_token but {sorted(map(str, response_json))}. "
                "Override parse_access_token() to read it from elsewhere."
            )
        return token

    def _token(self) -> str | None:
        return self.access_token
