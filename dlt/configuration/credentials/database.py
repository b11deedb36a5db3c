"""Credentials of databases: connection strings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, ClassVar
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from dlt.configuration.credentials.url import ConnectionUrl
from dlt.configuration.spec import CredentialsConfiguration, configspec
from dlt.configuration.values import SECRET, ConfigValue, TSecretStrValue
from dlt.errors import InvalidConnectionString

# what is no word can only be a URL, which programs pass in the first place
_DRIVER = re.compile(r"[\w.+\-]*\Z")


@configspec
class ConnectionStringCredentials(CredentialsConfiguration):
    """A database server, as a URL or by parts; the constructor takes either, too."""

    __notes__: ClassVar[tuple[str, ...]] = ("is_url",)
    drivername: str
    database: str | None = None
    password: TSecretStrValue | None = None
    username: str | None = None
    host: str | None = None
    port: int | None = None
    # options may hold tokens and keys
    query: Annotated[dict[str, ConfigValue] | None, SECRET] = None

    def __post_init__(self) -> None:
        """Take the parts from a URL or a dict that was passed in place of the first of them."""
        given: object = self.drivername
        if isinstance(given, Mapping) or (isinstance(given, str) and given and not _DRIVER.match(given)):
            # until it is parsed
            self.drivername = type(self).drivername
            if isinstance(given, Mapping):
                self.update(given)
            else:
                self.parse_native_representation(given)

    @property
    def is_url(self) -> bool:
        """Tell whether it was given as a URL: what a URL leaves out, it leaves out on purpose."""
        return bool(self.__dict__.get("is_url"))

    def parse_native_representation(self, native_value: object) -> None:
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
            "query": dict(parse_qsl(parts.query)),
        }
        # kept beside the fields: it is nothing that could be configured
        self.__dict__["is_url"] = True
        # parts that the URL leaves out may stand in the configuration beside it
        self.update({key: value for key, value in found.items() if value is not None})

    def get_query(self) -> dict[str, ConfigValue]:
        """Return the options of the URL."""
        return dict(self.query or {})

    def to_url(self) -> ConnectionUrl:
        """Return the URL, with the password in it; options are texts there."""
        query = {name: str(value) for name, value in self.get_query().items() if value is not None}
        return ConnectionUrl.of(**{**dict(self.items()), "query": query})

    def to_native_representation(self) -> str:
        """Return the URL, with the password in it."""
        return str(self.to_url())

    def on_resolved(self) -> None:
        """Drop the line end that a password read from a file often has."""
        if self.password:
            self.password = self.password.rstrip("\r\n")

    def __str__(self) -> str:
        # options may hold tokens and keys
        return self.to_url().set(query={}).render_as_string()


def _host(parts: SplitResult) -> str | None:
    """Return the host as it is written; `hostname` is lower case."""
    written = parts.netloc.rpartition("@")[2]
    # an IPv6 address has colons of its own
    if written.startswith("["):
        return written[1:].partition("]")[0] or None
    return written.partition(":")[0] or None
