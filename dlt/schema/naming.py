"""How keys of documents become names of tables and columns."""

from __future__ import annotations

import base64
import hashlib
import importlib
import math
import re
from types import ModuleType
from typing import ClassVar, Union

from dlt.errors import InvalidNamingType, InvalidSchemaName, NamingTypeNotFound, UnknownNamingModule

_UNDERSCORES = re.compile(r"_{2,}")
EMPTY_KEY = "_empty"
"""Name of the column or table for a key of a document in which there is nothing."""


class NamingConvention:
    """Turn any text into an identifier; names are those of PyPI `dlt` 1.x, so that its tables are found again.

    Subclass it, override `normalize_identifier`, and give the class (or its path) as `schema.naming`.

    Args:
        max_length: Length, in bytes of UTF-8, that no identifier may exceed; None for no limit.
        is_case_sensitive: Tell whether identifiers that differ by case only are different.
    """

    PATH_SEPARATOR: ClassVar[str] = "__"
    is_case_sensitive: bool = False
    breaks_paths: bool = True
    """Tells whether a key with the separator in it is a path; in schemas that began before PyPI `dlt` 1.4 it is not."""
    _DEFAULT_COLLISION_PROB: ClassVar[float] = 0.001
    """How probable it may be that two cut names get one tag; a subclass may want longer tags."""

    def __init__(self, max_length: int | None = None, is_case_sensitive: bool | None = None) -> None:
        self.max_length = max_length
        if is_case_sensitive is not None:
            self.is_case_sensitive = is_case_sensitive

    @classmethod
    def name(cls) -> str:
        """Return the short name, or the class path of a user's convention."""
        short = (short for short, kind in _SHORT_NAMES.items() if cls is kind)
        return next(short, f"{cls.__module__}.{cls.__qualname__}")

    def normalize_identifier(self, identifier: str) -> str:
        """Return the identifier for one part of a key: here, without blanks around it.

        Raises:
            ValueError: there is nothing in it.
        """
        stripped = identifier.strip() if identifier else ""
        if not stripped:
            raise ValueError(f"{identifier!r} has no letter of which a name could be made. Give a name.")
        return stripped

    def normalize_table_identifier(self, identifier: str) -> str:
        """Return the identifier for a table; the same as for a column unless overridden."""
        return self.normalize_identifier(identifier)

    def normalize_path(self, path: str) -> str:
        """Return the identifier for a key that may be a path: each part between separators by itself, "" for none."""
        return self._short_path([self.normalize_identifier(part) for part in self.break_path(path)], path)

    def normalize_tables_path(self, path: str) -> str:
        """Normalize each part of the path of a table."""
        return self._short_path([self.normalize_table_identifier(part) for part in self.break_path(path)], path)

    def make_path(self, *identifiers: str) -> str:
        """Join normalized identifiers into one name; those with nothing in them are left out."""
        return self.PATH_SEPARATOR.join(part for part in identifiers if part and not part.isspace())

    def break_path(self, path: str) -> list[str]:
        """Split a path into its parts."""
        return [part for part in path.split(self.PATH_SEPARATOR) if part and not part.isspace()]

    def shorten_fragments(self, *identifiers: str) -> str:
        """Join normalized identifiers, and cut them to the limit: how a nested column or table is stored."""
        path = self.make_path(*identifiers)
        return self.shorten_identifier(path, path, self.max_length)

    def _short_path(self, identifiers: list[str], path: str) -> str:
        # the tag is that of the whole path, as it came
        return self.shorten_identifier(self.make_path(*identifiers), path, self.max_length)

    @classmethod
    def shorten_identifier(
        cls, normalized_ident: str, identifier: str, max_length: int | None, collision_prob: float | None = None
    ) -> str:
        """Return an identifier that is at most as long as the limit.

        Args:
            normalized_ident: The identifier; it is kept if it is short enough, else its middle is cut out.
            identifier: What it was made of; the tag that stands in the middle comes from it, so that cut names differ.
            max_length: Length in bytes of UTF-8; None for no limit.
            collision_prob: How probable it may be that two names get one tag.

        Raises:
            ValueError: the limit is shorter than a tag.
        """
        if max_length is None:
            return normalized_ident
        # keys of JSON may hold halves of surrogate pairs
        text = normalized_ident.encode(errors="surrogatepass")
        if len(text) <= max_length:
            return normalized_ident
        tag = cls._compute_tag(identifier, collision_prob or cls._DEFAULT_COLLISION_PROB)
        kept = max_length - len(tag)
        if kept < 0:
            raise ValueError(f"No name of {max_length} bytes tells long names apart; {len(tag)} are needed at least.")
        # the tag in the middle keeps both ends readable: the table's name before it, the column's behind it
        head = (kept + 1) // 2
        # letters that a cut goes through are left out
        start, end = text[:head], text[len(text) - (kept - head) :]
        return start.decode(errors="ignore") + tag + end.decode(errors="ignore")

    @staticmethod
    def _compute_tag(identifier: str, collision_prob: float) -> str:
        # the tags of PyPI dlt, of letters that every convention and every database takes
        size = int(3 * math.log2(1 / collision_prob) // 8) + 1
        digest = hashlib.shake_128(identifier.encode(errors="surrogatepass")).digest(size)
        return base64.b64encode(digest, b"ba").decode("ascii").rstrip("=").lower()

    def __repr__(self) -> str:
        return f"<naming {self.name()} max_length={self.max_length}>"


class SnakeCase(NamingConvention):
    """Lower-case ASCII letters, digits and underscores; camel case is split."""

    RE_NON_ALPHANUMERIC: ClassVar[re.Pattern[str]] = re.compile(r"[^a-zA-Z\d_]+")
    # two patterns: HTTPServer becomes http_server, and userID user_id
    _CAMEL_WORD = re.compile(r"([^_])([A-Z][a-z]+)")
    _CAMEL_TAIL = re.compile(r"([a-z0-9])([A-Z])")
    # as PyPI dlt does: +1 and -1 of GitHub's reactions would else have one name
    _MEANT = str.maketrans("+-*@|", "x_xal")

    def normalize_identifier(self, identifier: str) -> str:
        """Return the identifier; no double underscore is left in it, for that would read as a path."""
        given = super().normalize_identifier(identifier)
        text = self.RE_NON_ALPHANUMERIC.sub("_", given.translate(self._MEANT))
        text = self._CAMEL_TAIL.sub(r"\1_\2", self._CAMEL_WORD.sub(r"\1_\2", text)).lower()
        stripped = text.rstrip("_")
        if len(stripped) < len(text):
            # a trailing underscore would read as a path separator once a child's name follows
            text = stripped + "x" * (len(text) - len(stripped))
        name = _UNDERSCORES.sub("_", text)
        # most databases take a name that begins with a digit in quotes only
        return self.shorten_identifier(f"_{name}" if name[:1].isdigit() else name, given, self.max_length)


class S3Tables(NamingConvention):
    """Names of snake_case that S3 Tables takes: at most 255 letters, tables without underscores in front.

    Raises:
        ValueError: a longer limit is given.
    """

    MAX_LENGTH: ClassVar[int] = 255

    def __init__(self, max_length: int | None = None, is_case_sensitive: bool | None = None) -> None:
        if max_length is not None and max_length > self.MAX_LENGTH:
            raise ValueError(f"S3 Tables takes names of {self.MAX_LENGTH} letters, not of {max_length}. Give no limit.")
        super().__init__(self.MAX_LENGTH if max_length is None else max_length, is_case_sensitive)

    def normalize_identifier(self, identifier: str) -> str:
        """Return the identifier as snake_case has it."""
        return SnakeCase(self.max_length).normalize_identifier(identifier)

    def normalize_table_identifier(self, identifier: str) -> str:
        """Return the identifier for a table."""
        return self.normalize_identifier(identifier).lstrip("_")


class DuckCase(NamingConvention):
    """Any characters, case kept, only those that cannot be quoted replaced."""

    is_case_sensitive = True
    _FORBIDDEN = re.compile(r'["\n\r\x00]+')

    def normalize_identifier(self, identifier: str) -> str:
        """Return the identifier with quotes and line ends replaced; no double underscore is left in it."""
        given = super().normalize_identifier(identifier)
        name = _UNDERSCORES.sub("_", self._FORBIDDEN.sub("_", given))
        return self.shorten_identifier(name, given, self.max_length)


class Direct(NamingConvention):
    """Names nearly as they are; paths are joined with a sign that no name has."""

    PATH_SEPARATOR = "▶"
    is_case_sensitive = True
    _REPLACED = str.maketrans("\n\r'\"▶", "_____")

    def normalize_identifier(self, identifier: str) -> str:
        """Return the identifier with quotes, line ends and the sign of paths replaced."""
        given = super().normalize_identifier(identifier)
        return self.shorten_identifier(given.translate(self._REPLACED), given, self.max_length)


class SqlCsV1(NamingConvention):
    """ASCII letters, digits and underscores, case kept."""

    is_case_sensitive = True
    RE_NON_ALPHANUMERIC: ClassVar[re.Pattern[str]] = re.compile(r"[^a-zA-Z\d_]+")

    def normalize_identifier(self, identifier: str) -> str:
        """Return the identifier with everything that SQL would quote replaced; no underscore is left at its end."""
        given = super().normalize_identifier(identifier)
        name = _UNDERSCORES.sub("_", self.RE_NON_ALPHANUMERIC.sub("_", given)).rstrip("_") or "_"
        return self.shorten_identifier(f"_{name}" if name[:1].isdigit() else name, given, self.max_length)


class SqlCiV1(NamingConvention):
    """ASCII letters, digits and underscores, lower case."""

    is_case_sensitive = False

    def normalize_identifier(self, identifier: str) -> str:
        """Return the lower-case identifier."""
        # shortened first: the tag of a long name is that of its own letters
        return SqlCsV1(self.max_length).normalize_identifier(identifier).lower()


_SHORT_NAMES: dict[str, type[NamingConvention]] = {
    "snake_case": SnakeCase,
    "duck_case": DuckCase,
    "direct": Direct,
    "sql_ci_v1": SqlCiV1,
    "sql_cs_v1": SqlCsV1,
    "s3_tables": S3Tables,
}
DEFAULT_NAMING = "snake_case"


NamingReference = Union[str, type[NamingConvention], NamingConvention, ModuleType]
"""A short name, the path of a class or module, or what the path would name."""


def name_of_key(naming: NamingConvention, key: str) -> str:
    """Return the name of a column or nested table for a key of a document, which may be empty."""
    if not naming.breaks_paths and key.strip():
        return naming.normalize_identifier(key)
    return name_of_hint(naming, key)


def name_of_hint(naming: NamingConvention, name: str) -> str:
    """Return the name of a column for the name that a hint gives: a path always, as it may lead into a document."""
    return naming.normalize_path(name) or EMPTY_KEY


def name_of_table(naming: NamingConvention, name: str) -> str:
    """Return the name of a root table for a name that a program gives."""
    if not naming.breaks_paths and name.strip():
        return naming.normalize_table_identifier(name)
    return naming.normalize_tables_path(name)


MAX_SCHEMA_NAME = 64
"""Letters of the name of a schema at most, as with PyPI `dlt` 1.x."""


def check_name(name: str) -> None:
    """Check the name of a schema.

    Raises:
        InvalidSchemaName: it is not an identifier.
    """
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,63}", name or ""):
        raise InvalidSchemaName(
            f"{name!r} is not a schema name: at most 64 letters, digits and underscores, not beginning with a "
            f"digit. Use {SnakeCase(MAX_SCHEMA_NAME).normalize_path(name or '') or 'schema'!r}.",
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
        # schemas that PyPI dlt stored name the whole module, and its first versions had another
        short = reference.removeprefix("dlt.common.normalizers.naming.").removeprefix("dlt.common.normalizers.names.")
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
