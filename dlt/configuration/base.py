"""The base classes of specs, and what their type hints say."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar, Final, get_args, get_origin

from dlt import redact
from dlt.configuration.values import ConfigValue, NotResolved, SecretMark, choices_of, is_class, is_untyped
from dlt.errors import ConfigurationException, InvalidNativeValue
from dlt.late import orjson

if TYPE_CHECKING:
    from typing_extensions import Self


class BaseConfiguration(MutableMapping[str, ConfigValue]):
    """Base of all specs; fields are read and written as attributes and as items."""

    __section__: ClassVar[str | None] = None
    __recommended_sections__: ClassVar[Sequence[str] | None] = None
    __config_gen_annotations__: ClassVar[Sequence[str]] = []
    __config_fields__: ClassVar[Mapping[str, object]] = {}
    __hint_resolvers__: ClassVar[Mapping[str, str]] = {}
    """Names of methods that tell the types of fields, by field."""
    __without_default__: ClassVar[frozenset[str]] = frozenset()
    __secret_fields__: ClassVar[frozenset[str]] = frozenset()
    __advice__: ClassVar[str] = ""
    """What else can be done when fields are missing, for the message."""
    __notes__: ClassVar[tuple[str, ...]] = ()
    """Attributes beside the fields that go along when a spec is filled from another one."""
    is_credentials: ClassVar[bool] = False
    __is_resolved__: bool = False
    __exception__: Exception | None = None
    """What the last resolution raised, or would have raised if it did not accept a spec in part."""
    __resolved_fields_set__: list[str] | None = None
    """Fields that the last resolution took from the program or from a place for values."""

    @classmethod
    def get_resolvable_fields(cls) -> dict[str, object]:
        """Return the type hints of the fields by name."""
        return dict(cls.__config_fields__.items())

    @classmethod
    def from_init_value(cls, init_value: object = None) -> Self:
        """Return a spec of one value, resolved if the value has all that it needs.

        Args:
            init_value: A dict of fields, a spec, or one value such as a connection string.
        """
        made = cls()
        if isinstance(init_value, Mapping):
            made.update(init_value)
        elif init_value is not None:
            made.parse_native_representation(init_value)
        if not made.is_partial():
            try:
                made.resolve()
            except ConfigurationException as error:
                made.__exception__ = error
        return made

    def resolve(self) -> Self:
        """Check the fields, run `on_resolved` and return the spec; what is missing keeps it unresolved."""
        self.call_method_in_mro("on_resolved")
        self.note_secrets()
        self.__is_resolved__ = True
        return self

    def call_method_in_mro(self, method_name: str) -> None:
        """Call a method of each class that has one of its own, that of the base first; none calls `super()`.

        Args:
            method_name: `on_resolved` or `on_partial`.
        """
        for kind in reversed(type(self).__mro__):
            if method_name in vars(kind):
                vars(kind)[method_name](self)

    def note_secrets(self) -> None:
        """Let no text show the secrets among the fields from now on."""
        for name, hint in self.__config_fields__.items():
            value = self.get(name)
            if value is not None and not isinstance(value, BaseConfiguration):
                # by its name a field may be a secret without a type that says so
                redact.remember_setting(name, value, is_secret(hint))

    def given_fields(self) -> set[str]:
        """Return the names of fields that the program set: passed to the constructor, or assigned since."""
        passed = {name for name in self.__dict__.get("__given__", ()) if self.get(name) is not None}
        before = self._before()
        for name, value in self.items():
            # a nested spec that nobody changed equals none of the same content, so its fields are compared
            if value is not None and not (value is before[name] or value == before[name]):
                passed.add(name)
        return passed

    def _before(self) -> Mapping[str, object]:
        """Return the values that the fields had before the program changed them."""
        # a class that nobody decorated has no fields of its own, and is no dataclass
        fields: Sequence[dataclasses.Field[object]] = dataclasses.fields(self) if dataclasses.is_dataclass(self) else ()
        return {
            field.name: field.default_factory() if field.default_factory is not dataclasses.MISSING else field.default
            for field in fields
            if field.name in self.__config_fields__
        }

    def as_dict_nondefault(self) -> dict[str, ConfigValue]:
        """Return the fields whose values are not those of the class."""
        before = self._before()
        return {name: value for name, value in self.items() if value != before[name]}

    def is_resolved(self) -> bool:
        """Tell whether all fields have values."""
        return self.__is_resolved__

    def is_field_resolved(self, field_name: str) -> bool:
        """Tell whether the last resolution found a value for a field."""
        return field_name in (self.__resolved_fields_set__ or ())

    def missing_fields(self) -> list[str]:
        """Return the names of required fields without a value."""
        absent = [(name, hint) for name, hint in self.__config_fields__.items() if self.get(name) is None]
        # None is no value, not even of a field of any type: `key: TSecretValue = None` asks for one
        return [name for name, hint in absent if not _nullable(hint)]

    def is_partial(self) -> bool:
        """Tell whether a required field has no value, or only a spec in part."""
        inner = [self.get(name) for name, hint in self.__config_fields__.items() if not _nullable(hint)]
        # one that completed itself is whole, whatever it lacks
        return bool(self.missing_fields()) or any(
            isinstance(value, BaseConfiguration) and not value.is_resolved() and value.is_partial() for value in inner
        )

    def on_resolved(self) -> None:
        """Check or derive fields once all have values; override it, those of base classes run too."""

    def on_partial(self) -> None:
        """Fill in fields that nothing had; call `resolve` when that made the spec whole; override it.

        Those of base classes run too.
        """

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
            native_value_type=type(native_value),
            embedded_sections=(),
        )

    def to_native_representation(self) -> ConfigValue:
        """Return the fields as one value; override it."""
        raise NotImplementedError(f"{type(self).__name__} has no native representation.")

    def update(self, values: Mapping[str, object] = {}, /, **more: object) -> None:  # type: ignore[override]  # other mappings take pairs too
        """Set fields from a mapping; keys that are no fields are left out."""
        for key, value in {**values, **more}.items():
            # key files have more than the fields, such as Google's client_id
            if key in self.__config_fields__:
                setattr(self, key, value)

    def get(self, key: str, default: object = None) -> ConfigValue:
        """Return a field."""
        # the one place where a field is read by its name: it may stand in the instance or in a class above
        return getattr(self, key, default)

    def copy(self) -> Self:
        """Return a copy; specs within are copied too."""
        # not through the constructor, which may ask for arguments
        made = copy.copy(self)
        for name, value in self.items():
            if isinstance(value, BaseConfiguration):
                setattr(made, name, value.copy())
        return made

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

    def __delitem__(self, key: str) -> None:
        raise KeyError(f"{type(self).__name__}.{key}: a field of a spec cannot be deleted; set it to None.")

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
    if get_origin(hint) is Annotated and any(
        isinstance(part, SecretMark) or part is SecretMark for part in get_args(hint)[1:]
    ):
        return True
    if is_class(hint) and issubclass(hint, BaseConfiguration) and hint.is_credentials:
        return True
    return any(is_secret(part) for part in get_args(hint) if part is not type(None))


_FREE = frozenset(
    ["values", "pop", "popitem", "clear", "setdefault", "as_dict", "as_dict_nondefault", "from_init_value"]
)
RESERVED = frozenset(name for name in dir(CredentialsConfiguration) if not name.startswith("_")) - _FREE
"""Names that no field can have, because a method of theirs is called by the library."""


def optional(hint: object) -> bool:
    """Tell whether None is a value of a type."""
    return is_untyped(hint) or _nullable(hint)


def _nullable(hint: object) -> bool:
    choices = choices_of(hint)
    return len(choices) > 1 and any(part is type(None) or _nullable(part) for part in choices)


def is_final(hint: object) -> bool:
    """Tell whether the configuration must not set a field."""
    marks = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
    return (
        hint is Final
        or get_origin(hint) is Final
        or any(isinstance(mark, NotResolved) and mark.not_resolved for mark in marks)
    )


def _document(text: str, kind: type[object]) -> Mapping[str, object]:
    try:
        found = orjson.loads(text)
    except ValueError:
        # the parser's message may quote a secret
        found = None
    if not isinstance(found, Mapping):
        raise InvalidNativeValue(f"{kind.__name__}: the text is no JSON document with its fields.", spec=kind)
    return found
