"""What is known of a failed package goes with the error, whoever raised it."""

from __future__ import annotations

import pytest

from dlt.errors import DestinationTerminalException
from dlt.pipeline.blame import blame, blame_of


@pytest.mark.parametrize("error", [OSError("disk"), KeyError("column"), DestinationTerminalException("refused")])
def test_any_error_takes_it(error: Exception) -> None:
    """Errors of Python, of drivers, and our own."""
    assert blame_of(error) == (None, None)
    blame(error, "1700000000.1", "Run again.")
    assert blame_of(error) == ("1700000000.1", "Run again.")
