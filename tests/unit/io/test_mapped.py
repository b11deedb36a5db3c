"""Files of Arrow are read as they are, and do not stay in memory."""

from __future__ import annotations

import gc
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from dlt.io.mapped import mapped_batches, schema_of

ROWS = 100_000
MEGABYTES = 96


def write(path: Path, batches: int) -> None:
    """Write a file of batches of 0.8 MB, whose numbers go on from one to the next."""
    schema = pa.schema([("id", pa.int64()), ("kind", pa.dictionary(pa.int8(), pa.string()))])
    kinds = pa.DictionaryArray.from_arrays(pa.array([0] * ROWS, pa.int8()), pa.array(["a"]))
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, schema) as writer:
        for number in range(batches):
            ids = pa.array(range(number * ROWS, (number + 1) * ROWS), pa.int64())
            writer.write_batch(pa.RecordBatch.from_arrays([ids, kinds], schema=schema))


def test_all_batches_stay_valid(tmp_path: Path) -> None:
    """Also those whose memory was given back, and behind the end of the file."""
    path = tmp_path / "rows.arrow"
    write(path, 20)
    kept = list(mapped_batches(str(path)))
    path.unlink()
    gc.collect()
    whole = pa.Table.from_batches(kept)
    assert whole["id"].to_pylist() == list(range(20 * ROWS))
    assert set(whole["kind"].to_pylist()) == {"a"}


def test_an_empty_file_and_a_reader_that_stops(tmp_path: Path) -> None:
    """There are columns without rows, and nothing is left open."""
    empty, full = tmp_path / "empty.arrow", tmp_path / "full.arrow"
    write(empty, 0)
    write(full, 3)
    assert list(mapped_batches(str(empty))) == [] and schema_of(str(empty)).names == ["id", "kind"]
    batches = mapped_batches(str(full))
    first = next(batches)
    batches.close()
    assert first["id"][-1].as_py() == ROWS - 1


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells how much of a process is files")
def test_a_large_file_is_not_in_memory_as_a_whole(tmp_path: Path) -> None:
    """However large it is: what was read goes out of the process."""

    def megabytes_of_files() -> float:
        status = Path("/proc/self/status").read_text()
        return int(status.split("RssFile:")[1].split()[0]) / 1024

    path = tmp_path / "rows.arrow"
    write(path, MEGABYTES)
    before = megabytes_of_files()
    highest = 0.0
    for batch in mapped_batches(str(path)):
        assert batch["id"].to_numpy().sum() > 0
        highest = max(highest, megabytes_of_files() - before)
    assert highest < MEGABYTES / 3
