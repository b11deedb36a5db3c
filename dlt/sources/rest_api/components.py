"""Paginators and authentication from what a configuration says of them: a name, a dict, or an object."""

from __future__ import annotations

import inspect
from collections.abc import Collection, Mapping, Sequence
from typing import Protocol, cast

from requests.auth import AuthBase

from dlt.configuration.resolve import resolve_configuration
from dlt.configuration.similar import did_you_mean
from dlt.errors import ConfigValueCannotBeCoercedException, ValueErrorWithKnownValues
from dlt.redact import never_hide, remember
from dlt.sources.helpers.rest_client.auth import (
    APIKeyAuth,
    AuthConfigBase,
    BearerTokenAuth,
    HttpBasicAuth,
    OAuth2ClientCredentials,
)
from dlt.sources.helpers.rest_client.paginators import (
    BasePaginator,
    HeaderCursorPaginator,
    HeaderLinkPaginator,
    JSONLinkPaginator,
    JSONResponseCursorPaginator,
    OffsetPaginator,
    PageNumberPaginator,
    SinglePagePaginator,
)
from dlt.sources.rest_api.exceptions import RestApiConfigurationError
from dlt.sources.rest_api.typing import AuthConfig, PaginatorConfig

AUTO = "auto"
PAGINATOR_MAP: dict[str, type[BasePaginator]] = {
    "json_link": JSONLinkPaginator,
    # the older name of the same
    "json_response": JSONLinkPaginator,
    "header_link": HeaderLinkPaginator,
    "header_cursor": HeaderCursorPaginator,
    "single_page": SinglePagePaginator,
    "cursor": JSONResponseCursorPaginator,
    "offset": OffsetPaginator,
    "page_number": PageNumberPaginator,
}
"""Paginators by the names that configurations call them."""
AUTH_MAP: dict[str, type[AuthConfigBase]] = {
    "bearer": BearerTokenAuth,
    "api_key": APIKeyAuth,
    "http_basic": HttpBasicAuth,
    "oauth2_client_credentials": OAuth2ClientCredentials,
}
"""Classes of authentication by the names that configurations call them."""


class _WithSignature(Protocol):
    def __call__(self, *args: object, **kwargs: object) -> object: ...


def register_paginator(paginator_name: str, paginator_class: type[BasePaginator]) -> None:
    """Let configurations name a paginator; the keys of its dict are the parameters of its constructor.

    Args:
        paginator_name: Its name, the `type` of the dict.
        paginator_class: A subclass of `BasePaginator`.

    Raises:
        ValueError: it is none.
    """
    if not (isinstance(paginator_class, type) and issubclass(paginator_class, BasePaginator)):
        name = getattr(paginator_class, "__name__", repr(paginator_class))
        raise ValueError(f"Invalid paginator: `{name}`. Derive it from dlt.sources.helpers.rest_client.BasePaginator.")
    PAGINATOR_MAP[paginator_name] = paginator_class


def register_auth(auth_name: str, auth_class: type[AuthConfigBase]) -> None:
    """Let configurations name a class of authentication; the keys of its dict are its fields.

    Args:
        auth_name: Its name, the `type` of the dict.
        auth_class: A subclass of `AuthConfigBase`.

    Raises:
        ValueError: it is none.
    """
    if not (isinstance(auth_class, type) and issubclass(auth_class, AuthConfigBase)):
        name = getattr(auth_class, "__name__", repr(auth_class))
        raise ValueError(
            f"Invalid auth: `{name}`. Derive it from AuthConfigBase of dlt.sources.helpers.rest_client.auth."
        )
    never_hide(auth_name)
    AUTH_MAP[auth_name] = auth_class


def get_paginator_class(paginator_name: str) -> type[BasePaginator]:
    """Return the paginator of a name.

    Raises:
        ValueErrorWithKnownValues: there is none.
    """
    if paginator_name not in PAGINATOR_MAP:
        raise ValueErrorWithKnownValues("paginator", paginator_name, [AUTO, *PAGINATOR_MAP])
    return PAGINATOR_MAP[paginator_name]


def get_auth_class(auth_type: str) -> type[AuthConfigBase]:
    """Return the class of authentication of a name.

    Raises:
        ValueErrorWithKnownValues: there is none.
    """
    if auth_type not in AUTH_MAP:
        raise ValueErrorWithKnownValues("auth", auth_type, AUTH_MAP)
    return AUTH_MAP[auth_type]


def create_paginator(paginator_config: PaginatorConfig | None, place: str = "paginator") -> BasePaginator | None:
    """Return a paginator; None where it is to be told from the first answer.

    Args:
        paginator_config: A name, a dict with `type` and the parameters of the constructor, or a paginator, which
            stays the object that it is.
        place: Where it stands, for messages.

    Raises:
        ValueErrorWithKnownValues: there is none of this name.
        RestApiConfigurationError: the dict has a key that the paginator does not take, or lacks one.
    """
    if paginator_config is None or isinstance(paginator_config, BasePaginator):
        return paginator_config
    check_paginator(paginator_config, place)
    said: dict[str, object] = {"type": paginator_config} if isinstance(paginator_config, str) else {**paginator_config}
    name = str(said.pop("type"))
    if name == AUTO:
        return None
    # the constructor says which arguments it takes, and `check_paginator` has asked it
    made = cast("_WithSignature", get_paginator_class(name))
    try:
        return cast(BasePaginator, made(**said))
    # what the paginator says of its arguments, with the place where they stand
    except (ValueError, TypeError) as error:
        raise RestApiConfigurationError(f"{place} ({name}): {error}", path=place, field=None) from error


def check_paginator(value: object, place: str) -> None:
    """Check what a configuration says of a paginator.

    Args:
        value: What stands there.
        place: Where, for messages.

    Raises:
        RestApiConfigurationError: it is none.
    """
    if value is None or isinstance(value, BasePaginator):
        return
    if isinstance(value, str):
        value = {"type": value}
    if not isinstance(value, Mapping):
        raise _no_object(value, place, "a paginator", [AUTO, *PAGINATOR_MAP])
    name = value.get("type")
    if name is None:
        raise RestApiConfigurationError(
            f"{place}.type is missing. Allowed: {', '.join([AUTO, *PAGINATOR_MAP])}.", path=place, field="type"
        )
    # names that the program registered count as ours do
    if not isinstance(name, str) or (name != AUTO and name not in PAGINATOR_MAP):
        raise _unknown(name, f"{place}.type", [AUTO, *PAGINATOR_MAP], "register_paginator adds others")
    if name == AUTO:
        return check_keys(value, ["type"], place)
    # the constructor is the one place that says what a paginator takes, also for those of programs
    taken, needed = _parameters(PAGINATOR_MAP[name])
    if taken is not None:
        check_keys(value, ["type", *taken], place)
    lacking = [key for key in needed if key not in value]
    if lacking:
        raise RestApiConfigurationError(
            f"{place}: a paginator of type {name!r} needs {', '.join(map(repr, lacking))}.",
            path=place,
            field=lacking[0],
        )


def create_auth(auth_config: AuthConfig | None, place: str = "auth", sections: Sequence[str] = ()) -> AuthBase | None:
    """Return an authentication; what it lacks comes from the configuration, section `credentials` of the source.

    Args:
        auth_config: A name, a dict with `type` and fields, an object, which stays the one that it is, or None.
        place: Where it stands, for messages.
        sections: Sections of the source; those at work by default.

    Raises:
        ValueErrorWithKnownValues: there is none of this name.
        RestApiConfigurationError: it is no authentication, or the dict has a key that it does not take.
        ConfigFieldMissingException: a secret is nowhere.
    """
    if auth_config is None:
        return None
    check_auth(auth_config, place)
    if isinstance(auth_config, AuthConfigBase):
        return resolve_configuration(auth_config, sections=sections)
    # any other one of requests is whole, and has nothing to be looked up
    if isinstance(auth_config, AuthBase):
        return auth_config
    said: dict[str, object] = {"type": auth_config} if isinstance(auth_config, str) else {**auth_config}
    made = get_auth_class(str(said.pop("type", "bearer")))
    # what a program says nothing of may be in the configuration
    told = {name: field for name, field in said.items() if field is not None}
    try:
        return resolve_configuration(made(), sections=sections, explicit_value=told or None)
    except ConfigValueCannotBeCoercedException as error:
        raise RestApiConfigurationError(f"{place}: {error}", path=place, field=None) from error


def check_auth(value: object, place: str) -> None:
    """Check what a configuration says of the authentication; its values are never shown.

    Args:
        value: What stands there.
        place: Where, for messages.

    Raises:
        RestApiConfigurationError: it is none.
    """
    if value is None or isinstance(value, AuthBase):
        return
    if isinstance(value, str):
        value = {"type": value}
    if not isinstance(value, Mapping):
        raise _no_object(value, place, "an authentication", AUTH_MAP)
    # before any message is made of it
    remember(value)
    name = value.get("type", "bearer")
    if not isinstance(name, str) or name not in AUTH_MAP:
        raise _unknown(name, f"{place}.type", AUTH_MAP, "register_auth adds others")
    fields = [field for field in AUTH_MAP[name].get_resolvable_fields()]
    check_keys(value, ["type", *fields, *(_parameters(AUTH_MAP[name])[0] or ())], place)


def check_keys(value: Mapping[object, object], known: Collection[str], place: str, elsewhere: str = "") -> None:
    """Check that a dict has no keys but those that are known.

    Args:
        value: The dict.
        known: Its keys.
        place: Where it stands, for the message.
        elsewhere: What else can be said of the key.

    Raises:
        RestApiConfigurationError: it has another one.
    """
    for key in value:
        if key not in known:
            raise RestApiConfigurationError(
                f"{place}.{key}: there is no such key here{did_you_mean(str(key), known) or '.'}{elsewhere} Allowed: "
                f"{', '.join(dict.fromkeys(known))}.",
                path=place,
                field=key,
            )


def _parameters(made: type) -> tuple[list[str] | None, list[str]]:
    """Return which arguments a constructor takes by name, None for any, and which of them it needs."""
    taken, needed = [], []
    for parameter in inspect.signature(made).parameters.values():
        # one that passes on what it does not name knows best
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            return None, []
        if parameter.kind is not inspect.Parameter.VAR_POSITIONAL:
            taken.append(parameter.name)
            if parameter.default is inspect.Parameter.empty:
                needed.append(parameter.name)
    return taken, needed


def _unknown(found: object, place: str, known: Collection[str], more: str) -> RestApiConfigurationError:
    return RestApiConfigurationError(
        f"{place}: {found!r} is not known{did_you_mean(str(found), known) or '.'} Allowed: {', '.join(known)}; {more}.",
        path=place,
        field="type",
    )


def _no_object(value: object, place: str, what: str, known: Collection[str]) -> RestApiConfigurationError:
    # the parentheses are what is forgotten most
    if isinstance(value, type):
        found, advice = f"the class {value.__name__}", f" Make an object of it: {value.__name__}(...)."
    else:
        found, advice = f"an object of {type(value).__name__}", ""
    return RestApiConfigurationError(
        f"{place}: found {found}, which is not {what}.{advice} Give a name, a dict with `type`, or an object. Names: "
        f"{', '.join(known)}.",
        path=place,
        field=None,
    )
