"""Files on a disk: a million rows with ten columns, as CSV, JSON Lines and Parquet."""

from __future__ import annotations

import contextlib
import datetime
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TITLE = "files: 1,000,000 rows with 10 columns"
CASES = {"read_csv": 4.0, "read_jsonl": 6.0, "read_parquet": 2.5}
ROWS = 1_000_000
NAMES = {"read_csv": "rows.csv", "read_jsonl": "rows.jsonl", "read_parquet": "rows.parquet"}
START = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)


def row(number: int, chance: random.Random) -> dict[str, Any]:
    """Return a row; its code is text in all of these formats, and begins with no zero, as the peer takes it away."""
    return {
        "id": number,
        "code": f"c{number % 100_000:06d}",
        "name": f"word{chance.randrange(5000)}",
        "city": f"word{chance.randrange(5000)}",
        "amount": round(chance.random() * 1000, 2),
        "score": chance.random(),
        "quantity": chance.randrange(1000),
        "flag": number % 3 == 0,
        "made_at": (START + datetime.timedelta(seconds=number)).isoformat(),
        "day": f"2026-{number % 12 + 1:02d}-{number % 28 + 1:02d}",
    }


@contextlib.contextmanager
def prepare(folder: Path) -> Iterator[dict[str, str]]:
    """Write the files."""
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet as pq

    chance = random.Random(1)
    files = folder / "files"
    files.mkdir()
    rows = [row(number, chance) for number in range(ROWS)]
    with open(files / NAMES["read_jsonl"], "w") as out:
        out.writelines(json.dumps(one, separators=(",", ":")) + "\n" for one in rows)
    table = pa.Table.from_pylist(rows)
    pyarrow.csv.write_csv(table, files / NAMES["read_csv"])
    moments = table["made_at"].cast(pa.timestamp("us", "UTC"))
    typed = table.set_column(table.schema.get_field_index("made_at"), "made_at", moments)
    pq.write_table(typed, files / NAMES["read_parquet"], row_group_size=100_000)
    yield {"folder": str(files)}


def load(case: str, settings: dict[str, str], pipeline: Any) -> dict[str, int]:
    """Load one file."""
    from dlt.sources import filesystem as source

    files = source.filesystem(settings["folder"], file_glob=NAMES[case])
    pipeline.run((files | getattr(source, case)()).with_name("rows"))
    return dict(pipeline.last_trace.last_normalize_info.row_counts)
