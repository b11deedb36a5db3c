"""Tries of loads: what each one writes, so that what a dead one left behind can be told from what counts.

A try says before its first file where it writes. When it ends, well or not, it takes that back with the files that do
not count. Of a try that was killed it stays, and the load that commits next deletes its files, if nobody can need them:

- the same load was completed by another try: one that sleeps finds that when it wakes, and commits nothing;
- it began long ago and its load was never completed. The snapshot that is written then refuses it, should it still be
  alive, and only after that its files go.
"""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict

import orjson

from dlt.clock import utc_now
from dlt.destinations.impl.filesystem.snapshot import Snapshot
from dlt.io.paths import segment
from dlt.io.store import Store
from dlt.late_dataclass import dataclass
from dlt.types import JsonObject

FOLDER = "_dlt_tries"
LONG_AGO = datetime.timedelta(days=7)
"""Age at which a try that did not end is refused: it can be run again, and then writes new files."""


def new_letters() -> str:
    """Return letters that no other try has; the names of all its files hold them."""
    return os.urandom(6).hex()


@dataclass(frozen=True)
class Try:
    """One try of a load.

    Attributes:
        letters: Part of the names of all its files.
        loads: Load ids that it completes.
        began_at: When, ISO.
        folders: Folders of the dataset in which its files are.
    """

    letters: str
    loads: tuple[str, ...]
    began_at: str
    folders: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """Return the path of its file."""
        # a name has 255 bytes: letters and ending must not be cut
        return f"{FOLDER}/{segment(self.loads[0], 100)}.{self.letters}.json"

    def is_settled(self, snapshot: Snapshot) -> bool:
        """Tell whether its load is complete, by this try or another one, or refused."""
        return self.letters in snapshot.refused or any(snapshot.has_load(load_id) for load_id in self.loads)

    def counts(self, snapshot: Snapshot) -> bool:
        """Tell whether the files of this very try are those of the load."""
        return any(load.get("try") == self.letters for load in snapshot.loads)


class Tries:
    """The tries of loads into one dataset.

    Args:
        store: The folder of the dataset.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def announce(self, attempt: Try) -> None:
        """Write where a try writes, before it does."""
        self._store.write(attempt.path, orjson.dumps(asdict(attempt)))

    def forget(self, attempt: Try) -> None:
        """Take back what a try announced: none of its files is left that does not count."""
        self._store.delete([attempt.path])

    def others(self, own: str) -> list[Try]:
        """Return the tries that did not end, or not yet, except for one."""
        found = []
        for name in self._store.names(FOLDER):
            if not name.endswith(".json") or name.split(".")[-2] == own:
                continue
            content = self._store.read(f"{FOLDER}/{name}")
            attempt = None if content is None else _parsed(content)
            if attempt is not None:
                found.append(attempt)
        return found

    def collect(self, attempts: Iterable[Try], snapshot: Snapshot) -> int:
        """Delete what settled tries left behind; return the number of files.

        Args:
            attempts: Tries that did not end, or not yet.
            snapshot: The newest snapshot.
        """
        count, known = 0, snapshot.paths()
        for attempt in attempts:
            if not attempt.is_settled(snapshot):
                continue
            gone: list[str] = []
            if not attempt.counts(snapshot):
                gone = [path for path in self._files(attempt) if path not in known]
            # its own file last: what is left when this process dies is found again
            self._store.delete(gone)
            self.forget(attempt)
            count += len(gone)
        return count

    def _files(self, attempt: Try) -> list[str]:
        found = []
        for folder in attempt.folders:
            names = [name for name in self._store.names(folder) if attempt.letters in name]
            found += [f"{folder}/{name}" if folder else name for name in names]
        return found


def old_ones(attempts: Sequence[Try], snapshot: Snapshot) -> list[str]:
    """Return the letters of tries that began long ago and are not settled."""
    limit = utc_now() - LONG_AGO
    return [a.letters for a in attempts if not a.is_settled(snapshot) and _moment(a.began_at) < limit]


def _moment(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text)


def _parsed(content: bytes) -> Try | None:
    """Return a try, None for what is not one of ours, or half of one."""
    try:
        found: JsonObject = orjson.loads(content)
        attempt = Try(found["letters"], tuple(found["loads"]), found["began_at"], tuple(found["folders"]))
        _moment(attempt.began_at)
    except (ValueError, KeyError, TypeError):
        return None
    # fewer letters could stand in the names of files that are not its own
    return attempt if attempt.loads and len(attempt.letters) >= 12 else None
