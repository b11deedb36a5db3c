"""The client of SQLAlchemy under its path of PyPI `dlt` 1.x."""

from dlt.destinations.impl.sqlalchemy.client import SqlAlchemyClient as SqlalchemyClient

__all__ = ["SqlalchemyClient"]
