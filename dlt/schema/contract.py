"""What data may change in a schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from dlt.errors import InvalidHint
from dlt.schema.checks import known_values
from dlt.schema.typing import ContractMode

MODES: tuple[ContractMode, ...] = get_args(ContractMode)
ENTITIES = ("tables", "columns", "data_type")
EVOLVE: dict[str, ContractMode] = {"tables": "evolve", "columns": "evolve", "data_type": "evolve"}


def check_contract(contract: Any, place: str = "") -> None:
    """Check a contract as users write it: None, one mode for all, or modes by entity.

    Args:
        contract: The contract.
        place: What it belongs to, for messages.

    Raises:
        InvalidHint: a mode or an entity is unknown.
    """
    before = f"{place}: " if place else ""
    if contract is None:
        return
    if not isinstance(contract, (str, Mapping)):
        raise InvalidHint(
            f"{before}schema_contract={contract!r}. Give one of {', '.join(MODES)}, or a dict of them for "
            f"{', '.join(ENTITIES)}.",
            hint="schema_contract",
            found=contract,
        )
    modes = dict.fromkeys(ENTITIES, contract) if isinstance(contract, str) else contract
    for entity, mode in modes.items():
        if entity not in ENTITIES:
            advice = f"there is no entity {entity!r}. {known_values(entity, ENTITIES)}"
        elif mode not in MODES:
            advice = f"there is no mode {mode!r}. {known_values(mode, MODES)}"
        else:
            continue
        raise InvalidHint(f"{before}schema_contract={contract!r}: {advice}", hint="schema_contract", found=contract)


def expand(contract: Any, default: Mapping[str, ContractMode] = EVOLVE) -> dict[str, ContractMode]:
    """Return a contract with a mode for each entity.

    Args:
        contract: None, one mode for all, or modes by entity.
        default: Modes of entities that the contract leaves out.

    Raises:
        InvalidHint: a mode or an entity is unknown.
    """
    check_contract(contract)
    if contract is None:
        return dict(default)
    return {**default, **(dict.fromkeys(ENTITIES, contract) if isinstance(contract, str) else contract)}
