"""The parts of a fan-out, however a person writes them; what cannot be read is a ValueError.

The file of a DAG is read again and again by a process that loads nothing, so this module imports nothing of ours.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence

from dlt.late_dataclass import dataclass

_WORDS = frozenset(("key", "resources", "source_args"))
_LONGEST = 80


@dataclass(frozen=True)
class Part:
    """A share of a run that is extracted on its own.

    Attributes:
        key: Its name, in no other part of the run.
        resources: Resources of the source; those of the whole when None.
        source_args: Arguments of the source that are those of the part; none of its own when None.
    """

    key: str
    resources: tuple[str, ...] | None = None
    source_args: Mapping[str, object] | None = None

    def to_dict(self) -> dict[str, object]:
        """Return JSON values; what the part does not say is not in them, as the id of a run is made of them."""
        found: dict[str, object] = {"key": self.key}
        if self.resources is not None:
            found["resources"] = list(self.resources)
        if self.source_args is not None:
            found["source_args"] = dict(self.source_args)
        return found


def name_of(arguments: Mapping[str, object], tells_secrets: Callable[[Mapping[str, object]], bool]) -> str:
    """Return a name for a part: its arguments, or their digest where they are long or hold a secret.

    Args:
        arguments: Arguments of the source that are those of the part.
        tells_secrets: Whether the text of the arguments would show a secret: names stand in logs and tokens.
    """
    # sorted: the same arguments are the same part, whatever their order in the file
    text = ",".join(f"{key}={arguments[key]}" for key in sorted(arguments))
    if len(text) <= _LONGEST and not tells_secrets(arguments):
        return text
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def parts_of(
    fan_out: object, tells_secrets: Callable[[Mapping[str, object]], bool], reserved: bool = False
) -> list[Part]:
    """Return the parts that a list describes.

    A part is the name of a resource, a list of names, a dict with "key" and "resources" or "source_args", or a dict
    of arguments of the source.

    Args:
        fan_out: The list.
        tells_secrets: As for `name_of`.
        reserved: As for `part_of`.

    Raises:
        ValueError: it is no list, there is no part in it, or one of them is no part.
    """
    if isinstance(fan_out, (str, Mapping)) or not isinstance(fan_out, Sequence):
        raise ValueError(
            f"fan_out: {fan_out!r} is no way to fan out. Pass 'resources', a list of parts, or None for no fan-out."
        )
    if not fan_out:
        raise ValueError("fan_out: there is no part. Name at least one, or select a resource of the source.")
    return [part_of(item, tells_secrets, reserved) for item in fan_out]


def part_of(item: object, tells_secrets: Callable[[Mapping[str, object]], bool], reserved: bool = False) -> Part:
    """Return the part that an item of the list describes.

    Args:
        item: The item.
        tells_secrets: As for `name_of`.
        reserved: A dict with one of the words "key", "resources" and "source_args" never holds arguments. Otherwise a
            source may have a parameter of that name, and a dict is a part where it cannot be anything else.

    Raises:
        ValueError: it is no part.
    """
    if isinstance(item, str):
        return Part(item, (item,))
    if isinstance(item, Mapping):
        # a key alone names a part only where it cannot be an argument
        if _is_written_out(item) and (reserved or len(item) > 1):
            return Part(str(item["key"]), _names(item.get("resources")), item.get("source_args"))
        if not reserved or (item and not _WORDS & set(item)):
            return Part(name_of(item, tells_secrets), None, dict(item))
    elif isinstance(item, Sequence) and item and all(isinstance(name, str) for name in item):
        return Part(", ".join(item), tuple(item))
    raise ValueError(
        f"fan_out: {item!r} is no part. Pass the name of a resource, a list of names, a dict with key, and resources "
        "or source_args, or a dict of arguments of the source."
    )


def _is_written_out(item: Mapping[object, object]) -> bool:
    return bool(item.get("key")) and set(item) <= _WORDS


def _names(resources: Sequence[str] | None) -> tuple[str, ...] | None:
    return None if resources is None else tuple(resources)
