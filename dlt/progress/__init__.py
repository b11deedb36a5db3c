"""Show how far a step is: a bar, lines in a log, or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlt.lazy_names import lazy_names

if TYPE_CHECKING:
    from dlt.progress.bars import AliveCollector, EnlightenCollector, RichCollector, TqdmCollector
    from dlt.progress.bars import AliveCollector as alive_progress
    from dlt.progress.bars import EnlightenCollector as enlighten
    from dlt.progress.bars import RichCollector as rich
    from dlt.progress.bars import TqdmCollector as tqdm
    from dlt.progress.base import Collector, NullCollector
    from dlt.progress.choice import collector_from
    from dlt.progress.lines import LogCollector, TableLog
    from dlt.progress.lines import LogCollector as log
else:
    # a program shows its progress in one way, most in none
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "AliveCollector": "dlt.progress.bars:AliveCollector",
            "Collector": "dlt.progress.base:Collector",
            "EnlightenCollector": "dlt.progress.bars:EnlightenCollector",
            "LogCollector": "dlt.progress.lines:LogCollector",
            "NullCollector": "dlt.progress.base:NullCollector",
            "RichCollector": "dlt.progress.bars:RichCollector",
            "TableLog": "dlt.progress.lines:TableLog",
            "TqdmCollector": "dlt.progress.bars:TqdmCollector",
            "alive_progress": "dlt.progress.bars:AliveCollector",
            "collector_from": "dlt.progress.choice:collector_from",
            "enlighten": "dlt.progress.bars:EnlightenCollector",
            "log": "dlt.progress.lines:LogCollector",
            "rich": "dlt.progress.bars:RichCollector",
            "tqdm": "dlt.progress.bars:TqdmCollector",
        },
    )

__all__ = [
    "AliveCollector",
    "Collector",
    "EnlightenCollector",
    "LogCollector",
    "NullCollector",
    "RichCollector",
    "TableLog",
    "TqdmCollector",
    "alive_progress",
    "collector_from",
    "enlighten",
    "log",
    "rich",
    "tqdm",
]
