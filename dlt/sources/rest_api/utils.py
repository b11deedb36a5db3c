"""Helpers of programs around REST APIs."""

from __future__ import annotations

import logging

from dlt.extract.source import DltSource
from dlt.redact import redact
from dlt.sources.helpers.rest_client.utils import join_url

__all__ = ["check_connection", "join_url"]
logger = logging.getLogger("dlt")


def check_connection(source: DltSource, *resource_names: str) -> tuple[bool, str]:
    """Ask for one page of each resource and say whether that worked; nothing is loaded.

    Args:
        source: The source.
        *resource_names: Names of resources; those that are selected when none is given.

    Returns:
        Whether it worked, and what failed otherwise.
    """
    try:
        # a copy, as the limit holds for this one look
        asked = source.with_resources(*(resource_names or source.selected_resources))
        list(asked.add_limit(1))
    except Exception as error:  # noqa: BLE001 - whatever failed is the answer
        message = redact(str(error))
        logger.error("The connection failed: %s", message)
        return False, message
    return True, ""
