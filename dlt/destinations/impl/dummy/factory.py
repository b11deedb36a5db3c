"""A destination that keeps nothing: for trying out sources."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar

from dlt.destinations.base import Destination
from dlt.destinations.impl.dummy.client import DummyClient
from dlt.schema.capabilities import Capabilities
from dlt.schema.schema import Schema
from dlt.types import override


@dataclass(frozen=True)
class DummySettings:
    """Nothing: whatever is loaded is forgotten."""


class Dummy(Destination):
    """Take every load and forget it."""

    destination_type: ClassVar[str] = "dummy"
    settings_spec: ClassVar[type | None] = DummySettings

    def own_capabilities(self) -> Capabilities:
        """Return what is accepted: everything."""
        return Capabilities(keeps_types=False)

    @override
    @contextmanager
    def connect(self, dataset_name: str, schema: Schema | None = None) -> Iterator[DummyClient]:
        """Return a client that keeps nothing."""
        yield DummyClient()


DESTINATION = Dummy
