"""What OpenLineage is told, as values; `openlineage.py` makes events of them that its client takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING

from dlt.late_dataclass import dataclass

if TYPE_CHECKING:
    from dlt.places import Place


@dataclass(frozen=True)
class Output:
    """A table that a run wrote.

    Attributes:
        place: Where it is.
        columns: Types of its columns, by name.
        paths: Where in the documents of its source each column comes from.
        source: What it was read from.
        rows: How many rows were written.
        bytes: How large their files were.
        files: How many files there were.
        checks: Checks of its data, and whether they passed.
        masked: Columns whose values are not those of the source.
    """

    place: Place
    columns: Mapping[str, str]
    paths: Mapping[str, str]
    source: Place
    rows: int
    bytes: int
    files: int
    checks: Sequence[tuple[str, bool]] = field(default=())
    masked: frozenset[str] = frozenset()


@dataclass(frozen=True)
class RunEvent:
    """A moment of a run.

    Attributes:
        kind: "START", "RUNNING", "COMPLETE", "FAIL" or "ABORT".
        at: When, as text.
        run_id: Id of the run, a UUID.
        namespace: Namespace of the job; the client's default when None.
        job: Name of the job: the pipeline.
        outputs: What was written.
        error: Why it failed.
    """

    kind: str
    at: str
    run_id: str
    namespace: str | None
    job: str
    outputs: Sequence[Output] = field(default=())
    error: str | None = None
