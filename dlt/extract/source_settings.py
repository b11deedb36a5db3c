"""The side of a source that knows its schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlt.schema.normalizers import json_config, own_json_config

if TYPE_CHECKING:
    from dlt.extract.vocabulary import ContractHint, WriteDispositionHint
    from dlt.schema.schema import Schema


class SourceSettings:
    """Schema, section and settings of a source.

    Args:
        schema: Its schema; the source bears the schema's name.
        section: Section of its configuration.
    """

    implicit = False
    """The source was made around bare data, so the pipeline's default schema takes its place."""
    run_contract: ContractHint | None = None
    """The contract that was given to the run: it comes before those of resources."""
    run_disposition: WriteDispositionHint | None = None
    """The write disposition that was given to the run: it holds for parents of what is loaded too."""
    generator_name: str | None = None
    """Name of the undecorated generator function that the data came from."""

    def __init__(self, schema: Schema, section: str | None = None) -> None:
        self.schema = schema
        self.section = section or schema.name

    @property
    def name(self) -> str:
        """Return the name of the source."""
        return self.schema.name

    @property
    def max_table_nesting(self) -> int | None:
        """Return how many levels of nested tables are made."""
        return json_config(self.schema.normalizers).get("max_nesting")

    @max_table_nesting.setter
    def max_table_nesting(self, value: int | None) -> None:
        config = own_json_config(self.schema.normalizers)
        if value is None:
            config.pop("max_nesting", None)
        else:
            config["max_nesting"] = value

    @property
    def root_key(self) -> bool | None:
        """Return True when nested rows carry the id of their root row."""
        return json_config(self.schema.normalizers).get("root_key_propagation")

    @root_key.setter
    def root_key(self, value: bool | None) -> None:
        config = own_json_config(self.schema.normalizers)
        if value is None:
            config.pop("root_key_propagation", None)
        else:
            config["root_key_propagation"] = value

    @property
    def schema_contract(self) -> ContractHint | None:
        """Return the contract of the source's tables."""
        return self.schema.settings.get("schema_contract")

    @schema_contract.setter
    def schema_contract(self, settings: ContractHint | None) -> None:
        self.schema.set_schema_contract(settings)
