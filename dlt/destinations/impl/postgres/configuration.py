"""Settings and credentials of Postgres."""

from __future__ import annotations

from typing import ClassVar

from dlt.absent import absent_names
from dlt.configuration.credentials.database import ConnectionStringCredentials
from dlt.configuration.spec import configspec
from dlt.late_dataclass import dataclass


@dataclass(frozen=True)
class PostgresSettings:
    """What Postgres takes beside credentials.

    Attributes:
        create_indexes: Make indexes on the keys by which merges look rows up, and unique ones on columns with the hint
            unique.
    """

    create_indexes: bool = True


@configspec
class PostgresCredentials(ConnectionStringCredentials):
    """A PostgreSQL server.

    Host, database and user are required, and a password unless they come as a URL without one: the server may need
    none, or libpq finds it in `~/.pgpass`. With `libpq_defaults`, all that is left out is as libpq has it.
    """

    __advice__: ClassVar[str] = (
        "To leave what is missing to libpq, which looks for PG* variables, service files and ~/.pgpass, set "
        "libpq_defaults=true among the credentials."
    )
    drivername: str = "postgresql"
    # as in PyPI dlt 1.x
    connect_timeout: int = 15
    libpq_defaults: bool = False

    def parse_native_representation(self, native_value: object) -> None:
        """Take the parts from a URL; `libpq_defaults=true` may stand among its options.

        Raises:
            InvalidConnectionString: it is no such URL.
        """
        super().parse_native_representation(native_value)
        if self.query and "libpq_defaults" in self.query:
            options = dict(self.query)
            self.libpq_defaults = options.pop("libpq_defaults").lower() in ("true", "1", "yes")
            self.query = options

    @property
    def uses_libpq_defaults(self) -> bool:
        """Tell whether what is left out is left to libpq, because the user says so or names a service."""
        return self.libpq_defaults or "service" in (self.query or {})

    def missing_fields(self) -> list[str]:
        """Return the names of required fields without a value."""
        absent = super().missing_fields()
        if self.uses_libpq_defaults:
            return absent
        # a URL without a password says on purpose that there is none; parts without one may just lack it
        needed = _NEEDED if self.is_url else {**_NEEDED, "password": ("password", "passfile", "sslcert")}
        options = self.query or {}
        return absent + [
            name for name, same in needed.items() if not self.get(name) and not any(key in options for key in same)
        ]


_NEEDED = {"host": ("host", "hostaddr"), "database": ("dbname",), "username": ("user",)}
"""What says where to load, with the options of libpq that say the same."""


__getattr__ = absent_names(
    __name__, "dlt.destinations.postgres(...) takes the settings by name.", "PostgresClientConfiguration"
)
