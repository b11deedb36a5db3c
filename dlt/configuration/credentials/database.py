"""Credentials of databases: connection strings."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit

from dlt.configuration.spec import CredentialsConfiguration, configspec
from dlt.configuration.values import SECRET, TSecretStrValue
from dlt.errors import InvalidConnectionString


@configspec
class ConnectionStringCredentials(CredentialsConfiguration):
    """A database server, as a URL or by parts."""

    drivername: str
    database: str | None = None
    password: TSecretStrValue | None = None
    username: str | None = None
    host: str | None = None
    port: int | None = None
    # options may hold tokens and keys
    query: Annotated[dict[str, Any] | None, SECRET] = None

    def parse_native_representation(self, native_value: Any) -> None:
        """Take the parts from a URL, `driver://user:password@host:port/database?option=value`, or a JSON document.

        Raises:
            InvalidConnectionString: it is no such URL.
        """
        if isinstance(native_value, str) and native_value.lstrip().startswith("{"):
            return super().parse_native_representation(native_value)
        if not isinstance(native_value, str) or "://" not in native_value:
            raise InvalidConnectionString(
                f"{type(self).__name__}: the connection string is not driver://user:password@host:port/database. "
                "Mend it where it is configured; its text is not shown here."
            )
        try:
            parts = urlsplit(native_value)
            port = parts.port
        except ValueError:
            raise InvalidConnectionString(
                f"{type(self).__name__}: host or port of the connection string cannot be read. Quote special "
                "characters of the password as %XX."
            ) from None
        found = {
            "drivername": parts.scheme,
            "username": unquote(parts.username) if parts.username else None,
            "password": unquote(parts.password) if parts.password else None,
            "host": _host(parts),
            "port": port,
            "database": unquote(parts.path[1:]) or None,
            "query": dict(parse_qsl(parts.query)) or None,
        }
        self.update({key: value for key, value in found.items() if value is not None})

    def to_url(self) -> str:
        """Return the URL, with the password in it."""
        login = ""
        if self.username:
            secret = f":{quote(str(self.password), safe='')}" if self.password else ""
            login = f"{quote(self.username, safe='')}{secret}@"
        port = f":{self.port}" if self.port else ""
        options = f"?{urlencode(self.query)}" if self.query else ""
        return f"{self.drivername}://{login}{self.host or ''}{port}/{self.database or ''}{options}"

    def to_native_representation(self) -> str:
        """Return the URL, with the password in it."""
        return self.to_url()

    def on_resolved(self) -> None:
        """Drop the line end that a password read from a file often has."""
        if self.password:
            self.password = self.password.rstrip("\r\n")

    def __str__(self) -> str:
        at = f"{self.username}:***@" if self.username else ""
        port = f":{self.port}" if self.port else ""
        return f"{self.drivername}://{at}{self.host or ''}{port}/{self.database or ''}"


def _host(parts: SplitResult) -> str | None:
    """Return the host as it is written; `hostname` is lower case."""
    written = parts.netloc.rpartition("@")[2]
    if written.startswith("["):
        return written[1:].partition("]")[0] or None
    return written.partition(":")[0] or None
