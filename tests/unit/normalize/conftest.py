"""Packages in memory folders, normalized by either path."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest

from dlt.formats.spool import SpoolWriter
from dlt.normalize.step import normalize_package
from dlt.packages.manifest import Manifest
from dlt.schema.capabilities import GENERIC
from dlt.schema.schema import Schema


def normalize_pages(
    folder: Any, pages: list[list[Any]], table: str = "t", schema: Schema | None = None, exact: bool = False
) -> tuple[Schema, dict[str, list[dict[str, Any]]]]:
    """Extract and normalize pages; return the schema and the rows of each table."""
    schema = schema or Schema("s")
    source, target = folder / ("exact" if exact else "fast"), folder / ("exact_out" if exact else "fast_out")
    source.mkdir(exist_ok=True)
    target.mkdir(exist_ok=True)
    spool = SpoolWriter(str(source), normalize=schema.naming.normalize_identifier)
    for page in pages:
        if exact:
            spool._write_rows(table, list(page))
        else:
            spool.write(table, list(page), schema.tables.get(table, {}))
            spool._flush(table)
    files = spool.close()
    package = SimpleNamespace(path=source, load_id="1.0", manifest=Manifest("s", nonce="n"), files=files)
    schema, written, *_ = normalize_package(package, str(target), schema, GENERIC)
    tables: dict[str, list[dict[str, Any]]] = {}
    for file in written:
        with pa.OSFile(str(target / file.name)) as stream:
            rows = pa.ipc.open_stream(stream).read_all().to_pylist()
        tables.setdefault(file.table, []).extend(
            {name: value for name, value in row.items() if value is not None} for row in rows
        )
    return schema, tables


@pytest.fixture
def normalized(tmp_path: Any) -> Any:
    """Return a function that normalizes pages in a folder of its own."""
    return lambda pages, **options: normalize_pages(tmp_path, pages, **options)
