"""Response actions: what is done with answers of a status, or that hold a text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from requests import Response

from dlt.sources.helpers.rest_client.client import raise_for_status
from dlt.sources.helpers.rest_client.exceptions import IgnoreResponseException
from dlt.sources.rest_api.exceptions import RestApiConfigurationError
from dlt.sources.rest_api.typing import ResponseAction, ResponseActionDict

IGNORE = "ignore"
Hook = Callable[..., Any]
"""A response hook of requests: it takes the response, and may return another one."""


def create_response_hooks(response_actions: Sequence[ResponseAction] | None) -> dict[str, list[Hook]] | None:
    """Return the hooks of requests that carry actions out, in their order; the last one raises for errors.

    Args:
        response_actions: The actions; None for what the client does by itself.
    """
    if not response_actions:
        # the client raises for errors by itself then, as its settings say how
        return None
    return {"response": [*map(_hook, response_actions), _raise_unless_handled]}


def _raise_unless_handled(response: Response, *_args: object, **_kwargs: object) -> Response:
    raise_for_status(response)
    return response


def _hook(action: ResponseAction) -> Hook:
    # a function alone is for all answers, and is a hook as it stands
    if callable(action):
        return action

    def act(response: Response, *args: object, **kwargs: object) -> Response:
        kind, functions = handle_response_action(response, action)
        if kind == IGNORE:
            # the walk over the pages of this one request ends, and nothing else does
            raise IgnoreResponseException
        for function in functions or ():
            changed = function(response, *args, **kwargs)
            # as for hooks of requests: one that returns nothing has changed the response, or only looked at it
            response = response if changed is None else changed
        return response

    return act


def handle_response_action(response: Response, action: ResponseActionDict) -> tuple[str | None, list[Hook] | None]:
    """Return what an action does with a response: a word, or functions; nothing where it is for other responses.

    Args:
        response: The response.
        action: The action.

    Raises:
        RestApiConfigurationError: the action is neither a word nor a function.
    """
    status, content, done = action.get("status_code"), action.get("content"), action.get("action")
    # what a configuration file has may be a text
    if status is not None and str(response.status_code) != str(status):
        return None, None
    if content is not None and content not in response.text:
        return None, None
    if isinstance(done, str):
        return done, None
    if callable(done):
        return None, [done]
    if isinstance(done, list) and all(map(callable, done)):
        return None, done
    raise RestApiConfigurationError(
        f"response_actions: found {type(done).__name__} for 'action'. Allowed: {IGNORE!r}, a function of the response, "
        "or a list of functions.",
        path="response_actions",
        field="action",
    )
