"""Displays of progress under the name of PyPI `dlt` 1.x; they stand in `dlt.progress`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlt.lazy_names import lazy_names

if TYPE_CHECKING:
    from dlt.progress import alive_progress, enlighten, log, tqdm
    from dlt.progress.base import Collector as _Collector
    from dlt.progress.choice import collector_from as _from_name
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "_Collector": "dlt.progress.base:Collector",
            "_from_name": "dlt.progress.choice:collector_from",
            "alive_progress": "dlt.progress.bars:AliveCollector",
            "enlighten": "dlt.progress.bars:EnlightenCollector",
            "log": "dlt.progress.lines:LogCollector",
            "tqdm": "dlt.progress.bars:TqdmCollector",
        },
    )

__all__ = ["_Collector", "_from_name", "alive_progress", "enlighten", "log", "tqdm"]
