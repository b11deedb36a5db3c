"""Credentials of MotherDuck."""

from __future__ import annotations

from typing import ClassVar
from urllib.parse import parse_qs, quote, unquote

from dlt.absent import absent_names
from dlt.configuration.spec import CredentialsConfiguration, configspec
from dlt.configuration.values import TSecretStrValue
from dlt.errors import NativeValueError


@configspec
class MotherDuckCredentials(CredentialsConfiguration):
    """A database of MotherDuck, and the token to open it.

    `md:database?motherduck_token=...` has both. Without a token, DuckDB looks for MOTHERDUCK_TOKEN, or asks.
    """

    __advice__: ClassVar[str] = "The token may stand in MOTHERDUCK_TOKEN, where DuckDB itself looks for it."
    drivername: str = "md"
    database: str = "my_db"
    username: str | None = None
    password: TSecretStrValue | None = None
    attach_mode: str | None = None
    query: dict[str, object] | None = None
    extensions: list[str] | None = None
    global_config: dict[str, object] | None = None
    local_config: dict[str, object] | None = None
    pragmas: list[str] | None = None

    def parse_native_representation(self, native_value: object) -> None:
        """Take database and token from `md:database?motherduck_token=...`, also with slashes, or a JSON document.

        `md://name:token@/database` has both too, as PyPI `dlt` 1.x writes them.
        """
        if not isinstance(native_value, str) or native_value.lstrip().startswith("{"):
            return super().parse_native_representation(native_value)
        scheme, separator, _ = native_value.partition("://")
        if separator and scheme not in ("md", "motherduck"):
            # it may hold a password, and is not shown
            raise NativeValueError(
                f"MotherDuckCredentials: {scheme}:// is no URL of MotherDuck. Write md:database, and the token into "
                "MOTHERDUCK_TOKEN."
            )
        rest = native_value.removeprefix("motherduck:").removeprefix("md:").lstrip("/")
        place, _, query = rest.partition("?")
        user, at, name = place.rpartition("@")
        if at:
            self.username, _, token = user.partition(":")
            self.password = unquote(token) or self.password
        options = {key: values[-1] for key, values in parse_qs(query).items()}
        self.database = name.lstrip("/") or "my_db"
        self.password = options.pop("motherduck_token", "") or options.pop("token", "") or self.password
        self.attach_mode = options.pop("attach_mode", "") or self.attach_mode
        # such as saas_mode and session_hint, which DuckDB takes with the URL
        self.query = dict(options) or self.query

    def to_native_representation(self) -> str:
        """Return the URL, with the token in it."""
        options = {"motherduck_token": self.password, "attach_mode": self.attach_mode, **(self.query or {})}
        said = "&".join(f"{key}={quote(str(value))}" for key, value in options.items() if value)
        return f"md:{self.database}" + (f"?{said}" if said else "")


__getattr__ = absent_names(
    __name__,
    "dlt.destinations.motherduck(...) takes the settings by name.",
    "MotherDuckClientConfiguration MotherDuckCatalogMissing MOTHERDUCK_USER_AGENT",
)
