"""Credentials of MotherDuck."""

from __future__ import annotations

from typing import ClassVar
from urllib.parse import parse_qs, quote

from dlt.absent import absent_names
from dlt.configuration.spec import CredentialsConfiguration, configspec
from dlt.configuration.values import TSecretStrValue


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

    def parse_native_representation(self, native_value: object) -> None:
        """Take database and token from `md:database?motherduck_token=...`, also with slashes, or a JSON document."""
        if not isinstance(native_value, str) or native_value.lstrip().startswith("{"):
            return super().parse_native_representation(native_value)
        rest = native_value.removeprefix("motherduck:").removeprefix("md:").lstrip("/")
        name, _, query = rest.partition("?")
        options = {key: values[-1] for key, values in parse_qs(query).items()}
        self.database = name or "my_db"
        self.password = options.get("motherduck_token") or options.get("token") or self.password

    def to_native_representation(self) -> str:
        """Return the URL, with the token in it."""
        token = f"?motherduck_token={quote(self.password)}" if self.password else ""
        return f"md:{self.database}{token}"


__getattr__ = absent_names(
    __name__,
    "dlt.destinations.motherduck(...) takes the settings by name.",
    "MotherDuckClientConfiguration MotherDuckCatalogMissing MOTHERDUCK_USER_AGENT",
)
