"""What data may change in a schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from dlt.errors import DataValidationError, InvalidHint
from dlt.schema.checks import known_values
from dlt.schema.shown import shown_row
from dlt.schema.typing import Contract, ContractMode, SchemaSettings, TableSchema
from dlt.schema.x_keys import NEW_TABLE, X_DECLARED_CONTRACT, X_NORMALIZER

MODES: tuple[ContractMode, ...] = get_args(ContractMode)
ENTITIES = ("tables", "columns", "data_type")
_MODE_OF: dict[str, ContractMode] = {mode: mode for mode in MODES}
EVOLVE: dict[str, ContractMode] = {"tables": "evolve", "columns": "evolve", "data_type": "evolve"}


def check_contract(contract: object, place: str = "") -> None:
    """Check a contract as users write it; see `read_contract`."""
    read_contract(contract, place)


def read_contract(contract: object, place: str = "") -> dict[str, ContractMode]:
    """Return the modes by entity of a contract as users write it: None, one mode for all, or modes by entity.

    Args:
        contract: The contract.
        place: What it belongs to, for messages.

    Raises:
        InvalidHint: a mode or an entity is unknown.
    """
    before = f"{place}: " if place else ""
    if contract is None:
        return {}
    if not isinstance(contract, (str, Mapping)):
        raise InvalidHint(
            f"{before}schema_contract={contract!r}. Give one of {', '.join(MODES)}, or a dict of them for "
            f"{', '.join(ENTITIES)}.",
            hint="schema_contract",
            found=contract,
        )
    # one mode stands for all entities
    written: Mapping[object, object] = contract if isinstance(contract, Mapping) else dict.fromkeys(ENTITIES, contract)
    modes: dict[str, ContractMode] = {}
    for entity, mode in written.items():
        known = _MODE_OF.get(mode) if isinstance(mode, str) else None
        if entity not in ENTITIES:
            advice = f"there is no entity {entity!r}. {known_values(entity, ENTITIES)}"
        elif known is None:
            advice = f"there is no mode {mode!r}. {known_values(mode, MODES)}"
        else:
            modes[str(entity)] = known
            continue
        raise InvalidHint(f"{before}schema_contract={contract!r}: {advice}", hint="schema_contract", found=contract)
    return modes


def expand(contract: object, default: Mapping[str, ContractMode] = EVOLVE) -> dict[str, ContractMode]:
    """Return a contract with a mode for each entity.

    Args:
        contract: None, one mode for all, or modes by entity.
        default: Modes of entities that the contract leaves out.

    Raises:
        InvalidHint: a mode or an entity is unknown.
    """
    return {**default, **read_contract(contract)}


def set_contract(settings: SchemaSettings, contract: Contract | None) -> None:
    """Put a contract into the settings of a schema; None takes it out.

    Raises:
        InvalidHint: a mode or an entity is unknown.
    """
    check_contract(contract)
    if contract is None:
        settings.pop("schema_contract", None)
    else:
        settings["schema_contract"] = contract


def declare(place: SchemaSettings | TableSchema, contract: Contract | None, keep: bool = False) -> None:
    """Put the contract that the code has now into the settings of a schema or a table; take an earlier one out.

    Args:
        place: The settings or the table, to be changed.
        contract: The contract; None where the code has none.
        keep: Leave an earlier one where the code has none.
    """
    if contract:
        place["schema_contract"], place[X_DECLARED_CONTRACT] = contract, contract
    # what a person set by hand since then is not the code's to take out
    elif not keep and X_DECLARED_CONTRACT in place and place.pop(X_DECLARED_CONTRACT) == place.get("schema_contract"):
        place.pop("schema_contract", None)


def is_marked_new(table: TableSchema | None) -> bool:
    """Tell whether a table came with data that is on its way."""
    return bool(table and (table.get(X_NORMALIZER) or {}).get(NEW_TABLE))


def violation(
    schema_name: str,
    table_name: str,
    entity: str,
    contract: Mapping[str, str],
    column_name: str | None = None,
    table: TableSchema | None = None,
    kind: str | None = None,
) -> DataValidationError:
    """Return the error for data that a frozen contract does not let in.

    Args:
        schema_name: Name of the schema.
        table_name: Name of the table.
        entity: What would change: "tables", "columns" or "data_type".
        contract: The contract in force, expanded.
        column_name: Name of the column.
        table: The table as it is known.
        kind: Data type of the value.
    """
    if entity == "tables":
        what = f"table {table_name} is new"
    else:
        change = "column" if entity == "columns" else "data type"
        # people know the column by its own name, not by the variant's that would be made
        name = str(column_name).partition("__v_")[0] if entity == "data_type" else column_name
        what = f"{table_name}.{name}: a new {change} came with a value of type {kind}"
    return DataValidationError(
        f"{what}, but the contract of schema {schema_name} freezes {entity}. Mend the data, declare it in the schema, "
        f"or set schema_contract={{{entity!r}: 'evolve'}}, 'quarantine', 'discard_row' or 'discard_value', for the "
        "resource, its source or this run.",
        schema_name=schema_name,
        table_name=table_name,
        column_name=column_name,
        schema_entity=entity,
        contract_mode="freeze",
        table_schema=table,
        schema_contract=dict(contract),
        data_item=None,
        table=table_name,
        column=column_name,
    )


def with_row(error: DataValidationError, row: object) -> DataValidationError:
    """Return the error with the row that broke the contract; values of secret columns are not in the message.

    Args:
        error: The error; one that has a row keeps it.
        row: The row, or the item.
    """
    details = error.__dict__
    if details.get("data_item") is None and row is not None:
        columns = (details.get("table_schema") or {}).get("columns") or {}
        name = str(details.get("column_name") or "").partition("__v_")[0]
        # the first handler that has the row knows it best: outer ones see the whole page
        details["data_item"] = row
        error.message = f"{error.message} The row: {shown_row(row, columns, name)}"
        # pickle and logging print the arguments
        error.args = (error.message,)
    return error
