"""Documents as values: frozen dataclasses that are written as JSON with a version, and read again in one way.

A field that is empty, as its default is, is not written, unless the document is one that others read. What is read is
compared with the types of the fields, so that code behind it meets no key that is missing and no value of another
type. A key that is not known is kept where the class has a field for the `REST`, and refused where it has none: a
newer release may have meant something by it.
"""

from __future__ import annotations

import dataclasses
import datetime
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, field, fields
from functools import cache
from typing import Generic, TypeVar

import orjson

from dlt.clock import moment_of
from dlt.errors import DocumentTooNew
from dlt.io import typed_json
from dlt.io.sealed import Damaged, seal, unseal
from dlt.late_dataclass import dataclass

REST: Mapping[str, bool] = {"rest": True}
"""Metadata of the field that keeps keys which this release does not know."""
VERSION = "version"

T = TypeVar("T")
Reader = Callable[[object, str], object]
Upgrade = Callable[[dict[str, object]], dict[str, object]]


class Absent:
    """The type of `ABSENT`."""

    def __repr__(self) -> str:
        return "ABSENT"

    # it is told by `is`, so a copy must be the same object
    def __copy__(self) -> Absent:
        return self

    def __deepcopy__(self, memo: object) -> Absent:
        return self

    # a text names a global of this module: pickle gives the one object back
    def __reduce__(self) -> str:
        return "ABSENT"


ABSENT = Absent()
"""Stands for a value that is not there, where None is a value."""


@dataclass(frozen=True)
class Document(Generic[T]):
    """A kind of document.

    Attributes:
        kind: Its class.
        what: What a document of this kind is, for messages.
        version: The version that is written. A document without one is of version 1.
        upgrades: What makes values of version 1 those of version 2, and so on.
        exact: Values keep types that JSON has no word for.
        indented: People read it.
        whole: Empty fields are written too.
    """

    kind: type[T]
    what: str
    version: int = 1
    upgrades: Sequence[Upgrade] = field(default=())
    exact: bool = False
    indented: bool = False
    whole: bool = False

    def values(self, document: T) -> dict[str, object]:
        """Return a document as JSON values."""
        return {VERSION: self.version, **encode(document, self.whole)}

    def parse(self, values: object, where: str) -> T:
        """Return the document of JSON values.

        Args:
            values: What `values` gave, now or in an earlier release.
            where: Names the place in messages, as the path of a file.

        Raises:
            Damaged: they are no document of this kind.
            DocumentTooNew: a later release wrote it.
        """
        if not isinstance(values, Mapping):
            raise Damaged(f"it holds {type(values).__name__}, not an object")
        found = {str(key): value for key, value in values.items()}
        version = found.pop(VERSION, 1)
        # True is an int to Python
        if isinstance(version, bool) or not isinstance(version, int) or version < 1:
            raise Damaged("its version is not a whole number from 1 on")
        if version > self.version:
            raise DocumentTooNew(
                f"{where}: {self.what} has version {version}, and this release reads up to {self.version}: a later "
                "release wrote it. Upgrade dlt to that release, or go on with it where it was written.",
                where=where,
                version=version,
                known=self.version,
            )
        for upgrade in self.upgrades[version - 1 :]:
            found = upgrade(found)
        return decode(self.kind, found)

    def dump(self, document: T) -> bytes:
        """Return a document as it is stored, with its checksum."""
        values = self.values(document)
        if self.exact:
            return seal(typed_json.dumps(values).encode())
        return seal(orjson.dumps(values, default=str, option=orjson.OPT_INDENT_2 if self.indented else None))

    def load(self, data: bytes, where: str) -> T:
        """Return the document that `dump` stored.

        Raises:
            Damaged: it is not what was written.
            DocumentTooNew: a later release wrote it.
        """
        return self.parse(unseal(data, typed_json.loads if self.exact else orjson.loads), where)


def encode(value: object, whole: bool = False) -> dict[str, object]:
    """Return the JSON values of a dataclass, without a version.

    Args:
        value: The dataclass.
        whole: Write empty fields too.
    """
    found: dict[str, object] = {}
    if not dataclasses.is_dataclass(value):
        raise TypeError(f"{type(value).__name__} is not a dataclass")
    opaque = _opaque(typing.cast("type", type(value)))
    for each in fields(value):
        own = getattr(value, each.name)
        if each.metadata == REST:
            found.update(own)
        elif own is not ABSENT and (whole or not _is_empty(own, each)):
            found[each.name] = own if each.name in opaque else _plain(own, whole)
    return found


def decode(kind: type[T], values: Mapping[str, object]) -> T:
    """Return a dataclass of its JSON values.

    Raises:
        Damaged: a key is missing or unknown, or a value is of another type.
    """
    made = _of_class(typing.cast("type", kind))(values, "")
    # for type checkers: a reader returns an object
    assert isinstance(made, kind)
    return made


_ANYTHING = (object, typing.Any)
_OF_THE_USER = (Mapping[str, object], Mapping[str, typing.Any])


@cache
def _opaque(kind: type) -> frozenset[str]:
    """Return the fields whose values are the user's: they are written as they are."""
    # the annotations are texts, which are compiled each time: once for a class, not for each document
    hints = typing.get_type_hints(kind)
    return frozenset(name for name, hint in hints.items() if hint in (*_ANYTHING, *_OF_THE_USER))


def _is_empty(value: object, each: dataclasses.Field[object]) -> bool:
    """Tell whether a value is empty, and absence says the same."""
    default = each.default if each.default_factory is MISSING else each.default_factory()
    # 0 is not False
    return not value and type(value) is type(default) and value == default


def _plain(value: object, whole: bool) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return encode(value, whole)
    if isinstance(value, Mapping):
        return {key: _plain(item, whole) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item, whole) for item in value]
    return value


@cache
def _of_class(kind: type) -> Reader:
    hints = typing.get_type_hints(kind)
    own = {each.name: each for each in fields(kind) if each.metadata != REST}
    rest = next((each.name for each in fields(kind) if each.metadata == REST), None)
    readers = {name: _reader(hints[name]) for name in own}
    needed = [n for n, each in own.items() if each.default is MISSING and each.default_factory is MISSING]

    def read(value: object, place: str) -> object:
        if not isinstance(value, Mapping):
            raise _wrong(place, value, "an object")
        if missing := [name for name in needed if name not in value]:
            raise Damaged(f"{place or 'it'} has no {', '.join(missing)}")
        unknown = {str(key): item for key, item in value.items() if key not in own}
        if unknown and rest is None:
            raise Damaged(f"{place or 'it'} has {', '.join(unknown)}, which this release does not know")
        found = {
            name: readers[name](value[name], f"{place}.{name}" if place else name) for name in own if name in value
        }
        return kind(**found, **({rest: unknown} if rest is not None and unknown else {}))

    return read


_SCALARS: Mapping[type, str] = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}


def _reader(hint: object) -> Reader:
    """Return what reads a value of a type."""
    if hint in _ANYTHING:
        return _as_it_is
    if hint in _SCALARS:
        return _scalar(typing.cast("type", hint))
    if hint is datetime.datetime:
        return _moment
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return _union(inner)
    if origin is typing.Literal:
        return _literal(inner)
    if origin is tuple:
        return _tuple(inner)
    if origin in (dict, Mapping):
        return _mapping(_reader(inner[1]))
    if typing.is_typeddict(hint):
        return _mapping(_as_it_is)
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return _of_class(hint)
    raise TypeError(f"{hint} is no type of a field that the codec knows")


def _as_it_is(value: object, _: str) -> object:
    return value


def _scalar(kind: type) -> Reader:
    takes = (int, float) if kind is float else kind

    def read(value: object, place: str) -> object:
        if not isinstance(value, takes) or (isinstance(value, bool) and kind is not bool):
            raise _wrong(place, value, _SCALARS[kind])
        return value

    return read


def _moment(value: object, place: str) -> object:
    if isinstance(value, datetime.datetime):
        return value
    try:
        return moment_of(value)  # type: ignore[arg-type]  # what is no text is told below
    except (AttributeError, TypeError, ValueError) as error:
        raise _wrong(place, value, "a moment") from error


def _union(inner: tuple[object, ...]) -> Reader:
    takes_none = type(None) in inner
    # what is absent is never written, so nothing is read as it
    readers = [_reader(each) for each in inner if each not in (type(None), Absent)]

    def read(value: object, place: str) -> object:
        if value is None and takes_none:
            return None
        # the last one tells what is wrong
        for reader in readers[:-1]:
            try:
                return reader(value, place)
            except Damaged:
                continue
        return readers[-1](value, place)

    return read


def _literal(known: tuple[object, ...]) -> Reader:
    def read(value: object, place: str) -> object:
        if value not in known:
            raise Damaged(f"{place} is none of {', '.join(map(str, known))}")
        return value

    return read


def _tuple(inner: tuple[object, ...]) -> Reader:
    readers = [_reader(each) for each in inner if each is not Ellipsis]
    any_length = Ellipsis in inner

    def read(value: object, place: str) -> object:
        if not isinstance(value, (list, tuple)):
            raise _wrong(place, value, "a list")
        if any_length:
            return tuple(readers[0](item, f"{place}[{number}]") for number, item in enumerate(value))
        if len(value) != len(readers):
            raise Damaged(f"{place} has {len(value)} values, not {len(readers)}")
        return tuple(reader(item, f"{place}[{n}]") for n, (reader, item) in enumerate(zip(readers, value, strict=True)))

    return read


def _mapping(reader: Reader) -> Reader:
    def read(value: object, place: str) -> object:
        if not isinstance(value, Mapping):
            raise _wrong(place, value, "an object")
        return {str(key): reader(item, f"{place}.{key}") for key, item in value.items()}

    return read


def _wrong(place: str, value: object, wanted: str) -> Damaged:
    # the value itself may be secret
    return Damaged(f"{place or 'it'} is {type(value).__name__}, not {wanted}")
