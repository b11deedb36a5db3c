"""Incremental loading: only rows whose cursor went on since the last run."""

from dlt.extract.incremental.incremental import Incremental

__all__ = ["Incremental"]
