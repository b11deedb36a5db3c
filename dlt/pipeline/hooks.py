"""Functions of the program that are told what a pipeline does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dlt import user_log
from dlt.errors.base import ended
from dlt.schema.update import SchemaUpdate
from dlt.user_log import logger

# what a hook is told depends on the event, and users write hooks for one event with the type of that one
Hook = Callable[[str, Any, Any], object]
"""Takes the event, the pipeline, and what the event is about: the name of a step, a schema update, failed jobs."""

_ALSO_BY_WEBHOOK = frozenset(("failed_load", "failed_job", "schema_change", "failed_check", "quarantined", "loaded"))


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
        """Tell all of them; one that fails is told to the user, and neither stops the others nor the load.

        Args:
            event: One of those of `Pipeline.add_hook`.
            payload: What it is about.
        """
        if isinstance(payload, SchemaUpdate):
            for table in payload.tables.values():
                logger.info(f"{self._name}: schema: {table['name']} has new {', '.join(table['columns'])}")
        if event in _ALSO_BY_WEBHOOK:
            # most runs have none of these events, and need nothing of it
            from dlt.observe import webhook

            self._call(webhook.tell, event, self._name, payload)
        for hook in self.added:
            self._call(hook, event, self._whose, payload)

    def _call(self, hook: Hook, event: str, whose: object, payload: object) -> None:
        try:
            hook(event, whose, payload)
        except Exception as error:  # noqa: BLE001 - what is told of a load must not decide what becomes of it
            name = getattr(hook, "__qualname__", None) or type(hook).__name__
            why = ended(f"{type(error).__name__}: {error}")
            user_log.error(f"{self._name}: the hook {name} failed at {event}: {why} The load goes on without it")
