"""Load: a normalized package into a destination, in one transaction.

`plan_load` says what the load of a waiting package would do; `dlt.load.execute.execute` does it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlt.lazy_names import lazy_names

if TYPE_CHECKING:
    from dlt.load.execute import LoadResult
    from dlt.load.load import Load
    from dlt.load.order import LoadOrder, RunLoad, TaskLoad
    from dlt.load.plan import LoadPlan
    from dlt.load.step import load_package, plan_load
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "Load": "dlt.load.load:Load",
            "LoadOrder": "dlt.load.order:LoadOrder",
            "LoadPlan": "dlt.load.plan:LoadPlan",
            "LoadResult": "dlt.load.execute:LoadResult",
            "RunLoad": "dlt.load.order:RunLoad",
            "TaskLoad": "dlt.load.order:TaskLoad",
            "load_package": "dlt.load.step:load_package",
            "plan_load": "dlt.load.step:plan_load",
        },
    )

__all__ = ["Load", "LoadOrder", "LoadPlan", "LoadResult", "RunLoad", "TaskLoad", "load_package", "plan_load"]
