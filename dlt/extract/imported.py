"""Files that resources send as they are."""

from __future__ import annotations

from dlt.extract.items import ImportFileMeta
from dlt.io.exact_json import exact_document
from dlt.late import pa, pq
from dlt.types import TDataItems


def read_file(meta: ImportFileMeta) -> TDataItems:
    """Return the rows of a file that a resource sends as a whole.

    Args:
        meta: What says where it is.

    Raises:
        ValueError: its format is not known.
    """
    if meta.file_format == "parquet":
        return pq.read_table(meta.file_path)
    if meta.file_format == "csv":
        import pyarrow.csv as csv

        return csv.read_csv(meta.file_path)
    if meta.file_format in ("jsonl", "typed-jsonl", "ndjson"):
        with open(meta.file_path, "rb") as file:
            return [exact_document(line) for line in file if line.strip()]
    if meta.file_format == "arrow":
        with pa.OSFile(meta.file_path) as source:
            return pa.ipc.open_stream(source).read_all()
    raise ValueError(
        f"with_file_import: the format {meta.file_format!r} of {meta.file_path} is not known. "
        "Use parquet, csv, jsonl or arrow."
    )
