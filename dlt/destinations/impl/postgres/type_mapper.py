"""How Postgres writes the types of columns, as an object."""

from __future__ import annotations

from typing import ClassVar

from dlt.destinations.impl.postgres.dialect import DIALECT
from dlt.destinations.sql.dialect import Dialect
from dlt.destinations.type_mapping import DialectTypeMapper


class PostgresTypeMapper(DialectTypeMapper):
    """Says how Postgres writes the types of columns."""

    dialect: ClassVar[Dialect] = DIALECT
