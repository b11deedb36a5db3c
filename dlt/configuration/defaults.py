"""What holds where nobody says otherwise: our defaults, and those of PyPI dlt 1.x, which one setting brings back."""

from __future__ import annotations

from dlt.configuration.lookup import get_value
from dlt.late_dataclass import dataclass


@dataclass(frozen=True)
class Defaults:
    """Whatever `compat.dlt1` decides; each rule that it changes asks this, and not the setting.

    Attributes:
        dataset_suffix: Follows the name of the pipeline in the name of its dataset.
        suffix_of_pipelines: What the name of a pipeline may end with and the name of its first schema does not.
        functions_name_schemas: The first schema is named after the function without a decorator that gives its data.
        single_dataset: All schemas of a pipeline are loaded into one dataset.
        failed_jobs_raise: A load with a failed job is an error.
        pending_ends_run: A run that finds packages of an earlier one loads these only.
        keeps_loaded_files: The files of loaded packages stay, and so do all packages.
        empty_keys_change_nothing: An empty key leaves that of earlier runs as it is.
        columns_as_in_1x: Columns that are declared with a type stand first, then each one where its first value comes,
            in a row those of documents behind plain ones. Variants are named by what the value is as it comes.
        formats_of_rows: Types of destinations, and the format of files of rows there, where it is not their own.
        compressed: Types of destinations whose files of text are compressed.
        state_is_a_row: Infos count the state of the pipeline as a row of its table, and as a job of a load.
        state_may_stay: Where nothing is restored from the destination, the state is not written there either.
        contracts_stay: A contract that the code does not give any more counts as it was stored.
        last_of_equal_names: Of keys of a document that become one column the last value stays.
        keys_part_tables: A nested table with a key of its own is no nested table any more.
        run_is_a_step: The trace ends with a step that is the whole run.
        log_level: Level of the logger `dlt` where nothing sets it.
        misplaced_secrets_are_none: `dlt.secrets.get` of a secret in config.toml gives None, and not an error.
        exit_code: How a command ends that fails.
        exit_code_declined: How it ends where the answer to its question is no.
        exit_code_unknown_pipeline: How it ends where there is no such pipeline.
    """

    dataset_suffix: str = ""
    suffix_of_pipelines: str = ""
    functions_name_schemas: bool = True
    single_dataset: bool = False
    failed_jobs_raise: bool = False
    pending_ends_run: bool = False
    keeps_loaded_files: bool = False
    empty_keys_change_nothing: bool = False
    columns_as_in_1x: bool = False
    formats_of_rows: tuple[tuple[str, str], ...] = ()
    compressed: tuple[str, ...] = ()
    state_is_a_row: bool = False
    state_may_stay: bool = False
    contracts_stay: bool = False
    last_of_equal_names: bool = False
    keys_part_tables: bool = False
    run_is_a_step: bool = False
    log_level: str = "CRITICAL"
    misplaced_secrets_are_none: bool = False
    exit_code: int = 1
    exit_code_declined: int = 1
    exit_code_unknown_pipeline: int = 1


OURS = Defaults()
OF_1X = Defaults(
    dataset_suffix="_dataset",
    suffix_of_pipelines="_pipeline",
    functions_name_schemas=False,
    single_dataset=True,
    failed_jobs_raise=True,
    pending_ends_run=True,
    keeps_loaded_files=True,
    empty_keys_change_nothing=True,
    columns_as_in_1x=True,
    formats_of_rows=(("filesystem", "jsonl"),),
    compressed=("filesystem",),
    state_is_a_row=True,
    state_may_stay=True,
    contracts_stay=True,
    last_of_equal_names=True,
    keys_part_tables=True,
    run_is_a_step=True,
    log_level="WARNING",
    misplaced_secrets_are_none=True,
    exit_code=255,
    exit_code_declined=0,
    exit_code_unknown_pipeline=254,
)


def defaults_for(pipeline_name: str | None = None) -> Defaults:
    """Return the defaults that count for a pipeline, as `compat.dlt1` says.

    Args:
        pipeline_name: Name of the pipeline; the one at work when None.
    """
    of_1x = get_value("dlt1", bool, sections=("compat",), default=False, pipeline_name=pipeline_name)
    return OF_1X if of_1x else OURS
