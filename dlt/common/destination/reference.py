"""Destinations by what names them, under the names of PyPI `dlt` 1.x."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from dlt.destinations.base import REGISTERED, Destination, DestinationRef, load_destination, resolve_destination

__all__ = ["AnyDestination", "Destination", "DestinationReference", "TDestinationReferenceArg"]
TDestinationReferenceArg = DestinationRef | None
AnyDestination = Destination


class DestinationReference:
    """Finds destinations by their names, or by the paths of their classes."""

    DESTINATIONS: ClassVar[dict[str, type[Destination] | Callable[..., Destination]]] = REGISTERED
    """Those that programs gave a name; the ones that come with the library are found without."""

    @classmethod
    def register(cls, factory: type[Destination] | Callable[..., Destination], ref: str) -> None:
        """Let a name, or a path, stand for a destination of a program.

        Args:
            factory: Its class, or a function that is decorated with `@dlt.destination`.
            ref: The name.
        """
        cls.DESTINATIONS[ref] = factory

    @classmethod
    def from_reference(
        cls,
        ref: TDestinationReferenceArg,
        credentials: object = None,
        destination_name: str | None = None,
        environment: str | None = None,
        **kwargs: object,
    ) -> Destination | None:
        """Return a destination by what names it, None for None.

        Args:
            ref: A short name, the path of a class, a class, or a destination.
            credentials: Credentials in any form that the destination takes.
            destination_name: Name under which it is configured.
            environment: Free text that tells destinations apart.
            **kwargs: Further options.

        Raises:
            UnknownDestinationModule: nothing has this name.
            InvalidDestinationReference: it is something else.
        """
        if ref is None and destination_name is None:
            return None
        return Destination.from_reference(ref, credentials, destination_name, environment, **kwargs)

    @classmethod
    def find(cls, ref: str) -> type[Destination]:
        """Return the class of a destination by its short name, or by its path.

        Raises:
            UnknownDestinationModule: nothing has this name.
        """
        if ref in cls.DESTINATIONS or "." in ref.removeprefix("dlt.destinations."):
            return type(resolve_destination(ref))
        return load_destination(ref.removeprefix("dlt.destinations."))
