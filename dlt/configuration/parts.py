"""Arguments of which a function's signature, the configuration and the call may each set parts: cursors.

The signature comes first, then what is configured is merged into it, then what the call says.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, get_args, get_origin

from dlt.configuration.coerce import coerce
from dlt.configuration.container import ENVIRON, asked
from dlt.configuration.lookup import MISSING, Missing, Trace, find_value
from dlt.configuration.providers.base import Searched
from dlt.configuration.sections import current_sections, search_paths
from dlt.configuration.similar import did_you_mean
from dlt.configuration.spec import optional
from dlt.configuration.values import UNTYPED, Placeholder, bare, choices_of, is_untyped
from dlt.errors import ConfigFieldMissingException, ConfigurationValueError, ConfigValueCannotBeCoercedException
from dlt.late import orjson

if TYPE_CHECKING:
    from typing_extensions import Self


class InParts:
    """An argument that is made of parts.

    Attributes:
        EMPTY: One on which nothing is set; passed in a call it says that no cursor is wanted.
        initial_value: Where it starts, whose type may tell that of its other values.
    """

    __parts__: ClassVar[tuple[str, ...]]
    """Settings that a signature, the configuration and a call may each set."""
    EMPTY: ClassVar[object]
    initial_value: object

    @property
    def in_use(self) -> bool:
        """Tell whether it is whole already."""
        raise NotImplementedError

    @classmethod
    def of(cls, value: object, base: Self | None = None) -> InParts:
        """Return one for what a program writes.

        Args:
            value: What stands in the signature, in the configuration or in the call.
            base: What it will be merged into.
        """
        raise NotImplementedError

    def merge(self, other: Self) -> InParts:
        """Return this one with all that was set on another one on top."""
        raise NotImplementedError

    @classmethod
    def part_hint(cls, name: str, declared: object) -> object:
        """Return the type of a setting.

        Args:
            name: Name of the setting.
            declared: Type of the values that start and end may be, or None when it is not known.
        """
        raise NotImplementedError


def kind_in_parts(hint: object, default: object) -> type[InParts] | None:
    """Return the class of an argument that is made of parts, else None.

    Args:
        hint: Type hint of the parameter.
        default: Its default, which tells too.
    """
    if isinstance(default, InParts):
        return type(default)
    return next((kind for kind, _ in _kinds_in_parts(hint)), None)


def _kinds_in_parts(hint: object) -> Iterator[tuple[type[InParts], tuple[object, ...]]]:
    """Yield the classes of a type hint that are made of parts, each with what stands in its brackets."""
    for choice in choices_of(hint):
        kind = get_origin(bare(choice)) or bare(choice)
        if isinstance(kind, type) and issubclass(kind, InParts):
            yield kind, get_args(bare(choice))


def declared_type(hint: object, default: object) -> object:
    """Return the type of the values that a cursor takes, by the type hint or the default; None if nobody says."""
    written: tuple[object, ...] = (hint,)
    if isinstance(default, InParts):
        if default.initial_value is not None:
            return type(default.initial_value)
        # Python keeps there what stood in the brackets of a call such as incremental[int]("id")
        written = (hint, vars(default).get("__orig_class__"))
    for _, inner in (found for each in written for found in _kinds_in_parts(each)):
        if inner:
            return inner[0] if isinstance(inner[0], type) or get_args(inner[0]) else None
    return None


class NoneGiven(ConfigFieldMissingException, TypeError):
    """None was passed for an argument that is not optional."""


def merged_argument(
    name: str, hint: object, default: object, sections: Sequence[str], given: object = MISSING, *, look_up: bool = True
) -> tuple[object, Trace]:
    """Return an argument with all its parts, None where the call wants none, or MISSING where nobody says anything.

    Args:
        name: Name of the parameter.
        hint: Its type hint.
        default: Its default in the signature; None, a placeholder or `Parameter.empty` where there is none.
        sections: Sections of the function.
        given: What the call passes.
        look_up: Ask the configuration too.

    Returns:
        The argument, and where it was looked for.

    Raises:
        NoneGiven: the call passes None, and the parameter is not optional.
        ConfigValueCannotBeCoercedException: a value is not of the type of its setting.
    """
    # bound to a run already, by an outer call: merging would begin its cursor again
    if isinstance(given, InParts) and given.in_use:
        return given, Trace()
    kind = kind_in_parts(hint, default)
    # callers ask before
    assert kind is not None
    if given is None or given is kind.EMPTY:
        if default is not None and not (not is_untyped(hint) and optional(hint)):
            raise NoneGiven(
                f"{name}=None was passed, but the parameter is not optional. Write {name}: "
                "Optional[dlt.sources.incremental[...]] = ... to allow calls without a cursor, or leave the argument "
                "out.",
                fields=[name],
            )
        return None, Trace()
    absent = default is None or isinstance(default, (Placeholder, type))
    base = None if absent else kind.of(default)
    configured: object = MISSING
    trace = Trace()
    if look_up:
        configured, trace = configured_parts(name, kind, base, hint, tuple(sections))
    for part in (configured, given):
        # the order of the parts is their rank: each later one overwrites what it says itself
        if part is not MISSING:
            made = kind.of(part, base)
            base = made if base is None else base.merge(made)
    return (MISSING if base is None else base), trace


def configured_parts(
    name: str, kind: type[InParts], base: InParts | None, hint: object, sections: tuple[str, ...]
) -> tuple[dict[str, object] | Missing, Trace]:
    """Return the settings that the configuration has, or MISSING, and where the first of them was looked for.

    A bare key or variable with the name of the argument is none of them: `PATH` and `UPDATED` mean something else.
    """
    declared = declared_type(hint, base)
    found: dict[str, object] = {}
    whole, trace = find_value(name, sections, bare=False, tables=False)
    if whole is not MISSING:
        found = _from_whole(name, whole, declared, trace)
    first: Trace | None = None
    if base is not None and not _has_table(name, sections):
        # twelve look-ups that find nothing would be most of the work of a small resource
        return (found or MISSING), trace
    _refuse_unknown(name, kind, sections)
    for part in kind.__parts__:
        value, asked = find_value(part, sections, inner=(name,))
        first = first or asked
        if value is not MISSING:
            wanted = kind.part_hint(part, declared)
            found[part] = coerce(value, wanted, f"{name}.{part}", asked.hidden, asked.place)
            if wanted is UNTYPED and isinstance(value, str):
                found[part] = _literal(value)
    return (found or MISSING), first or Trace()


def _has_table(name: str, sections: tuple[str, ...]) -> bool:
    """Tell whether some place may have single settings of an argument."""
    paths = tuple(path for group in search_paths(sections, current_sections().pipeline_name) for path in group)
    for provider in asked(secret=False):
        if provider is ENVIRON:
            mark = f"{name.upper()}__"
            # one pass over all names costs less than a look-up for each setting and section
            found = any(mark in variable for variable in os.environ)
        else:
            # a place that cannot be searched must be asked for every setting
            found = isinstance(provider, Searched) or provider.find(name, paths, _is_table)[0] is not None
        if found:
            return True
    return False


def _is_table(found: object, _: tuple[str, ...]) -> bool:
    return isinstance(found, Mapping)


def _from_whole(name: str, value: object, declared: object, trace: Trace) -> dict[str, object]:
    """Return the settings that one value stands for: a document, a start, or the path of the cursor."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        return dict(coerce(value, dict, name, trace.hidden, trace.place))
    if not isinstance(value, str):
        return {"initial_value": value}
    # nobody says what the cursor's values are: a number cannot be a path, so it is a start
    if declared is None and not isinstance(_literal(value), str):
        return {"initial_value": _literal(value)}
    if declared is not None and declared is not str:
        try:
            return {"initial_value": coerce(value, declared, name)}
        except ConfigValueCannotBeCoercedException:
            # text that is no value of the cursor's type is its path
            return {"cursor_path": value}
    return {"cursor_path": value}


def _literal(text: str) -> object:
    """Return text of a variable as the number that it is; text in quotes stays text."""
    try:
        found = orjson.loads(text)
    except ValueError:
        return text
    # true and null as text are rather names of columns than starts of cursors
    return found if isinstance(found, (int, float, str, list)) and not isinstance(found, bool) else text


def _refuse_unknown(name: str, kind: type[InParts], sections: tuple[str, ...]) -> None:
    """Refuse keys in the argument's own table that are no settings."""
    if not sections:
        return
    pipeline = current_sections().pipeline_name
    # only the argument's own table: one further out may belong to something else that bears the name
    for places in ((pipeline, *sections), sections) if pipeline else (sections,):
        table, trace = find_value(name, places, exact=True)
        if not isinstance(table, Mapping):
            continue
        unknown = [key for key in table if key not in kind.__parts__]
        if unknown:
            raise ConfigurationValueError(
                f"{trace.place}: {unknown[0]!r} is no setting of a cursor{did_you_mean(unknown[0], kind.__parts__)}. "
                f"Known are {', '.join(kind.__parts__)}."
            )


def configured_incremental(name: str, default: object, sections: Sequence[str]) -> object:
    """Return an incremental with what the configuration sets on top, or the incremental itself.

    Args:
        name: Name of the parameter.
        default: The incremental.
        sections: Sections of the function.

    Raises:
        ConfigValueCannotBeCoercedException: a value is not of the type of its setting.
    """
    return merged_argument(name, UNTYPED, default, sections)[0]
