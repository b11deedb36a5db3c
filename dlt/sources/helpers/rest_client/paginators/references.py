"""Paginators that follow what an answer says about the next page: a URL, or a cursor."""

from __future__ import annotations

import warnings
from typing import Any
from urllib.parse import urljoin

from requests import Request, Response

from dlt.jsonpath import TJsonPath
from dlt.sources.helpers.rest_client.exceptions import PaginatorSetupError
from dlt.sources.helpers.rest_client.paginators.base import (
    BasePaginator,
    as_flag,
    compiled,
    first_value,
    set_in_body,
    set_param,
)

Reference = Any
"""What stands for the next page: a URL or a cursor, which is of the server's type."""


class BaseReferencePaginator(BasePaginator):
    """Follow what an answer says about the next page; nothing said is the end."""

    # of the class, for paginators of programs whose constructor does not call this one
    __next_reference: Reference = None

    def __init__(self) -> None:
        super().__init__()
        self.__next_reference = None

    @property
    def _next_reference(self) -> Reference:
        """Return what stands for the next page; setting it to nothing ends the walk."""
        return self.__next_reference

    @_next_reference.setter
    def _next_reference(self, value: Reference) -> None:
        self.__next_reference = value
        self._has_next_page = bool(value)


class BaseNextUrlPaginator(BaseReferencePaginator):
    """Follow the URL of the next page, which may be relative to the one before."""

    def update_request(self, request: Request) -> None:
        """Ask for that URL, which holds all parameters that the server wants.

        Raises:
            PaginatorSetupError: what was found is no URL.
        """
        reference = self._next_reference
        if not isinstance(reference, str):
            raise PaginatorSetupError(
                f"{self}: found a {type(reference).__name__} where the URL of the next page should be. Set the path to "
                "the URL itself, or take a paginator for cursors."
            )
        request.url = urljoin(str(request.url), reference)
        # they would stand there twice
        request.params = {}


class HeaderLinkPaginator(BaseNextUrlPaginator):
    """Follow a URL in the header `Link`.

    Args:
        links_next_key: Which of its links: the one with this `rel`.
    """

    def __init__(self, links_next_key: str = "next") -> None:
        super().__init__()
        self.links_next_key = links_next_key

    def update_state(self, response: Response, data: list[Any] | None = None) -> None:
        """Note the link."""
        del data
        self._next_reference = response.links.get(self.links_next_key, {}).get("url")

    def _shown(self) -> dict[str, object]:
        return {"links_next_key": self.links_next_key}


class JSONLinkPaginator(BaseNextUrlPaginator):
    """Follow a URL in the document.

    Args:
        next_url_path: Where it stands.
    """

    def __init__(self, next_url_path: TJsonPath = "next") -> None:
        super().__init__()
        self.next_url_path = compiled("next_url_path", next_url_path)

    def update_state(self, response: Response, data: list[Any] | None = None) -> None:
        """Note the URL."""
        del data
        self._next_reference = first_value(self.next_url_path, response.json())

    def _shown(self) -> dict[str, object]:
        return {"next_url_path": self.next_url_path}


class JSONResponsePaginator(JSONLinkPaginator):
    """The old name of JSONLinkPaginator.

    Args:
        next_url_path: Where the URL stands.
    """

    def __init__(self, next_url_path: TJsonPath = "next") -> None:
        warnings.warn(
            "JSONResponsePaginator is called JSONLinkPaginator now, and behaves the same.",
            DeprecationWarning,
            stacklevel=2,
        )
        super().__init__(next_url_path)


class JSONResponseCursorPaginator(BaseReferencePaginator):
    """Send a cursor of the document back.

    Args:
        cursor_path: Where it stands.
        cursor_param: Parameter of the URL that takes it; `cursor` when None.
        cursor_body_path: Where in the JSON of the body it goes, in place of a parameter of the URL.
        stop_after_empty_page: End after a page without items.
        has_more_path: Where an answer tells whether there is more.

    Raises:
        ValueError: there are two places for the cursor.
    """

    def __init__(
        self,
        cursor_path: TJsonPath = "cursors.next",
        cursor_param: str | None = None,
        cursor_body_path: str | None = None,
        *,
        stop_after_empty_page: bool = False,
        has_more_path: TJsonPath | None = None,
    ) -> None:
        super().__init__()
        if cursor_param and cursor_body_path:
            raise ValueError(
                "Either 'cursor_param' or 'cursor_body_path' must be provided, not both: found "
                f"cursor_param={cursor_param!r}, cursor_body_path={cursor_body_path!r}."
            )
        self.cursor_path = compiled("cursor_path", cursor_path)
        self.cursor_param = cursor_param or (None if cursor_body_path else "cursor")
        self.cursor_body_path = cursor_body_path
        self.stop_after_empty_page = stop_after_empty_page
        self.has_more_path = compiled("has_more_path", has_more_path)

    def update_state(self, response: Response, data: list[Any] | None = None) -> None:
        """Note the cursor, unless there is no more."""
        document = response.json()
        if (self.stop_after_empty_page and not data) or not self._has_more(document):
            self._next_reference = None
            return
        self._next_reference = first_value(self.cursor_path, document)

    def _has_more(self, document: Any) -> bool:
        if not self.has_more_path:
            return True
        found = first_value(self.has_more_path, document)
        if found is None:
            self._handle_missing_has_more(document)
            return True
        try:
            return as_flag(found)
        except ValueError:
            self._handle_invalid_has_more(found)
            return True

    def _handle_missing_has_more(self, response_json: Any) -> None:
        keys = sorted(map(str, response_json)) if isinstance(response_json, dict) else type(response_json).__name__
        raise ValueError(
            f"{type(self).__name__}: Has more value not found in the response at {self.has_more_path}, which has "
            f"{keys}. Set another has_more_path, or None."
        )

    def _handle_invalid_has_more(self, has_more: Any) -> None:
        raise ValueError(
            f"{type(self).__name__}: {self.has_more_path} is {has_more!r} in the answer, and neither true nor false."
        )

    def update_request(self, request: Request) -> None:
        """Put the cursor where the server looks for it.

        Raises:
            PaginatorSetupError: it cannot stand there.
        """
        if self.cursor_body_path:
            set_in_body(request, self.cursor_body_path, self._next_reference)
            return
        if isinstance(self._next_reference, (dict, list)):
            raise PaginatorSetupError(
                f"{self}: found a {type(self._next_reference).__name__} where the cursor should be, which cannot stand "
                "in a URL. Set cursor_path to a value in it, or send it in the body with cursor_body_path."
            )
        set_param(request, self.cursor_param or "cursor", self._next_reference)

    def _shown(self) -> dict[str, object]:
        return {"cursor_path": self.cursor_path, "cursor": self.cursor_param or self.cursor_body_path}


class HeaderCursorPaginator(BaseReferencePaginator):
    """Send a cursor of a header back.

    Args:
        cursor_key: The header.
        cursor_param: Parameter of the URL that takes it.
    """

    def __init__(self, cursor_key: str = "next", cursor_param: str = "cursor") -> None:
        super().__init__()
        self.cursor_key, self.cursor_param = cursor_key, cursor_param

    def update_state(self, response: Response, data: list[Any] | None = None) -> None:
        """Note the cursor."""
        del data
        self._next_reference = response.headers.get(self.cursor_key)

    def update_request(self, request: Request) -> None:
        """Put the cursor where the server looks for it."""
        set_param(request, self.cursor_param, self._next_reference)

    def _shown(self) -> dict[str, object]:
        return {"cursor_key": self.cursor_key, "cursor_param": self.cursor_param}
