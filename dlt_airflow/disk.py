"""What old runs left on the disk of a worker. Used in tasks only."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from dlt.tasks.folder import work_dir
from dlt.tasks.pruning import KEEP_DAYS, prune_runs_of
from dlt_airflow.connections import setting

if TYPE_CHECKING:
    from dlt.tasks import Token


def prune(token: Token) -> list[str]:
    """Delete the folders of old runs of a pipeline; return them.

    Args:
        token: What a step left; it says where its pipeline works.
    """
    # Airflow's own configuration has a place for it
    days = float(setting("keep_days") or KEEP_DAYS)
    return prune_runs_of(os.path.join(work_dir(token.spec), token.pipeline_name), days)
