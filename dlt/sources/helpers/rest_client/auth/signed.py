"""OAuth 2.0 with a signed document (JWT) in place of a secret, as service accounts have it."""

from __future__ import annotations

import time
from base64 import urlsafe_b64encode
from typing import Annotated, Any, ClassVar

from requests import PreparedRequest, Session

from dlt.configuration.spec import configspec
from dlt.configuration.values import NotResolved, TSecretStrValue
from dlt.errors import MissingDependencyException
from dlt.late import orjson
from dlt.redact import remember
from dlt.sources.helpers.rest_client.auth.simple import BearerTokenAuth
from dlt.sources.helpers.rest_client.auth.tokens import RenewedToken, ask_for_token, seconds_in

_LIFE_OF_PROOF = 3600
"""Seconds for which the signed document is good; servers take no longer ones."""


@configspec
class OAuthJWTAuth(RenewedToken, BearerTokenAuth):
    """Ask a server for a token with a document that a private key signs, and again before it expires or is refused.

    Args:
        token: A token that is there already.
        client_id: Who asks.
        private_key: The key, as text that begins with -----BEGIN.
        auth_endpoint: Where to ask.
        scopes: What the token is for, a text or a list.
        headers: Further headers of the request for a token.
        private_key_passphrase: What opens the key.
        default_token_expiration: Seconds that a token lives where the server does not tell.
        session: What sends the request for a token; one that retries when None.
    """

    format: ClassVar[str] = "JWT"
    client_id: str = None  # type: ignore[assignment] # None means that it comes from the configuration
    private_key: TSecretStrValue = None  # type: ignore[assignment] # the same
    auth_endpoint: str = None  # type: ignore[assignment] # the same
    scopes: str | list[str] | None = None
    headers: dict[str, str] | None = None
    private_key_passphrase: TSecretStrValue | None = None
    default_token_expiration: int = 3600
    session: Annotated[Session | None, NotResolved()] = None

    def __post_init__(self) -> None:
        """Make one text of the scopes."""
        if isinstance(self.scopes, (list, tuple)):
            self.scopes = " ".join(self.scopes)

    def on_resolved(self) -> None:
        """The same for what the configuration says."""
        self.__post_init__()

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Put a token into the request that is still good when it arrives."""
        return self._put_into(request)

    def obtain_token(self) -> None:
        """Ask for a token; override it.

        Raises:
            requests.HTTPError: the server refuses.
            MissingDependencyException: the package that signs is not installed.
        """
        arguments = {
            "headers": self.headers or {},
            "data": {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": self._proof()},
        }
        remember(arguments["data"]["assertion"])
        # a header of the program may say JSON, which this form is not
        sent = {name: value for name, value in arguments["headers"].items() if name.lower() != "content-type"}
        document = ask_for_token(
            self._sender(), self.auth_endpoint, {**arguments, "headers": sent}, type(self).__name__
        )
        token = document.get("access_token")
        if not isinstance(token, str) or not token:
            raise ValueError(
                f"{type(self).__name__}: the answer has no access_token but {sorted(map(str, document))}. Override "
                "obtain_token() to read it from elsewhere."
            )
        self.token = token
        remember(token)
        self._lives(seconds_in(document, self.default_token_expiration))

    def create_jwt_payload(self) -> dict[str, str | int]:
        """Return what is signed; override it."""
        now = int(time.time())
        return {
            "iss": self._needed("client_id"),
            "sub": self._needed("client_id"),
            "aud": self._needed("auth_endpoint"),
            "exp": now + _LIFE_OF_PROOF,
            "iat": now,
            "scope": str(self.scopes or ""),
        }

    def load_private_key(self) -> Any:
        """Return the key that signs, of the package `cryptography`; override it.

        Raises:
            MissingDependencyException: the package is not installed.
            ValueError: the text is no private key, or the passphrase does not open it.
        """
        try:
            from cryptography.hazmat.primitives.serialization import load_pem_private_key
        except ImportError as error:
            raise MissingDependencyException(
                f"{type(self).__name__} signs with the package cryptography, which is not installed: pip install "
                "'dlt-tasks[jwt]'"
            ) from error
        # variables of the environment often hold it in one line
        text = self._key().replace("\\n", "\n").strip()
        passphrase = self.private_key_passphrase
        try:
            return load_pem_private_key(text.encode(), passphrase.encode() if passphrase else None)
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"{type(self).__name__}: private_key cannot be read. It must be a text that begins with -----BEGIN, "
                f"and private_key_passphrase what opens it, if anything: {type(error).__name__}."
            ) from None

    def _key(self) -> str:
        if not self.private_key:
            raise ValueError(f"{type(self).__name__}: private_key has no value. Pass it, or configure it.")
        return self.private_key

    def _proof(self) -> str:
        """Return the signed document."""
        payload, key = self.create_jwt_payload(), self.load_private_key()
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.hashes import SHA256

        parts = [_encoded(orjson.dumps(part)) for part in ({"alg": "RS256", "typ": self.format}, payload)]
        signed = ".".join(parts)
        return f"{signed}.{_encoded(key.sign(signed.encode(), PKCS1v15(), SHA256()))}"

    def _token(self) -> str | None:
        return self.token


def _encoded(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
