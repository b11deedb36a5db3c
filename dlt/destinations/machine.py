"""Credentials of the machine: they may be used where none are configured, but never without a word."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from dlt import user_log

_told: set[tuple[str, str]] = set()
_lock = threading.Lock()


def check_machine_credentials(spec: Any, destination_name: str, sections: Sequence[str]) -> None:
    """Say, once for each destination and process, that credentials of the machine are used.

    Args:
        spec: Resolved credentials; nothing is said where they were configured.
        destination_name: Name of the destination.
        sections: Where its credentials are configured.

    Raises:
        ConfigFieldMissingException: the machine has none either; with every place that was asked.
    """
    whose = getattr(spec, "of_machine", None)
    if whose is None:
        return
    with _lock:
        known = (destination_name, whose) in _told
        _told.add((destination_name, whose))
    if known:
        return
    if hasattr(spec, "aws_access_key_id"):
        _check_amazon(sections)
    user_log.info(
        f"destination {destination_name}: no credentials are configured, so {whose} are used. Set "
        f"[destination.{destination_name}.credentials] in .dlt/secrets.toml to use others."
    )


def _check_amazon(sections: Sequence[str]) -> None:
    try:
        from botocore.session import Session
    except ImportError:
        # whoever opens the bucket says which package is missing
        return
    if Session().get_credentials() is None:
        from dlt.configuration.credentials.stores import AwsCredentialsWithoutDefaults
        from dlt.configuration.resolve import resolve_configuration

        _told.clear()
        make: Any = AwsCredentialsWithoutDefaults
        resolve_configuration(make(), sections=sections)
