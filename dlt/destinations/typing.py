"""Connections of drivers under the name of PyPI `dlt` 1.x."""

from dlt.destinations.sql.dbapi import NativeConnection as TNativeConn

__all__ = ["TNativeConn"]
