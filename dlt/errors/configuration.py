"""Errors of settings and credentials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dlt.errors import lookups
from dlt.errors.base import Detail, DltException, TerminalException


class ConfigurationException(DltException, TerminalException):
    """A setting is missing, wrong or in the wrong place."""


class ConfigurationValueError(ConfigurationException, ValueError):
    """A setting has a value that cannot be."""


class ConfigProviderException(ConfigurationException):
    """A place for settings, such as a file, cannot be read."""


class ConfigurationWrongTypeException(ConfigurationException):
    """A spec is asked for that is none."""


class ConfigFieldMissingException(ConfigurationException, KeyError, TypeError):
    """A required setting was not given and is nowhere; the message names the places that were searched.

    Attributes:
        fields: Names of the fields or parameters.
        spec_name: Name of the spec or function.
        config: The spec, as far as it is filled.
        traces: Places that were asked, by field; those of a spec within are `LookupTraces`.
        resolved_fields_set: Names of fields that have values.
        asked: Places that were asked, by name; names of a nested spec have its name and a dot before them.
        secret_fields: Those of these names that are secrets.
        found: Such names of fields that have values.
        advice: What else can be done about it.
        attempts: The traces as a part of those of an outer spec; several where several specs were tried.

    Args:
        spec: The message, or the spec that lacks values.
        traces: Places that were asked, by field.
        **attributes: Details.
    """

    def __init__(
        self, spec: object = "", traces: Mapping[str, Sequence[lookups.Traced]] | None = None, **attributes: object
    ) -> None:
        self.spec_name = "" if isinstance(spec, str) else type(spec).__name__
        self.config = None if isinstance(spec, str) else spec
        self.traces: dict[str, list[lookups.Traced]] = {name: list(trace) for name, trace in (traces or {}).items()}
        self.fields = list(self.traces)
        self.resolved_fields_set: list[str] = []
        self.asked: dict[str, Detail] = {}
        self.secret_fields: set[str] = set()
        self.found: list[str] = []
        self.advice = ""
        self.attempts: list[lookups.Traced] = []
        # PyPI dlt passes the spec first, this library a message
        text = spec if isinstance(spec, str) else f"{self.spec_name}: {', '.join(self.fields)} not found."
        super().__init__(text, **attributes)

    def was_partially_resolved(self, field_name: str) -> bool:
        """Tell whether some fields of the spec that is missing as a field have values.

        Raises:
            KeyError: the field is not missing.
        """
        within = [part for part in self.traces[field_name] if isinstance(part, lookups.LookupTraces)]
        return any(part.resolved_fields_set for part in within)

    def drop_traces_for_field(self, field_name: str) -> None:
        """Forget where a field was looked for."""
        self.traces.pop(field_name, None)

    def attrs(self) -> dict[str, Detail]:
        """Return the attributes without the spec and without values; traces of specs within as one list."""
        found = {name: value for name, value in super().attrs().items() if name not in ("config", "attempts", "asked")}
        return {**found, "traces": {name: list(lookups.flat(trace)) for name, trace in self.traces.items()}}


class ConfigValueCannotBeCoercedException(ConfigurationValueError):
    """A value does not become the type that its setting has.

    Attributes:
        field_name: The setting.
        field_value: The value, None where it is secret.
        hint: The type.
    """


class ConfigFieldMissingTypeHintException(ConfigurationException):
    """A field of a spec has no type hint."""


class ValueNotSecretException(ConfigurationException):
    """A secret stands where others can read it."""


class InvalidNativeValue(ConfigurationException):
    """A spec does not take the one value that was given for all of it.

    Attributes:
        spec: Class of the spec.
        native_value_type: Class of the value.
        embedded_sections: Sections of the spec within an outer one.
    """


class UnmatchedConfigHintResolversException(ConfigurationException):
    """A spec has methods that tell types of fields which it does not have.

    Attributes:
        spec_name: Name of the spec.
        field_names: The fields.
    """


class DuplicateConfigProviderException(ConfigProviderException):
    """Two places for settings have one name."""


class SpecException(ConfigurationException):
    """A spec cannot be what it says."""


class NativeValueError(SpecException, ValueError):
    """Native value error.

    Args:
        spec: The message, or the spec that does not take the value.
        native_value: The value; it may be a secret, so only its type is kept.
        msg: What is wrong with it.
        **attributes: Details.
    """

    def __init__(self, spec: object = "", native_value: object = None, msg: str = "", **attributes: object) -> None:
        # PyPI dlt passes the spec first, this library a message
        if isinstance(spec, str):
            super().__init__(spec or msg, **attributes)
        else:
            super().__init__(msg, spec=spec, native_value_type=type(native_value), **attributes)


class InvalidConnectionString(NativeValueError):
    """A text is no URL of a database."""


class InvalidGoogleNativeCredentialsType(NativeValueError):
    """An object is no credentials of Google."""


class InvalidGoogleServicesJson(NativeValueError):
    """A text is no key of a service account of Google."""


class InvalidGoogleOauth2Json(NativeValueError):
    """A text is no client secret of Google."""


class InvalidBoto3Session(NativeValueError):
    """An object is no session of boto3."""


ConfigFieldMissing = ConfigFieldMissingException


class ContainerException(DltException):
    """The container of contexts cannot do what is asked of it."""


class ContainerInjectableContextMangled(ContainerException):
    """A block that injected a context left another one behind."""


class ContextDefaultCannotBeCreated(ContainerException, KeyError):
    """A context is asked for that nothing injected, and that is not made of nothing."""
