"""Settings that a destination takes by name: what is known, what is refused, and what PyPI `dlt` 1.x has besides.

What a class of destinations takes stands in one frozen dataclass beside its client, with types and defaults.
"""

from __future__ import annotations

import dataclasses
import inspect
import typing
from collections.abc import Iterable, Mapping
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, TypeVar

from dlt import user_log
from dlt.configuration import get_value
from dlt.errors import UnknownDestinationSetting

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Settings = dict[str, Any]
"""Settings by name, as a program gives them: of what type each must be, only the dataclass of its destination says, and
`settings_of` reads them into that."""
OF_ALL: Mapping[str, type] = {"destination_type": str, "destination_name": str, "environment": str}
OF_CAPABILITIES: Mapping[str, type] = {
    "naming_convention": str,
    "max_table_nesting": int,
    "max_identifier_length": int,
    "max_column_identifier_length": int,
    "decimal_precision": tuple,
    "wei_precision": tuple,
}
"""What a program may say otherwise than the destination does; see `dlt.schema.capabilities`."""
# some destinations read one of these: what a class has itself is looked for first
WITHOUT_EFFECT: frozenset[str] = frozenset(
    {
        "always_refresh_views",
        "as_staging_destination",
        "autodetect_schema",
        "automatic_migration",
        "batch_size",
        "config_kwargs",
        "create_followup_jobs",
        "create_followup_table_chain_reference_jobs",
        "create_followup_table_chain_sql_jobs",
        "create_indexes",
        "create_primary_keys",
        "create_unique_indexes",
        "csv_format",
        "dataset_name",
        "default_schema_name",
        "deltalake_configuration",
        "deltalake_storage_options",
        "deltalake_streamed_exec",
        "enable_atomic_replace",
        "enable_dataset_name_normalization",
        "fail_followup_job_creation",
        "fail_table_chain_followup_job_creation",
        "force_iceberg",
        "iceberg_namespace_properties",
        "iceberg_table_properties",
        "iceberg_use_catalog_purge",
        "ignore_unknown_values",
        "info_tables_query_threshold",
        "insert_values_writer_type",
        "loader_file_format_selector",
        "loader_parallelism_strategy",
        "local_dir",
        "max_parallel_load_jobs",
        "max_query_length",
        "max_rows_per_insert",
        "max_state_files",
        "merge_strategies_selector",
        "override_data_path",
        "parquet_format",
        "preferred_loader_file_format",
        "preferred_staging_file_format",
        "read_only",
        "recommended_file_size",
        "replace_strategies_selector",
        "replace_strategy",
        "should_set_case_sensitivity_on_new_dataset",
        "staging_config",
        "staging_dataset_name_layout",
        "supported_loader_file_formats",
        "supported_merge_strategies",
        "supported_replace_strategies",
        "timeout",
        "truncate_tables_on_staging_destination_before_load",
        "warn_unsafe_layout_separators",
    }
)
"""Settings of PyPI `dlt` 1.x that nothing here reads; a program that passes them goes on, and is told."""


Spec = TypeVar("Spec", bound="DataclassInstance")
IN_CODE: Mapping[str, bool] = {"is said in code only": True}
"""Metadata of the field of a setting that is an object, which no file and no variable can hold."""


def settings_of(spec: type[Spec], given: Settings, destination_name: str) -> Spec:
    """Return settings: what the program says, then the configuration, then the default.

    Args:
        spec: The dataclass that says what there is.
        given: What the program says; None counts as nothing.
        destination_name: Name under which the others are configured.

    Raises:
        ConfigValueCannotBeCoercedException: one is configured that is not of its type.
    """
    asked = ((field.name, setting_of(spec, field.name, given, destination_name)) for field in dataclasses.fields(spec))
    return spec(**{name: value for name, value in asked if value is not None})


def setting_of(spec: type[DataclassInstance], name: str, given: Settings, destination_name: str) -> object:
    """Return one setting as `settings_of` does.

    Args:
        spec: The dataclass that says what there is.
        name: Name of the setting.
        given: What the program says; None counts as nothing.
        destination_name: Name under which it is configured.
    """
    field = next(field for field in dataclasses.fields(spec) if field.name == name)
    if given.get(name) is not None or field.metadata == IN_CODE:
        return given.get(name)
    default = None if field.default is dataclasses.MISSING else field.default
    return get_value(name, _types(spec)[name], sections=("destination", destination_name), default=default)


def _types(spec: type) -> dict[str, object]:
    """Return the types of settings; where one may be left out, that it may be None is not a part of its type."""
    found = {}
    for name, hint in typing.get_type_hints(spec).items():
        others = [kind for kind in typing.get_args(hint) if kind is not type(None)]
        is_optional = type(None) in typing.get_args(hint) and len(others) == 1
        found[name] = others[0] if is_optional else hint
    return found


def known_settings(kind: type) -> dict[str, object] | None:
    """Return the settings of a class of destinations with their types; None for one that takes any.

    Args:
        kind: The class.
    """
    # a class that a program derives from one of ours may read more than that one: it says itself what it knows
    spec = vars(kind).get("settings_spec")
    if spec is None:
        return None
    function = kind.__init__  # type: ignore[misc]  # of this class, as it stands
    named = {
        parameter.name: parameter.annotation
        for parameter in inspect.signature(function).parameters.values()
        if parameter.name not in ("self", "credentials") and parameter.kind is not parameter.VAR_KEYWORD
    }
    annotated = {name: hint for name, hint in named.items() if hint is not inspect.Parameter.empty}
    # not those of the function: of what type further settings are, only checkers know
    of_these = SimpleNamespace(__annotations__=annotated)
    hints = typing.get_type_hints(of_these, getattr(function, "__globals__", None))
    return {**{name: hints.get(name, object) for name in named}, **_types(spec), **OF_ALL}


def check_settings(kind: type, name: str, given: Iterable[str]) -> None:
    """Refuse settings that a destination does not have, and tell of those that have no effect.

    Args:
        kind: Class of the destination.
        name: Its name, for messages.
        given: Names of the settings.

    Raises:
        UnknownDestinationSetting: nothing has one of these names.
    """
    given = list(given)
    known = known_settings(kind) if given else None
    if known is None:
        return
    known = {**known, **OF_CAPABILITIES}
    # in a file it says what a destination with a name of its own is; here the class says it
    del known["destination_type"]
    for setting in given:
        if setting in known:
            continue
        # a program for 1.x goes on; a word that neither knows is a mistake of writing
        if setting in WITHOUT_EFFECT:
            user_log.info(f"destination {name}: the setting {setting} of PyPI dlt 1.x has no effect here.")
            continue
        from dlt.configuration.similar import did_you_mean

        names = sorted({"credentials", *known})
        raise UnknownDestinationSetting(
            f"destination {name}: there is no setting {setting!r}{did_you_mean(setting, names) or '.'} Known are "
            f"{', '.join(names)}.",
            setting=setting,
        )
