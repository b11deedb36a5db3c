"""Settings of the section `schema` under the name of PyPI `dlt` 1.x."""

from __future__ import annotations

from typing import ClassVar

from dlt.configuration.spec import BaseConfiguration, configspec
from dlt.configuration.values import ConfigValue


@configspec
class SchemaConfiguration(BaseConfiguration):
    """The section `schema`: naming convention and nesting of new schemas."""

    __section__: ClassVar[str | None] = "schema"
    naming: ConfigValue | None = None
    json_normalizer: dict[str, object] | None = None
    allow_identifier_change_on_table_with_data: bool | None = None
    use_break_path_on_normalize: bool | None = None
