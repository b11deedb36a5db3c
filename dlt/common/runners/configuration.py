"""The settings of a pool under the names of PyPI `dlt` 1.x."""

from __future__ import annotations

from typing import Literal

from dlt.configuration import BaseConfiguration, configspec

__all__ = ["PoolRunnerConfiguration", "TPoolType"]

TPoolType = Literal["process", "thread", "none"]


@configspec
class PoolRunnerConfiguration(BaseConfiguration):
    """How a step of the engine of 1.x worked: read by nothing here, the workers of a step stand in its own section."""

    pool_type: TPoolType | None = None
    start_method: str | None = None
    workers: int | None = None
    run_sleep: float = 0.1
