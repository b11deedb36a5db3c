"""Errors of the REST API source."""

from __future__ import annotations

from graphlib import CycleError

from dlt.errors import DictValidationException, DltException


class RestApiConfigurationError(DictValidationException, ValueError):
    """A configuration of a REST API is not as it must be; the message says where in it.

    Attributes:
        path: Where the value stands, such as "rest_api.resources[2].endpoint.params".
        field: The key, or None.
        value: Not kept: it may be a secret.
    """


class RestApiResourceCycle(RestApiConfigurationError, CycleError):
    """Resources of a REST API take their items from each other in a circle."""


class ParentFieldMissing(DltException, ValueError):
    """An item of a parent lacks a field that a child asks its endpoint with, or takes into its rows."""
