"""Tables that are known before a load runs, so that its task declares them as outlets when the DAG is parsed.

What a load reported is kept in a small file below AIRFLOW_HOME; where the DAG processor shares it, the next parsing
finds it. Nothing of dlt is imported for that.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence


def reported(dag_id: str, task_id: str) -> list[str]:
    """Return the addresses of tables that earlier loads of a task reported; none where nobody knows.

    Args:
        dag_id: Id of the DAG.
        task_id: Id of the task.
    """
    try:
        with open(_path(dag_id, task_id), encoding="utf-8") as file:
            found = json.load(file)
    except (OSError, ValueError):
        # the file is a convenience: without it the alias reports the tables
        return []
    return [str(uri) for uri in found] if isinstance(found, list) else []


def remember(dag_id: str, task_id: str, uris: Iterable[str]) -> None:
    """Keep the addresses of tables that a task loaded, with those that it loaded before.

    Args:
        dag_id: Id of the DAG.
        task_id: Id of the task.
        uris: The addresses.
    """
    path = _path(dag_id, task_id)
    before = reported(dag_id, task_id)
    # a table that has no new rows today is an outlet all the same
    after = sorted({*before, *uris})
    if after == before:
        return
    os.makedirs(os.path.dirname(path), exist_ok=True)
    # the DAG processor may read it at any moment, and mapped tasks write at the same time
    temporary = f"{path}.{os.getpid()}.tmp"
    with open(temporary, "w", encoding="utf-8") as file:
        json.dump(after, file)
    os.replace(temporary, path)


def imported_tables(pipeline: object) -> list[str]:
    """Return the tables of the schemas that a pipeline imports, if it is given by its arguments.

    Args:
        pipeline: Arguments of `dlt.pipeline`.
    """
    folder = pipeline.get("import_schema_path") if isinstance(pipeline, Mapping) else None
    if not folder or not os.path.isdir(folder):
        return []
    # only DAGs with such a folder pay for it when they are parsed
    import yaml

    found: list[str] = []
    for name in sorted(os.listdir(folder)):
        # the names under which a pipeline looks for them
        if name.endswith((".schema.yaml", ".schema.yml", ".schema.json")):
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                tables = (yaml.safe_load(file) or {}).get("tables") or {}
            found += [table for table in tables if not str(table).startswith("_dlt")]
    return found


def declared(location: str | None, pipeline: object, tables: Sequence[str]) -> list[str]:
    """Return the addresses of tables that are known before the first run.

    Args:
        location: Where the destination is, such as "postgres://db.example:5432/shop".
        pipeline: Arguments of `dlt.pipeline`.
        tables: Names of tables, beside those of schemas that are imported.
    """
    if not location or not isinstance(pipeline, Mapping):
        return []
    dataset = str(pipeline.get("dataset_name") or pipeline.get("pipeline_name") or "")
    names = [*tables, *imported_tables(pipeline)]
    if not names or not dataset:
        return []
    from dlt_airflow.assets import table_asset

    kind = str(pipeline.get("destination") or "dlt")
    return [table_asset(kind, dataset, name, location).uri for name in dict.fromkeys(names)]


def _path(dag_id: str, task_id: str) -> str:
    home = os.environ.get("AIRFLOW_HOME") or os.path.expanduser("~/airflow")
    return os.path.join(home, "dlt_assets", dag_id, f"{task_id}.json")
