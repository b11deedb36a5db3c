"""What this process took from the configuration, as the trace of a run tells it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from dlt.redact import redact


class ResolvedValue(NamedTuple):
    """A value that was found.

    Attributes:
        key: Its name.
        value: The value; None for secrets.
        default_value: None: the place where it was found knows nothing of a default.
        is_secret_hint: It is a secret, or stands where secrets are.
        sections: Sections that it was found under.
        provider_name: The place that had it.
        config_type_name: Empty: what it was looked up for is not kept.
        provider_location: File that had it.
    """

    key: str
    value: object
    default_value: object
    is_secret_hint: bool
    sections: Sequence[str]
    provider_name: str
    config_type_name: str = ""
    provider_location: str = ""

    def asdict(self) -> dict[str, object]:
        """Return a dict for JSON."""
        return self._asdict()

    def asstr(self, verbosity: int = 0) -> str:
        """Return a line to read; a secret is not in it.

        Args:
            verbosity: 1 to name the file too, where the place is one.
        """
        shown = "<secret>" if self.is_secret_hint else self.value
        place = self.provider_name
        if verbosity > 0 and self.provider_location not in ("", place):
            place = self.provider_location
        return f"`{'.'.join((*self.sections, self.key))}` = {shown} from `{place}`"

    def __str__(self) -> str:
        return self.asstr()


_found: dict[tuple[str, ...], ResolvedValue] = {}


def note_resolved(value: ResolvedValue) -> None:
    """Remember a value that was found; a later one under the same name comes in its place.

    Args:
        value: The value; None in it where it is a secret.
    """
    _found[(*value.sections, value.key)] = value


def resolved_values() -> list[ResolvedValue]:
    """Return what was found so far, in the order of the first time; texts without the secrets that are known by now."""
    return [
        found._replace(value=redact(found.value)) if isinstance(found.value, str) else found
        for found in tuple(_found.values())
    ]
