"""How documents become tables, as a schema says it: the naming convention, and how deep nested tables go."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import TypedDict, Union, cast

from dlt.schema.naming import NamingConvention, NamingReference, naming_from
from dlt.schema.system_columns import ROW_ID

_JSON_NORMALIZER = "dlt.common.normalizers.json.relational"
"""Module of PyPI `dlt`, which reads schemas that this library stored, and looks for it by this name."""


class JsonConfig(TypedDict, total=False):
    """Settings for nested documents."""

    max_nesting: Union[int, None]
    root_key_propagation: bool
    propagation: dict[str, dict[str, object]]


class JsonNormalizer(TypedDict, total=False):
    """What turns documents into rows."""

    module: str
    config: JsonConfig


class Normalizers(TypedDict, total=False):
    """What a stored schema has under `normalizers`; further keys are kept."""

    names: str
    json: JsonNormalizer
    use_break_path_on_normalize: bool


def complete(given: Mapping[str, object] | None) -> tuple[Normalizers, NamingConvention]:
    """Return normalizers with all that there must be, and the naming convention.

    Args:
        given: What a person or a stored schema says; its `names` may be a class, an instance or a module.
    """
    # copied: the caller's dict may be that of another schema
    found = {"names": "snake_case", "json": {"module": _JSON_NORMALIZER}, **deepcopy(dict(given or {}))}
    naming = convention(found, found["names"])
    if not isinstance(found["names"], str):
        # a class or module has no place in what is stored
        found["names"] = naming.name()
    # what is stored under other keys is kept as it is
    return cast(Normalizers, found), naming


def rename(normalizers: Normalizers, reference: NamingReference | None, max_length: int | None) -> NamingConvention:
    """Return the naming convention of a schema from now on, and note it in its normalizers.

    Args:
        normalizers: Those of the schema; they are changed.
        reference: The new convention; None for the one that it has.
        max_length: Length, in bytes of UTF-8, that no identifier may exceed.
    """
    if reference is not None:
        normalizers["names"] = naming_from(reference).name()
    # a class need not be found again by its path: it may stand in a function
    return convention(normalizers, reference if isinstance(reference, type) else normalizers["names"], max_length)


def convention(normalizers: Mapping[str, object], reference: object, max_length: int | None = None) -> NamingConvention:
    """Return a naming convention that takes keys for paths, or not, as the normalizers say.

    Args:
        normalizers: Those of the schema.
        reference: The convention.
        max_length: Length, in bytes of UTF-8, that no identifier may exceed.
    """
    naming = naming_from(reference, max_length)
    naming.breaks_paths = normalizers.get("use_break_path_on_normalize") is not False
    return naming


def merged(known: Normalizers, later: Normalizers) -> Normalizers:
    """Return normalizers with the settings of later ones on top; the naming convention stays."""
    others = {key: value for key, value in later.items() if isinstance(value, dict)}
    joined = {key: {**_settings(known.get(key)), **value} for key, value in others.items()}
    # two sources of one schema may each know a setting that the other leaves out
    return cast(Normalizers, {**known, **joined})


def json_config(normalizers: Normalizers) -> JsonConfig:
    """Return the settings for nested documents, to be read."""
    return (normalizers.get("json") or {}).get("config") or {}


def propagates_root_key(normalizers: Normalizers) -> bool:
    """Tell whether nested rows of every table carry the id of their root row."""
    config = json_config(normalizers)
    # schemas that PyPI dlt stored say it as the name that the root's id gets in nested tables
    return bool(config.get("root_key_propagation") or ROW_ID in (config.get("propagation") or {}).get("root", {}))


def own_json_config(normalizers: Normalizers) -> JsonConfig:
    """Return the settings for nested documents, to be changed."""
    return normalizers.setdefault("json", {}).setdefault("config", {})


def _settings(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}
