"""What all paginators have, and what they share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import MutableMapping
from typing import Any
from urllib.parse import unquote_plus, urlsplit, urlunsplit

from jsonpath_ng import JSONPath
from jsonpath_ng.exceptions import JSONPathError
from requests import Request, Response

from dlt.jsonpath import TJsonPath, compile_path, find_values, set_value_at_path


class BasePaginator(ABC):
    """How to get from one page of an API to the next; a walk over pages works with a copy of its own.

    Attributes:
        has_next_page: There is one more page to ask for.
    """

    # of the class, for paginators of programs whose constructor does not call this one
    _has_next_page = True

    def __init__(self) -> None:
        self._has_next_page = True

    @property
    def has_next_page(self) -> bool:
        """Tell whether there is one more page to ask for."""
        return self._has_next_page

    def init_request(self, request: Request) -> None:  # noqa: B027 - most need nothing there
        """Prepare the request for the first page; override it.

        Args:
            request: It is changed.
        """

    @abstractmethod
    def update_state(self, response: Response, data: list[Any] | None = None) -> None:
        """Note what an answer says about the next page.

        Args:
            response: The answer.
            data: The items that were found in it.
        """

    @abstractmethod
    def update_request(self, request: Request) -> None:
        """Change the request so that it asks for the next page.

        Args:
            request: The one that was sent for the page before.
        """

    def _shown(self) -> dict[str, object]:
        """Return what the text of the paginator shows."""
        return {}

    def __str__(self) -> str:
        shown = [f"{name}: {value}" for name, value in self._shown().items()]
        return " ".join([f"{type(self).__name__}:" if shown else type(self).__name__, *shown])


class SinglePagePaginator(BasePaginator):
    """There is one page, whatever the answer says."""

    def update_state(self, response: Response, data: list[Any] | None = None) -> None:
        """Note that this was all."""
        del response, data
        self._has_next_page = False

    def update_request(self, request: Request) -> None:
        """Leave the request as it is: nobody asks for a second page."""


def set_param(request: Request, name: str, value: object) -> None:
    """Set a parameter of the URL.

    Args:
        request: It is changed.
        name: Name of the parameter.
        value: The value.
    """
    if f"{name}=" in str(vars(request).get("url")):
        # the program wrote it into the path, where it would stand beside this one
        request.url = _without(str(request.url), name)
    # requests says what it may be in a private module only
    params: Any = request.params
    if isinstance(params, (list, tuple)):
        # a program may give pairs, in which a name comes several times
        kept: Any = [*(pair for pair in params if pair[0] != name), (name, value)]
        request.params = kept
        return
    if params is None:
        request.params = params = {}
    params[name] = value


def _without(url: str, name: str) -> str:
    parts = urlsplit(url)
    kept = [pair for pair in parts.query.split("&") if unquote_plus(pair.partition("=")[0]) != name]
    return urlunsplit(parts._replace(query="&".join(kept)))


def set_in_body(request: Request, path: str, value: object) -> None:
    """Set a value in the JSON of the body.

    Args:
        request: It is changed.
        path: Keys with dots between them, or a JSONPath.
        value: The value.

    Raises:
        ValueError: the body is no JSON object.
    """
    if request.json is None:
        request.json = {}
    if not isinstance(request.json, MutableMapping):
        raise ValueError(
            f"{path} cannot be set in a body that is a {type(request.json).__name__}; give json as a dict."
        )
    set_value_at_path(request.json, path, value)


def first_value(path: TJsonPath | None, document: object) -> Any:
    """Return the first value that a path finds in a document, None where there is none.

    Args:
        path: The path; None finds nothing.
        document: The document.
    """
    found = find_values(path, document) if path else []
    return found[0] if found else None


def compiled(name: str, path: TJsonPath | None) -> Any:
    """Return a parsed path; nothing stays nothing.

    Args:
        name: Parameter that it was given as, for messages.
        path: The path, or None.

    Raises:
        ValueError: it is no path.
    """
    if not path:
        return None
    if not isinstance(path, (str, JSONPath)):
        raise ValueError(f"{name}: found {path!r}, expected a JSONPath as text, such as 'meta.next'.")
    try:
        return compile_path(path)
    except (JSONPathError, AttributeError) as error:
        # older releases of the parser stumble over the end of a text
        raise ValueError(
            f"{name}: {path!r} is no JSONPath: {error}. Keys with other signs than letters stand in brackets and "
            "quotes: \"['next-page']\"."
        ) from None


def as_flag(value: object) -> bool:
    """Return a value of a document as yes or no.

    Args:
        value: The value: true, a number, or a word for it.

    Raises:
        ValueError: it is neither.
    """
    if isinstance(value, (bool, int)):
        return bool(value)
    if isinstance(value, str):
        word = value.strip().lower()
        if word in ("true", "yes", "y", "t", "1", "on"):
            return True
        if word in ("false", "no", "n", "f", "0", "off", ""):
            return False
    raise ValueError(value)
