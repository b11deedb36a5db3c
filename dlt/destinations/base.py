"""Destinations: settings that open clients, and how they are found by what names them."""

from __future__ import annotations

import importlib
import pkgutil
import types
from collections.abc import Callable
from contextlib import AbstractContextManager
from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, NoReturn, Protocol, TypeVar, Union, cast, runtime_checkable

import dlt.destinations.impl as impl
from dlt.destinations.client import Client
from dlt.destinations.missing import MISSING
from dlt.destinations.settings import OF_CAPABILITIES, Settings, check_settings
from dlt.errors import InvalidDestinationReference, MissingDependencyException, NotOffered, UnknownDestinationModule
from dlt.schema.capabilities import Capabilities
from dlt.schema.schema import Schema

if TYPE_CHECKING:
    from _typeshed import DataclassInstance
    from typing_extensions import Self

    from dlt.configuration.spec import BaseConfiguration
    from dlt.destinations.client_spec import DestinationClientConfiguration

    ClientConfiguration = TypeVar("ClientConfiguration", bound=BaseConfiguration)

FUNCTION = "destination"
"""Short name of destinations that are functions of a program."""
KNOWN: tuple[str, ...] = tuple(
    sorted(found.name for found in pkgutil.iter_modules(impl.__path__) if found.ispkg and found.name != FUNCTION)
)
"""Short names of the destinations that come with the library: each is a folder of `dlt/destinations/impl`."""
_PREFIX = "dlt.destinations."
REGISTERED: dict[str, type[Destination] | Callable[..., Destination]] = {}
"""Destinations that programs gave a name of their own."""
DestinationRef = Union[str, "Destination", Callable[..., "Destination"]]
"""A destination, its class, its name, or the path of its class."""


def _not_offered(of: object, name: str, instead: str) -> NotOffered:
    return NotOffered(
        f"{of!r}: {name} is a name of PyPI dlt 1.x without anything behind it here. {instead}", place=name
    )


def missing_package(where: str, package: str, extra: str) -> MissingDependencyException:
    """Return the error for a package that is not installed.

    Args:
        where: The destination, as messages name it.
        package: The package.
        extra: Extra of this library that brings it.
    """
    return MissingDependencyException(
        f'{where}: the package {package} is not installed. Run: pip install "dlt-tasks[{extra}]"'
    )


class Destination:
    """Settings of a destination; nothing is imported or opened before `connect`.

    Calling it gives a new one with credentials and settings bound.

    Args:
        credentials: Credentials in any form that the destination takes; configured when None.
        destination_name: Name under which it is configured; its type when None.
        environment: Free text that tells destinations apart.
        settings: Further options.
    """

    kind: ClassVar[str] = ""
    """Its short name; `destination_type` is made of it."""
    supports_staging: ClassVar[bool] = False
    named_after_pipeline: ClassVar[bool] = False
    """Without credentials, data goes where the name of the pipeline says."""
    takes_other_credentials: ClassVar[bool] = False
    """Its credentials may have fields that none of `credential_specs` has."""
    example: ClassVar[str] = ""
    """TOML that `dlt init` writes into secrets.toml; {source} stands for the name of the source."""
    settings_spec: ClassVar[type[DataclassInstance] | None] = None
    """Frozen dataclass of what it takes beside credentials; None for a class that takes anything."""
    pipeline_name: str | None = None

    def __class_getitem__(cls, parts: object) -> types.GenericAlias:
        """Return the class with types behind it, as programs write those of settings and client."""
        return types.GenericAlias(cls, parts)

    @classmethod
    def credential_specs(cls) -> tuple[type[BaseConfiguration], ...]:
        """Return the specs of the credentials that it takes, for those who check or show a configuration."""
        return ()

    @classmethod
    def spec_bases(cls) -> tuple[type[BaseConfiguration], ...]:
        """Return specs that the one of its settings is made of, beside that of all destinations."""
        return ()

    def __init__(
        self,
        credentials: object = None,
        *,
        destination_name: str | None = None,
        environment: str | None = None,
        **settings: object,
    ) -> None:
        self.credentials = credentials
        self.configured_name = destination_name
        self.environment = environment
        check_settings(type(self), self.destination_name, settings)
        self.settings: Settings = settings

    def __init_subclass__(cls, **kwargs: object) -> None:
        """Take the short name from a class of a program that says it as its type."""
        super().__init_subclass__(**kwargs)
        said = vars(cls).get("destination_type")
        if isinstance(said, str):
            cls.kind = said
            # else it would stand in the way of the property, which makes the same of all names
            del cls.destination_type

    @property
    def destination_name(self) -> str:
        """Return the name under which it is configured: its own, or its short name."""
        return self.configured_name or self.kind

    @property
    def destination_type(self) -> str:
        """Return what names its class: `dlt.destinations.duckdb`; for a class of a program, what that one says."""
        return f"{_PREFIX}{self.kind}" if self.kind in (*KNOWN, FUNCTION) else self.kind

    @property
    def destination_description(self) -> str:
        """Return both names, for messages."""
        return f"{self.destination_name} ({self.destination_type})"

    @classmethod
    def to_name(cls, ref: object) -> str:
        """Return the name that a reference has if nobody gives it another one.

        Args:
            ref: A short name, the path of a class, a class, or a destination.
        """
        if isinstance(ref, str):
            return ref.rpartition(".")[2]
        return resolve_destination(ref).destination_name

    def __call__(
        self,
        credentials: object = None,
        *,
        destination_name: str | None = None,
        environment: str | None = None,
        **settings: object,
    ) -> Self:
        """Return the destination with other credentials and settings; what is not given stays.

        Args:
            credentials: Those of the other place.
            destination_name: Name under which it is configured.
            environment: Free text that tells destinations apart.
            **settings: What the destination's class takes.
        """
        # a copy: the classes of programs may be made with other arguments
        bound = copy(self)
        bound.configured_name = destination_name or self.configured_name
        bound.environment = environment or self.environment
        check_settings(type(self), bound.destination_name, settings)
        bound.settings = {**self.settings, **settings}
        if credentials is not None:
            bound.credentials = credentials
        return bound

    def for_pipeline(self, pipeline_name: str) -> Self:
        """Return the destination as that of a pipeline; one that a pipeline has already stays where it is."""
        if not self.named_after_pipeline or self.pipeline_name is not None:
            return self
        bound = copy(self)
        bound.pipeline_name = pipeline_name
        return bound

    def bind(self, credentials: object) -> Self:
        """Return a destination with these credentials."""
        return self.__call__(credentials)

    @classmethod
    def from_reference(
        cls,
        ref: object,
        credentials: object = None,
        destination_name: str | None = None,
        environment: str | None = None,
        **settings: object,
    ) -> Destination:
        """Return a destination by whatever names it.

        Args:
            ref: A short name, the path of a class, a class, or a destination.
            credentials: Credentials in any form that the destination takes.
            destination_name: Name under which it is configured.
            environment: Free text that tells destinations apart.
            settings: Further options.

        Raises:
            UnknownDestinationModule: nothing has this name.
            InvalidDestinationReference: it is something else.
        """
        if isinstance(ref, str) and ref.removeprefix(_PREFIX) == FUNCTION:
            # its factory is a function of a function, and stands above this module
            made: Destination = importlib.import_module(f"{impl.__name__}.{FUNCTION}.factory").destination(
                settings.pop("destination_callable", None), destination_name, **settings
            )
            return made
        # a name alone names the kind too
        found = resolve_destination(destination_name if ref is None else ref, destination_name=destination_name)
        if environment is not None:
            # the program's own destination stays as it is
            found = copy(found)
            found.environment = environment
        if credentials is None and not settings:
            return found
        return found(credentials, destination_name=None, environment=None, **settings)

    def configured_environment(self) -> str | None:
        """Return the free text that tells destinations apart: what the program says, else what is configured."""
        if self.environment is not None:
            return self.environment
        from dlt.configuration import get_value

        return get_value("environment", str, sections=("destination", self.destination_name), default=None)

    @property
    def config_params(self) -> dict[str, object]:
        """Return what the program set: credentials, names and settings."""
        settings = {name: value for name, value in self.settings.items() if name not in OF_CAPABILITIES}
        names = {"destination_name": self.configured_name, "environment": self.environment}
        given = {"credentials": self.credentials, **settings, **names}
        return {name: value for name, value in given.items() if value is not None}

    @property
    def client_class(self) -> type[object]:
        """Say that there is none.

        Raises:
            NotOffered: always.
        """
        raise _not_offered(self, "client_class", "pipeline.destination_client() opens a client.")

    @classmethod
    def adjust_capabilities(cls, *_said: object) -> NoReturn:
        """Say that capabilities are not changed by a call.

        Raises:
            NotOffered: always.
        """
        raise _not_offered(
            cls, "adjust_capabilities", "Pass what differs to the destination, or override own_capabilities."
        )

    @property
    def caps_params(self) -> dict[str, object]:
        """Return what the program says of its capabilities."""
        return {name: self.settings[name] for name in OF_CAPABILITIES if self.settings.get(name) is not None}

    @property
    def spec(self) -> type[DestinationClientConfiguration]:
        """Return the spec of its settings and credentials."""
        from dlt.destinations.client_spec import spec_of

        return spec_of(type(self), type(self))

    def configuration(self, initial_config: ClientConfiguration, accept_partial: bool = False) -> ClientConfiguration:
        """Return a spec of its settings, filled: what the program set, what is configured, what the spec has.

        Args:
            initial_config: The spec, such as `destination.spec()`.
            accept_partial: Do not raise for what is missing.

        Raises:
            ConfigFieldMissingException: required settings are nowhere.
        """
        from dlt.destinations.client_spec import filled

        return filled(initial_config, self.destination_name, self.config_params, accept_partial)

    def capabilities(self) -> Capabilities:
        """Return what the destination can do, with what the program says otherwise."""
        return replace(self.own_capabilities(), **cast("Settings", self.caps_params))

    def own_capabilities(self) -> Capabilities:
        """Return what the destination can do by itself."""
        raise NotImplementedError

    def connect(self, dataset_name: str, schema: Schema | None = None) -> AbstractContextManager[Client]:
        """Open a client for a dataset, to be used in a `with` block.

        Args:
            dataset_name: Name of the dataset.
            schema: Schema of its tables, if known.

        Raises:
            DestinationConnectionError: it cannot be reached.
            MissingDependencyException: its driver is not installed.
        """
        raise NotImplementedError

    def is_missing(self) -> bool:
        """Tell whether it is certain, without a connection, that nothing is there yet and all can be made."""
        return False

    def stand_in(self, folder: str) -> Destination:  # noqa: ARG002 - for destinations that can be missing
        """Return a destination of the same kind and names that is empty; asked only where this one is missing.

        Args:
            folder: Where it may have files.
        """
        return self

    def displayable_credentials(self) -> str:
        """Return where the data goes, without secrets."""
        return self.destination_name

    def check_settings(self) -> None:
        """Look up what a load needs, and open nothing.

        Raises:
            ConfigFieldMissingException: something is missing.
        """
        self.displayable_credentials()

    def fingerprint(self) -> str:
        """Return a hash that tells physical destinations apart."""
        from dlt.ids import digest_id

        return digest_id(f"{self.kind} {self.displayable_credentials()}")

    def __repr__(self) -> str:
        return f"<{self.destination_type}(destination_name={self.destination_name!r})>"


@runtime_checkable
class DestinationFactory(Protocol):
    """What `@dlt.destination` makes of a function: called, it gives a destination."""

    destination_type: str

    def __call__(self) -> Destination:
        """Return the destination."""


def load_destination(name: str) -> type[Destination]:
    """Return the class of a destination by its short name.

    Raises:
        UnknownDestinationModule: there is none of this name.
    """
    if name in MISSING:
        raise UnknownDestinationModule(
            f"The destination {name!r} of PyPI dlt 1.x is not part of this library. {MISSING[name]}", ref=name
        )
    if name not in KNOWN:
        from dlt.configuration.similar import did_you_mean

        raise UnknownDestinationModule(
            f"There is no destination {name!r}{did_you_mean(name, KNOWN) or '.'} Known are {', '.join(sorted(KNOWN))}; "
            f"one under a name of its own needs destination_type under [destination.{name}]; another one is named by "
            "the path of its class, as package.module.ClassName.",
            ref=name,
        )
    found: type[Destination] = importlib.import_module(f"{impl.__name__}.{name}.factory").DESTINATION
    return found


def configured_destinations() -> list[str]:
    """Return the names of destinations that have settings in files or variables."""
    from dlt.configuration.container import asked

    found: dict[str, None] = {}
    for provider in asked(secret=False):
        # a provider of a program's own need not list its keys
        for key in getattr(provider, "keys", list)():
            # variables write DESTINATION__NAME__SETTING, files dots
            section, _, rest = key.lower().replace("__", ".").partition(".")
            name, _, setting = rest.partition(".")
            if section == "destination" and setting and name != "credentials":
                found[name] = None
    return list(found)


def resolve_destination(reference: object, destination_name: str | None = None) -> Destination:
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
    if isinstance(reference, DestinationFactory):
        return resolve_destination(reference())
    raise InvalidDestinationReference(
        f"{reference!r} is not a destination. Pass a name such as 'duckdb', an object of dlt.destinations, or a "
        "function decorated with @dlt.destination.",
    )


def _by_name(name: str) -> object:
    short = name.removeprefix(_PREFIX)
    if short in KNOWN:
        return load_destination(short)
    if name in REGISTERED:
        return REGISTERED[name]
    from dlt.configuration import get_value

    # after the names that come with the library: no setting can make something else of them
    kind = get_value("destination_type", str, sections=("destination", name), default=None)
    # one that stands outside of all sections names the destination itself, and tells nothing of it
    if kind is not None and kind != name:
        return resolve_destination(kind, destination_name=name)
    module, _, attribute = name.rpartition(".")
    if not module:
        return load_destination(name)
    try:
        return getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        said, known = str(error).rstrip("."), ", ".join(sorted(KNOWN))
        raise UnknownDestinationModule(
            f"The destination {name!r} cannot be imported: {said}. Known are {known}.", ref=name
        ) from error
