"""Print the parameters of the public interface of the `dlt` that an interpreter has, as JSON: run by both sides."""

from __future__ import annotations

import contextlib
import importlib
import inspect
import json
import sys
import tempfile
import warnings
from collections.abc import Iterable, Iterator
from typing import Any

FUNCTIONS = {
    "dlt": "pipeline attach run source resource transformer destination dataset defer",
    "dlt.mark": "with_table_name with_hints with_file_import make_hints make_nested_hints materialize_table_schema",
    "dlt.current": "destination_state get_resource get_resource_metrics interval load_package_state pipe pipeline "
    "resource resource_metrics resource_name resource_state run_context source source_schema source_state state "
    "timezone workspace",
    "dlt.sources": "incremental",
    # those that both have
    "dlt.destinations": "postgres filesystem duckdb ducklake dummy bigquery redshift motherduck sqlalchemy",
    "dlt.destinations.adapters": "athena_adapter bigquery_adapter clickhouse_adapter databricks_adapter "
    "iceberg_adapter lance_adapter lancedb_adapter postgres_adapter qdrant_adapter synapse_adapter weaviate_adapter",
}
CLASSES = {
    "Pipeline": "dlt:Pipeline",
    "DltResource": "dlt.sources:DltResource",
    "DltSource": "dlt.sources:DltSource",
    "Incremental": "dlt.extract.incremental:Incremental",
    "Schema": "dlt:Schema",
    "Dataset": "dlt:Dataset",
    "Relation": "dlt:Relation",
    "ExtractInfo": "dlt.common.pipeline:ExtractInfo",
    "NormalizeInfo": "dlt.common.pipeline:NormalizeInfo",
    "LoadInfo": "dlt.common.pipeline:LoadInfo",
    "PipelineTrace": "dlt.pipeline.trace:PipelineTrace",
    "PipelineStepTrace": "dlt.pipeline.trace:PipelineStepTrace",
    "iceberg_partition": "dlt.destinations.adapters:iceberg_partition",
    "bigquery_partition": "dlt.destinations.adapters:bigquery_partition",
    "athena_partition": "dlt.destinations.adapters:athena_partition",
}
CONSTRUCTED = ("Schema", "Incremental")
"""Classes that programs make; objects of the others are given to them."""
MAPPING = frozenset(dir(dict)) | frozenset(dir(tuple))
"""What any dict or tuple has is no interface of ours."""


def _import(place: str) -> Any:
    module, _, name = place.partition(":")
    try:
        found = importlib.import_module(module)
    except ModuleNotFoundError:
        # dlt.current and dlt.mark are names of modules that stand elsewhere
        above, _, last = module.rpartition(".")
        found = getattr(importlib.import_module(above), last)
    return getattr(found, name)


def _default(value: object) -> str | None:
    if value is inspect.Parameter.empty:
        return None
    if value is None or isinstance(value, (bool, int, float, str, tuple)):
        return repr(value)
    return getattr(value, "__name__", "an object")


def _parameters(function: object) -> list[list[str | None]] | str:
    try:
        signature = inspect.signature(function)  # type: ignore[arg-type]  # what cannot be called raises
    except (TypeError, ValueError):
        return "no signature"
    return [
        [name, parameter.kind.name, _default(parameter.default)]
        for name, parameter in signature.parameters.items()
        if not name.startswith("_") and name not in ("self", "cls")
    ]


def _members(kind: type) -> Iterator[tuple[str, object]]:
    for name in dir(kind):
        if name.startswith("_") or name in MAPPING:
            continue
        found = inspect.getattr_static(kind, name)
        if isinstance(found, (staticmethod, classmethod)):
            yield name, found.__func__
        elif callable(found) and not isinstance(found, type):
            yield name, found
        elif isinstance(found, property):
            yield name, None


def _objects() -> dict[str, object]:
    """Return an object of each class that has attributes of objects only."""
    import dlt

    folder = tempfile.mkdtemp()
    return {
        "Pipeline": dlt.pipeline("signatures", pipelines_dir=folder, destination="duckdb", dataset_name="d"),
        "DltResource": dlt.resource([1], name="r"),
        "DltSource": dlt.source(lambda: dlt.resource([1], name="r"), name="s")(),
        "Schema": dlt.Schema("s"),
        "Incremental": dlt.sources.incremental("id"),
    }


def _attributes(title: str, thing: object, asked: Iterable[str]) -> Iterator[str]:
    """Yield the public attributes of an object, those included that it answers only when it is asked."""
    yield from (name for name in vars(thing) if not name.startswith("_"))
    for full in asked:
        owner, _, name = full.partition(".")
        with contextlib.suppress(Exception):
            if owner == title and hasattr(thing, name):
                yield name


def interface(asked: Iterable[str]) -> dict[str, Any]:
    """Return parameters by name; "property" for a property, "missing" for what is not there.

    Args:
        asked: Names to look for beside those that are listed.
    """
    found: dict[str, Any] = {}
    for module, names in FUNCTIONS.items():
        for name in names.split():
            try:
                found[f"{module}.{name}"] = _parameters(_import(f"{module}:{name}"))
            except Exception:
                found[f"{module}.{name}"] = "missing"
    for title, place in CLASSES.items():
        try:
            kind = _import(place)
        except Exception:
            found[title] = "missing"
            continue
        if title in CONSTRUCTED:
            found[title] = _parameters(kind)
        if hasattr(kind, "_fields"):
            found[f"{title}._fields"] = list(kind._fields)
        of_specs = (
            set(dir(_import("dlt.common.configuration.specs:BaseConfiguration"))) if title == "Incremental" else set()
        )
        for name, member in _members(kind):
            if name not in of_specs:
                found.setdefault(f"{title}.{name}", "property" if member is None else _parameters(member))
    for title, thing in _objects().items():
        for name in _attributes(title, thing, asked):
            found.setdefault(f"{title}.{name}", "property")
    return found


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    # not from the folder of this file, nor from the one in which it is run
    sys.path[:] = [path for path in sys.path if path and "tests" not in path]
    print(json.dumps(interface(sys.argv[1:])))
