"""Types that mark values as secret, and the placeholders that ask for values."""

from __future__ import annotations

from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Final, Union, get_args, get_origin

if TYPE_CHECKING:
    from typing_extensions import TypeIs

ConfigValue = Any
"""A value at the place where a program asks for it by its key: the program knows its type, the library does not."""
UNTYPED: object = Any
"""The type hint that takes whatever is configured."""


class SecretMark:
    """Marks a type whose values are never shown."""

    def __repr__(self) -> str:
        return "secret"


class NotResolved:
    """Marks a field that the configuration never sets: `Annotated[str, NotResolved()]`.

    Args:
        not_resolved: False takes the mark away.
    """

    def __init__(self, not_resolved: bool = True) -> None:
        self.not_resolved = not_resolved

    def __bool__(self) -> bool:
        return self.not_resolved


class AnyValue:
    """Any value, as a type that can be called: `TSecretValue("x")` is the text itself."""

    def __new__(cls, value: ConfigValue) -> ConfigValue:
        """Return the value."""
        return value


SECRET = SecretMark()
if TYPE_CHECKING:
    TSecretValue = Any
    TSecretStrValue = str
    TCredentials = Any
else:
    TSecretValue = Annotated[AnyValue, SECRET]
    TSecretStrValue = Annotated[str, SECRET]
    TCredentials = Annotated[AnyValue, SECRET]


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


def is_untyped(hint: object) -> bool:
    """Tell whether a type hint takes any value as it is."""
    return bare(hint) in (UNTYPED, AnyValue)


def bare(hint: object) -> object:
    """Return a type without its marks."""
    while get_origin(hint) in (Annotated, Final):
        hint = get_args(hint)[0]
    return hint


def choices_of(hint: object) -> tuple[object, ...]:
    """Return the types of a union, as they are written, or the type alone."""
    hint = bare(hint)
    return get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)


def is_class(hint: object) -> TypeIs[type]:
    """Tell whether a type hint is a class; `list[int]` is none, though Python 3.10 says so."""
    return isinstance(hint, type) and get_origin(hint) is None
