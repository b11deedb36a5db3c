"""URLs of databases: text that also tells its parts, as SQLAlchemy's URLs do."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, urlencode


class ConnectionUrl(str):
    """The URL of a database, with the password in it; its repr hides the password.

    Attributes:
        drivername: Dialect, perhaps with "+driver".
        username: User.
        password: Password.
        host: Server.
        port: Port.
        database: Database.
        query: Options.
    """

    drivername: str
    username: str | None
    password: str | None
    host: str | None
    port: int | None
    database: str | None
    query: Mapping[str, object]

    @classmethod
    def of(cls, **parts: object) -> ConnectionUrl:
        """Return the URL with these parts."""
        made = cls(_rendered(parts, parts.get("password")))
        made.__dict__.update({name: parts.get(name) for name in _PARTS}, query=_options(parts))
        return made

    def set(self, **parts: object) -> ConnectionUrl:
        """Return a URL with other parts."""
        return self.of(**{**self.__dict__, **parts})

    def render_as_string(self, hide_password: bool = True) -> str:
        """Return the text.

        Args:
            hide_password: Write *** in its place.
        """
        # the same three stars as SQLAlchemy's URLs
        shown = "***" if hide_password and self.password else self.password
        return _rendered(self.__dict__, shown, safe="*" if hide_password else "")

    def get_backend_name(self) -> str:
        """Return the dialect."""
        return self.drivername.partition("+")[0]

    def get_driver_name(self) -> str:
        """Return the driver, or the dialect where the URL names none."""
        return self.drivername.partition("+")[2] or self.drivername

    def __repr__(self) -> str:
        return self.render_as_string()


_PARTS = ("drivername", "username", "password", "host", "port", "database")


def _options(parts: Mapping[str, object]) -> dict[str, object]:
    query = parts.get("query")
    return dict(query) if isinstance(query, Mapping) else {}


def _rendered(parts: Mapping[str, object], password: object, safe: str = "") -> str:
    login = ""
    if parts.get("username"):
        secret = f":{quote(str(password), safe=safe)}" if password else ""
        login = f"{quote(str(parts['username']), safe='')}{secret}@"
    port = f":{parts['port']}" if parts.get("port") else ""
    host = str(parts.get("host") or "")
    # only an IPv6 address has colons
    host = f"[{host}]" if ":" in host else host
    path = f"/{parts['database']}" if parts.get("database") else ""
    options = urlencode(_options(parts))
    return f"{parts.get('drivername') or ''}://{login}{host}{port}{path}{'?' if options else ''}{options}"
