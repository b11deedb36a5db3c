"""Types that mark values as secret, and the placeholders that ask for values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin


class SecretMark:
    """Marks a type whose values are never shown."""

    def __repr__(self) -> str:
        return "secret"


SECRET = SecretMark()
if TYPE_CHECKING:
    TSecretValue = Any
    TSecretStrValue = str
    TCredentials = Any
else:
    TSecretValue = Annotated[Any, SECRET]
    TSecretStrValue = Annotated[str, SECRET]
    TCredentials = Annotated[Any, SECRET]


class Placeholder:
    """Default of a parameter that must come from the configuration.

    Args:
        secret: It must come from a place that may hold secrets.
    """

    def __init__(self, secret: bool) -> None:
        self.secret = secret

    def __repr__(self) -> str:
        return "dlt.secrets.value" if self.secret else "dlt.config.value"


CONFIG_VALUE = Placeholder(secret=False)
SECRETS_VALUE = Placeholder(secret=True)


def is_secret(hint: Any) -> bool:
    """Tell whether values of a type are secret."""
    if get_origin(hint) is Annotated and any(isinstance(part, SecretMark) for part in get_args(hint)[1:]):
        return True
    if getattr(hint, "is_credentials", False):
        return True
    return any(is_secret(part) for part in get_args(hint) if part is not type(None))


def bare(hint: Any) -> Any:
    """Return a type without its marks."""
    return get_args(hint)[0] if get_origin(hint) is Annotated else hint


def is_class(hint: Any) -> bool:
    """Tell whether a type hint is a class; `list[int]` is none, though Python 3.10 says so."""
    return isinstance(hint, type) and get_origin(hint) is None
