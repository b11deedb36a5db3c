"""Errors of clients of REST APIs."""

from __future__ import annotations

from dlt.errors import DltException


class RESTClientException(DltException):
    """A client cannot go on."""


class IgnoreResponseException(RESTClientException):
    """A hook raises it to end the walk over pages, without the answer that it saw."""


class PaginatorNotFound(RESTClientException):
    """Nothing in an answer tells how to get to the next page."""


class PaginatorSetupError(RESTClientException, ValueError):
    """A paginator cannot work with its arguments, or with what the server answers."""

    in_1x = ("paginator", "msg")


class PaginatorLoopError(PaginatorSetupError):
    """The next page is one that was already there: the walk would never end."""
