"""Names, folders and options of a pipeline: what was passed, else what is configured, else the defaults."""

from __future__ import annotations

import json
import os
import random
import re
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from dlt.configuration import get_value
from dlt.configuration.defaults import OURS, Defaults, defaults_for
from dlt.errors import ConfigurationValueError, InvalidPipelineName
from dlt.io.folders import data_folder
from dlt.user_log import DEFAULT_FORMAT, Telling, level_number

if TYPE_CHECKING:
    from dlt.configuration.runtime import PipelineRuntimeConfiguration
    from dlt.destinations.base import DestinationRef
    from dlt.extract.vocabulary import ContractHint, ProgressName, Refresh
    from dlt.progress import Collector

Value = TypeVar("Value")

_SECTION = "pipelines"
_MOST_DOUBLINGS = 64
"""More would be a number that is too large; every wait is at its limit long before."""
RETRIED_STEPS = ("sync", "extract", "normalize", "load")


@dataclass(frozen=True)
class RetryPolicy:
    """Run a step again after an error that may pass.

    Attributes:
        attempts: How often a step runs at most.
        backoff: Seconds before the second attempt; doubled before each further one, less up to half of it by chance.
        max_wait: Seconds that are never exceeded between two attempts.
        steps: Which steps; "sync" is what `run` asks the destination first.

    Raises:
        ValueError: a value is out of range.
    """

    attempts: int = 1
    backoff: float = 1.0
    max_wait: float = 60.0
    steps: tuple[str, ...] = RETRIED_STEPS

    def __post_init__(self) -> None:
        # True is a whole number to Python
        is_number = isinstance(self.attempts, int) and not isinstance(self.attempts, bool)
        if not is_number or self.attempts < 1:
            raise ValueError(f"attempts is {self.attempts!r}. Give a whole number, 1 or more")
        for name, value in (("backoff", self.backoff), ("max_wait", self.max_wait)):
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < float("inf"):
                raise ValueError(f"{name} is {value!r}. Give seconds, 0 or more")
        if unknown := set(self.steps) - set(RETRIED_STEPS):
            raise ValueError(f"steps has {', '.join(sorted(unknown))}. Give some of {', '.join(RETRIED_STEPS)}")

    def wait_after(self, attempt: int) -> float:
        """Return how many seconds to wait after an attempt.

        Args:
            attempt: Its number, from 1.
        """
        longest = min(self.max_wait, self.backoff * 2.0 ** min(attempt - 1, _MOST_DOUBLINGS))
        # workers that failed together must not come back together
        return longest * random.uniform(0.5, 1.0)


@dataclass
class PipelineSettings:
    """All options of a pipeline; sizes in bytes, times in seconds."""

    pipeline_name: str
    pipelines_dir: str
    destination: DestinationRef | None = None
    destination_name: str | None = None
    staging: DestinationRef | None = None
    staging_name: str | None = None
    dataset_name: str | None = None
    dataset_name_layout: str | None = None
    import_schema_path: str | None = None
    export_schema_path: str | None = None
    full_refresh: bool = False
    refresh: Refresh | None = None
    progress: ProgressName | Collector | None = None
    pipeline_secret: str | None = field(default=None, repr=False)
    restore_from_destination: bool | None = None
    use_single_dataset: bool = False
    enable_runtime_trace: bool = True
    lock_timeout: float = 30.0
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    schema_contract: ContractHint | None = None
    loader_file_format: str | None = None
    raise_on_failed_jobs: bool | None = None
    intercept_signals: bool = True
    defaults: Defaults = OURS

    # as programs for PyPI dlt 1.x read them
    @property
    def destination_type(self) -> str | None:
        """Return what names the destination, None for one that the program made."""
        return self.destination if isinstance(self.destination, str) else None

    @property
    def staging_type(self) -> str | None:
        """Return what names the place where files wait, None for one that the program made."""
        return self.staging if isinstance(self.staging, str) else None

    @property
    def dev_mode(self) -> bool:
        """Tell whether each run begins anew in a dataset of its own."""
        return self.full_refresh

    @cached_property
    def runtime(self) -> PipelineRuntimeConfiguration:
        """Return the settings of the section `runtime` that count for the pipeline."""
        # a run needs none of them
        from dlt.configuration.runtime import runtime_of

        return runtime_of(self.pipeline_name)

    def laid_out(self, dataset_name: str) -> str:
        """Return the name of a dataset as `dataset_name_layout` says.

        Args:
            dataset_name: What the program or the pipeline calls it.
        """
        return (
            dataset_name if self.dataset_name_layout is None else self.dataset_name_layout.replace("%s", dataset_name)
        )

    @property
    def state_stays(self) -> bool:
        """Tell whether the state is in the working folder alone, and not written to the destination."""
        return self.defaults.state_may_stay and self.restore_from_destination is False

    @property
    def state_as_row(self) -> bool:
        """Tell whether infos count the state as a row that is loaded."""
        return self.defaults.state_is_a_row and not self.state_stays

    @property
    def pipeline_salt(self) -> str | None:
        """Return the secret of the pipeline."""
        return self.pipeline_secret

    def keys(self) -> list[str]:
        """Return the names of the settings that are also those of PyPI `dlt` 1.x: `dict(pipeline.config)`."""
        return list(_NAMES_OF_1X)

    def __getitem__(self, name: str) -> object:
        if name not in _NAMES_OF_1X:
            raise KeyError(name)
        found: object = getattr(self, name)
        return found


_NAMES_OF_1X = (
    "pipeline_name",
    "pipelines_dir",
    "destination_type",
    "destination_name",
    "staging_type",
    "staging_name",
    "import_schema_path",
    "export_schema_path",
    "dataset_name",
    "dataset_name_layout",
    "pipeline_salt",
    "restore_from_destination",
    "use_single_dataset",
    "enable_runtime_trace",
    "full_refresh",
    "dev_mode",
    "progress",
    "refresh",
    "runtime",
)


def default_name() -> str:
    """Return the name of the default pipeline: `dlt_` and the running script."""
    script = getattr(sys.modules.get("__main__"), "__file__", None)
    if not script:
        return "dlt_pipeline"
    stem = re.sub(r"\W", "_", os.path.splitext(os.path.basename(script))[0])
    if stem == "__main__":
        stem = re.sub(r"\W", "_", os.path.basename(os.path.dirname(os.path.abspath(script))))
    return f"dlt_{stem}"


def default_pipelines_dir() -> str:
    """Return the parent of all pipelines' folders."""
    return os.path.join(data_folder(), "pipelines")


def check_name(name: object) -> str:
    """Return a pipeline name that is also the name of a folder.

    Raises:
        InvalidPipelineName: it is not.
    """
    if not isinstance(name, str) or not re.fullmatch(r"\w[\w.\- ]{0,127}", name):
        raise InvalidPipelineName(
            f"{name!r} is not a pipeline name: it names a folder, so use letters, digits, '_', '-' and '.', "
            "at most 128, not beginning with '.'.",
            pipeline_name=name,
        )
    return name


def resolve_settings(given: Mapping[str, Any]) -> PipelineSettings:
    """Return the settings; arguments that are None come from the configuration.

    Args:
        given: Arguments of `dlt.pipeline` under their canonical names.
    """
    name = given.get("pipeline_name") or get_value(
        "pipeline_name", str, sections=(_SECTION,), default=None, pipeline_name=""
    )
    name = check_name(name or default_name())

    def option(key: str, kind: type[Value], default: Value | None = None, secret: bool = False) -> Value | None:
        value: Value | None = given.get(key)
        if value is not None:
            return value
        value = get_value(key, kind, sections=(_SECTION, name), default=default, secret=secret, pipeline_name=name)
        return value

    # one of some words, or a table: whoever reads it says which ones there are
    def unchecked(key: str, *kind: type) -> Any:
        value = given.get(key)
        if value is not None:
            return value
        return get_value(key, *kind, sections=(_SECTION, name), default=None, pipeline_name=name)

    # asked for first: it decides about the defaults of others
    defaults = defaults_for(name)
    timeout = option("lock_timeout", float)
    refresh_all = option("full_refresh", bool) or option("dev_mode", bool, False)
    return PipelineSettings(
        pipeline_name=name,
        pipelines_dir=os.path.abspath(os.fspath(option("pipelines_dir", str) or default_pipelines_dir())),
        # a name alone names the kind too
        destination=option("destination", str) or option("destination_type", str) or option("destination_name", str),
        destination_name=option("destination_name", str),
        staging=option("staging", str) or option("staging_type", str),
        staging_name=option("staging_name", str),
        dataset_name=option("dataset_name", str),
        dataset_name_layout=_layout(option("dataset_name_layout", str)),
        import_schema_path=option("import_schema_path", str),
        export_schema_path=option("export_schema_path", str),
        full_refresh=bool(refresh_all),
        refresh=unchecked("refresh", str),
        progress=unchecked("progress", str),
        pipeline_secret=option("pipeline_secret", str, secret=True) or option("pipeline_salt", str, secret=True),
        restore_from_destination=option("restore_from_destination", bool),
        use_single_dataset=bool(option("use_single_dataset", bool, defaults.single_dataset)),
        enable_runtime_trace=bool(option("enable_runtime_trace", bool, True)),
        lock_timeout=30.0 if timeout is None else float(timeout),
        retry=_retry(unchecked("retry"), name),
        schema_contract=unchecked("schema_contract"),
        loader_file_format=option("loader_file_format", str),
        intercept_signals=bool(
            get_value("intercept_signals", bool, sections=("runtime",), default=True, pipeline_name=name)
        ),
        defaults=defaults,
    )


def _layout(layout: str | None) -> str | None:
    # an empty one is how variables say that there is none
    if layout and "%s" not in layout:
        raise ConfigurationValueError(
            f"dataset_name_layout is {layout!r}, and has no place for the name of the dataset. Write %s there, as in "
            "'prefix_%s'."
        )
    return layout or None


def configured_telling(pipeline_name: str | None, defaults: Defaults = OURS) -> Telling:
    """Return what a pipeline tells, and where, as section `runtime` says.

    Args:
        pipeline_name: Name of the pipeline; None for a command, which is about no pipeline or several.
        defaults: What counts where nothing is said.

    Raises:
        ConfigurationValueError: log_level or log_format is none.
    """

    def option(key: str, default: Value) -> Value:
        found: Value = get_value(
            key, type(default), sections=("runtime",), default=default, pipeline_name=pipeline_name
        )
        return found

    try:
        return Telling(
            option("user_log", True),
            level_number(option("log_level", defaults.log_level)),
            option("log_format", DEFAULT_FORMAT),
            option("excepthook", False),
        )
    except ValueError as error:
        raise ConfigurationValueError(f"runtime: {error}") from error


def _retry(value: object, name: str) -> RetryPolicy:
    if isinstance(value, RetryPolicy):
        return value
    given = value
    if isinstance(value, str):
        # from the environment
        with suppress(ValueError):
            given = json.loads(value)
    if isinstance(given, int) and not isinstance(given, bool):
        given = {"attempts": given}
    known = [field.name for field in fields(RetryPolicy)]
    if given is None:
        return RetryPolicy()
    if not isinstance(given, Mapping) or set(given) - set(known):
        raise ValueError(
            f"pipeline {name}: retry={value!r}. Give a number of attempts, or a dict with some of {', '.join(known)}."
        )
    steps = given.get("steps", RETRIED_STEPS)
    try:
        return RetryPolicy(**{**given, "steps": (steps,) if isinstance(steps, str) else tuple(steps)})
    except ValueError as error:
        raise ValueError(f"pipeline {name}: retry={value!r}: {error}.") from None
