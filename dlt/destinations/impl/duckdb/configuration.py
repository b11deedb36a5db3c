"""Settings and credentials of DuckDB."""

from __future__ import annotations

from typing import Final

from dlt.absent import absent_names
from dlt.configuration.spec import CredentialsConfiguration, configspec
from dlt.late_dataclass import dataclass


@dataclass(frozen=True)
class DuckDbSettings:
    """What DuckDB takes beside a path.

    Attributes:
        memory_limit: What a load may use of memory, such as "2GB"; by the machine when None.
    """

    memory_limit: str | None = None


OF_CONNECTIONS: Final = ("extensions", "global_config", "local_config", "pragmas")
"""What credentials of PyPI `dlt` 1.x set on the connections that it opens."""


@configspec
class DuckDbCredentials(CredentialsConfiguration):
    """A database file: in one piece a secret, as its path may hold a token; the fields may stand in config.toml.

    Attributes:
        database: Its path.
        extensions: Of DuckDB, by name; these and the settings below are those of a connection that the program opens.
        global_config: Settings of the database.
        local_config: Settings of the connection.
        pragmas: Statements.
    """

    database: str | None = None
    extensions: list[str] | None = None
    global_config: dict[str, object] | None = None
    local_config: dict[str, object] | None = None
    pragmas: list[str] | None = None

    def parse_native_representation(self, native_value: object) -> None:
        """Take a path, or a JSON document with it."""
        if isinstance(native_value, str) and not native_value.lstrip().startswith("{"):
            self.database = native_value
        else:
            super().parse_native_representation(native_value)


DuckDbBaseCredentials = DuckDbCredentials
__getattr__ = absent_names(
    __name__, "dlt.destinations.duckdb(...) takes the settings by name.", "DuckDbClientConfiguration"
)
