"""The client that lets loads fail as its settings say."""

from __future__ import annotations

import random
from collections.abc import Sequence

from dlt.destinations.impl.dummy.client import DummyClient
from dlt.errors import DestinationTerminalException, DestinationTransientException, SchemaUpdateTerminalError
from dlt.late_dataclass import dataclass
from dlt.schema.typing import TableSchema
from dlt.schema.update import SchemaUpdate


@dataclass(frozen=True)
class Failures:
    """What fails.

    Attributes:
        terminal: Probability that a file fails for good.
        passing: Probability that it fails in a way that may pass.
        completed: Probability that it is taken where it does not fail otherwise.
        schema: Making tables fails for good.
        schema_passing: Making tables fails in a way that may pass.
        tables: Names of the tables that this is about; all when there are none.
    """

    terminal: float = 0.0
    passing: float = 0.0
    completed: float = 1.0
    schema: bool = False
    schema_passing: bool = False
    tables: tuple[str, ...] = ()

    @property
    def any(self) -> bool:
        """Tell whether anything may fail."""
        return bool(self.terminal or self.passing or self.completed < 1 or self.schema or self.schema_passing)


class FailingClient(DummyClient):
    """Keep nothing, and let some of it fail.

    Args:
        failures: What fails.
    """

    def __init__(self, failures: Failures) -> None:
        self._failures = failures

    def apply_ddl(self, update: SchemaUpdate) -> None:
        """Keep nothing.

        Raises:
            SchemaUpdateTerminalError: the settings say so.
            DestinationTransientException: the same.
        """
        names = ", ".join(update.tables)
        if self._failures.schema:
            raise SchemaUpdateTerminalError(f"dummy: making {names} fails, as fail_schema_update is set.")
        if self._failures.schema_passing:
            raise DestinationTransientException(
                f"dummy: making {names} fails for now, as fail_schema_update_transiently is set."
            )

    def load_files(self, table: TableSchema, target: str, paths: Sequence[str], file_format: str) -> None:  # noqa: ARG002 - what fails is not read
        """Keep nothing.

        Raises:
            DestinationTerminalException: the settings say so.
            DestinationTransientException: the same.
        """
        failures, name = self._failures, table["name"]
        if failures.tables and name not in failures.tables:
            return
        for path in paths:
            if random.random() < failures.terminal:
                raise DestinationTerminalException(f"dummy: {path} of table {name} fails, as its settings say.")
            if random.random() < failures.passing:
                raise DestinationTransientException(
                    f"dummy: {path} of table {name} fails for now, as its settings say."
                )
            if random.random() >= failures.completed:
                raise DestinationTerminalException(
                    f"dummy: {path} of table {name} is not completed, as completed_prob says."
                )
