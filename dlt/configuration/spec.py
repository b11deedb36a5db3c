"""Specs: classes whose fields come from the configuration."""

from __future__ import annotations

import copy
import dataclasses
import functools
import inspect
import typing
from collections.abc import Callable, ItemsView, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar, Final, TypeVar, get_args, get_origin, overload

from dlt import redact
from dlt.configuration.values import (
    SECRET,
    ConfigValue,
    Placeholder,
    SecretMark,
    choices_of,
    is_class,
    is_untyped,
)
from dlt.errors import ConfigFieldMissingTypeHintException, ConfigurationException, InvalidNativeValue, SpecException
from dlt.late import orjson

if TYPE_CHECKING:
    from typing_extensions import Self, dataclass_transform
else:

    def dataclass_transform(**_: object) -> Callable[[Decorated], Decorated]:
        """Do nothing: the decorator speaks to type checkers only."""
        return lambda decorated: decorated


Kind = TypeVar("Kind")
Decorated = TypeVar("Decorated")
Default = TypeVar("Default")


class BaseConfiguration:
    """Base of all specs; fields are read and written as attributes and as items."""

    __section__: ClassVar[str | None] = None
    __config_fields__: ClassVar[Mapping[str, object]] = {}
    __without_default__: ClassVar[frozenset[str]] = frozenset()
    __required__: ClassVar[frozenset[str]] = frozenset()
    __secret_fields__: ClassVar[frozenset[str]] = frozenset()
    __advice__: ClassVar[str] = ""
    """What else can be done when fields are missing, for the message."""
    __notes__: ClassVar[tuple[str, ...]] = ()
    """Attributes beside the fields that go along when a spec is filled from another one."""
    is_credentials: ClassVar[bool] = False

    def resolve(self) -> None:
        """Check the fields and run `on_resolved`; what is missing keeps the spec unresolved."""
        self.on_resolved()
        self.note_secrets()
        self.__dict__["__is_resolved__"] = True

    def note_secrets(self) -> None:
        """Let no text show the secrets among the fields from now on."""
        for name, hint in self.__config_fields__.items():
            value = self.get(name)
            if value is not None and not isinstance(value, BaseConfiguration):
                # by its name a field may be a secret without a type that says so
                redact.remember(value if is_secret(hint) else {name: value})

    def given_fields(self) -> set[str]:
        """Return the names of fields that the program set: passed to the constructor, or assigned since."""
        passed = {name for name in self.__dict__.get("__given__", ()) if self.get(name) is not None}
        before = self._before()
        for name, value in self.items():
            # a nested spec that nobody changed equals none of the same content, so its fields are compared
            same = value is before[name] or value == before[name] or _same_spec(value, before[name])
            if value is not None and not same:
                passed.add(name)
        return passed

    def _before(self) -> Mapping[str, object]:
        """Return the values that the fields had before the program changed them."""
        defaults: Mapping[str, object] | None = self.__dict__.get("__defaults__")
        if defaults is not None:
            return defaults
        # a class that nobody decorated has no fields of its own, and is no dataclass
        fields: Sequence[dataclasses.Field[object]] = dataclasses.fields(self) if dataclasses.is_dataclass(self) else ()
        return {
            field.name: field.default_factory() if field.default_factory is not dataclasses.MISSING else field.default
            for field in fields
            if field.name in self.__config_fields__
        }

    def as_default(self) -> Self:
        """Return a copy for use as a default: what providers have comes before its fields."""
        made = copy.deepcopy(self)
        # as a default it was given by nobody, so that providers may set its fields
        made.__dict__.pop("__given__", None)
        made.__dict__["__defaults__"] = copy.deepcopy(dict(made.items()))
        return made

    def is_resolved(self) -> bool:
        """Tell whether all fields have values."""
        return bool(self.__dict__.get("__is_resolved__"))

    def missing_fields(self) -> list[str]:
        """Return the names of required fields without a value."""
        absent = [(name, hint) for name, hint in self.__config_fields__.items() if self.get(name) is None]
        return [name for name, hint in absent if self._requires(name, hint)]

    def _requires(self, name: str, hint: object) -> bool:
        # an untyped field takes None like any other value, if that is its default
        return name in self.__required__ or (
            (name in self.__without_default__ or not is_untyped(hint)) and not _nullable(hint)
        )

    def is_partial(self) -> bool:
        """Tell whether a required field has no value."""
        return bool(self.missing_fields())

    def on_resolved(self) -> None:
        """Check or derive fields once all have values; override it."""

    def on_partial(self) -> None:
        """Fill in fields that nothing had; call `resolve` when that made the spec whole; override it."""

    def on_error(self, error: ConfigurationException) -> None:
        """Handle that fields are missing or do not fit: return to use the spec as it is; override it.

        Args:
            error: What the program gets unless this returns.
        """
        raise error

    def parse_native_representation(self, native_value: object) -> None:
        """Take the fields from one value, such as a connection string; override it.

        Raises:
            ValueError: the value is not one that the spec reads.
        """
        # a variable or a vault holds all fields as one JSON text
        if isinstance(native_value, str) and native_value.lstrip().startswith("{"):
            return self.update(_document(native_value, type(self)))
        raise InvalidNativeValue(
            f"{type(self).__name__} has no form as {type(native_value).__name__}; give its fields as a dict: "
            f"{', '.join(self.__config_fields__)}.",
            spec=type(self),
        )

    def to_native_representation(self) -> ConfigValue:
        """Return the fields as one value; override it."""
        raise NotImplementedError(f"{type(self).__name__} has no native representation.")

    def update(self, values: Mapping[str, object]) -> None:
        """Set fields from a mapping; keys that are no fields are left out."""
        for key, value in values.items():
            # key files have more than the fields, such as Google's client_id
            if key in self.__config_fields__:
                setattr(self, key, value)

    def get(self, key: str, default: object = None) -> ConfigValue:
        """Return a field."""
        # the one place where a field is read by its name: it may stand in the instance or in a class above
        return getattr(self, key, default)

    def copy(self) -> Self:
        """Return a copy."""
        made = type(self)()
        made.__dict__.update(self.__dict__)
        return made

    def keys(self) -> list[str]:
        """Return the names of the fields."""
        return list(self.__config_fields__)

    def values(self) -> list[ConfigValue]:
        """Return the values of the fields."""
        return [self.get(name) for name in self.__config_fields__]

    def items(self) -> list[tuple[str, ConfigValue]]:
        """Return names and values."""
        return [(name, self.get(name)) for name in self.__config_fields__]

    def as_dict(self) -> dict[str, ConfigValue]:
        """Return the fields that have values; secrets are not masked."""
        return {name: value for name, value in self.items() if value is not None}

    def __getitem__(self, key: str) -> ConfigValue:
        if key not in self.__config_fields__:
            raise KeyError(key)
        return self.get(key)

    def __setitem__(self, key: str, value: object) -> None:
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
                # a spec within masks its own secrets, and shows the rest
                masked = is_secret(hint) and not isinstance(value, BaseConfiguration)
                shown.append(f"{name}={redact.MASK if masked else redact.redact(repr(value))}")
        return f"{type(self).__name__}({', '.join(shown)})"

    __str__ = __repr__


class CredentialsConfiguration(BaseConfiguration):
    """Base of all credentials: in one piece they are a secret; of their fields, those with a secret type are."""

    __section__: ClassVar[str | None] = "credentials"
    is_credentials: ClassVar[bool] = True

    def to_native_credentials(self) -> ConfigValue:
        """Return what the driver takes."""
        return self.to_native_representation()


def is_secret(hint: object) -> bool:
    """Tell whether values of a type are secret."""
    if get_origin(hint) is Annotated and any(isinstance(part, SecretMark) for part in get_args(hint)[1:]):
        return True
    if is_class(hint) and issubclass(hint, BaseConfiguration) and hint.is_credentials:
        return True
    return any(is_secret(part) for part in get_args(hint) if part is not type(None))


RESERVED = frozenset(name for name in dir(CredentialsConfiguration) if not name.startswith("_"))
"""Names that no field can have."""


def optional(hint: object) -> bool:
    """Tell whether None is a value of a type."""
    return is_untyped(hint) or _nullable(hint)


def _nullable(hint: object) -> bool:
    choices = choices_of(hint)
    return len(choices) > 1 and any(part is type(None) or _nullable(part) for part in choices)


def is_final(hint: object) -> bool:
    """Tell whether the configuration must not set a field."""
    return hint is Final or get_origin(hint) is Final


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
    annotations = inspect.get_annotations(kind)
    for name, value in list(kind.__dict__.items()):
        if not name.startswith("_") and name not in annotations and _is_field(value):
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
            factory = default.as_default if isinstance(default, BaseConfiguration) else _copies(default)
            setattr(kind, name, dataclasses.field(default_factory=factory))
    made = dataclasses.dataclass(eq=False, repr=False, init=init)(kind)
    assert dataclasses.is_dataclass(made)
    names = [field.name for field in dataclasses.fields(made) if not field.name.startswith("_")]
    for name in names:
        if name in RESERVED:
            raise SpecException(f"{kind.__name__}.{name}: specs have a method of this name. Rename the field.")
    kind.__config_fields__ = _Hints(kind, names)
    kind.__init__ = _noting_arguments(kind.__init__)


def _class_value(kind: type, name: str) -> object:
    """Return what an attribute is in a class or the nearest one above it, or MISSING."""
    found = (base.__dict__[name] for base in kind.__mro__ if name in base.__dict__)
    return next(found, dataclasses.MISSING)


def _copies(default: Default) -> Callable[[], Default]:
    return lambda: copy.deepcopy(default)


def _same_spec(one: object, other: object) -> bool:
    if not isinstance(one, BaseConfiguration) or not isinstance(other, BaseConfiguration):
        return False
    return type(one) is type(other) and all(
        mine == theirs or _same_spec(mine, theirs) for mine, theirs in zip(one.values(), other.values(), strict=True)
    )


def _note_placeholders(kind: type[BaseConfiguration], annotations: Mapping[str, object]) -> None:
    """Make fields whose default is `dlt.config.value` or `dlt.secrets.value` required, and the latter secret."""
    marked = {name: kind.__dict__[name] for name in annotations if isinstance(kind.__dict__.get(name), Placeholder)}
    for name in marked:
        setattr(kind, name, None)
    # a subclass that declares a field again decides anew whether it is required
    kind.__required__ = (kind.__required__ - set(annotations)) | set(marked)
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


def _document(text: str, kind: type[object]) -> Mapping[str, object]:
    try:
        found = orjson.loads(text)
    except ValueError:
        # the parser's message may quote a secret
        found = None
    if not isinstance(found, Mapping):
        raise InvalidNativeValue(f"{kind.__name__}: the text is no JSON document with its fields.", spec=kind)
    return found


def _own(kind: type[object]) -> dict[str, object]:
    return {
        key: value
        for key, value in kind.__dict__.items()
        if key not in ("__dict__", "__weakref__") and not key.startswith("__orig")
    }


def _is_field(value: object) -> bool:
    kinds = (property, classmethod, staticmethod, type)
    return not isinstance(value, kinds) and not inspect.isroutine(value)
