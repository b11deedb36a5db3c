"""Specs: classes whose fields come from the configuration."""

from __future__ import annotations

import dataclasses
import functools
import inspect
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeVar, get_args, get_origin, overload

from dlt.configuration.values import bare, is_secret
from dlt.errors import ConfigFieldMissingTypeHintException, InvalidNativeValue

if TYPE_CHECKING:
    from typing_extensions import Self, dataclass_transform
else:

    def dataclass_transform(**options: Any) -> Any:
        """Do nothing: the decorator speaks to type checkers only."""
        return lambda decorated: decorated


Kind = TypeVar("Kind")
_MASK = "***"


class BaseConfiguration:
    """Base of all specs; fields are read and written as attributes and as items."""

    __section__: ClassVar[str | None] = None
    __config_fields__: ClassVar[dict[str, Any]] = {}
    __without_default__: ClassVar[frozenset[str]] = frozenset()
    is_credentials: ClassVar[bool] = False

    def resolve(self) -> None:
        """Check the fields and run `on_resolved`; what is missing keeps the spec unresolved."""
        self.on_resolved()
        self.__dict__["__is_resolved__"] = True

    def given_fields(self) -> set[str]:
        """Return the names of fields that the program set: passed to the constructor, or assigned since."""
        passed = {name for name in self.__dict__.get("__given__", ()) if self.get(name) is not None}
        for field in getattr(type(self), "__dataclass_fields__", {}).values():
            if field.name not in self.__config_fields__:
                continue
            made = field.default_factory() if field.default_factory is not dataclasses.MISSING else field.default
            value = self.get(field.name)
            if value is not None and value is not made and value != made:
                passed.add(field.name)
        return passed

    def is_resolved(self) -> bool:
        """Tell whether all fields have values."""
        return bool(self.__dict__.get("__is_resolved__"))

    def missing_fields(self) -> list[str]:
        """Return the names of required fields without a value."""
        return [
            name
            for name, hint in self.__config_fields__.items()
            if self.get(name) is None and (name in self.__without_default__ or not _any(hint)) and not _nullable(hint)
        ]

    def is_partial(self) -> bool:
        """Tell whether a required field has no value."""
        return bool(self.missing_fields())

    def on_resolved(self) -> None:
        """Check or derive fields once all have values; override it."""

    def on_partial(self) -> None:
        """Fill in fields that nothing had; call `resolve` when that made the spec whole; override it."""

    def parse_native_representation(self, native_value: Any) -> None:
        """Take the fields from one value, such as a connection string; override it.

        Raises:
            ValueError: the value is not one that the spec reads.
        """
        if isinstance(native_value, str) and native_value.lstrip().startswith("{"):
            return self.update(_document(native_value, type(self)))
        raise InvalidNativeValue(
            f"{type(self).__name__} has no form as {type(native_value).__name__}; give its fields as a dict: "
            f"{', '.join(self.__config_fields__)}.",
            spec=type(self),
        )

    def to_native_representation(self) -> Any:
        """Return the fields as one value; override it."""
        raise NotImplementedError(f"{type(self).__name__} has no native representation.")

    def update(self, values: Mapping[str, Any]) -> None:
        """Set fields from a mapping; keys that are no fields are left out."""
        for key, value in values.items():
            if key in self.__config_fields__:
                setattr(self, key, value)

    def get(self, key: str, default: Any = None) -> Any:
        """Return a field."""
        return getattr(self, key, default)

    def copy(self) -> Self:
        """Return a copy."""
        made = type(self)()
        made.__dict__.update(self.__dict__)
        return made

    def keys(self) -> list[str]:
        """Return the names of the fields."""
        return list(self.__config_fields__)

    def values(self) -> list[Any]:
        """Return the values of the fields."""
        return [self.get(name) for name in self.__config_fields__]

    def items(self) -> list[tuple[str, Any]]:
        """Return names and values."""
        return [(name, self.get(name)) for name in self.__config_fields__]

    def as_dict(self) -> dict[str, Any]:
        """Return the fields that have values; secrets are not masked."""
        return {name: value for name, value in self.items() if value is not None}

    def __getitem__(self, key: str) -> Any:
        if key not in self.__config_fields__:
            raise KeyError(key)
        return self.get(key)

    def __setitem__(self, key: str, value: Any) -> None:
        if key not in self.__config_fields__:
            raise KeyError(key)
        setattr(self, key, value)

    def __contains__(self, key: object) -> bool:
        return key in self.__config_fields__

    def __iter__(self) -> Iterator[str]:
        return iter(self.__config_fields__)

    def __len__(self) -> int:
        return len(self.__config_fields__)

    def __repr__(self) -> str:
        shown = []
        for name, hint in self.__config_fields__.items():
            value = self.get(name)
            if value is not None:
                masked = is_secret(hint) and not isinstance(value, BaseConfiguration)
                shown.append(f"{name}={_MASK if masked else repr(value)}")
        return f"{type(self).__name__}({', '.join(shown)})"

    __str__ = __repr__


class CredentialsConfiguration(BaseConfiguration):
    """Base of all credentials: all of it is looked for among secrets only."""

    __section__: ClassVar[str | None] = "credentials"
    is_credentials: ClassVar[bool] = True

    def to_native_credentials(self) -> Any:
        """Return what the driver takes."""
        return self.to_native_representation()


def optional(hint: Any) -> bool:
    """Tell whether None is a value of a type."""
    return _any(hint) or _nullable(hint)


def _any(hint: Any) -> bool:
    return bare(hint) is Any


def _nullable(hint: Any) -> bool:
    hint = bare(hint)
    if get_origin(hint) not in (typing.Union, types.UnionType):
        return False
    return any(part is type(None) or _nullable(part) for part in get_args(hint))


def is_final(hint: Any) -> bool:
    """Tell whether the configuration must not set a field."""
    return hint is Final or get_origin(hint) is Final


@overload
def configspec(cls: type[Kind]) -> type[Kind]: ...
@overload
def configspec(cls: None = None, **options: Any) -> Callable[[type[Kind]], type[Kind]]: ...
@dataclass_transform(eq_default=False, kw_only_default=True)
def configspec(cls: Any = None, **options: Any) -> Any:
    """Turn a class into a spec: a dataclass whose annotated attributes are fields.

    A field without a default is required.

    Args:
        cls: The class.
        options: Accepted for programs that pass them.

    Raises:
        ConfigFieldMissingTypeHintException: an attribute has no type hint.
    """

    def wrap(kind: type[Any]) -> type[Any]:
        if not issubclass(kind, BaseConfiguration):
            kind = type(kind.__name__, (kind, BaseConfiguration), {"__module__": kind.__module__, **_own(kind)})
        annotations = inspect.get_annotations(kind)
        for name, value in list(kind.__dict__.items()):
            if not name.startswith("_") and name not in annotations and _is_field(value):
                raise ConfigFieldMissingTypeHintException(
                    f"{kind.__name__}.{name} has no type hint. Write {name}: {type(value).__name__} = ..., "
                    "or mark it as ClassVar.",
                    field_name=name,
                    spec=kind,
                )
        without = {name for name in annotations if not hasattr(kind, name)}
        kind.__without_default__ = (kind.__without_default__ - set(annotations)) | without
        for name in annotations:
            if not hasattr(kind, name) and not name.startswith("__"):
                setattr(kind, name, None)
            elif type(getattr(kind, name, None)).__hash__ is None:
                copy = getattr(kind, name).copy
                setattr(kind, name, dataclasses.field(default_factory=copy))
        made = dataclasses.dataclass(eq=False, repr=False)(kind)
        names = [field.name for field in dataclasses.fields(made) if not field.name.startswith("_")]
        made.__config_fields__ = _Hints(made, names)
        made.__init__ = _noting_arguments(made.__init__)
        return made

    return wrap if cls is None else wrap(cls)


def _noting_arguments(init: Callable[..., None]) -> Callable[..., None]:
    """Return a constructor that keeps which fields were passed: they come before all providers."""
    parameters = list(inspect.signature(init).parameters)[1:]

    @functools.wraps(init)
    def __init__(self: BaseConfiguration, *args: Any, **kwargs: Any) -> None:
        init(self, *args, **kwargs)
        self.__dict__["__given__"] = {*parameters[: len(args)], *kwargs}

    return __init__


class _Hints(dict[str, Any]):
    """Hints by field, evaluated when they are asked for: they may name classes that come later."""

    def __init__(self, kind: type[Any], names: list[str]) -> None:
        super().__init__(dict.fromkeys(names))
        self._kind: type[Any] | None = kind

    def items(self) -> Any:
        self._evaluate()
        return super().items()

    def __getitem__(self, key: str) -> Any:
        self._evaluate()
        return super().__getitem__(key)

    def _evaluate(self) -> None:
        if self._kind is not None:
            kind, self._kind = self._kind, None
            hints = typing.get_type_hints(kind, include_extras=True)
            for name in self:
                self[name] = hints[name]


def _document(text: str, kind: type[Any]) -> Mapping[str, Any]:
    import orjson

    try:
        found = orjson.loads(text)
    except ValueError:
        # the parser's message may quote a secret
        found = None
    if not isinstance(found, Mapping):
        raise InvalidNativeValue(f"{kind.__name__}: the text is no JSON document with its fields.", spec=kind)
    return found


def _own(kind: type[Any]) -> dict[str, Any]:
    return {
        key: value
        for key, value in kind.__dict__.items()
        if key not in ("__dict__", "__weakref__") and not key.startswith("__orig")
    }


def _is_field(value: Any) -> bool:
    kinds = (property, classmethod, staticmethod, type)
    return not isinstance(value, kinds) and not inspect.isroutine(value)
