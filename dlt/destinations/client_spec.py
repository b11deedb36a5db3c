"""The settings of destinations as specs, under the names of PyPI `dlt` 1.x, for programs that look into them.

Destinations themselves read their settings by `settings_of`; the specs here are made of the same classes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Final, Protocol, TypeVar, Union
from weakref import WeakKeyDictionary

from dlt.configuration.base import BaseConfiguration, CredentialsConfiguration
from dlt.configuration.resolve import resolve_configuration
from dlt.configuration.spec import configspec
from dlt.destinations.settings import known_settings
from dlt.schema.typing import ReplaceStrategy

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Spec = TypeVar("Spec", bound=BaseConfiguration)


@configspec
class DestinationClientConfiguration(BaseConfiguration):
    """The section `destination`: credentials and names."""

    __section__: ClassVar[str | None] = "destination"
    destination_type: Final[str | None] = None
    credentials: CredentialsConfiguration | None = None
    destination_name: str | None = None
    environment: str | None = None

    @classmethod
    def credentials_type(cls, config: DestinationClientConfiguration | None = None) -> type[CredentialsConfiguration]:
        """Return the class of the credentials.

        Args:
            config: A spec whose credentials tell it better.
        """
        if config is not None and config.credentials is not None:
            return type(config.credentials)
        return cls.__credentials__[0] if cls.__credentials__ else CredentialsConfiguration

    __credentials__: ClassVar[tuple[type[CredentialsConfiguration], ...]] = ()

    def __str__(self) -> str:
        return "" if self.credentials is None else str(self.credentials)


@configspec
class DestinationClientDwhConfiguration(DestinationClientConfiguration):
    """Settings of destinations with tables."""

    dataset_name: Final[str | None] = None
    default_schema_name: Final[str | None] = None
    # with the defaults of PyPI dlt 1.x, for programs that derive from these classes: nothing here reads them
    replace_strategy: ReplaceStrategy | None = None
    staging_dataset_name_layout: str = "%s_staging"
    enable_dataset_name_normalization: bool = True
    info_tables_query_threshold: int = 1000


class Described(Protocol):
    """What a class of destinations says of itself."""

    @property
    def kind(self) -> str:
        """Return the word for it."""

    @property
    def settings_spec(self) -> type[DataclassInstance] | None:
        """Return the dataclass of its settings."""

    def credential_specs(self) -> tuple[type[BaseConfiguration], ...]:
        """Return the specs of its credentials."""

    def spec_bases(self) -> tuple[type[BaseConfiguration], ...]:
        """Return the specs that the spec of its settings is made of."""


def spec_of(kind: type, described: Described) -> type[DestinationClientDwhConfiguration]:
    """Return the spec of the settings and credentials of a class of destinations.

    Args:
        kind: The class.
        described: What it says of itself, which is the class again.
    """
    if kind not in _made:
        _made[kind] = _spec_of(kind, described)
    return _made[kind]


_made: WeakKeyDictionary[type, type[DestinationClientDwhConfiguration]] = WeakKeyDictionary()


def _spec_of(kind: type, described: Described) -> type[DestinationClientDwhConfiguration]:
    credentials = tuple(spec for spec in described.credential_specs() if issubclass(spec, CredentialsConfiguration))
    known = known_settings(kind) or {}
    bases: tuple[type[BaseConfiguration], ...] = (DestinationClientDwhConfiguration, *described.spec_bases())
    inherited = {name for base in bases for name in base.__config_fields__}
    taken = {name: hint for name, hint in known.items() if name not in inherited}
    defaults = {field.name: field.default for field in dataclasses.fields(described.settings_spec or _Nothing)}
    # a file may leave a setting out, and the destination then says itself what counts
    hints: dict[str, object] = {name: Union[hint, None] for name, hint in taken.items()}
    hints["destination_type"] = Final[str]
    body: dict[str, object] = {name: _plain(defaults.get(name)) for name in taken}
    if credentials and not described.spec_bases():
        hints["credentials"], body["credentials"] = Union[(*credentials, None)], None
    body.update(
        __module__=kind.__module__,
        __doc__=f"Settings of {kind.__name__}.",
        __annotations__=hints,
        __section__=None,
        destination_type=described.kind,
        __credentials__=credentials,
    )
    made = type(f"{kind.__name__}ClientConfiguration", bases, body)
    assert issubclass(made, DestinationClientDwhConfiguration)
    return configspec(made)


def filled(config: Spec, name: str, said: Mapping[str, object], accept_partial: bool) -> Spec:
    """Return the spec of a destination's settings with what the program said and what is configured.

    Args:
        config: The spec.
        name: Name of the destination.
        said: What the program said.
        accept_partial: Do not raise for what is missing.
    """
    given = {key: value for key, value in said.items() if key in config}
    own = given.get("credentials")
    # an open connection is no form of credentials
    is_object = own is not None and not isinstance(own, (str, Mapping))
    if is_object:
        del given["credentials"]
    made = resolve_configuration(
        config, sections=("destination", name), explicit_value=given, accept_partial=accept_partial
    )
    if is_object:
        made.update({"credentials": own})
    return made


@dataclasses.dataclass(frozen=True)
class _Nothing:
    """What a class has that says nothing of its settings."""


def _plain(default: object) -> object:
    return None if default is dataclasses.MISSING else default
