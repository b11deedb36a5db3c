"""Run pipelines that come as JSON on standard input, one a line, and print what each leaves at the destination.

The same file runs with either library in a process of its own: it names only what both offer.
"""

from __future__ import annotations

import base64
import datetime
import decimal
import json
import os
import shutil
import sys
import tempfile
from typing import Any

import duckdb
import pyarrow

import dlt

OWN_COLUMNS = ("_dlt_id", "_dlt_load_id", "_dlt_parent_id", "_dlt_root_id")


def main() -> None:
    """Answer each line with a line; what the library prints goes to standard error."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        print(json.dumps(run_case(json.loads(line))), file=answers, flush=True)


def run_case(case: dict[str, Any]) -> dict[str, Any]:
    """Run all runs of a case in a folder of its own.

    A run that fails ends the case: what a failed run leaves is each library's own affair.
    """
    folder = tempfile.mkdtemp(prefix="witness-")
    begun = os.getcwd()
    os.chdir(folder)
    os.environ["DLT_DATA_DIR"] = os.path.join(folder, "data")
    try:
        for number, run in enumerate(case["runs"]):
            try:
                run_once(run, folder)
            except Exception as error:
                return {"failed": number, "error": _innermost(error)}
        return {"failed": None, **read(os.path.join(folder, "there.duckdb"))}
    finally:
        os.chdir(begun)
        shutil.rmtree(folder, ignore_errors=True)


def _innermost(error: BaseException) -> str:
    found = error
    while True:
        below = getattr(found, "exception", None) or found.__cause__ or found.__context__
        if not isinstance(below, BaseException) or below is found:
            return f"{type(found).__name__}: {str(found)[:300]}"
        found = below


def run_once(run: dict[str, Any], folder: str) -> None:
    """Make the pipeline anew, as another process would, and run its source."""
    places = os.path.join(folder, "pipelines")
    if run.get("new_machine"):
        shutil.rmtree(places, ignore_errors=True)

    def pipeline() -> Any:
        return dlt.pipeline(
            "witness",
            destination=dlt.destinations.duckdb(os.path.join(folder, "there.duckdb")),
            dataset_name="ds",
            pipelines_dir=places,
        )

    made = [resource_of(spec) for spec in run["resources"]]

    @dlt.source(name="src", **run.get("source", {}))
    def source() -> Any:
        return made

    if not run.get("step_by_step"):
        pipeline().run(source(), **run.get("run", {}))
        return
    # each step by a pipeline that knows only what the one before left on disk
    begun = pipeline()
    begun.sync_destination()
    begun.extract(source(), **run.get("run", {}))
    pipeline().normalize()
    pipeline().load()


def resource_of(spec: dict[str, Any]) -> Any:
    """Make a resource from its description."""
    pages: list[Any] = [[decode(row) for row in page] for page in spec["pages"]]
    hints = dict(spec.get("hints", {}))
    if "arrow" in spec:
        pages = [pyarrow.Table.from_pylist(page, schema=arrow_schema(spec["arrow"])) for page in pages]
    if "table_of" in spec:
        hints["table_name"] = lambda row: row[spec["table_of"]]
    if "incremental" in spec:
        cursor = dlt.sources.incremental(**{key: decode(value) for key, value in spec["incremental"].items()})

        def with_cursor(at: Any = cursor) -> Any:
            yield from pages

        return dlt.resource(with_cursor, name=spec["name"], **hints)

    def rows() -> Any:
        yield from pages

    return dlt.resource(rows, name=spec["name"], **hints)


def arrow_schema(columns: dict[str, str]) -> Any:
    """Return the schema of an Arrow table from the names of its types."""
    kinds = {
        "int64": pyarrow.int64(),
        "double": pyarrow.float64(),
        "string": pyarrow.string(),
        "bool": pyarrow.bool_(),
        "timestamp": pyarrow.timestamp("us", "UTC"),
    }
    return pyarrow.schema([(name, kinds[kind]) for name, kind in columns.items()])


def decode(value: Any) -> Any:
    """Turn a JSON value into a Python one; {"$": kind, "v": text} is a value that JSON does not have."""
    if isinstance(value, list):
        return [decode(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "$" not in value:
        return {key: decode(item) for key, item in value.items()}
    kind, text = value["$"], value["v"]
    if kind == "datetime":
        return datetime.datetime.fromisoformat(text)
    if kind == "date":
        return datetime.date.fromisoformat(text)
    if kind == "time":
        return datetime.time.fromisoformat(text)
    if kind == "decimal":
        return decimal.Decimal(text)
    return base64.b64decode(text)


def read(path: str) -> dict[str, Any]:
    """Read all tables of the dataset: columns with types, and rows without what is made by chance."""
    with duckdb.connect(path, read_only=True) as there:
        there.execute("SET TimeZone = 'UTC'")
        columns: dict[str, dict[str, list[Any]]] = {}
        for table, column, kind, nullable in there.execute(
            "SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns "
            "WHERE table_schema = 'ds' ORDER BY table_name, ordinal_position"
        ).fetchall():
            columns.setdefault(table, {})[column] = [kind, nullable == "YES"]
        loads = [row[0] for row in there.execute("SELECT load_id FROM ds._dlt_loads ORDER BY load_id").fetchall()]
        rows = {}
        for table in columns:
            if not table.startswith("_dlt_"):
                names = list(columns[table])
                found = there.execute(f'SELECT * FROM ds."{table}"').fetchall()
                rows[table] = [dict(zip(names, row, strict=True)) for row in found]
    tables = {table: known for table, known in columns.items() if not table.startswith("_dlt_")}
    return {"columns": tables, "rows": Tree(rows, loads).even()}


class Tree:
    """Rows of all tables, in which ids are replaced by what they name."""

    def __init__(self, rows: dict[str, list[dict[str, Any]]], loads: list[str]) -> None:
        self.rows = rows
        self.loads = {load_id: f"load {number}" for number, load_id in enumerate(loads)}
        self.by_id = {row["_dlt_id"]: row for found in rows.values() for row in found if row.get("_dlt_id")}

    def even(self) -> dict[str, list[str]]:
        """Return the rows of each table as sorted JSON texts."""
        return {table: sorted(json.dumps(self._even(row)) for row in found) for table, found in self.rows.items()}

    def _even(self, row: dict[str, Any]) -> dict[str, Any]:
        even: dict[str, Any] = {}
        for name in sorted(row):
            value = row[name]
            if name == "_dlt_id":
                even[name] = value is not None
            elif name == "_dlt_load_id":
                even[name] = self.loads.get(value, value)
            elif name in ("_dlt_parent_id", "_dlt_root_id"):
                above = self.by_id.get(value)
                even[name] = "nobody" if above is None else self._even(above)
            elif name in ("_dlt_valid_from", "_dlt_valid_to"):
                even[name] = value is not None
            else:
                even[name] = encode(value)
        return even


def encode(value: Any) -> Any:
    """Turn a value of DuckDB into JSON, in which different values stay different."""
    if isinstance(value, datetime.datetime):
        zone = datetime.timezone.utc
        return ["datetime", value.astimezone(zone).isoformat() if value.tzinfo else value.isoformat()]
    if isinstance(value, bytes):
        return ["bytes", value.hex()]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return [type(value).__name__, str(value)]


if __name__ == "__main__":
    main()
