"""SQLAlchemy under the names of PyPI `dlt` 1.x."""

from sqlalchemy.engine import URL, make_url

__all__ = ["URL", "make_url"]
