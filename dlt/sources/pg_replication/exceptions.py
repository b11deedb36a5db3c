"""Errors of replication, where programs for the verified source import them from."""

from dlt.errors import IncompatiblePostgresVersionException, NoPrimaryKeyException, ReplicationError

__all__ = ["IncompatiblePostgresVersionException", "NoPrimaryKeyException", "ReplicationError"]
