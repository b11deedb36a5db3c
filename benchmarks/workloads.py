"""Workloads that are the same on every machine: seeded generators of rows, and their sizes at scale 1."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

Row = dict[str, Any]

START = datetime(2024, 1, 1, tzinfo=timezone.utc)
PAGE = 10_000
WORDS = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heron", "inlet", "juniper", "kelp", "lagoon")
WORDS += ("meadow", "north", "oasis", "prairie", "quartz", "reed", "straße", "café", "naïve", "東京", "München", "Łódź")
LANDS = ("DE", "FR", "US", "GB", "PL", "JP", "BR", "IN", "CN", "ES")
EVENTS = ("push", "review", "issue", "comment", "tag", "fork", "star")


@dataclass(frozen=True)
class Goal:
    """Ratios to reach: how many times less CPU than the peer, and at most how much CPU as a multiple of the limit."""

    must: float | None = None
    stretch: float | None = None
    limit: float | None = None


@dataclass(frozen=True)
class Workload:
    """One thing to measure.

    `rows` is its size at scale 1, `base` the rows that are there before (merge only). `tables` says that its items are
    whole tables, `pure` that the form in Python is measured too, `without` that a package is there but not found.
    """

    name: str
    title: str
    rows: int
    goal: Goal = field(default_factory=lambda: Goal())
    limit_title: str = ""
    base: int = 0
    tuned: bool = True
    whole_process: bool = False
    tables: bool = False
    pure: bool = False
    without: str = ""

    def scaled(self, scale: float) -> int:
        """Return the number of rows (documents, tables) at a scale."""
        return self.rows if self.rows == 1 else max(1, round(self.rows * scale))


WORKLOADS = {
    w.name: w
    for w in (
        Workload("W0", "one row, import included, pandas installed", 1, Goal(2.3, 3), whole_process=True),
        Workload("W0n", "one row, import included, no pandas", 1, whole_process=True, without="pandas"),
        Workload(
            "W1",
            "flat: 1,000,000 rows of 10 columns",
            1_000_000,
            Goal(15, 20, 0.9),
            "DuckDB reads NDJSON into a table",
            pure=True,
        ),
        Workload("W1d", "flat: 50,000 single rows, the peer's defaults", 50_000, Goal(45), tuned=False, pure=True),
        Workload(
            "W2",
            "nested: 200,000 documents",
            200_000,
            Goal(8, 10, 1.2),
            "DuckDB reads NDJSON into one table",
            pure=True,
        ),
        Workload(
            "W2w", "wide and deep: 10,000 documents, six levels", 10_000, limit_title="DuckDB reads NDJSON", pure=True
        ),
        Workload(
            "W3", "Arrow: 6,000,000 order lines", 6_000_000, Goal(1.9, None, 1.12), "DuckDB copies the Arrow table"
        ),
        Workload(
            "W4",
            "merge: 500,000 rows into 2,000,000",
            500_000,
            Goal(7, None, 2),
            "DuckDB: Arrow to a temporary table, DELETE, INSERT into the same table",
            base=2_000_000,
        ),
        Workload(
            "W5",
            "many: 200 tables of 100 rows",
            200,
            Goal(5, 7, 1.7),
            "DuckDB: 200 CREATE TABLE AS, one transaction",
            tables=True,
        ),
        Workload("W5m", "many: 2,000 tables of 100 rows", 2_000, limit_title="DuckDB: CREATE TABLE AS", tables=True),
        Workload(
            "W6",
            "wide: 20,000 rows of 500 columns",
            20_000,
            Goal(6.5, 8, 0.35),
            "DuckDB reads NDJSON into a table",
            pure=True,
        ),
    )
}


def words(r: random.Random, low: int, high: int) -> str:
    """Return a text of `low` to `high - 1` words."""
    return " ".join(r.choices(WORDS, k=r.randrange(low, high)))


def flat(rows: int, seed: int = 1) -> Iterator[Row]:
    """Yield W1: numbers, flags, text, timestamps as text and as datetimes, decimals, and nulls among them."""
    r = random.Random(seed)
    chance, below = r.random, r.randrange
    for i in range(rows):
        at = START + timedelta(seconds=below(60_000_000), microseconds=below(1_000_000))
        yield {
            "id": i,
            "user_id": below(1, 500_000) if chance() > 0.05 else None,
            "score": chance() * 1000,
            "ratio": chance() if chance() > 0.1 else None,
            "active": (chance() > 0.5) if chance() > 0.02 else None,
            "name": f"{r.choice(WORDS)} {r.choice(WORDS)}",
            "country": r.choice(LANDS),
            "created_at": at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "updated_at": at + timedelta(seconds=below(86_400)),
            "price": Decimal(below(1, 10_000_000)).scaleb(-2),
        }


def payload(r: random.Random, kind: str, i: int, user: int, login: str, at: str) -> Row:
    """Return the part of an event that differs from kind to kind."""
    if kind == "push":
        commits = [
            {
                "sha": f"{r.getrandbits(160):040x}",
                "message": words(r, 3, 10),
                "distinct": r.random() > 0.1,
                "url": f"https://example.org/{user}/commits/{n}",
                "author": {"name": r.choice(WORDS), "email": f"{login}@example.org"},
            }
            for n in range(r.randrange(6))
        ]
        return {"push_id": 9_000_000_000 + i, "size": len(commits), "ref": "refs/heads/main", "commits": commits}
    if kind == "review":
        about = {"id": 1_000_000_000 + i, "state": r.choice(("open", "closed")), "title": words(r, 5, 6)}
        about |= {"additions": r.randrange(1000), "merged_at": at if r.random() > 0.5 else None}
        return {"action": "opened", "number": r.randrange(5000), "pull_request": about}
    if kind in ("issue", "comment"):
        about = {"id": 1_500_000_000 + i, "number": r.randrange(5000), "title": words(r, 5, 6)}
        about["score"] = r.random() * 10 if r.random() > 0.5 else r.randrange(10)
        about["user"] = {"id": user, "login": login}
        return {"action": r.choice(("opened", "closed", "created")), "issue": about}
    if kind == "tag":
        description = words(r, 1, 3) if r.random() > 0.3 else None
        return {"ref": f"v{r.randrange(10)}.{r.randrange(10)}", "description": description}
    if kind == "fork":
        return {"forkee": {"id": 700_000_000 + i, "private": False, "stars": r.randrange(500)}}
    return {"action": "started"}


def nested(rows: int, seed: int = 2) -> Iterator[Row]:
    """Yield W2: event documents of three levels with two lists of objects, missing keys and a few type clashes."""
    r = random.Random(seed)
    for i in range(rows):
        kind = EVENTS[min(int(r.expovariate(0.6)), len(EVENTS) - 1)]
        user, place = r.randrange(1, 50_000), r.randrange(1, 20_000)
        login, at = f"user-{user}", (START + timedelta(seconds=3 * i + r.randrange(3))).strftime("%Y-%m-%dT%H:%M:%SZ")
        actor: Row = {"id": user, "login": login, "url": f"https://example.org/users/{login}", "gravatar_id": ""}
        repo: Row = {"id": place, "name": f"org{place % 997}/repo-{place}", "url": f"https://example.org/repos/{place}"}
        labels: list[Row] = [
            {
                "id": r.randrange(1, 1000),
                "name": r.choice(WORDS),
                "color": f"{r.getrandbits(24):06x}",
                "default": r.random() > 0.5,
            }
            for _ in range(r.randrange(6))
        ]
        document: Row = {"id": str(20_000_000_000 + i), "type": kind, "public": True, "created_at": at}
        document |= {"actor": actor, "repo": repo, "payload": payload(r, kind, i, user, login, at), "labels": labels}
        if r.random() > 0.3:
            document["org"] = {"id": place % 997, "login": f"org{place % 997}"}
        clash = r.random()
        if clash < 0.0003:
            actor["id"] = login
        elif clash < 0.0006:
            document["public"] = "yes"
        elif clash < 0.0009 and labels:
            labels[0]["id"] = 1.5
        elif clash < 0.0011:
            repo["id"] = f"r{place}"
        yield document


def accounts(ids: Iterator[int] | range | list[int], version: int) -> Iterator[Row]:
    """Yield the rows of W4 for some ids."""
    r = random.Random(4 + version)
    for i in ids:
        yield {
            "id": i,
            "version": version,
            "name": words(r, 2, 3),
            "email": f"u{i}@example.com",
            "balance": r.randrange(1, 10**7) / 100,
            "active": r.random() > 0.5,
            "country": r.choice(LANDS),
            "updated_at": START + timedelta(seconds=r.randrange(60_000_000)),
        }


def upserts(rows: int, base: int) -> Iterator[Row]:
    """Yield the changes of W4: four of five are rows of the base, spread over it, the others are new."""
    r = random.Random(44)
    old = rows * 4 // 5
    ids = r.sample(range(base), old) + list(range(base, base + rows - old))
    r.shuffle(ids)
    return accounts(ids, 2)


def small_table(number: int, rows: int = 100) -> list[Row]:
    """Return one table of W5."""
    r = random.Random(500 + number)
    return [
        {
            "id": i,
            "name": r.choice(WORDS),
            "value": r.random(),
            "at": (START + timedelta(seconds=r.randrange(10**7))).isoformat(),
            "meta": {"a": r.randrange(100), "b": r.choice(LANDS)},
        }
        for i in range(rows)
    ]


def wide(rows: int, columns: int = 500, seed: int = 6) -> Iterator[Row]:
    """Yield W6: many columns of five kinds, one of them with nulls."""
    r = random.Random(seed)
    makers = (
        lambda: r.randrange(1_000_000),
        r.random,
        lambda: r.choice(WORDS),
        lambda: r.random() > 0.5,
        lambda: f"x{r.randrange(100_000)}" if r.random() > 0.3 else None,
    )
    names = [(f"col_{n:03d}", makers[n % len(makers)]) for n in range(columns)]
    for _ in range(rows):
        yield {name: make() for name, make in names}


def deep(rows: int, seed: int = 7) -> Iterator[Row]:
    """Yield W2w: documents of six levels, some 500 fields and lists of objects that hold lists of objects."""
    r = random.Random(seed)

    def part(level: int) -> Row:
        found: Row = {f"n{i}": r.randrange(1_000_000) for i in range(6)}
        found |= {f"t{i}": r.choice(WORDS) for i in range(6) if r.random() > 0.2}
        found |= {f"f{i}": r.random() for i in range(4)}
        if level < 6:
            found |= {"left": part(level + 1)} if level > 3 else {"left": part(level + 1), "right": part(level + 1)}
        return found

    def line(i: int) -> Row:
        parts = [{"sku": f"s{r.randrange(5000)}", "count": r.randrange(9), "price": r.random()} for _ in range(i % 3)]
        return {"position": i, "name": r.choice(WORDS), "parts": parts}

    for i in range(rows):
        yield {"id": i, **part(1), "lines": [line(n) for n in range(r.randrange(4))]}


def rows_of(workload: Workload, count: int) -> Iterator[Row]:
    """Yield the rows that a workload loads (W5 apart: its items are tables)."""
    if workload.name in ("W0", "W0n", "W1", "W1d"):
        return flat(count)
    if workload.name == "W2w":
        return deep(count)
    if workload.name == "W2":
        return nested(count)
    if workload.name == "W6":
        return wide(count)
    raise ValueError(f"{workload.name} is not made of rows; see data.py for how its data is made.")
