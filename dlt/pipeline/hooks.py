"""Functions of the program that are told what a pipeline does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dlt.schema.update import SchemaUpdate
from dlt.user_log import logger

# what a hook is told depends on the event, and users write hooks for one event with the type of that one
Hook = Callable[[str, Any, Any], object]
"""Takes the event, the pipeline, and what the event is about: the name of a step, a schema update, failed jobs."""


class Hooks:
    """What is called, in the order in which it was added.

    Args:
        whose: The pipeline.
        name: Its name.
    """

    def __init__(self, whose: object, name: str) -> None:
        self._whose, self._name = whose, name
        self.added: list[Hook] = []

    def call(self, event: str, payload: object) -> None:
        """Tell all of them.

        Args:
            event: "step_start", "step_end", "schema_change" or "failed_job".
            payload: What it is about.
        """
        if isinstance(payload, SchemaUpdate):
            for table in payload.tables.values():
                logger.info(f"{self._name}: schema: {table['name']} has new {', '.join(table['columns'])}")
        for hook in self.added:
            hook(event, self._whose, payload)
