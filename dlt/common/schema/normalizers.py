"""Naming conventions and nesting of schemas under the names of PyPI `dlt` 1.x."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType

from dlt.configuration import get_value
from dlt.schema.naming import NamingConvention, naming_from

DEFAULT_NAMING_NAMESPACE = "dlt.common.normalizers.naming"
DEFAULT_NAMING_MODULE = "snake_case"
DEFAULT_JSON_NAMESPACE = "dlt.common.normalizers.json"
DEFAULT_JSON_MODULE = "relational"
NamingReference = str | type[NamingConvention] | ModuleType


def configured_normalizers(
    naming: NamingReference | None = None,
    json_normalizer: Mapping[str, object] | None = None,
    allow_identifier_change_on_table_with_data: bool | None = None,
    use_break_path_on_normalize: bool | None = None,
    schema_name: str | None = None,
) -> dict[str, object]:
    """Return naming convention and nesting as they are configured.

    Args:
        naming: The naming convention; that of the configuration when None.
        json_normalizer: What is said of nesting.
        allow_identifier_change_on_table_with_data: Names of tables with data may change.
        use_break_path_on_normalize: Names are paths.
        schema_name: Name of the schema.
    """
    del schema_name
    found: dict[str, object] = {
        "names": serialize_reference(naming or get_value("naming", str, sections=("schema",), default=None)),
        "json": None if json_normalizer is None else dict(json_normalizer),
    }
    if allow_identifier_change_on_table_with_data is not None:
        found["allow_identifier_change_on_table_with_data"] = allow_identifier_change_on_table_with_data
    if use_break_path_on_normalize is not None:
        found["use_break_path_on_normalize"] = use_break_path_on_normalize
    return found


def import_normalizers(
    explicit_normalizers: Mapping[str, object], default_normalizers: Mapping[str, object] | None = None
) -> tuple[dict[str, object], NamingConvention, str]:
    """Return naming convention and nesting with all that is not said filled in.

    Args:
        explicit_normalizers: What is said.
        default_normalizers: What holds where nothing is said.

    Returns:
        The settings, the naming convention, and the path of what nests.
    """
    defaults = {"names": DEFAULT_NAMING_MODULE, "json": {"module": f"{DEFAULT_JSON_NAMESPACE}.{DEFAULT_JSON_MODULE}"}}
    given = ({**(default_normalizers or {})}, {**explicit_normalizers})
    found: dict[str, object] = {**defaults}
    for settings in given:
        # None says that nobody chose
        found.update({key: value for key, value in settings.items() if value is not None})
    nesting = found["json"]
    module = nesting.get("module") if isinstance(nesting, Mapping) else None
    return found, naming_from(found["names"]), str(module or DEFAULT_JSON_MODULE)


def naming_from_reference(names: NamingReference, max_length: int | None = None) -> NamingConvention:
    """Return a naming convention.

    Args:
        names: Its short name, the path of its class or module, its class, or its module.
        max_length: Most characters that an identifier may have.

    Raises:
        UnknownNamingModule: the path cannot be imported.
    """
    return naming_from(names, max_length)


def serialize_reference(naming: NamingReference | None) -> str | None:
    """Return the text by which a naming convention is stored."""
    if naming is None or isinstance(naming, str):
        return naming
    if isinstance(naming, ModuleType):
        return naming.__name__
    # schemas are stored as text, so a class is kept by its path
    return f"{naming.__module__}.{naming.__qualname__}"
