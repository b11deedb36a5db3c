"""What PyPI `dlt` 1.x does with sqlglot: the names import, and say at use what to do instead."""

from dlt.absent import absent_names

DLT_SUBQUERY_NAME = "_dlt_subquery"

__all__ = ["DLT_SUBQUERY_NAME"]

__getattr__ = absent_names(
    __name__,
    "Queries are text here: pass it to dataset.query(), or work on it with sqlglot itself.",
    "SqlModel TSqlGlotDialect build_outer_select_statement filter_select_column_names from_sqlglot_type "
    "get_select_column_names normalize_query_identifiers query_is_complex reorder_or_adjust_outer_select "
    "to_sqlglot_type uuid_expr_for_dialect validate_no_star_select",
)
