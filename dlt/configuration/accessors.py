"""`dlt.config` and `dlt.secrets`: values by dotted key."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TypeVar, overload

from dlt.configuration import container
from dlt.configuration.coerce import coerce
from dlt.configuration.defaults import defaults_for
from dlt.configuration.lookup import MISSING, Trace, find_value, missing
from dlt.configuration.providers.base import ConfigProvider, WritableProvider
from dlt.configuration.values import CONFIG_VALUE, SECRETS_VALUE, ConfigValue
from dlt.redact import remember, remember_setting

Wanted = TypeVar("Wanted")


class Accessor:
    """Get and set values.

    Args:
        secret: Look only in places that may hold secrets.
    """

    def __init__(self, secret: bool) -> None:
        self._secret = secret
        self._placeholder = SECRETS_VALUE if secret else CONFIG_VALUE

    def __getitem__(self, key: str) -> ConfigValue:
        value, trace = self._find(key)
        if value is MISSING:
            raise missing("", {key: trace}, {key} if self._secret else set())
        return value

    def __setitem__(self, key: str, value: object) -> None:
        if self._secret:
            _note(key, value)
        # the program's own values are asked first of all, before the environment too
        container.memory(self._secret).set(key, value)

    def __contains__(self, key: str) -> bool:
        value, trace = self._find(key)
        if trace.misplaced is not None:
            self._tell(key, trace.misplaced)
        return value is not MISSING

    @overload
    def get(self, key: str, expected_type: type[Wanted]) -> Wanted | None: ...
    @overload
    def get(self, key: str, expected_type: object = None) -> ConfigValue: ...
    def get(self, key: str, expected_type: object = None) -> ConfigValue:
        """Return a value, or None.

        Args:
            key: Dotted key.
            expected_type: Type to coerce it to.

        Raises:
            ConfigValueCannotBeCoercedException: it is not of the type.
            MisplacedSecret: the secret stands in config.toml, where secrets are not read; with `compat.dlt1` that is
                a warning, and None is returned.
        """
        value, trace = self._find(key)
        if value is MISSING:
            if trace.misplaced is not None:
                # PyPI dlt read secrets from config.toml as well: programs written for it may ask for that silence
                if not defaults_for().misplaced_secrets_are_none:
                    raise missing("", {key: trace}, {key})
                self._tell(key, trace.misplaced)
            return None
        return (
            value
            if expected_type is None
            else coerce(value, expected_type, key, self._secret or trace.hidden, trace.place)
        )

    @property
    def value(self) -> ConfigValue:
        """Return the default for parameters that must be configured."""
        return self._placeholder

    @property
    def writable_provider(self) -> WritableProvider:
        """Return the provider that writes the file."""
        return container.SECRETS if self._secret else container.CONFIG

    @property
    def config_providers(self) -> Sequence[ConfigProvider]:
        """Return the places that are asked."""
        return container.registered(self._secret)

    def register_provider(self, provider: ConfigProvider) -> None:
        """Ask another place too.

        Raises:
            DuplicateConfigProviderException: one of its name is registered.
        """
        container.register_provider(provider)

    @staticmethod
    def _tell(key: str, misplaced: tuple[str, str]) -> None:
        name, place = misplaced
        warnings.warn(
            f"secret {key}: {name} stands in {place}, where secrets are not read, so it counts as missing. Move it to "
            "secrets.toml or to the environment.",
            stacklevel=3,
        )

    def _find(self, key: str) -> tuple[object, Trace]:
        *sections, last = key.split(".")
        # a key that a program writes out is the whole path: nothing is dropped from it or put before it
        value, trace = find_value(last, sections, secret=self._secret, exact=True)
        if self._secret and value is not MISSING:
            _note(key, value)
        return value, trace

    def __repr__(self) -> str:
        places = ", ".join(repr(place.name) for place in self.config_providers)
        return f"dlt.{'secrets' if self._secret else 'config'}(config_providers=[{places}])"


def _note(key: str, value: object) -> None:
    name = key.rpartition(".")[2]
    # whatever a program puts there by hand as credentials may be a secret as a whole
    if name == "credentials":
        remember(value)
    else:
        remember_setting(name, value, is_secret=True)


config = Accessor(secret=False)
secrets = Accessor(secret=True)
