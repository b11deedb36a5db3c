"""Parts of the source under the names that programs for PyPI `dlt` 1.x import."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, Table

from dlt.sources.sql_database.arrow_helpers import row_tuples_to_arrow
from dlt.sources.sql_database.configuration import SqlDatabaseConfiguration, SqlTableResourceConfiguration
from dlt.sources.sql_database.engines import default_engine_adapter_callback, engine_from_credentials
from dlt.sources.sql_database.loaders import (
    TABLE_LOADER_REGISTRY,
    BaseTableLoader,
    ConnectorXTableLoader,
    TableLoader,
    get_table_loader_class,
    register_table_loader_backend,
)
from dlt.sources.sql_database.tables import remove_nullability_adapter, table_rows
from dlt.sources.sql_database.vocabulary import SelectAny, SelectClause, TableBackend, TQueryAdapter, TTableAdapter

if TYPE_CHECKING:
    from collections.abc import Callable

    from dlt.types import TDataItem

__all__ = [
    "TABLE_LOADER_REGISTRY",
    "BaseTableLoader",
    "ConnectorXTableLoader",
    "Select",
    "SelectAny",
    "SelectClause",
    "SqlDatabaseConfiguration",
    "SqlTableResourceConfiguration",
    "TQueryAdapter",
    "TTableAdapter",
    "Table",
    "TableBackend",
    "TableLoader",
    "default_engine_adapter_callback",
    "engine_from_credentials",
    "get_table_loader_class",
    "register_table_loader_backend",
    "remove_nullability_adapter",
    "row_tuples_to_arrow",
    "table_rows",
    "unwrap_json_connector_x",
]


def unwrap_json_connector_x(field: str) -> Callable[[TDataItem], TDataItem]:
    """Return a function for `add_map` that takes quotes from around JSON, as ConnectorX alone would have left them.

    The backend connectorx of this library leaves none, so that the function finds nothing to do there.

    Args:
        field: Name of the column.
    """

    def unwrap(table: Any) -> TDataItem:
        from dlt.sources.documents import unquoted

        at = table.column_names.index(field)
        return table.set_column(at, table.schema.field(at), unquoted(table.column(at)))

    return unwrap
