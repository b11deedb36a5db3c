"""Programs for PyPI `dlt` 1.x find their names."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

NAMES = {
    "dlt": "run pipeline source resource transformer secrets config state Schema defer destination attach Pipeline "
    "progress current mark TSecretValue TCredentials sources destinations dataset Relation Dataset __version__",
    "dlt.common": "json Decimal logger sleep",
    "dlt.common.typing": "TDataItem TDataItems TAnyDateTime DictStrAny StrAny TSecretValue TSecretStrValue",
    "dlt.common.time": "ensure_pendulum_datetime ensure_pendulum_datetime_utc",
    "dlt.common.schema": "Schema",
    "dlt.common.schema.typing": "TColumnSchema TTableSchema TDataType TWriteDisposition TSchemaEvolutionMode",
    "dlt.common.schema.exceptions": "DataValidationError CannotCoerceColumnException",
    "dlt.common.configuration": "configspec with_config resolve_configuration",
    "dlt.common.configuration.specs": "BaseConfiguration CredentialsConfiguration ConnectionStringCredentials",
    "dlt.common.configuration.exceptions": "ConfigFieldMissingException",
    "dlt.common.libs.pydantic": "DltConfig",
    "dlt.common.runtime.slack": "send_slack_message",
    "dlt.common.normalizers.naming": "NamingConvention",
    "dlt.common.normalizers.naming.snake_case": "NamingConvention",
    "dlt.common.jsonpath": "compile_path find_values",
    "dlt.common.exceptions": "DltException MissingDependencyException TerminalException TransientException",
    "dlt.common.destination.exceptions": "DestinationTerminalException DestinationTransientException",
    "dlt.pipeline.exceptions": "PipelineStepFailed PipelineNeverRan CannotRestorePipelineException",
    "dlt.pipeline.helpers": "retry_load",
    "dlt.extract.exceptions": "ResourceExtractionError SourceExhausted",
    "dlt.extract.incremental.exceptions": "IncrementalCursorPathMissing",
    "dlt.normalize.exceptions": "NormalizeJobFailed",
    "dlt.load.exceptions": "LoadClientJobFailed",
    "dlt.destinations.exceptions": "DatabaseUndefinedRelation DestinationConnectionError",
    "dlt.sources": "incremental DltResource DltSource",
    "dlt.destinations": "duckdb dummy filesystem",
}


@pytest.mark.parametrize("module", NAMES)
def test_names_are_where_programs_import_them_from(module: str) -> None:
    """A program for PyPI `dlt` 1.x imports the same names."""
    found = importlib.import_module(module)
    assert [name for name in NAMES[module].split() if not hasattr(found, name)] == []


def test_dlt_pipeline_is_the_function() -> None:
    """The package `dlt.pipeline` never hides the function."""
    code = "import dlt, dlt.pipeline.exceptions, dlt.pipeline.reading; assert callable(dlt.pipeline), dlt.pipeline"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_import_is_light() -> None:
    """`import dlt` loads no driver, no pyarrow, no numpy, no fsspec, no YAML; and writes nothing."""
    heavy = ("pyarrow", "duckdb", "numpy", "pandas", "fsspec", "yaml", "requests", "jsonpath_ng", "asyncio", "sqlite3")
    code = f"import sys, dlt; print([name for name in {heavy!r} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert found.stdout.strip() == "[]"


def test_programs_that_know_tasks_by_their_former_name_go_on() -> None:
    """`dlt.orchestrate` was the name of `dlt.tasks`: both give the same classes and functions."""
    import dlt.orchestrate
    import dlt.tasks

    assert {name: getattr(dlt.orchestrate, name) for name in dlt.orchestrate.__all__} == {
        name: getattr(dlt.tasks, name) for name in dlt.tasks.__all__
    }
