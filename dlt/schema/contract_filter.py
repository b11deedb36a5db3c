"""What a contract lets in of a table that data brought, for programs that ask before they load."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from dlt.schema.contract import EVOLVE, expand, violation, with_row
from dlt.schema.typing import ColumnSchema, Contract, ContractMode, TableSchema
from dlt.schema.x_keys import X_NORMALIZER

Refused = list[tuple[str, str, ContractMode]]
_TYPE = ("data_type", "nullable", "precision", "scale", "timezone")
"""Hints that say together which values a column takes."""


def let_in(
    schema_name: str,
    tables: Mapping[str, TableSchema],
    contract: Contract,
    partial: TableSchema,
    raises: bool,
    row: object,
) -> tuple[TableSchema | None, Refused]:
    """Return the table without the columns that a contract keeps out, None for a table that it keeps out.

    Args:
        schema_name: Name of the schema, for the error.
        tables: The tables of the schema.
        contract: The contract.
        partial: The table that data brought.
        raises: Raise for what is frozen.
        row: The row that brought it, for the error.

    Raises:
        DataValidationError: the contract freezes what would change.
    """
    known = tables.get(partial["name"])
    complete = {name: column for name, column in known["columns"].items() if "data_type" in column} if known else {}
    # a table that is new evolves as a whole, and so does one that asked for it once
    once = bool(known and cast("Mapping[str, object]", known.get(X_NORMALIZER) or {}).get("evolve-columns-once"))
    modes = EVOLVE if once and complete else expand(contract)

    def refuse(entity: str, name: str, column: str | None, kind: str | None) -> None:
        if modes[entity] == "freeze" and raises:
            error = violation(schema_name, partial["name"], entity, modes, column, known if complete else None, kind)
            raise with_row(error, row)
        refused.append(("tables" if entity == "tables" else "columns", name, modes[entity]))

    refused: Refused = []
    # one of which no column has a type is new, whatever was declared of it
    if not complete:
        if modes["tables"] == "evolve":
            return partial, refused
        refuse("tables", partial["name"], None, None)
        return None, refused
    columns: dict[str, ColumnSchema] = {}
    for name, column in partial["columns"].items():
        entity = _entity(complete.get(name), column)
        if entity is None or modes[entity] == "evolve":
            columns[name] = column
        else:
            refuse(entity, name, name, column.get("data_type"))
    return cast(TableSchema, {**partial, "columns": columns}), refused


def _entity(known: ColumnSchema | None, column: ColumnSchema) -> str | None:
    """Return which part of a contract says whether a column may come, None if nothing has to."""
    if known is None:
        # the column of a variant stands for another type of a column that is there
        return "data_type" if column.get("variant") else "columns"
    # keys and other hints say nothing of values, and pass
    old, new = (cast("Mapping[str, object]", hints) for hints in (known, column))
    return "data_type" if any(hint in new and new[hint] != old.get(hint) for hint in _TYPE) else None
