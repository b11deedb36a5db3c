"""How much memory a load may use: by the machine, by the container, and by the width of tables."""

from __future__ import annotations

from pathlib import Path

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
    ("gigabytes", "columns", "megabytes"),
    [(0.5, 10, 322), (1, 10, 415), (1, 500, 644), (4, 500, 1150), (64, 10, 415)],
)
def test_the_limit_follows_machine_and_table(
    monkeypatch: pytest.MonkeyPatch, gigabytes: float, columns: int, megabytes: int
) -> None:
    """Wide tables get more, up to a share of the machine, which leaves room for the rest of the process."""
    monkeypatch.setattr(duckdb_memory, "available", lambda: int(gigabytes * 2**30))
    assert duckdb_memory.memory_for(columns) == f"{megabytes}MB"


def test_a_limit_of_the_user_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the user says is the limit, from the program or the configuration, for wide tables too."""
    monkeypatch.setenv("DESTINATION__DUCKDB__MEMORY_LIMIT", "123MB")
    for destination, limit in (
        (dlt.destinations.duckdb(str(tmp_path / "a.duckdb")), "123MB"),
        (dlt.destinations.duckdb(str(tmp_path / "b.duckdb"), memory_limit="77MB"), "77MB"),
    ):
        with destination.connect("data") as client:
            client.begin()
            wide = {f"c{n}": {"name": f"c{n}", "data_type": "bigint"} for n in range(500)}
            client.session.fit_memory([{"name": "t", "columns": wide}])
            assert client.session.memory_limit == limit
            client.rollback()
