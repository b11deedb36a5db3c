"""What others are told of loads: people by webhooks, catalogs by OpenLineage, monitoring by OpenTelemetry.

None of it is imported, and nothing is looked up, before there is something to tell; none of it holds up or fails a
load.
"""

from __future__ import annotations

import sys


def settle(seconds: float = 5.0) -> None:
    """Let what is under way arrive; a task calls it, because orchestrators end processes without a further word.

    Args:
        seconds: How long it may take at most.
    """
    # what was never imported has nothing under way
    if "dlt.observe.outbox" in sys.modules:
        from dlt.observe.outbox import settle_all

        settle_all(seconds)
    if "dlt.observe.telemetry" in sys.modules:
        from dlt.observe import telemetry

        telemetry.settle(seconds)
