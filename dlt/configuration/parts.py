"""Arguments of which a function's signature, the configuration and the call may each set parts: cursors.

A class is one of these when it has `__parts__`, the names of its settings; a `merge` with another of its kind; `of`,
which makes one of what a program writes; `part_hint`, the type of a setting; and `in_use`, which tells that it is whole
already. The signature comes first, then what is configured is merged into it, then what the call says.
"""

from __future__ import annotations

import os
import types
from collections.abc import Mapping, Sequence
from typing import Any, Union, get_args, get_origin

from dlt.configuration.coerce import coerce
from dlt.configuration.container import ENVIRON, asked
from dlt.configuration.lookup import MISSING, Trace, find_value
from dlt.configuration.sections import current_sections, search_paths
from dlt.configuration.spec import optional
from dlt.configuration.values import Placeholder, bare
from dlt.errors import ConfigFieldMissingException, ConfigurationValueError, ConfigValueCannotBeCoercedException
from dlt.late import orjson


def kind_in_parts(hint: Any, default: Any) -> Any:
    """Return the class of an argument that is made of parts, else None.

    Args:
        hint: Type hint of the parameter.
        default: Its default, which tells too.
    """
    if hasattr(type(default), "__parts__"):
        return type(default)
    hint = bare(hint)
    choices = get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
    for choice in choices:
        kind = get_origin(bare(choice)) or bare(choice)
        if hasattr(kind, "__parts__"):
            return kind
    return None


def declared_type(hint: Any, default: Any) -> Any:
    """Return the type of the values that a cursor takes, by the type hint or the default; None if nobody says."""
    first = getattr(default, "initial_value", None)
    if first is not None:
        return type(first)
    hint = bare(hint)
    choices = get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
    for choice in (*choices, getattr(default, "__orig_class__", None)):
        if hasattr(get_origin(bare(choice)), "__parts__"):
            found = get_args(bare(choice))[0]
            return found if isinstance(found, type) or get_args(found) else None
    return None


class NoneGiven(ConfigFieldMissingException, TypeError):
    """None was passed for an argument that is not optional."""


def merged_argument(
    name: str, hint: Any, default: Any, sections: Sequence[str], given: Any = MISSING, *, look_up: bool = True
) -> tuple[Any, Trace]:
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
    if getattr(given, "in_use", False):
        return given, Trace()
    kind = kind_in_parts(hint, default)
    if given is None or given is kind.EMPTY:
        if default is not None and not (hint is not Any and optional(hint)):
            raise NoneGiven(
                f"{name}=None was passed, but the parameter is not optional. Write {name}: "
                "Optional[dlt.sources.incremental[...]] = ... to allow calls without a cursor, or leave the argument "
                "out.",
                fields=[name],
            )
        return None, Trace()
    absent = default is None or isinstance(default, (Placeholder, type))
    base = None if absent else kind.of(default)
    configured, trace = configured_parts(name, kind, base, hint, tuple(sections)) if look_up else (MISSING, Trace())
    for part in (configured, given):
        if part is not MISSING:
            made = kind.of(part, base)
            base = made if base is None else base.merge(made)
    return (MISSING if base is None else base), trace


def configured_parts(name: str, kind: Any, base: Any, hint: Any, sections: tuple[str, ...]) -> tuple[Any, Trace]:
    """Return the settings that the configuration has, or MISSING, and where the first of them was looked for.

    A bare key or variable with the name of the argument is none of them: `PATH` and `UPDATED` mean something else.
    """
    declared = declared_type(hint, base)
    found: dict[str, Any] = {}
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
            if wanted is Any and isinstance(value, str):
                found[part] = _literal(value)
    return (found or MISSING), first or Trace()


def _has_table(name: str, sections: tuple[str, ...]) -> bool:
    """Tell whether some place may have single settings of an argument."""
    paths = tuple(path for group in search_paths(sections, current_sections().pipeline_name) for path in group)
    for provider in asked(secret=False):
        if provider is ENVIRON:
            mark = f"{name.upper()}__"
            found = any(mark in variable for variable in os.environ)
        else:
            find = getattr(provider, "find", None)
            # a place that cannot be searched must be asked for every setting
            found = find is None or find(name, paths, lambda value, _: isinstance(value, Mapping))[0] is not None
        if found:
            return True
    return False


def _from_whole(name: str, value: Any, declared: Any, trace: Trace) -> dict[str, Any]:
    """Return the settings that one value stands for: a document, a start, or the path of the cursor."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        return dict(coerce(value, dict, name, trace.hidden, trace.place))
    if not isinstance(value, str):
        return {"initial_value": value}
    if declared is None and not isinstance(_literal(value), str):
        return {"initial_value": _literal(value)}
    if declared not in (None, str):
        try:
            return {"initial_value": coerce(value, declared, name)}
        except ConfigValueCannotBeCoercedException:
            # text that is no value of the cursor's type is its path
            return {"cursor_path": value}
    return {"cursor_path": value}


def _literal(text: str) -> Any:
    """Return text of a variable as the number that it is; text in quotes stays text."""
    try:
        found = orjson.loads(text)
    except ValueError:
        return text
    return found if isinstance(found, (int, float, str, list)) and not isinstance(found, bool) else text


def _refuse_unknown(name: str, kind: Any, sections: tuple[str, ...]) -> None:
    """Refuse keys in the argument's own table that are no settings."""
    if not sections:
        return
    pipeline = current_sections().pipeline_name
    for places in ((pipeline, *sections), sections) if pipeline else (sections,):
        table, trace = find_value(name, places, exact=True)
        if not isinstance(table, Mapping):
            continue
        unknown = [key for key in table if key not in kind.__parts__]
        if unknown:
            from dlt.configuration.similar import did_you_mean

            raise ConfigurationValueError(
                f"{trace.place}: {unknown[0]!r} is no setting of a cursor{did_you_mean(unknown[0], kind.__parts__)}. "
                f"Known are {', '.join(kind.__parts__)}."
            )


def configured_incremental(name: str, default: Any, sections: Sequence[str]) -> Any:
    """Return an incremental with what the configuration sets on top, or the incremental itself.

    Args:
        name: Name of the parameter.
        default: The incremental.
        sections: Sections of the function.

    Raises:
        ConfigValueCannotBeCoercedException: a value is not of the type of its setting.
    """
    return merged_argument(name, Any, default, sections)[0]
