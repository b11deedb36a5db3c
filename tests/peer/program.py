"""Run pipelines that come as JSON on standard input, one a line, and print what each leaves at the destination.

The same file runs with either library in a process of its own: it names only what both offer.
"""

from __future__ import annotations

import base64
import datetime
import decimal
import json
import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
import uuid
from typing import Any

import duckdb
import pandas
import pyarrow
import pydantic

import dlt

VALIDITIES = ("_dlt_valid_from", "_dlt_valid_to", "since", "until")
CLOCK = datetime.datetime.now()
IMPORTED = ("dlt", "duckdb", "pandas", "pyarrow")


def main() -> None:
    """Answer each line with a line; what the library prints goes to standard error."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    run_case({"runs": [{"resources": [{"name": "first", "pages": [[{"a": 1}]]}]}]})
    # processes that die are copies of one that has imported what a run needs, and has run nothing
    multiprocessing.set_start_method("forkserver")
    multiprocessing.set_forkserver_preload([name for name in sys.modules if name.partition(".")[0] in IMPORTED])
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
    # the defaults of 1.x, which the peer has anyway
    os.environ["COMPAT__DLT1"] = str(bool(case.get("compat"))).lower()
    os.environ.pop("SCHEMA__NAMING", None)
    if case.get("naming"):
        os.environ["SCHEMA__NAMING"] = case["naming"]
    dataset = "ds"
    try:
        for number, run in enumerate(case["runs"]):
            try:
                dataset = run_once({**run, "dev_mode": case.get("dev_mode")}, folder)
            except Exception as error:
                return {"failed": number, "error": _innermost(error)}
        return {"failed": None, **read(os.path.join(folder, "there.duckdb"), dataset)}
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


def run_once(run: dict[str, Any], folder: str) -> str:
    """Make the pipeline anew, as another process would, run its sources, and return the name of the dataset."""
    places = os.path.join(folder, "pipelines")
    before = run.get("before")
    if before == "new_machine":
        shutil.rmtree(places, ignore_errors=True)
    elif before == "drop":
        pipeline_in(folder).drop()
    elif before == "sync":
        pipeline_in(folder).sync_destination()
    if run.get("raises"):
        # what a resource raises ends the run, and the next one begins as if this had not been
        broken = [{**spec, "raises": True} for spec in run["resources"]]
        try:
            pipeline_in(folder, run).run(sources_of({**run, "resources": broken}), **run.get("run", {}))
        except Exception as error:
            if "as it was told to" not in _innermost(error):
                raise
    if run.get("killed_after"):
        dying = multiprocessing.Process(target=dies_after, args=(run, folder, dict(os.environ)))
        dying.start()
        dying.join()
        if dying.exitcode != -signal.SIGKILL:
            with open(os.path.join(folder, "error")) as file:
                raise RuntimeError(file.read())
        # by steps, as run() of PyPI dlt gives up what waits where the dataset is not there yet
        pipeline = pipeline_in(folder)
        pipeline.normalize()
        pipeline.load()
        return str(pipeline.dataset_name)
    pipeline = pipeline_in(folder, run)
    if not run.get("step_by_step"):
        pipeline.run(sources_of(run), **run.get("run", {}))
        return str(pipeline.dataset_name)
    # each step by a pipeline that knows only what the one before left on disk
    pipeline.sync_destination()
    pipeline.extract(sources_of(run), **run.get("run", {}))
    pipeline_in(folder).normalize()
    pipeline_in(folder).load()
    return str(pipeline.dataset_name)


def dies_after(run: dict[str, Any], folder: str, environment: dict[str, str]) -> None:
    """Do the first steps of a run and die without a word; what a step fails with is left in a file."""
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    try:
        pipeline = pipeline_in(folder, run)
        pipeline.sync_destination()
        pipeline.extract(sources_of(run), **run.get("run", {}))
        if run["killed_after"] == "normalize":
            pipeline.normalize()
    except Exception as error:
        with open("error", "w") as file:
            file.write(_innermost(error))
    else:
        os.kill(os.getpid(), signal.SIGKILL)


def pipeline_in(folder: str, run: dict[str, Any] | None = None) -> Any:
    """Return the pipeline as a new process makes it."""
    return dlt.pipeline(
        "witness",
        destination=dlt.destinations.duckdb(os.path.join(folder, "there.duckdb")),
        dataset_name="ds",
        pipelines_dir=os.path.join(folder, "pipelines"),
        **({"dev_mode": True} if run and run.get("dev_mode") else {}),
    )


def sources_of(run: dict[str, Any]) -> Any:
    """Return the source of a run, or two of them."""
    parts = [[spec] for spec in run["resources"]] if run.get("two_sources") else [run["resources"]]

    def source_of(name: str, specs: list[dict[str, Any]]) -> Any:
        @dlt.source(name=name, **run.get("source", {}))
        def source() -> Any:
            return [made for spec in specs for made in resources_of(spec)]

        return source()

    found = [source_of(f"src{number or ''}", specs) for number, specs in enumerate(parts)]
    return found if len(found) > 1 else found[0]


def resources_of(spec: dict[str, Any]) -> list[Any]:
    """Make a resource from its description, with its steps, and the transformer behind it."""
    made = resource_of(spec)
    for step, value in spec.get("steps", ()):
        add_step(made, step, value)
    if "transformer" not in spec:
        return [made]

    def lengths(items: Any) -> Any:
        for item in items if isinstance(items, list) else [items]:
            yield {"length": len(item), "parts": [{"key": key} for key in item]}

    return [made, dlt.transformer(lengths, data_from=made, name=spec["name"] + "_lengths", **spec["transformer"])]


def add_step(resource: Any, step: str, value: Any) -> None:
    """Add a limit, filter or map to a resource."""
    if step == "limit":
        resource.add_limit(value)
    elif step == "filter":
        resource.add_filter(lambda row: row.get(value) is not None or len(row) > 2)
    elif step == "map":
        resource.add_map(lambda row: {**row, value: len(row)})
    else:
        resource.add_yield_map(lambda row: ({**row, value: number} for number in range(2)))


def resource_of(spec: dict[str, Any]) -> Any:
    """Make a resource from its description."""
    pages: list[Any] = [[decode(row) for row in page] for page in spec["pages"]]
    hints = dict(spec.get("hints", {}))
    if "nested_hints" in hints:
        # JSON has no tuples: the path of a table below a nested one
        hints["nested_hints"] = {
            tuple(path.split(".")) if "." in path else path: found for path, found in hints["nested_hints"].items()
        }
    if spec.get("frames"):
        pages = [pandas.DataFrame(page).astype(frame_types(spec["arrow"])) for page in pages]
    elif "arrow" in spec:
        pages = [pyarrow.Table.from_pylist(page, schema=arrow_schema(spec["arrow"])) for page in pages]
    if "table_of" in spec:
        hints["table_name"] = lambda row: row[spec["table_of"]]
    if "model" in spec:
        model = model_of(spec["model"], spec["extra"])
        hints["columns"] = model
        if spec["instances"]:
            pages = [[model.model_validate(row) for row in page] for page in pages]
    if "marks" in spec:
        pages = [marked(page, mark) for page, mark in zip(pages, spec["marks"], strict=True)]
    if spec.get("raises"):
        pages.append(None)
    if "incremental" in spec:
        settings = {key: decode(value) for key, value in spec["incremental"].items()}
        if "last_value_func" in settings:
            settings["last_value_func"] = {"max": max, "min": min}[settings["last_value_func"]]
        cursor = dlt.sources.incremental(**settings)

        def with_cursor(at: Any = cursor) -> Any:
            yield from given(pages)

        return dlt.resource(with_cursor, name=spec["name"], **hints)

    def rows() -> Any:
        yield from given(pages)

    return dlt.resource(rows, name=spec["name"], **hints)


def given(pages: list[Any]) -> Any:
    """Yield each page; None is an exception."""
    for page in pages:
        if page is None:
            raise RuntimeError("as it was told to")
        yield page


def marked(page: list[Any], mark: dict[str, Any] | None) -> Any:
    """Give a page the name of a table, or hints."""
    if mark is None:
        return page
    if "table" in mark:
        return dlt.mark.with_table_name(page, mark["table"])
    hints = dlt.mark.make_hints(**({"table_name": mark["variant"]} if "variant" in mark else {}), **mark["hints"])
    return dlt.mark.with_hints(page, hints, create_table_variant="variant" in mark)


def model_of(fields: dict[str, str], extra: str) -> Any:
    """Return the model of pydantic that has these fields."""
    inner = pydantic.create_model("Inner", x=(int, ...), y=(str | None, None))
    kinds: dict[str, Any] = {
        "int": int,
        "str": str,
        "float": float,
        "bool": bool,
        "datetime": datetime.datetime,
        "date": datetime.date,
        "decimal": decimal.Decimal,
        "list[int]": list[int],
        "dict": dict[str, int],
        "inner": inner,
        "list[inner]": list[inner],
    }
    found: dict[str, Any] = {}
    for name, kind in fields.items():
        known = kinds[kind.removeprefix("optional ")]
        found[name] = (known | None, None) if kind.startswith("optional ") else (known, ...)
    return pydantic.create_model("Model", __config__=pydantic.ConfigDict(extra=extra), **found)


def frame_types(columns: dict[str, str]) -> dict[str, str]:
    """Return the types of a frame of pandas from the names of those of Arrow."""
    own = {"double": "float64", "timestamp": "datetime64[us, UTC]"}
    return {name: own.get(kind, kind) for name, kind in columns.items()}


def arrow_schema(columns: dict[str, str]) -> Any:
    """Return the schema of an Arrow table from the names of its types."""
    kinds = {
        "int64": pyarrow.int64(),
        "double": pyarrow.float64(),
        "string": pyarrow.string(),
        "bool": pyarrow.bool_(),
        "timestamp": pyarrow.timestamp("us", "UTC"),
        "int32": pyarrow.int32(),
        "uint8": pyarrow.uint8(),
        "float32": pyarrow.float32(),
        "naive": pyarrow.timestamp("us"),
        "seconds": pyarrow.timestamp("s"),
        "date": pyarrow.date32(),
        "time": pyarrow.time64("us"),
        "decimal": pyarrow.decimal128(10, 2),
        "binary": pyarrow.binary(),
        "list": pyarrow.list_(pyarrow.int64()),
        "struct": pyarrow.struct({"x": pyarrow.int64()}),
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
    if kind == "uuid":
        return uuid.UUID(text)
    return base64.b64decode(text)


def read(path: str, dataset: str) -> dict[str, Any]:
    """Read all tables of the dataset: columns with types, and rows without what is made by chance."""
    with duckdb.connect(path, read_only=True) as there:
        there.execute("SET TimeZone = 'UTC'")
        columns: dict[str, dict[str, list[Any]]] = {}
        for table, column, kind, nullable in there.execute(
            "SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns "
            "WHERE table_schema = ? ORDER BY table_name, ordinal_position",
            [dataset],
        ).fetchall():
            columns.setdefault(table, {})[column] = [kind, nullable == "YES"]
        if "_dlt_loads" not in columns:
            return {"columns": {}, "rows": {}}
        loads = [
            row[0] for row in there.execute(f'SELECT load_id FROM "{dataset}"._dlt_loads ORDER BY load_id').fetchall()
        ]
        rows = {}
        for table in columns:
            if not table.startswith("_dlt_"):
                names = list(columns[table])
                found = there.execute(f'SELECT * FROM "{dataset}"."{table}"').fetchall()
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
            elif name in VALIDITIES and isinstance(value, datetime.datetime):
                # the moment of a load, unless it is one that the pipeline names
                even[name] = True if value.year == CLOCK.year else encode(value)
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
