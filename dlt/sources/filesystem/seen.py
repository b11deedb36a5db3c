"""Which files were loaded: by URL, time and size, beside the cursor's high-water mark."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TypedDict, cast

from dlt.extract.incremental import Incremental
from dlt.extract.incremental.incremental import leave_to_source
from dlt.extract.state import resource_state
from dlt.user_log import info

if TYPE_CHECKING:
    from datetime import datetime

    from dlt.sources.files import FileItem
    from dlt.types import ReadOnlyRow

CURSOR = "modification_date"
MOST_FILES = 50_000
"""Files that a state remembers one by one; of older ones it remembers a moment only."""
_STATE = "seen_files"


class SeenState(TypedDict):
    """What a state holds of files.

    Attributes:
        files: When each file was changed, in microseconds, by a hash of its URL, time and size.
        before: Files that were changed until then count as loaded; None as long as all are remembered.
        forgotten: How many were remembered and are not any more.
    """

    files: dict[str, int]
    before: int | None
    forgotten: int


def applies_to(incremental: Incremental[object] | None) -> bool:
    """Tell whether files are remembered one by one: where the cursor is the time of their last change, going forward.

    Args:
        incremental: The cursor of the resource, bound to a run.
    """
    return (
        incremental is not None
        and incremental.cursor_path == CURSOR
        and incremental.last_value_func is max
        and incremental.end_value is None
        and not incremental.lag
    )


def new_files(files: Iterable[FileItem], incremental: Incremental[object]) -> Iterator[FileItem]:
    """Yield the files that no earlier run loaded, also those that came late with an older time.

    Args:
        files: All files.
        incremental: The cursor, bound to this run.
    """
    # now, as what is remembered of this run must not tell of earlier ones
    known = cast("SeenState | None", resource_state().get(_STATE))
    run = leave_to_source(incremental)
    skipped: list[str] = []
    for file in files:
        if run.is_before_initial(file):
            continue
        if known is None:
            # a state of PyPI dlt 1.x, or of a cursor that was there before, has its mark only
            if run.is_behind_mark(file):
                remember([file])
            else:
                yield file
        elif _key(file) in known["files"]:
            continue
        elif known["before"] is not None and _micros(file["modification_date"]) <= known["before"]:
            skipped.append(file["file_url"])
        else:
            yield file
    if skipped and len(skipped) > _forgotten(known):
        info(
            f"{len(skipped)} files, such as {skipped[-1]}, are older than the newest {MOST_FILES} that are remembered "
            "one by one, and count as loaded. One that came late is loaded by a resource of another name."
        )


def _forgotten(known: SeenState | None) -> int:
    return known["forgotten"] if known is not None else 0


def remember(files: Iterable[ReadOnlyRow]) -> None:
    """Note that files are loaded with this run; the state is kept with the package that has their rows.

    Args:
        files: The files.
    """
    state = resource_state()
    known = cast(SeenState, state.setdefault(_STATE, {"files": {}, "before": None, "forgotten": 0}))
    for file in files:
        known["files"][_key(file)] = _micros(file["modification_date"])
    if len(known["files"]) > MOST_FILES:
        _forget_oldest(known)


def _forget_oldest(known: SeenState) -> None:
    # a tenth at once: sorting for each file would take the longer the more there are
    left = sorted(known["files"].items(), key=lambda entry: entry[1])
    gone = left[: len(left) - MOST_FILES + MOST_FILES // 10]
    known["before"] = max(known["before"] or 0, gone[-1][1])
    # their number tells a later run whether one came late that is older than all
    known["forgotten"] += len(gone)
    known["files"] = dict(left[len(gone) :])


def _key(file: ReadOnlyRow) -> str:
    told = f"{file['file_url']}\n{_micros(file['modification_date'])}\n{file['size_in_bytes']}"
    return hashlib.blake2b(told.encode("utf-8", "surrogatepass"), digest_size=9).hexdigest()


def _micros(moment: datetime) -> int:
    return round(moment.timestamp() * 1_000_000)
