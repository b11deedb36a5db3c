"""How keys of documents become names of tables and columns."""

from __future__ import annotations

import importlib
import re
from types import ModuleType
from typing import ClassVar, Union

from dlt.errors import InvalidNamingType, InvalidSchemaName, NamingTypeNotFound, UnknownNamingModule
from dlt.ids import digest_id

_TAG_LENGTH = 8
_EMPTY = "_empty"


class NamingConvention:
    """Turn any text into an identifier.

    Subclass it, override `normalize_identifier`, and give the class (or its path) as `schema.naming`.

    Args:
        max_length: Length, in bytes of UTF-8, that no identifier may exceed; None for no limit.
        is_case_sensitive: Tell whether identifiers that differ by case only are different.
    """

    PATH_SEPARATOR: ClassVar[str] = "__"
    is_case_sensitive: bool = False

    def __init__(self, max_length: int | None = None, is_case_sensitive: bool | None = None) -> None:
        self.max_length = max_length
        if is_case_sensitive is not None:
            self.is_case_sensitive = is_case_sensitive

    @property
    def name(self) -> str:
        """Return the short name, or the class path of a user's convention."""
        for short, kind in _SHORT_NAMES.items():
            if type(self) is kind:
                return short
        return f"{type(self).__module__}.{type(self).__qualname__}"

    def normalize_identifier(self, identifier: str) -> str:
        """Return the identifier for one part of a key."""
        return self.shorten(identifier.strip() or _EMPTY)

    def normalize_table_identifier(self, identifier: str) -> str:
        """Return the identifier for a table; the same as for a column unless overridden."""
        return self.normalize_identifier(identifier)

    def normalize_path(self, path: str) -> str:
        """Return the identifier for a key that may be a path: each part between double underscores by itself."""
        return self.make_path(*(self.normalize_identifier(part) for part in self.break_path(path))) or _EMPTY

    def normalize_tables_path(self, path: str) -> str:
        """Normalize each part of the path of a table."""
        return self.make_path(*(self.normalize_table_identifier(part) for part in self.break_path(path))) or _EMPTY

    def make_path(self, *identifiers: str) -> str:
        """Join normalized identifiers into one name, shortened to the limit."""
        return self.shorten(self.PATH_SEPARATOR.join(part for part in identifiers if part))

    def break_path(self, path: str) -> list[str]:
        """Split a path into its parts."""
        return [part for part in path.split(self.PATH_SEPARATOR) if part.strip()]

    def shorten_fragments(self, *identifiers: str) -> str:
        """Normalize and join; the name under which a nested column or table is stored."""
        return self.make_path(*(self.normalize_identifier(part) for part in identifiers))

    def shorten(self, identifier: str) -> str:
        """Cut an identifier to the limit; a tag from its whole text keeps cut names apart."""
        return self.shorten_identifier(identifier, identifier, self.max_length)

    @staticmethod
    def shorten_identifier(normalized_ident: str, identifier: str, max_length: int | None) -> str:
        """Return an identifier that is at most as long as the limit.

        Args:
            normalized_ident: The identifier; it is kept if it is short enough, else its middle is cut out.
            identifier: What it was made of; the tag that stands in the middle comes from it, so that cut names differ.
            max_length: Length in bytes of UTF-8; None for no limit.
        """
        if max_length is None:
            return normalized_ident
        # keys of JSON may hold halves of surrogate pairs
        text = normalized_ident.encode(errors="surrogatepass")
        if len(text) <= max_length:
            return normalized_ident
        # letters that every convention and every database takes
        tag = re.sub(r"[^a-z0-9]", "x", digest_id(identifier, _TAG_LENGTH).lower())
        # the tag in the middle keeps both ends readable: the table's name before it, the column's behind it
        kept = max_length - _TAG_LENGTH
        head = (kept + 1) // 2
        # letters that a cut goes through are left out
        start, end = text[:head], text[len(text) - (kept - head) :]
        return start.decode(errors="ignore") + tag + end.decode(errors="ignore")

    def __repr__(self) -> str:
        return f"<naming {self.name} max_length={self.max_length}>"


class SnakeCase(NamingConvention):
    """Lower-case ASCII letters, digits and underscores; camel case is split."""

    # two patterns: HTTPServer becomes http_server, and userID user_id
    _CAMEL_WORD = re.compile(r"([^_])([A-Z][a-z]+)")
    _CAMEL_TAIL = re.compile(r"([a-z0-9])([A-Z])")
    _STRANGE = re.compile(r"[^a-zA-Z\d_]+")
    _UNDERSCORES = re.compile(r"_{2,}")
    # as PyPI dlt does: +1 and -1 of GitHub's reactions would else have one name
    _MEANT = str.maketrans("+-*@|", "x_xal")

    def normalize_identifier(self, identifier: str) -> str:
        """Return the identifier; no double underscore is left in it, for that would read as a path."""
        text = self._STRANGE.sub("_", identifier.strip().translate(self._MEANT))
        text = self._CAMEL_TAIL.sub(r"\1_\2", self._CAMEL_WORD.sub(r"\1_\2", text)).lower()
        stripped = text.rstrip("_")
        if len(stripped) < len(text):
            # a trailing underscore would read as a path separator once a child's name follows
            text = stripped + "x" * (len(text) - len(stripped))
        name = self._UNDERSCORES.sub("_", text)
        # most databases take a name that begins with a digit in quotes only
        return self.shorten(f"_{name}" if name[:1].isdigit() else name or _EMPTY)


class DuckCase(NamingConvention):
    """Any characters, case kept, only those that cannot be quoted replaced."""

    is_case_sensitive = True
    _FORBIDDEN = re.compile(r'["\n\r\x00]+')

    def normalize_identifier(self, identifier: str) -> str:
        """Return the identifier with quotes and line ends replaced."""
        text = self._FORBIDDEN.sub("_", identifier.strip())
        return self.shorten(re.sub(r"_{3,}", "__", text) or _EMPTY)


class Direct(NamingConvention):
    """Names as they are; paths are joined with a sign that no key has."""

    PATH_SEPARATOR = "▶"
    is_case_sensitive = True

    def normalize_identifier(self, identifier: str) -> str:
        """Return the key itself."""
        return self.shorten(identifier or _EMPTY)


_QUOTED = re.compile(r"[^a-zA-Z\d_]")


def _unquoted(identifier: str) -> str:
    """Return an identifier with everything that SQL would quote replaced."""
    text = _QUOTED.sub("_", identifier.strip())
    return f"_{text}" if text[:1].isdigit() else text or _EMPTY


class SqlCsV1(NamingConvention):
    """ASCII letters, digits and underscores, case kept."""

    is_case_sensitive = True

    def normalize_identifier(self, identifier: str) -> str:
        """Return the identifier with everything that SQL would quote replaced."""
        return self.shorten(_unquoted(identifier))


class SqlCiV1(NamingConvention):
    """ASCII letters, digits and underscores, lower case."""

    is_case_sensitive = False

    def normalize_identifier(self, identifier: str) -> str:
        """Return the lower-case identifier."""
        # shortened first: the tag of a long name is that of its own letters
        return self.shorten(_unquoted(identifier)).lower()


_SHORT_NAMES: dict[str, type[NamingConvention]] = {
    "snake_case": SnakeCase,
    "duck_case": DuckCase,
    "direct": Direct,
    "sql_ci_v1": SqlCiV1,
    "sql_cs_v1": SqlCsV1,
}
DEFAULT_NAMING = "snake_case"


NamingReference = Union[str, type[NamingConvention], NamingConvention, ModuleType]
"""A short name, the path of a class or module, or what the path would name."""


def check_name(name: str) -> None:
    """Check the name of a schema.

    Raises:
        InvalidSchemaName: it is not an identifier.
    """
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,63}", name or ""):
        raise InvalidSchemaName(
            f"{name!r} is not a schema name: at most 64 letters, digits and underscores, not beginning with a "
            f"digit. Use {SnakeCase(64).normalize_identifier(name or 'schema')!r}.",
            name=name,
        )


def naming_from(reference: object = None, max_length: int | None = None) -> NamingConvention:
    """Return a naming convention.

    Args:
        reference: A short name, a class, an instance, a module with a class `NamingConvention`, or the path of one.
        max_length: Length, in bytes of UTF-8, that no identifier may exceed.

    Raises:
        UnknownNamingModule: the module cannot be imported.
        NamingTypeNotFound: the module holds no such class.
        InvalidNamingType: it is no naming convention.
    """
    if reference is None:
        reference = DEFAULT_NAMING
    given = reference
    # an instance may have another limit: of the destination that is asked for, a new one is made
    if isinstance(reference, NamingConvention):
        reference = type(reference)
    if isinstance(reference, str):
        # schemas that PyPI dlt stored name the whole module
        short = reference.removeprefix("dlt.common.normalizers.naming.")
        reference = _SHORT_NAMES.get(short) or _import(reference)
    elif isinstance(reference, ModuleType):
        reference = _in_module(reference, "NamingConvention") or reference
    if not isinstance(reference, type) or not issubclass(reference, NamingConvention):
        raise InvalidNamingType(
            f"The naming convention {given!r} is {reference!r}, which is none. Derive the class from "
            "dlt.common.normalizers.naming.NamingConvention.",
        )
    return reference(max_length)


def _import(path: str) -> object:
    """Return the class that a path names: the class itself, or the module that holds `NamingConvention`."""
    parent, _, kind = path.rpartition(".")
    found = _module(path)
    if found is not None:
        convention = _in_module(found, "NamingConvention")
        if convention is None:
            raise NamingTypeNotFound(f"The module {path} has no class NamingConvention. Define it there.")
        return convention
    found = _module(parent) if parent else None
    if found is None:
        raise UnknownNamingModule(
            f"The naming convention {path!r} is neither one of {', '.join(_SHORT_NAMES)} nor an importable module or "
            "class. Give the path as package.module or package.module.ClassName; the program's folder and those of "
            "PYTHONPATH are searched."
        )
    convention = _in_module(found, kind)
    if convention is None:
        raise NamingTypeNotFound(f"The module {parent} has no class {kind}. Define it there, or correct the path.")
    return convention


def _in_module(module: ModuleType, name: str) -> object:
    # a module may make its names when they are asked for, so they need not stand in it
    return getattr(module, name, None)


def _module(name: str) -> ModuleType | None:
    """Return a module, or None if there is none; what goes wrong inside of it is told."""
    try:
        return importlib.import_module(name)
    except Exception as error:
        # a module that is missing inside of the convention's own is another fault than the convention's absence
        missing = error.name if isinstance(error, ModuleNotFoundError) else None
        if missing is not None and (name == missing or name.startswith(f"{missing}.")):
            return None
        raise UnknownNamingModule(
            f"The module {name} of a naming convention is there and cannot be imported: {type(error).__name__}: "
            f"{error}. Correct it."
        ) from error
