"""Credentials of the machine: they may be used where none are configured, but never without a word."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, TypeGuard, TypeVar, runtime_checkable

from dlt import user_log
from dlt.configuration.credentials.stores import AwsCredentials, AwsCredentialsWithoutDefaults
from dlt.configuration.resolve import resolve_configuration
from dlt.configuration.spec import BaseConfiguration

if TYPE_CHECKING:
    from google.auth.credentials import Credentials

Spec = TypeVar("Spec", bound=BaseConfiguration)
_told: set[tuple[str, ...]] = set()
_lock = threading.Lock()


@runtime_checkable
class OfMachine(Protocol):
    """Credentials that the machine may have in their place."""

    @property
    def of_machine(self) -> str | None:
        """Return what is used in their place, None where they are configured."""


def blank(kind: type[Spec]) -> Spec:
    """Return a spec whose fields the configuration is to fill."""
    return kind()


def check_machine_credentials(spec: BaseConfiguration, destination_name: str, sections: Sequence[str]) -> None:
    """Say, once for each destination or source and process, that credentials of the machine are used.

    Args:
        spec: Resolved credentials; nothing is said where they were configured.
        destination_name: Name of the destination, or of the source.
        sections: Where its credentials are configured.

    Raises:
        ConfigFieldMissingException: the machine has none either; with every place that was asked.
    """
    whose = spec.of_machine if isinstance(spec, OfMachine) else None
    if whose is None:
        return
    # several threads may load at once, and one word is enough
    with _lock:
        known = (*sections[:1], destination_name, whose) in _told
        _told.add((*sections[:1], destination_name, whose))
    if known:
        return
    if isinstance(spec, AwsCredentials):
        _check_amazon(sections)
    user_log.info(
        f"{sections[0].removesuffix('s')} {destination_name}: no credentials are configured, so {whose} are used. Set "
        f"[{'.'.join(sections)}] in .dlt/secrets.toml to use others."
    )


def _check_amazon(sections: Sequence[str]) -> None:
    try:
        from botocore.session import Session
    except ImportError:
        # whoever opens the bucket says which package is missing
        return
    if Session().get_credentials() is None:
        _told.clear()
        # s3fs would say so at the first request, and not where they could have been configured
        resolve_configuration(blank(AwsCredentialsWithoutDefaults), sections=sections)


def is_google(given: object) -> TypeGuard[Credentials]:
    """Tell whether a program gave credentials of google.auth; programs have classes of their own for them, too."""
    return hasattr(given, "before_request")


def google_project(given: Credentials, *names: str) -> str | None:
    """Return the project that credentials of google.auth tell, under the first of some names that says one."""
    found = (getattr(given, name, None) for name in names)
    return next((str(project) for project in found if project), None)
