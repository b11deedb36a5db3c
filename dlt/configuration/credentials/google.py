"""Credentials of Google Cloud: service accounts and users."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, Protocol, runtime_checkable

from dlt.configuration.spec import CredentialsConfiguration, configspec
from dlt.configuration.values import TSecretStrValue
from dlt.errors import (
    InvalidGoogleNativeCredentialsType,
    InvalidGoogleOauth2Json,
    InvalidGoogleServicesJson,
    NativeValueError,
)
from dlt.late import orjson

if TYPE_CHECKING:
    from google.auth.credentials import Credentials


@runtime_checkable
class MachineUser(Protocol):
    """Credentials of google.auth for a service account."""

    service_account_email: str


@runtime_checkable
class PersonalUser(Protocol):
    """Credentials of google.auth for a person."""

    client_id: str
    client_secret: str
    refresh_token: str
    scopes: list[str] | None


@runtime_checkable
class OfProject(Protocol):
    """Credentials of google.auth that were read from the key file of a project."""

    project_id: str | None


@runtime_checkable
class OfQuota(Protocol):
    """Credentials of google.auth whose requests a project pays for."""

    quota_project_id: str | None


def _google_default() -> tuple[Credentials | None, str | None]:
    """Return Google's credentials of the machine and its project, or None for both."""
    try:
        import google.auth
        from google.auth.exceptions import DefaultCredentialsError
    except ImportError:
        return None, None
    try:
        # asks variables, gcloud's files and the metadata of the machine, in that order
        native, project = google.auth.default()
    except DefaultCredentialsError:
        return None, None
    return native, project


def scoped(native: Credentials) -> Credentials:
    """Return credentials of google.auth with the right to read and write storage, if they have no rights yet."""
    from google.auth.credentials import with_scopes_if_required

    found: Credentials = with_scopes_if_required(native, ["https://www.googleapis.com/auth/devstorage.read_write"])
    return found


def _google_document(native_value: object, kind: str, error: type[NativeValueError]) -> Mapping[str, object]:
    if isinstance(native_value, str):
        try:
            native_value = orjson.loads(native_value)
        except orjson.JSONDecodeError:
            # the parser's message may quote a secret
            raise error(f"{kind}: the text is not JSON. Give the content of the key file.") from None
    if not isinstance(native_value, Mapping):
        raise InvalidGoogleNativeCredentialsType(
            f"{kind}: found {type(native_value).__name__}. Give the JSON of the key file, a dict, or credentials of "
            "google.auth."
        )
    return native_value


@configspec
class GcpCredentials(CredentialsConfiguration):
    """Base of credentials for Google Cloud."""

    project_id: str
    token_uri: Final[str] = "https://oauth2.googleapis.com/token"
    auth_uri: Final[str] = "https://accounts.google.com/o/oauth2/auth"

    @property
    def native(self) -> Credentials | None:
        """Return the object of google.auth that the program gave or the machine has, or None."""
        return self.__dict__.get("native_credentials")

    @property
    def of_machine(self) -> str | None:
        """Return what is used in place of fields, or None."""
        return "Google's default credentials of the machine" if self.__dict__.get("machine") else None

    def has_default_credentials(self) -> bool:
        """Tell whether the credentials of the machine are used."""
        return bool(self.__dict__.get("machine"))

    def default_credentials(self) -> Credentials | None:
        """Return the credentials of the machine if they are used."""
        return self.native if self.has_default_credentials() else None

    def take_native(self, native: MachineUser | PersonalUser | Credentials, project_id: str | None) -> None:
        """Use an object of google.auth in place of the fields."""
        self.__dict__["native_credentials"] = native
        self.project_id = self.project_id or project_id or ""

    def missing_fields(self) -> list[str]:
        """Return the names of required fields without a value; an object of google.auth needs none."""
        return [] if self.native is not None else super().missing_fields()

    def to_native_representation(self) -> str:
        """Return the fields as JSON text, as a key file has them."""
        return orjson.dumps(self.as_dict()).decode()

    def to_gcs_credentials(self) -> dict[str, object]:
        """Return the arguments of gcsfs."""
        if self.__dict__.get("machine"):
            # gcsfs asks the machine itself, and may then reuse what it opened before
            return {"token": "google_default"}
        return {"project": self.project_id, "token": scoped(self.native) if self.native else self._parts()}

    def _parts(self) -> dict[str, object]:
        self.to_native_credentials()
        return self.as_dict()


@configspec
class GcpServiceAccountCredentialsWithoutDefaults(GcpCredentials):
    """A Google service account, as the JSON of its key or by parts."""

    private_key: TSecretStrValue
    client_email: str
    private_key_id: str | None = None
    type: Final[str] = "service_account"

    def parse_native_representation(self, native_value: object) -> None:
        """Take the parts from the JSON text of a key, a dict, or an object of google.auth.

        Raises:
            InvalidGoogleServicesJson: the text is not the key of a service account.
            InvalidGoogleNativeCredentialsType: it is something else.
        """
        if isinstance(native_value, MachineUser):
            self.client_email = native_value.service_account_email
            # those of a machine know no project
            return self.take_native(
                native_value, native_value.project_id if isinstance(native_value, OfProject) else None
            )
        document = _google_document(native_value, type(self).__name__, InvalidGoogleServicesJson)
        if document.get("type", "service_account") != "service_account":
            raise InvalidGoogleServicesJson(
                f"{type(self).__name__}: the document is of type {document['type']!r}, not 'service_account'. "
                "Give the key of a service account, or use GcpOAuthCredentials."
            )
        # token_uri and type are final fields: a key file repeats them
        self.update({key: value for key, value in document.items() if key in _GOOGLE_KEY})

    def on_resolved(self) -> None:
        """Give the key its line ends back, which variables and TOML often lose."""
        if self.private_key:
            self.private_key = self.private_key.replace("\\n", "\n").rstrip("\n") + "\n"

    def to_native_credentials(self) -> Credentials:
        """Return an object of google.auth."""
        if self.native is not None:
            return self.native
        from google.oauth2 import service_account

        try:
            made: Credentials = service_account.Credentials.from_service_account_info(self.as_dict())
            return made
        except ValueError:
            # the parser's message may quote the key
            raise InvalidGoogleServicesJson(
                f"{type(self).__name__}: private_key of {self.client_email} is not a key in PEM format. Copy it from "
                "the key file whole, with its first and last line."
            ) from None

    def __str__(self) -> str:
        return f"{self.client_email}@{self.project_id}"


_GOOGLE_KEY = {"project_id", "private_key", "private_key_id", "client_email"}


@configspec
class GcpServiceAccountCredentials(GcpServiceAccountCredentialsWithoutDefaults):
    """A Google service account; without a key, the credentials of the machine."""

    def on_partial(self) -> None:
        """Take the credentials of the machine."""
        native, project = _google_default()
        if native is not None:
            # credentials of a person, which the machine may have too, name no service account
            self.client_email = native.service_account_email if isinstance(native, MachineUser) else "machine default"
            self.take_native(native, project)
            self.__dict__["machine"] = True


@configspec
class OAuth2Credentials(CredentialsConfiguration):
    """A user of a service, by OAuth 2."""

    client_id: str
    client_secret: TSecretStrValue
    refresh_token: TSecretStrValue | None = None
    scopes: list[str] | None = None
    token: TSecretStrValue | None = None

    def add_scopes(self, scopes: str | list[str]) -> None:
        """Ask for more scopes."""
        more = [scopes] if isinstance(scopes, str) else scopes
        self.scopes = list(dict.fromkeys([*(self.scopes or []), *more]))


@configspec
class GcpOAuthCredentialsWithoutDefaults(GcpCredentials, OAuth2Credentials):
    """A Google user, by refresh token."""

    refresh_token: TSecretStrValue
    client_type: Final[str] = "installed"

    def parse_native_representation(self, native_value: object) -> None:
        """Take the parts from the JSON text of a client file, a dict, or an object of google.auth.

        Raises:
            InvalidGoogleOauth2Json: the text is not the file of a client.
            InvalidGoogleNativeCredentialsType: it is something else.
        """
        if isinstance(native_value, PersonalUser):
            self.client_id, self.client_secret = native_value.client_id, native_value.client_secret
            self.refresh_token, self.scopes = native_value.refresh_token, native_value.scopes
            return self.take_native(
                native_value, native_value.quota_project_id if isinstance(native_value, OfQuota) else None
            )
        document = _google_document(native_value, type(self).__name__, InvalidGoogleOauth2Json)
        # a client file wraps its parts, what gcloud writes does not
        wrapped = document.get("installed")
        inner: Mapping[str, object] = wrapped if isinstance(wrapped, Mapping) else document
        # final fields, which a file must not change
        fixed = ("token_uri", "auth_uri", "client_type")
        self.update({key: value for key, value in inner.items() if key not in fixed})

    def to_native_credentials(self) -> Credentials:
        """Return an object of google.auth."""
        if self.native is not None:
            return self.native
        from google.oauth2 import credentials

        return credentials.Credentials(
            self.token, self.refresh_token, None, self.token_uri, self.client_id, self.client_secret, self.scopes
        )

    def __str__(self) -> str:
        return f"{self.client_id}@{self.project_id}"


@configspec
class GcpOAuthCredentials(GcpOAuthCredentialsWithoutDefaults):
    """A Google user, by refresh token; without one, the credentials of the machine."""

    def on_partial(self) -> None:
        """Take the credentials of the machine."""
        native, project = _google_default()
        if native is not None:
            self.take_native(native, project)
            self.__dict__["machine"] = True
