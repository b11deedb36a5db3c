"""Naming convention and nesting of a schema as they are stored, under the names of PyPI `dlt` 1.x."""

from types import ModuleType
from typing import TypedDict

from dlt.schema.naming import NamingConvention

TNamingConventionReferenceArg = str | type[NamingConvention] | ModuleType


class TJSONNormalizer(TypedDict, total=False):
    """How documents become tables."""

    module: str
    config: dict[str, object] | None


class TNormalizersConfig(TypedDict, total=False):
    """Naming convention and nesting."""

    names: str
    allow_identifier_change_on_table_with_data: bool | None
    use_break_path_on_normalize: bool | None
    detections: list[str] | None
    json: TJSONNormalizer
