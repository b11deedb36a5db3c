"""How much memory a load may use: by the machine, by the container, and by the width of tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import dlt
from dlt.destinations import memory
from dlt.destinations.impl.duckdb import memory as duckdb_memory


def groups(root: Path, listed: str, **limits: str) -> str:
    """Make the files in which a system tells its control groups; return their root."""
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/self/cgroup").write_text(listed)
    for path, text in limits.items():
        file = (
            root / "sys/fs/cgroup" / path.replace("__", "/").replace("_max", ".max").replace("_lim", ".limit_in_bytes")
        )
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return str(root)


@pytest.mark.parametrize(
    ("listed", "limits"),
    [
        ("0::/\n", {"memory_max": "1073741824\n"}),
        ("0::/a/b\n", {"memory_max": "max\n", "a__memory_max": "1073741824\n", "a__b__memory_max": "max\n"}),
        ("9:cpu:/x\n4:memory:/docker/id\n0::/\n", {"memory__memory_lim": "1073741824\n"}),
        ("4:memory:/a\n", {"memory__memory_lim": "9223372036854771712\n", "memory__a__memory_lim": "1073741824\n"}),
    ],
    ids=["own group", "group around it", "older groups in a container", "older groups"],
)
def test_a_container_bounds_the_memory(tmp_path: Path, listed: str, limits: dict[str, str]) -> None:
    """The smallest limit of the groups of the process counts, in both versions of control groups."""
    assert memory.available(groups(tmp_path, listed, **limits)) == 1 << 30


def test_a_machine_without_groups(tmp_path: Path) -> None:
    """Without limits it is the memory of the machine."""
    assert memory.available(str(tmp_path)) == memory._physical()


@pytest.mark.parametrize(
    ("gigabytes", "columns", "merges", "megabytes"),
    [
        (0.5, 10, False, 143),
        (64, 10, False, 143),
        (0.5, 10, True, 322),
        (64, 10, True, 415),
        (1, 500, False, 644),
        (4, 500, False, 878),
        (4, 500, True, 1150),
    ],
)
def test_the_limit_follows_machine_and_table(
    monkeypatch: pytest.MonkeyPatch, gigabytes: float, columns: int, merges: bool, megabytes: int
) -> None:
    """Wide tables and merges get more, up to a share of the machine, which leaves room for the rest of the process."""
    monkeypatch.setattr(duckdb_memory, "available", lambda: int(gigabytes * 2**30))
    assert duckdb_memory.memory_for(columns, merges) == f"{megabytes}MB"


def test_a_limit_that_was_raised_stays_for_the_load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is staged for a merge is merged when narrow tables have come behind it."""
    monkeypatch.setattr(duckdb_memory, "available", lambda: 64 * 2**30)
    columns: Any = {f"c{n}": {"name": f"c{n}", "data_type": "bigint"} for n in range(10)}
    with dlt.destinations.duckdb(str(tmp_path / "a.duckdb")).connect("data") as client:
        for _ in range(2):
            limits = []
            client.begin()
            for disposition in ("append", "merge", "append"):
                client.session.fit_memory([{"name": "t", "columns": columns, "write_disposition": disposition}])
                limits.append(client.session.memory_limit)
            assert limits == ["143MB", "415MB", "415MB"]
            client.rollback()


def test_a_load_leaves_a_file_without_a_log(tmp_path: Path) -> None:
    """All of it is in the database file, and the settings of the database are what they were."""
    import duckdb

    path = tmp_path / "a.duckdb"
    pipeline = dlt.pipeline("log", destination=dlt.destinations.duckdb(str(path)), pipelines_dir=str(tmp_path / "p"))
    told = "SELECT current_setting('memory_limit'), current_setting('threads')"
    with duckdb.connect(str(path)) as beside:
        # the same database, as this process has it open already
        beside.execute("SET memory_limit = '3333MB'")
        before = beside.execute(told).fetchall()
        for number in range(3):
            # the file cannot be written whole while a transaction is open
            beside.execute(f"BEGIN; CREATE TABLE own_{number} AS SELECT 1 AS a")
            pipeline.run([{"id": number}], table_name="items")
            beside.execute("COMMIT")
            assert beside.execute(told).fetchall() == before
    pipeline.run([{"id": 3}], table_name="items")
    assert not path.with_name("a.duckdb.wal").exists()
    with duckdb.connect(str(path), read_only=True) as there:
        assert there.execute("SELECT count(*) FROM log.items, own_0").fetchall() == [(4,)]
