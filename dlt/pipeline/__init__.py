"""The pipeline: extract, normalize and load over one working folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlt.lazy_names import lazy_names

if TYPE_CHECKING:
    from dlt.pipeline.factory import attach, run
    from dlt.pipeline.pipeline import Pipeline
    from dlt.progress import Collector as TCollectorArg
else:
    # every `import dlt` loads this package, so it loads nothing
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "Pipeline": "dlt.pipeline.pipeline:Pipeline",
            "TCollectorArg": "dlt.progress:Collector",
            "attach": "dlt.pipeline.factory:attach",
            "run": "dlt.pipeline.factory:run",
        },
    )

__all__ = ["Pipeline", "TCollectorArg", "attach", "run"]
