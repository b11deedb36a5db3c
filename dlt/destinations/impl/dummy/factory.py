"""A destination that keeps nothing: for trying out sources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

from typing_extensions import override

from dlt.destinations.base import Destination
from dlt.destinations.impl.dummy.client import DummyClient
from dlt.schema.capabilities import Capabilities
from dlt.schema.schema import Schema


class Dummy(Destination):
    """Take every load and forget it."""

    destination_type: ClassVar[str] = "dummy"
    setting_types: ClassVar[Mapping[str, Any]] = {}

    def own_capabilities(self) -> Capabilities:
        """Return what is accepted: everything."""
        return Capabilities(keeps_types=False)

    @override
    @contextmanager
    def connect(self, dataset_name: str, schema: Schema | None = None) -> Iterator[DummyClient]:
        """Return a client that keeps nothing."""
        yield DummyClient()


DESTINATION = Dummy
