"""Names that programs for PyPI `dlt` 1.x import from here."""

from __future__ import annotations

import sys
from decimal import Decimal
from time import sleep
from types import ModuleType
from typing import TYPE_CHECKING

from dlt.common import json, logger
from dlt.lazy_names import lazy_names

if TYPE_CHECKING:
    import pendulum

    from dlt.common import known_env
    from dlt.common.wei import Wei
else:
    __getattr__, __dir__ = lazy_names(
        __name__, {"Wei": "dlt.common.wei:Wei", "known_env": "dlt.common.known_env", "pendulum": "pendulum"}
    )


class _Common(ModuleType):
    """This package, in which the name of the module `dlt.common.pendulum` is the package pendulum itself.

    Programs import both `from dlt.common import pendulum` and `from dlt.common.pendulum import pendulum`. The import
    of a module binds it in its package, over what stands there: only a property with a setter hears of it.
    """

    @property
    def pendulum(self) -> ModuleType:
        # imported when it is asked for: it costs a tenth of a second, and most programs only want other names
        import pendulum

        return pendulum

    @pendulum.setter
    def pendulum(self, module: ModuleType) -> None:
        """Leave the name as it is: the module is in `sys.modules`, where imports find it."""


if not TYPE_CHECKING:
    sys.modules[__name__].__class__ = _Common

__all__ = ["Decimal", "Wei", "json", "known_env", "logger", "pendulum", "sleep"]
