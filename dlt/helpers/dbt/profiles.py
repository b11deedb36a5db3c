"""Profiles of dbt for destinations. They name variables of the environment, and hold no secrets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from dlt.destinations.impl.duckdb.factory import IN_MEMORY, DuckDb, is_open
from dlt.destinations.impl.motherduck.factory import MotherDuck
from dlt.destinations.impl.postgres.factory import Postgres
from dlt.destinations.impl.redshift.factory import Redshift
from dlt.errors import NotOffered

SCHEMA = "{{ var('destination_dataset_name', var('source_dataset_name')) }}"
PREFIX = "DLT__CREDENTIALS__"
PASSWORD = "DBT_ENV_SECRET_PASSWORD"
"""dbt takes what begins like this out of its own log."""
ADAPTERS = {"duckdb": "duckdb", "motherduck": "duckdb", "postgres": "postgres", "redshift": "redshift"}
"""What dbt calls the destinations."""


class Profile(NamedTuple):
    """How dbt gets to a destination.

    Attributes:
        name: Name of the profile.
        output: The target of the profile.
        variables: Variables of the environment that it names.
    """

    name: str
    output: Mapping[str, object]
    variables: Mapping[str, str]


def profile_of(destination: object) -> Profile:
    """Return the profile of a destination.

    Args:
        destination: The destination.

    Raises:
        NotOffered: there is none for it.
    """
    if isinstance(destination, MotherDuck) and not is_open(destination.credentials):
        found = destination.resolved()
        # DuckDB looks for it there by itself, so that the path holds no token
        token = {"MOTHERDUCK_TOKEN": str(found.password)} if found.password else {}
        return Profile("motherduck", _output("duckdb", path=f"md:{found.database}"), token)
    is_file = isinstance(destination, DuckDb) and not is_open(destination.credentials)
    if isinstance(destination, DuckDb) and is_file and destination.path not in IN_MEMORY:
        output = _output("duckdb", path=_variable("DATABASE"))
        return Profile("duckdb", output, {f"{PREFIX}DATABASE": destination.path})
    if isinstance(destination, (Postgres, Redshift)):
        return _of_server(destination)
    kind = getattr(destination, "destination_name", None) or type(destination).__name__
    raise NotOffered(
        f"dbt: there is no profile for destination {kind}. There are those of {', '.join(ADAPTERS)}, with credentials "
        "that are no open connection. With a profiles.yml of your own: dlt.helpers.dbt.create_runner(venv, "
        "None, folder, package, package_profiles_dir=..., package_profile_name=...)."
    )


def _of_server(destination: Postgres | Redshift) -> Profile:
    found = destination.resolved()
    fields = {"HOST": found.host, "PORT": found.port, "USERNAME": found.username, "DATABASE": found.database}
    variables = {f"{PREFIX}{name}": str(value) for name, value in fields.items() if value is not None}
    variables[PASSWORD] = str(found.password or "")
    # profiles that were written for PyPI dlt 1.x name this one
    variables[f"{PREFIX}PASSWORD"] = variables[PASSWORD]
    name = "redshift" if isinstance(destination, Redshift) else "postgres"
    query = {str(key): str(value) for key, value in dict(found.query or {}).items()}
    # others are options of the driver, which dbt does not take
    known = {key: query[key] for key in ("sslmode", "sslcert", "sslkey", "sslrootcert") if key in query}
    output = _output(
        name,
        host=_variable("HOST"),
        # variables are texts, and dbt asks for a number
        port=_variable("PORT", "| as_number"),
        user=_variable("USERNAME"),
        password="{{ env_var('" + PASSWORD + "') }}",
        dbname=_variable("DATABASE"),
        **known,
    )
    return Profile(name, output, variables)


def _output(kind: str, **fields: object) -> dict[str, object]:
    return {"type": kind, "schema": SCHEMA, "threads": 4, **fields}


def _variable(name: str, turned: str = "") -> str:
    return "{{ env_var('" + PREFIX + name + "') " + turned + "}}"
