"""What the configuration may say of the source and of its tables."""

from __future__ import annotations

from typing import Any, Optional, Union

from sqlalchemy.engine import Engine

from dlt.configuration.credentials import ConnectionStringCredentials
from dlt.configuration.spec import BaseConfiguration, configspec
from dlt.extract.incremental import Incremental
from dlt.extract.vocabulary import WriteDispositionHint
from dlt.sources.sql_database.vocabulary import ReflectionLevel

CHUNK_SIZE = 50_000
"""Rows that are read at once."""


@configspec
class SqlDatabaseConfiguration(BaseConfiguration):
    """Settings of all tables of a database."""

    # annotations that every version of Python evaluates
    credentials: Union[ConnectionStringCredentials, Engine, str] = None  # type: ignore[assignment]
    schema: Optional[str] = None  # noqa: UP045
    table_names: Optional[list[str]] = None  # noqa: UP045
    chunk_size: int = CHUNK_SIZE
    backend: str = "sqlalchemy"
    detect_precision_hints: Optional[bool] = False  # noqa: UP045
    reflection_level: Optional[ReflectionLevel] = "full"  # noqa: UP045
    defer_table_reflect: Optional[bool] = None  # noqa: UP045
    backend_kwargs: Optional[dict[str, Any]] = None  # noqa: UP045
    include_views: bool = False
    resolve_foreign_keys: bool = False
    engine_kwargs: Optional[dict[str, Any]] = None  # noqa: UP045
    snapshot: bool = False
    partitions: int = 1


@configspec
class SqlTableResourceConfiguration(BaseConfiguration):
    """Settings of one table."""

    credentials: Union[ConnectionStringCredentials, Engine, str] = None  # type: ignore[assignment]
    table: str = None  # type: ignore[assignment]
    schema: Optional[str] = None  # noqa: UP045
    incremental: Optional[Incremental[Any]] = None  # noqa: UP045
    chunk_size: int = CHUNK_SIZE
    backend: str = "sqlalchemy"
    detect_precision_hints: Optional[bool] = None  # noqa: UP045
    defer_table_reflect: Optional[bool] = False  # noqa: UP045
    reflection_level: Optional[ReflectionLevel] = "full"  # noqa: UP045
    included_columns: Optional[list[str]] = None  # noqa: UP045
    excluded_columns: Optional[list[str]] = None  # noqa: UP045
    write_disposition: Optional[WriteDispositionHint] = None  # noqa: UP045
    primary_key: Optional[Any] = None  # noqa: UP045
    merge_key: Optional[Any] = None  # noqa: UP045
    engine_kwargs: Optional[dict[str, Any]] = None  # noqa: UP045
    partitions: int = 1
