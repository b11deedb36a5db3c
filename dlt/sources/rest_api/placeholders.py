"""Placeholders such as `{resources.posts.id}` in paths, parameters, headers and bodies; two braces stand for one."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from dlt.sources.rest_api.exceptions import RestApiConfigurationError

Replace = Callable[[str], object]


class DirectKeyFormatter(string.Formatter):
    """Look a name up as it is written, dots and all, before it is read as an attribute of another name."""

    def get_field(self, field_name: str, args: Sequence[object], kwargs: Mapping[str, object]) -> tuple[object, str]:
        """Return the value of a placeholder, and its name.

        Raises:
            KeyError: there is none.
        """
        # `resources.posts.id` is one name, where format strings see two attributes
        if field_name in kwargs:
            return kwargs[field_name], field_name
        found: tuple[object, str] = super().get_field(field_name, args, kwargs)
        return found


_formatter = DirectKeyFormatter()
_QUERY = r"(?![\w.~%\[\]-]+=)"
"""Behind a sign: no name of a parameter follows."""
_ENDS_PATH, _ENDS_PATH_OR_BEGINS_QUERY = re.compile(r"[#?]"), re.compile(rf"#|\?{_QUERY}")
_ENDS_VALUE = re.compile(rf"#|&{_QUERY}|\+(?=\d\d:?\d\d$)")
"""The last one stands before the zone of a moment, and would be read as a space."""


def expand_placeholders(obj: object, placeholders: Mapping[str, object], preserve_value_type: bool = False) -> object:
    """Return a text, or a document of texts, with values in place of its placeholders.

    Args:
        obj: A text, or dicts, lists and tuples with texts in them; other values stay as they are.
        placeholders: Values by the names of the placeholders.
        preserve_value_type: A text that is one placeholder and nothing else becomes the value itself, not its text.

    Raises:
        KeyError: a placeholder has no value.
    """

    def fill(text: str) -> object:
        if preserve_value_type:
            name = single_placeholder(text)
            if name is not None:
                return _formatter.get_field(name, (), placeholders)[0]
        return _formatter.vformat(text, (), placeholders)

    return _mapped(obj, fill)


def expand_path(path: str, placeholders: Mapping[str, object]) -> str:
    """Return a path with values in place of its placeholders, each of which stays where it stands.

    Signs that would end the path or the value are escaped. Slashes lead further, percent signs stay, and a value at the
    end of a path may bring parameters along, as links do.

    Args:
        path: The path.
        placeholders: Values by the names of the placeholders.

    Raises:
        KeyError: a placeholder has no value.
    """
    parts = list(string.Formatter().parse(path))
    made = ""
    for number, (literal, name, shape, conversion) in enumerate(parts):
        made += literal
        if name is None:
            continue
        value = _formatter.vformat(_written(name, shape, conversion), (), placeholders)
        # a field may be a whole address
        if not made and re.match(r"https?://", value, re.IGNORECASE):
            made = value
        elif "?" in made:
            made += _escaped(_ENDS_VALUE, value)
        else:
            goes_on = any("/" in following for following, *_ in parts[number + 1 :])
            made += _escaped(_ENDS_PATH if goes_on else _ENDS_PATH_OR_BEGINS_QUERY, value)
    return made


def _escaped(signs: re.Pattern[str], text: str) -> str:
    return signs.sub(lambda match: f"%{ord(match.group()):02X}", text)


def _written(name: str, shape: str | None, conversion: str | None) -> str:
    return "{" + name + (f"!{conversion}" if conversion else "") + (f":{shape}" if shape else "") + "}"


def _mapped(obj: object, fill: Replace) -> object:
    if isinstance(obj, str):
        # most texts have none
        return fill(obj) if "{" in obj or "}" in obj else obj
    if isinstance(obj, Mapping):
        # a key is a text in any case
        return {_mapped(key, lambda text: str(fill(text))): _mapped(value, fill) for key, value in obj.items()}
    if isinstance(obj, (list, tuple)):
        return type(obj)(_mapped(item, fill) for item in obj)
    return obj


def single_placeholder(text: str) -> str | None:
    """Return the name of the placeholder that a text is, None for one that is more, or shapes the value."""
    parts = list(string.Formatter().parse(text))
    # two placeholders, or text around one, make a text
    if len(parts) != 1:
        return None
    literal, name, shape, conversion = parts[0]
    return name if not literal and name and not shape and not conversion else None


def find_placeholders(obj: object) -> set[str]:
    """Return the names of all placeholders in a text or a document.

    Raises:
        ValueError: a text has a brace that is neither doubled nor part of a placeholder.
    """
    return {name for text in _texts(obj) for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def _texts(obj: object) -> Iterator[str]:
    if isinstance(obj, str):
        yield obj
    elif isinstance(obj, Mapping):
        for key, value in obj.items():
            yield from _texts(key)
            yield from _texts(value)
    elif isinstance(obj, (list, tuple)):
        for item in obj:
            yield from _texts(item)


def find_expressions(content: object, prefixes: Iterable[str] | None = None) -> set[str]:
    """Return the names of placeholders, of those that begin with one of the prefixes if there are any."""
    found = find_placeholders(content)
    return found if prefixes is None else {name for name in found if name.startswith(tuple(prefixes))}


def checked_placeholders(obj: object, place: str) -> set[str]:
    """Return the names of all placeholders.

    Args:
        obj: A text or a document.
        place: Where it stands, for the message.

    Raises:
        RestApiConfigurationError: a brace belongs to no placeholder.
    """
    try:
        return find_placeholders(obj)
    except ValueError as error:
        raise RestApiConfigurationError(
            f"{place}: {error}. A placeholder looks like {{resources.posts.id}}; for a brace as it is write two of "
            "them: {{ or }}.",
            path=place,
            field=None,
        ) from error


def bind_template(template: str, values: Mapping[str, object]) -> str:
    """Return a text with templates in place of some of its placeholders; all others stay as they are written.

    Args:
        template: The text.
        values: Templates by the names of their placeholders.
    """
    made = []
    for literal, name, shape, conversion in string.Formatter().parse(template):
        # what was doubled is doubled again, as the text will be filled later
        made.append(literal.replace("{", "{{").replace("}", "}}"))
        if name is None:
            continue
        if name in values and not shape and not conversion:
            made.append(str(values[name]))
        else:
            made.append(_written(name, shape, conversion))
    return "".join(made)
