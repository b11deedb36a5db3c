"""What data may change in a schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from dlt.errors import DictValidationException
from dlt.schema.typing import ContractMode

MODES: tuple[ContractMode, ...] = get_args(ContractMode)
ENTITIES = ("tables", "columns", "data_type")
EVOLVE: dict[str, ContractMode] = {"tables": "evolve", "columns": "evolve", "data_type": "evolve"}


def expand(contract: Any, default: Mapping[str, ContractMode] = EVOLVE) -> dict[str, ContractMode]:
    """Return a contract with a mode for each entity.

    Args:
        contract: None, one mode for all, or modes by entity.
        default: Modes of entities that the contract leaves out.

    Raises:
        DictValidationException: a mode or an entity is unknown.
    """
    if contract is None:
        return dict(default)
    modes = dict.fromkeys(ENTITIES, contract) if isinstance(contract, str) else dict(contract)
    for entity, mode in modes.items():
        if entity not in ENTITIES or mode not in MODES:
            raise DictValidationException(
                f"schema_contract {contract!r}: found {entity!r}: {mode!r}. Entities are {', '.join(ENTITIES)}; "
                f"modes are {', '.join(MODES)}."
            )
    return {**default, **modes}
