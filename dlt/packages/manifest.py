"""What a package says of itself: its files, what became of them, and the works that they are part of."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import field

from dlt.io.codec import REST, Document
from dlt.late_dataclass import dataclass


@dataclass(frozen=True)
class PackageFile:
    """One data file.

    Attributes:
        name: Its name in the folder of the package.
        table: Table that it fills.
        format: Its format.
        rows: Rows in it.
        bytes: Its size.
        crc32: Its checksum.
        load_id: Load id that its rows bear, in a package that was made of several.
    """

    name: str
    table: str
    format: str
    rows: int
    bytes: int
    crc32: int | None = None
    load_id: str | None = None
    rest: Mapping[str, object] = field(default_factory=dict, metadata=REST)


@dataclass(frozen=True)
class Job:
    """What became of one file, or of a package as a whole where there is none.

    Attributes:
        table: Table that it fills.
        file: Name of the file.
        format: Format of the file.
        rows: Rows in it.
        bytes: Size of the file.
        state: "new", "started", "completed" or "failed".
        started_at: When the destination began to take it.
        finished_at: When it had it.
        error: Why it failed.
    """

    table: str
    file: str
    format: str
    rows: int
    bytes: int
    state: str = "new"
    started_at: datetime.datetime | None = None
    finished_at: datetime.datetime | None = None
    error: str | None = None
    rest: Mapping[str, object] = field(default_factory=dict, metadata=REST)


@dataclass(frozen=True)
class CheckDone:
    """What came of one check of data.

    Attributes:
        load_id: Load whose rows were checked.
        table: Their table.
        check: The check, as text.
        severity: "error" or "warn".
        scope: "load" or "table".
        passed: No row failed.
        failing: Rows that failed; 1 where a check is about all rows together.
        checked: Rows that were looked at.
        checked_at: When.
        keys: Keys of some rows that failed, never other values of them.
    """

    load_id: str
    table: str
    check: str
    severity: str
    scope: str
    passed: bool
    failing: int
    checked: int
    checked_at: datetime.datetime
    keys: tuple[Mapping[str, object], ...] = ()
    rest: Mapping[str, object] = field(default_factory=dict, metadata=REST)

    @property
    def fault(self) -> str:
        """Return how many rows failed, or what is wrong with all of them."""
        # of these no row alone is at fault
        if self.check.startswith("row_count("):
            return f"there are {self.checked} rows"
        if self.check.startswith("fresh("):
            return f"the newest of {self.checked} rows is older"
        return f"{self.failing} of {self.checked} rows"

    @property
    def text(self) -> str:
        """Return a line: table, check, how many rows failed, and keys of some of them."""
        keys = "; ".join(", ".join(f"{name}={value}" for name, value in key.items()) for key in self.keys)
        return f"table {self.table}, check {self.check}: {self.fault}{f' ({keys})' if keys else ''}"

    def asdict(self) -> dict[str, object]:
        """Return a dict of JSON values."""
        found = {name: value for name, value in vars(self).items() if name != "rest"}
        return {**found, "checked_at": self.checked_at.isoformat(), "keys": [dict(key) for key in self.keys]}


@dataclass(frozen=True)
class Refresh:
    """Tables that a load drops, or empties, before it fills them."""

    drop_tables: tuple[str, ...] = ()
    truncate_tables: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.drop_tables or self.truncate_tables)

    @property
    def tables(self) -> tuple[str, ...]:
        """Return all of them."""
        return (*self.drop_tables, *self.truncate_tables)

    def joined(self, other: Refresh) -> Refresh:
        """Return what both do, each table once."""
        return Refresh(
            tuple(dict.fromkeys((*self.drop_tables, *other.drop_tables))),
            tuple(dict.fromkeys((*self.truncate_tables, *other.truncate_tables))),
        )


@dataclass(frozen=True)
class Work:
    """One part of a run, as a package does it.

    Attributes:
        key: Hex digits that stand for pipeline, run, part and schema.
        revision: Higher when someone asked for the work to be done once more.
        load_id: Load id of the package.
        before: Load id under which versions that knew no works loaded it.
        resources: For each resource that took part what an extract of the same run gives again.
        reprocess: What becomes of rows that an earlier load of the work appended: "auto", "undo" or "keep".
    """

    key: str
    revision: int
    load_id: str
    before: str = ""
    resources: Mapping[str, str] = field(default_factory=dict)
    reprocess: str = "auto"
    rest: Mapping[str, object] = field(default_factory=dict, metadata=REST)


@dataclass(frozen=True)
class ReplayedFile:
    """Where the items of a file come from that were in quarantine.

    Attributes:
        load_id: Load that brought them.
        quarantined_at: When they were put there.
    """

    load_id: str
    quarantined_at: datetime.datetime
    rest: Mapping[str, object] = field(default_factory=dict, metadata=REST)


@dataclass(frozen=True)
class Replay:
    """What a package takes out of the quarantine.

    Attributes:
        removes: Loads whose rows there go when it is loaded; what of them stays is among its files.
        files: Files with items that were there, by their names.
        contract: Counts in place of those of the schema, as JSON; these when None.
    """

    removes: tuple[str, ...] = ()
    files: Mapping[str, ReplayedFile] = field(default_factory=dict)
    contract: str | None = None
    rest: Mapping[str, object] = field(default_factory=dict, metadata=REST)


@dataclass(frozen=True)
class TableMetrics:
    """What a step came to in one table: rows, or items of an extract, and bytes."""

    items_count: int = 0
    file_size: int = 0
    rest: Mapping[str, object] = field(default_factory=dict, metadata=REST)


@dataclass(frozen=True)
class StepMetrics:
    """What a step came to, by table; the rest is for programs that read it.

    Attributes:
        table_metrics: Rows, or items of an extract.
        quarantined: Items of root tables that went to quarantine: by normalize all of the package, by extract those
            that it put there itself, which are not among the items of their tables.
    """

    table_metrics: Mapping[str, TableMetrics] = field(default_factory=dict)
    quarantined: Mapping[str, int] = field(default_factory=dict)
    rest: Mapping[str, object] = field(default_factory=dict, metadata=REST)

    @property
    def rows(self) -> dict[str, int]:
        """Return rows, or items of an extract, by table."""
        return {table: found.items_count for table, found in self.table_metrics.items()}


@dataclass(frozen=True)
class Manifest:
    """What a package says of itself.

    Attributes:
        schema_name: Its schema.
        stage: The stage that it was made for.
        load_id: Its load id.
        created_at: When it was made.
        nonce: Tells it from another package of the same load id, made by another try.
        pipeline_name: Pipeline that made it.
        files: Its data files.
        has_state: Its load makes a state visible.
        state_delta: What its extract changed in the state, as text.
        known_state: Version hash of the state that was at the destination when it was extracted.
        refresh: Tables that its load drops or empties first.
        replay: What it takes out of the quarantine.
        unfilled: Tables that got no rows, and whose checks count rows all the same.
        metrics: What the steps came to, by their names.
        works: Parts of runs of tasks that it does.
        parts: Load ids of the packages that it was made of.
        tried: A load of it began at a destination that cannot take tables and columns back.
        jobs: What became of its files.
        checks: What came of checks of its data, in its last load.
        dataset_name: Dataset that it was loaded into.
        schema_update: Tables and columns that its load added.
        completed_at: When it was loaded.
        undoes: Loads that its load undoes, newest first.
    """

    schema_name: str
    stage: str = ""
    load_id: str | None = None
    created_at: datetime.datetime | None = None
    nonce: str | None = None
    pipeline_name: str | None = None
    files: tuple[PackageFile, ...] = ()
    has_state: bool = False
    state_delta: str | None = None
    known_state: str | None = None
    refresh: Refresh | None = None
    replay: Replay | None = None
    unfilled: tuple[str, ...] = ()
    metrics: Mapping[str, StepMetrics] = field(default_factory=dict)
    works: tuple[Work, ...] = ()
    parts: tuple[str, ...] = ()
    tried: bool = False
    jobs: tuple[Job, ...] = ()
    checks: tuple[CheckDone, ...] = ()
    dataset_name: str | None = None
    schema_update: Mapping[str, object] = field(default_factory=dict)
    completed_at: datetime.datetime | None = None
    undoes: tuple[str, ...] = ()
    rest: Mapping[str, object] = field(default_factory=dict, metadata=REST)


MANIFEST_DOCUMENT = Document(Manifest, "the manifest of a package", indented=True)
