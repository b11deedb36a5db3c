"""Specs: classes whose fields come from the configuration."""

from __future__ import annotations

import copy
import dataclasses
import functools
import inspect
import typing
from collections.abc import Callable, ItemsView, Iterator, Mapping, Sequence
from types import FunctionType
from typing import TYPE_CHECKING, Annotated, ClassVar, TypeVar, get_origin, overload
from weakref import WeakKeyDictionary

from dlt.configuration.base import (
    RESERVED,
    BaseConfiguration,
    CredentialsConfiguration,
    is_final,
    is_secret,
    optional,
)
from dlt.configuration.values import SECRET, Placeholder
from dlt.errors import ConfigFieldMissingTypeHintException, SpecException

if TYPE_CHECKING:
    from typing_extensions import dataclass_transform
else:

    def dataclass_transform(**_: object) -> Callable[[Decorated], Decorated]:
        """Do nothing: the decorator speaks to type checkers only."""
        return lambda decorated: decorated


__all__ = [
    "RESERVED",
    "BaseConfiguration",
    "CredentialsConfiguration",
    "configspec",
    "is_final",
    "is_secret",
    "optional",
    "resolve_type",
]
Kind = TypeVar("Kind")
Decorated = TypeVar("Decorated")
Default = TypeVar("Default")


@overload
def configspec(cls: type[Kind]) -> type[Kind]: ...
@overload
def configspec(cls: None = None, init: bool = True) -> Callable[[type[Kind]], type[Kind]]: ...
@dataclass_transform(eq_default=False, kw_only_default=True)
def configspec(cls: type[Kind] | None = None, init: bool = True) -> type[Kind] | Callable[[type[Kind]], type[Kind]]:
    """Turn a class into a spec: a dataclass whose annotated attributes are fields.

    A field without a default is required.

    Args:
        cls: The class.
        init: Make a constructor, unless the class has one of its own.

    Raises:
        ConfigFieldMissingTypeHintException: an attribute has no type hint.
        SpecException: a field bears the name of a method of specs.
    """

    def wrap(kind: type[Kind]) -> type[Kind]:
        if issubclass(kind, BaseConfiguration):
            _make_spec(kind, init)
            return kind
        made = type(kind.__name__, (kind, BaseConfiguration), {"__module__": kind.__module__, **_own(kind)})
        _make_spec(made, init)
        return made

    return wrap if cls is None else wrap(cls)


def _make_spec(kind: type[BaseConfiguration], init: bool) -> None:
    """Make a class a dataclass that knows which of its attributes are fields."""
    written = inspect.get_annotations(kind)
    annotations = {name: hint for name, hint in written.items() if not _of_class(hint)}
    for name, value in list(kind.__dict__.items()):
        if not name.startswith("_") and name not in written and _is_field(value):
            raise ConfigFieldMissingTypeHintException(
                f"{kind.__name__}.{name} has no type hint. Write {name}: {type(value).__name__} = ..., "
                "or mark it as ClassVar.",
                field_name=name,
                spec=kind,
            )
    _note_placeholders(kind, annotations)
    # asked first, as every field gets a value in the class below
    without = {name for name in annotations if _class_value(kind, name) is dataclasses.MISSING}
    kind.__without_default__ = (kind.__without_default__ - set(annotations)) | without
    for name in annotations:
        default = _class_value(kind, name)
        if default is dataclasses.MISSING:
            # None stands for no value, so that a spec can be made before it is filled
            if not name.startswith("__"):
                setattr(kind, name, None)
        elif type(default).__hash__ is None or isinstance(default, BaseConfiguration):
            # every spec gets a default of its own
            factory = default.copy if isinstance(default, BaseConfiguration) else _copies(default)
            setattr(kind, name, dataclasses.field(default_factory=factory))
    made = dataclasses.dataclass(eq=False, repr=False, init=init)(kind)
    assert dataclasses.is_dataclass(made)
    names = [field.name for field in dataclasses.fields(made) if not field.name.startswith("__")]
    for name in names:
        if name in RESERVED:
            raise SpecException(f"{kind.__name__}.{name}: specs have a method of this name. Rename the field.")
    kind.__config_fields__ = _Hints(kind, names)
    methods = [(name, value) for name, value in vars(kind).items() if isinstance(value, FunctionType)]
    told = {_RESOLVERS[method]: name for name, method in methods if method in _RESOLVERS}
    specs = [base for base in reversed(kind.__mro__[1:]) if issubclass(base, BaseConfiguration)]
    kind.__hint_resolvers__ = {
        **{field: name for base in specs for field, name in base.__hint_resolvers__.items()},
        **told,
    }
    kind.__init__ = _noting_arguments(kind.__init__)


_RESOLVERS: WeakKeyDictionary[Callable[..., object], str] = WeakKeyDictionary()


def resolve_type(field_name: str) -> Callable[[Decorated], Decorated]:
    """Decorate a method of a spec that returns the type of a field; the fields before it have their values then.

    Args:
        field_name: Name of the field.
    """

    def mark(method: Decorated) -> Decorated:
        assert isinstance(method, FunctionType)
        _RESOLVERS[method] = field_name
        return method

    return mark


def _class_value(kind: type, name: str) -> object:
    """Return what an attribute is in a class or the nearest one above it, or MISSING."""
    found = (base.__dict__[name] for base in kind.__mro__ if name in base.__dict__)
    return next(found, dataclasses.MISSING)


def _copies(default: Default) -> Callable[[], Default]:
    return lambda: copy.deepcopy(default)


def _note_placeholders(kind: type[BaseConfiguration], annotations: Mapping[str, object]) -> None:
    """Take `dlt.config.value` and `dlt.secrets.value` for no default at all; the latter makes a field secret."""
    marked = {name: kind.__dict__[name] for name in annotations if isinstance(kind.__dict__.get(name), Placeholder)}
    for name in marked:
        setattr(kind, name, None)
    kind.__secret_fields__ = kind.__secret_fields__ | {name for name, mark in marked.items() if mark.secret}


def _noting_arguments(init: Callable[..., None]) -> Callable[..., None]:
    """Return a constructor that keeps which fields were passed: they come before all providers."""
    parameters = list(inspect.signature(init).parameters)[1:]

    @functools.wraps(init)
    def __init__(self: BaseConfiguration, *args: object, **kwargs: object) -> None:
        init(self, *args, **kwargs)
        given = {*parameters[: len(args)], *kwargs}
        for name in given:
            # dlt.secrets.value passed by hand means what it means as a default: look it up
            if isinstance(self.get(name), Placeholder):
                setattr(self, name, None)
        self.__dict__["__given__"] = given

    return __init__


class _Hints(Mapping[str, object]):
    """Hints by field, evaluated when they are asked for: they may name classes that come later."""

    def __init__(self, kind: type[BaseConfiguration], names: Sequence[str]) -> None:
        self._kind, self._names = kind, dict.fromkeys(names)

    def items(self) -> ItemsView[str, object]:
        # the one of Mapping would look each field up by itself
        return self._evaluated.items()

    def __getitem__(self, key: str) -> object:
        return self._evaluated[key]

    def __contains__(self, key: object) -> bool:
        return key in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    @functools.cached_property
    def _evaluated(self) -> dict[str, object]:
        hints = typing.get_type_hints(self._kind, include_extras=True)
        return {name: self._marked(name, hints[name]) for name in self._names}

    def _marked(self, name: str, hint: object) -> object:
        """Return a hint that says that the field is secret, where its default does."""
        marked = name in self._kind.__secret_fields__ and not is_secret(hint)
        return Annotated[hint, SECRET] if marked else hint


def _own(kind: type[object]) -> dict[str, object]:
    return {
        key: value
        for key, value in kind.__dict__.items()
        if key not in ("__dict__", "__weakref__") and not key.startswith("__orig")
    }


def _of_class(hint: object) -> bool:
    """Tell whether an attribute belongs to the class; with `from __future__ import annotations` hints are texts."""
    if isinstance(hint, str):
        return hint.partition("[")[0].rpartition(".")[2] == "ClassVar"
    return hint is ClassVar or get_origin(hint) is ClassVar


def _is_field(value: object) -> bool:
    kinds = (property, classmethod, staticmethod, type)
    return not isinstance(value, kinds) and not inspect.isroutine(value)
