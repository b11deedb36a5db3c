"""What a write disposition and a table format need: of the table, and of the destination."""

from __future__ import annotations

from dlt.errors import MergeDispositionException, TableFormatNotSupported, WriteDispositionNotSupported
from dlt.schema.capabilities import Capabilities
from dlt.schema.typing import TableSchema
from dlt.schema.x_keys import X_CHECKS, X_MERGE_STRATEGY
from dlt.user_log import tell_without_effect

_NEED_KEYS = ("upsert", "insert-only")


def check_disposition(root: TableSchema, capabilities: Capabilities | None) -> None:
    """Check that a root table can be loaded in the way that it asks for.

    Args:
        root: The table, with all columns that are declared or known.
        capabilities: What the destination can do; None while it is not known.

    Raises:
        TableFormatNotSupported: the destination has tables of other open formats only.
        WriteDispositionNotSupported: the destination cannot merge with this strategy.
        MergeDispositionException: the strategy needs a key that the table does not have.
    """
    if capabilities is not None:
        _check_format(root, capabilities)
    if root.get("write_disposition") != "merge":
        return
    strategy = root.get(X_MERGE_STRATEGY, "delete-insert")
    # not known while a pipeline has no destination
    if capabilities is not None and strategy not in capabilities.supported_merge_strategies:
        raise WriteDispositionNotSupported(
            f"table {root['name']}: the destination cannot merge with strategy {strategy!r}. It can: "
            f"{', '.join(capabilities.supported_merge_strategies) or 'none'}.",
            table=root["name"],
        )
    if strategy in _NEED_KEYS and not any(column.get("primary_key") for column in root["columns"].values()):
        raise MergeDispositionException(
            f"table {root['name']}: the merge strategy {strategy} needs a primary key. Set primary_key, or use "
            "delete-insert with a merge_key.",
            table=root["name"],
        )


def check_checks(table: TableSchema, capabilities: Capabilities | None) -> None:
    """Check that a destination can do the checks of data that a table asks for.

    Args:
        table: The table.
        capabilities: What the destination can do; None while it is not known.

    Raises:
        ChecksNotSupported: it cannot do one.
    """
    if capabilities is not None and table.get(X_CHECKS):
        from dlt.schema.data_checks import check_supported

        check_supported(table, capabilities)


def _check_format(root: TableSchema, capabilities: Capabilities) -> None:
    table_format, supported = root.get("table_format"), capabilities.supported_table_formats
    if table_format not in ("delta", "iceberg") or table_format in supported:
        return
    if supported:
        raise TableFormatNotSupported(
            f"table {root['name']}: the destination has no tables in format {table_format!r}. It has: "
            f"{', '.join(supported)}. Leave table_format out, or load with dlt.destinations.filesystem."
        )
    # a program that writes Iceberg in production is tried with a database, whose tables have one format only
    tell_without_effect(f"table {root['name']}: table_format {table_format!r}", "the destination has its own tables")
