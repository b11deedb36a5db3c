"""The options that the library reads, by section: what `dlt config check` holds files and variables against."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any

from dlt.configuration.resolve import spec_kinds
from dlt.configuration.values import SECRET
from dlt.destinations.base import KNOWN, load_destination
from dlt.destinations.settings import WITHOUT_EFFECT, known_settings
from dlt.formats.options import CsvOptions, ParquetOptions
from dlt.pipeline.settings import PipelineSettings
from dlt.pipeline.unread import OPTIONS

_SECRET_TEXT = Annotated[str, SECRET]
_TABLE = dict[str, Any]


@dataclass(frozen=True)
class Section:
    """A section of the configuration.

    Attributes:
        options: Types of its options by name, a secret type for secrets.
        sections: Sections in it by name.
        named: What a section in it is that bears a name of the user's own; None where there are none.
        without_effect: Options of PyPI `dlt` 1.x that are read by nobody here.
        is_open: It may have any other option, too.
    """

    options: Mapping[str, object] = field(default_factory=dict)
    sections: Mapping[str, Section] = field(default_factory=dict)
    named: Section | None = None
    without_effect: frozenset[str] = frozenset()
    is_open: bool = False


OPEN = Section(is_open=True)
_NUMBER = float
_RUNTIME = Section(
    {
        "user_log": bool, "log_level": str, "log_format": str, "excepthook": bool, "request_timeout": _NUMBER,
        "intercept_signals": bool, "slack_incoming_hook": _SECRET_TEXT, "webhook_url": _SECRET_TEXT,
        "webhook_events": list, "webhook_timeout": _NUMBER,
        "openlineage_url": str, "openlineage_api_key": _SECRET_TEXT,
        "request_max_attempts": int, "request_backoff_factor": _NUMBER, "request_max_retry_delay": _NUMBER,
    },
    without_effect=frozenset(OPTIONS["runtime"]),
)  # fmt: skip
_WRITER = Section(
    {
        "file_max_items": int,
        "file_max_bytes": int,
        "disable_compression": bool,
        **typing.get_type_hints(CsvOptions),
        **typing.get_type_hints(ParquetOptions),
    },
    is_open=True,
    without_effect=frozenset(OPTIONS["data_writer"]),
)
_EXTRACT = Section(
    {"workers": int, "max_parallel_items": int, "next_item_mode": str},
    {"data_writer": _WRITER},
    without_effect=frozenset(OPTIONS["extract"]),
)
_NORMALIZE = Section(
    {},
    {
        "parquet_normalizer": Section({"add_dlt_id": bool, "add_dlt_load_id": bool}),
        "json_normalizer": OPEN,
        "data_writer": _WRITER,
    },
    without_effect=frozenset(OPTIONS["normalize"]),
)
_LOAD = Section(
    {"raise_on_failed_jobs": bool, "raise_on_failed_checks": bool, "delete_completed_jobs": bool, "keep_undo": int},
    without_effect=frozenset(OPTIONS["load"]),
)
_HANDOFF = Section({"url": str, "work_dir": str, "max_bytes": int, "keep_days": float, "options": _TABLE})
_SCHEMA_OPTIONS = {"naming": str, "use_break_path_on_normalize": bool}


@cache
def pipeline_options() -> dict[str, object]:
    """Return the options of a pipeline with their types."""
    # a program passes objects for these; what stands in a file is text, or a table
    in_files = dict.fromkeys(("DestinationRef", "Refresh", "ProgressName", "Collector"), str)
    hints = typing.get_type_hints(PipelineSettings, localns={**in_files, "ContractHint": Any})
    found = {option.name: hints[option.name] for option in dataclasses.fields(PipelineSettings)}
    # these are read from sections of their own
    for name in ("defaults", "raise_on_failed_jobs", "intercept_signals"):
        found.pop(name)
    secrets = dict.fromkeys(("pipeline_secret", "pipeline_salt", "mask_salt"), _SECRET_TEXT)
    names = dict.fromkeys(("destination", "destination_type", "staging", "staging_type", "refresh", "progress"), str)
    return {**found, **secrets, **names, "dev_mode": bool, "retry": Any}


@cache
def top() -> Section:
    """Return what may stand at the top, and below the name of a pipeline."""
    pipelines = Section(pipeline_options(), named=Section(pipeline_options()))
    sections = {
        "pipelines": pipelines,
        "runtime": _RUNTIME,
        "extract": _EXTRACT,
        "normalize": _NORMALIZE,
        "load": _LOAD,
        "handoff": _HANDOFF,
        "compat": Section({"dlt1": bool}),
        "schema": Section(_SCHEMA_OPTIONS, named=Section(_SCHEMA_OPTIONS)),
        "sources": OPEN,
        "source": OPEN,
        "destination": _destinations(),
        "data_writer": _WRITER,
    }
    # sources and pipelines of users have sections of names that nobody here knows
    return Section(pipeline_options(), sections, is_open=True)


@cache
def of_destination(kind: str) -> Section:
    """Return the section of a destination.

    Args:
        kind: Its type.
    """
    known = known_settings(load_destination(kind)) if kind in KNOWN else None
    if known is None:
        # a class or function of the user's own
        return OPEN
    # an object of a program, which no file can hold
    known.pop("staging", None)
    options = {**known, "credentials": _SECRET_TEXT}
    return Section(options, {"credentials": _credentials(kind)}, without_effect=WITHOUT_EFFECT - set(options))


def _destinations() -> Section:
    kinds = {name: of_destination(name) for name in KNOWN}
    options = {name: hint for section in kinds.values() for name, hint in section.options.items()}
    return Section(options, {**kinds, "credentials": OPEN}, named=OPEN)


def _credentials(kind: str) -> Section:
    """Return the fields of the credentials of a destination; file systems take arguments of their own besides."""
    of = load_destination(kind)
    fields = {name: hint for spec in of.credential_specs() for name, hint in spec.__config_fields__.items()}
    nested = {name: OPEN for name, hint in fields.items() if spec_kinds(hint)}
    return Section(fields, nested, is_open=of.takes_other_credentials or not fields)
