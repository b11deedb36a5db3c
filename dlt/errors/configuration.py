"""Errors of settings and credentials."""

from __future__ import annotations

from dlt.errors.base import DltException, TerminalException


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
        fields: Names of the values; those of a nested spec have its name and a dot before them.
        spec_name: Name of the spec or function.
        traces: Places that were asked, by name.
        secret_fields: Names of those that are secrets.
        found: Names of fields that have values.
        advice: What else can be done about it.
    """


class FinalConfigFieldException(ConfigurationException):
    """A setting is configured that only the program may set."""


class ConfigValueCannotBeCoercedException(ConfigurationValueError):
    """A value does not become the type that its setting has."""


class ConfigFieldMissingTypeHintException(ConfigurationException):
    """A field of a spec has no type hint."""


class ValueNotSecretException(ConfigurationException):
    """A secret stands where others can read it."""


class InvalidNativeValue(ConfigurationException):
    """A spec does not take the one value that was given for all of it."""


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
