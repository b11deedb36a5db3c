"""What PyPI `dlt` 1.x does with sqlglot: columns as types of it, and queries as values."""

from dlt.common.libs.sqlglot_queries import (
    DLT_SUBQUERY_NAME,
    build_outer_select_statement,
    filter_select_column_names,
    get_select_column_names,
    normalize_query_identifiers,
    query_is_complex,
    reorder_or_adjust_outer_select,
    uuid_expr_for_dialect,
    validate_no_star_select,
)
from dlt.common.libs.sqlglot_types import from_sqlglot_type, to_sqlglot_type
from dlt.dataset.model import SqlModel

TSqlGlotDialect = str
"""The name of a dialect; which there are, the version of sqlglot says that is installed."""

__all__ = [
    "DLT_SUBQUERY_NAME",
    "SqlModel",
    "TSqlGlotDialect",
    "build_outer_select_statement",
    "filter_select_column_names",
    "from_sqlglot_type",
    "get_select_column_names",
    "normalize_query_identifiers",
    "query_is_complex",
    "reorder_or_adjust_outer_select",
    "to_sqlglot_type",
    "uuid_expr_for_dialect",
    "validate_no_star_select",
]
