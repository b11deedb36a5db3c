"""Settings and credentials of databases by SQLAlchemy."""

from __future__ import annotations

from dlt.absent import absent_names
from dlt.configuration.credentials.database import ConnectionStringCredentials
from dlt.configuration.spec import configspec
from dlt.errors import InvalidConnectionString
from dlt.late_dataclass import dataclass
from dlt.types import JsonObject


@dataclass(frozen=True)
class SqlAlchemySettings:
    """What SQLAlchemy takes beside a URL.

    Attributes:
        engine_kwargs: Further arguments of `sqlalchemy.create_engine`.
        engine_args: The same, under the name that PyPI dlt has for it, too.
    """

    engine_kwargs: JsonObject | None = None
    engine_args: JsonObject | None = None


@configspec
class SqlAlchemyCredentials(ConnectionStringCredentials):
    """A database as a URL of SQLAlchemy, `dialect+driver://user:password@host:port/database`."""

    drivername: str = ""

    def missing_fields(self) -> list[str]:
        """Return the names of required fields without a value: where nothing is given, the URL is missing."""
        return [] if self.given_fields() or self.drivername else ["drivername"]

    def on_resolved(self) -> None:
        """Check that it says which database system.

        Raises:
            InvalidConnectionString: it does not.
        """
        if not self.drivername:
            raise InvalidConnectionString(
                "SqlAlchemyCredentials: drivername is missing. Give a URL such as sqlite:///shop.db or "
                "mysql+pymysql://user:password@host/."
            )


SqlalchemyCredentials = SqlAlchemyCredentials
__getattr__ = absent_names(
    __name__, "dlt.destinations.sqlalchemy(...) takes the settings by name.", "SqlalchemyClientConfiguration"
)
