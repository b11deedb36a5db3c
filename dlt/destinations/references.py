"""From whatever names a destination to the destination."""

from __future__ import annotations

import importlib
import types
from typing import Any

from dlt.destinations.base import Destination
from dlt.errors import InvalidDestinationReference, UnknownDestinationModule

KNOWN: dict[str, tuple[str, str]] = {
    "bigquery": ("dlt.destinations.impl.bigquery.factory", "BigQuery"),
    "duckdb": ("dlt.destinations.impl.duckdb.factory", "DuckDb"),
    "ducklake": ("dlt.destinations.impl.ducklake.factory", "DuckLake"),
    "filesystem": ("dlt.destinations.impl.filesystem.factory", "Filesystem"),
    "postgres": ("dlt.destinations.impl.postgres.factory", "Postgres"),
    "redshift": ("dlt.destinations.impl.redshift.factory", "Redshift"),
    "sqlalchemy": ("dlt.destinations.impl.sqlalchemy.factory", "SqlAlchemy"),
    "dummy": ("dlt.destinations.impl.dummy.factory", "Dummy"),
}


def load_destination(name: str) -> type[Destination]:
    """Return the class of a destination by its short name.

    Raises:
        UnknownDestinationModule: there is none of this name.
    """
    if name not in KNOWN:
        from dlt.configuration.similar import did_you_mean

        raise UnknownDestinationModule(
            f"There is no destination {name!r}{did_you_mean(name, KNOWN) or '.'} Known are {', '.join(sorted(KNOWN))}; "
            f"one under a name of its own needs destination_type under [destination.{name}]; another one is named by "
            "the path of its class, as package.module.ClassName.",
            ref=name,
        )
    module, kind = KNOWN[name]
    found: type[Destination] = getattr(importlib.import_module(module), kind)
    return found


def configured_destinations() -> list[str]:
    """Return the names of destinations that have settings in files or variables."""
    from dlt.configuration.container import asked

    found: dict[str, None] = {}
    for provider in asked(secret=False):
        for key in getattr(provider, "keys", list)():
            section, _, rest = key.lower().replace("__", ".").partition(".")
            name, _, setting = rest.partition(".")
            if section == "destination" and setting and name != "credentials":
                found[name] = None
    return list(found)


def resolve_destination(reference: Any, destination_name: str | None = None) -> Destination:
    """Return a destination.

    Args:
        reference: A short name, the path of a class, a class, a destination, or a module that holds one.
        destination_name: Name under which it is configured.

    Raises:
        UnknownDestinationModule: nothing has this name.
        InvalidDestinationReference: it is something else.
    """
    if isinstance(reference, Destination):
        return reference
    if isinstance(reference, str):
        reference = _by_name(reference)
        if isinstance(reference, Destination):
            return reference
    if isinstance(reference, type) and issubclass(reference, Destination):
        return reference(destination_name=destination_name)
    if isinstance(reference, types.ModuleType):
        name = reference.__name__.rpartition(".")[2]
        if name in KNOWN:
            return load_destination(name)(destination_name=destination_name)
    if callable(reference) and hasattr(reference, "destination_type"):
        return resolve_destination(reference())
    raise InvalidDestinationReference(
        f"{reference!r} is not a destination. Pass a name such as 'duckdb', an object of dlt.destinations, or a "
        "function decorated with @dlt.destination.",
    )


def _by_name(name: str) -> Any:
    short = name.removeprefix("dlt.destinations.")
    if short in KNOWN:
        return load_destination(short)
    from dlt.configuration import get_value

    kind = get_value("destination_type", str, sections=("destination", name), default=None)
    if kind is not None:
        return resolve_destination(kind, destination_name=name)
    module, _, attribute = name.rpartition(".")
    if not module:
        return load_destination(name)
    try:
        return getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise UnknownDestinationModule(
            f"The destination {name!r} cannot be imported: {error}. Known are {', '.join(sorted(KNOWN))}.", ref=name
        ) from error
