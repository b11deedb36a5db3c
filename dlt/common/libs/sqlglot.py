"""What PyPI `dlt` 1.x does with sqlglot: columns as types of it, and queries as values."""

from dlt.absent import absent_names
from dlt.dataset.model import SqlModel
from dlt.dataset.types import from_sqlglot as from_sqlglot_type
from dlt.dataset.types import to_sqlglot as to_sqlglot_type

DLT_SUBQUERY_NAME = "_dlt_subquery"

__all__ = ["DLT_SUBQUERY_NAME", "SqlModel", "from_sqlglot_type", "to_sqlglot_type"]

__getattr__ = absent_names(
    __name__,
    "Work on the tree of a query with sqlglot itself, and pass it to dataset.query().",
    "TSqlGlotDialect build_outer_select_statement filter_select_column_names get_select_column_names "
    "normalize_query_identifiers query_is_complex reorder_or_adjust_outer_select uuid_expr_for_dialect "
    "validate_no_star_select",
)
