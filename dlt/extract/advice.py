"""What helps against an error of a resource."""

from __future__ import annotations

import sys

from dlt.errors import DltException
from dlt.io import faults


def advice_on(error: BaseException, has_item: bool) -> str:
    """Return what helps against an error of a resource, behind a space.

    Args:
        error: The error.
        has_item: It came with an item that was there before, and could have been left out.
    """
    if isinstance(error, DltException):
        # they say themselves what to do
        return ""
    # whoever raised one of its errors has it
    of_requests: object = getattr(sys.modules.get("requests"), "RequestException", None)
    if isinstance(of_requests, type) and isinstance(error, of_requests):
        return " Check base_url, the credentials and whether the server is well, and run again."
    # stores say of a refusal that a file is missing or not for everybody, and what was refused stands behind it
    of_store = faults.advice_on(error)
    if of_store is not None:
        return f" {of_store}"
    if isinstance(error, (FileNotFoundError, NotADirectoryError, IsADirectoryError, PermissionError)):
        # no item is to blame for what is not there, or not for everybody
        return " Check the path and who may read it, and run again."
    if has_item:
        return " Mend the resource or drop such items with add_filter."
    return " Mend the resource, or what it reads, and run again."
