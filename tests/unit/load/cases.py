"""Normalized packages and orders of them, for what stands between a package and a destination."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dlt.load.order import LoadOrder
from dlt.packages.manifest import Manifest, PackageFile
from dlt.packages.package import LoadPackage
from dlt.packages.undo import Undo
from dlt.packages.workdir import Workdir
from dlt.schema.capabilities import GENERIC, Capabilities
from dlt.schema.schema import Schema
from dlt.states.delta import Change, encode_delta


def table(name: str, columns: str = "a", parent: str | None = None, **hints: Any) -> Any:
    """Return a table of one-letter columns; a capital letter is a column of which no type is known.

    It had rows; `**{"x-normalizer": {}}` makes it one that is only declared.
    """
    made = {
        letter: {"name": letter, **({} if letter.isupper() else {"data_type": "text", "nullable": True})}
        for letter in columns
    }
    seen = {"x-normalizer": {"seen-data": True}}
    return {"name": name, "columns": made, **({"parent": parent} if parent else {}), **seen, **hints}


def schema_of(*tables: Any) -> Schema:
    """Return a schema of tables."""
    made = Schema("shop")
    for each in tables:
        made.update_table(each, normalize_identifiers=False)
    made.bump()
    return made


def file(name: str, table: str, rows: int = 1, size: int = 3, file_format: str = "arrow") -> PackageFile:
    """Return a file of a package."""
    return PackageFile(name, table, file_format, rows, size)


def package(
    folder: Path,
    schema: Schema,
    *files: PackageFile,
    load_id: str = "17.5",
    state: Any = None,
    delta: list[Change] | None = None,
    undo: Undo | None = None,
    **more: Any,
) -> LoadPackage:
    """Return a committed package; its files are not there, as nothing here reads them."""
    workdir = Workdir(str(folder / "shop"))
    workdir.prepare()
    builder = workdir.begin(load_id)
    text = None if delta is None else encode_delta(delta)
    manifest = Manifest(schema.name, "normalized", files=files, state_delta=text, **more)
    return builder.commit(manifest, schema, state, undo)


def order(package: LoadPackage, capabilities: Capabilities = GENERIC, **who: Any) -> LoadOrder:
    """Return an order to load a package into the dataset data."""
    return LoadOrder(package, "data", capabilities, "home", **who)


def there(schema: Schema, *names: str, without: str = "") -> dict[str, Any]:
    """Return what a destination has of some tables, but for some columns."""
    return {
        name: {n: c for n, c in schema.tables[name]["columns"].items() if "data_type" in c and n not in without}
        for name in names
    }
