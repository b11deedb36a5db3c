"""A destination that keeps nothing: for trying out sources, and what becomes of loads that fail."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from dlt.destinations.base import Destination
from dlt.destinations.impl.dummy.client import DummyClient
from dlt.destinations.impl.dummy.failing import FailingClient, Failures
from dlt.destinations.settings import settings_of
from dlt.late_dataclass import dataclass
from dlt.schema.capabilities import Capabilities
from dlt.schema.schema import Schema
from dlt.types import override

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from dlt.destinations.arguments import DummyArguments


@dataclass(frozen=True)
class DummySettings:
    """What becomes of loads; by default each one is taken and forgotten.

    Attributes:
        loader_file_format: Format of the files that it takes.
        fail_prob: Probability that a file fails for good.
        retry_prob: Probability that it fails in a way that may pass.
        exception_prob: The same.
        completed_prob: Probability that it is taken, where it does not fail otherwise; none is taken where it is 0.
        fail_schema_update: Making tables fails for good.
        fail_schema_update_transiently: Making tables fails in a way that may pass.
        fail_terminally_in_init: Every file fails for good.
        fail_transiently_in_init: Every file fails in a way that may pass.
        fail_table_names: Tables whose files are the only ones to fail.
    """

    loader_file_format: str = "arrow"
    fail_prob: float = 0.0
    retry_prob: float = 0.0
    exception_prob: float = 0.0
    completed_prob: float = 1.0
    fail_schema_update: bool = False
    fail_schema_update_transiently: bool = False
    fail_terminally_in_init: bool = False
    fail_transiently_in_init: bool = False
    fail_table_names: list[str] | None = None


class Dummy(Destination):
    """Take every load and forget it, or let it fail as the settings say."""

    kind: ClassVar[str] = "dummy"
    settings_spec: ClassVar[type | None] = DummySettings

    if TYPE_CHECKING:
        # that of all destinations takes anything by name
        def __init__(
            self,
            credentials: object = None,
            *,
            destination_name: str | None = None,
            environment: str | None = None,
            **settings: Unpack[DummyArguments],
        ) -> None: ...

    def own_capabilities(self) -> Capabilities:
        """Return what is accepted: everything."""
        kind = str(self.settings.get("loader_file_format") or "arrow")
        return replace(Capabilities(), keeps_types=False, supported_checks=(), preferred_loader_file_format=kind)

    @override
    @contextmanager
    def connect(self, dataset_name: str, schema: Schema | None = None) -> Iterator[DummyClient]:
        """Return a client that keeps nothing."""
        settings = settings_of(DummySettings, self.settings, self.destination_name)
        terminal = 1.0 if settings.fail_terminally_in_init else settings.fail_prob
        passing = 1.0 if settings.fail_transiently_in_init else max(settings.retry_prob, settings.exception_prob)
        failures = Failures(
            terminal,
            passing,
            settings.completed_prob,
            settings.fail_schema_update,
            settings.fail_schema_update_transiently,
            tuple(settings.fail_table_names or ()),
        )
        yield FailingClient(failures) if failures.any else DummyClient()


DESTINATION = Dummy
