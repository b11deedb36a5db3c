"""The ledger of a dataset of files: its records are in the snapshots, its fences are files that nobody overwrites."""

from __future__ import annotations

from dlt.destinations.client import WorkDone
from dlt.destinations.impl.filesystem.session import FilesSession
from dlt.destinations.ledger import FENCES_TABLE, LoadRow, StateRow, VersionRow, check_attempt, first_epoch, taken_over
from dlt.ids import random_id
from dlt.io.paths import segment
from dlt.schema.schema import Schema
from dlt.states.model import State
from dlt.types import JsonObject


class FilesLedger:
    """Records of one dataset.

    Args:
        session: The dataset, and the load that is under way.
    """

    def __init__(self, session: FilesSession) -> None:
        self._session = session
        self._fence: tuple[str, str, int] | None = None

    def begin(self) -> None:
        """Begin without a fence."""
        self._fence = None

    # -- loads, schemas and states

    def has_load(self, load_id: str) -> bool:
        """Tell whether a load was committed."""
        return self._session.base.has_load(load_id)

    def is_undone(self, load_id: str) -> bool:
        """Tell whether a load that was committed was undone."""
        return load_id in self._session.base.undone

    def loaded_schema(self, load_id: str) -> str | None:
        """Return the name of the schema of a complete load."""
        return next((str(load["schema_name"]) for load in self._session.base.loads if load["load_id"] == load_id), None)

    def record_load(self, load_id: str, schema: Schema) -> None:
        """Write that the load is complete, and the version of its schema."""
        change, now = self._session.change, self._session.now
        # the letters tell tries of one load apart
        change.loads.append({**LoadRow.of(load_id, schema, now).document(), "try": change.letters})
        change.versions.append(VersionRow.of(schema, now).document())

    def record_state(self, dataset_name: str, load_id: str, state: State) -> None:
        """Write the state of the pipeline into a dataset."""
        row = StateRow.of(load_id, state, self._session.now).document()
        if dataset_name == self._session.dataset_name:
            self._session.change.states.append(row)
        else:
            # it goes there behind the snapshot: it must not be seen before its rows
            self._session.change.outbox.append({"dataset": dataset_name, "state": row})

    def read_schema(self, name: str | None = None, version_hash: str | None = None) -> JsonObject | None:
        """Return the newest stored schema."""
        for version in reversed(self._session.snapshots.newest().versions):
            if name in (None, version["schema_name"]) and version_hash in (None, version["version_hash"]):
                found: JsonObject = version["schema"]
                return found
        return None

    def read_state(self, pipeline_name: str, dataset_name: str | None = None) -> str | None:
        """Return the newest state of a pipeline."""
        elsewhere = dataset_name not in (None, self._session.dataset_name)
        snapshots = self._session.beside(str(dataset_name)) if elsewhere else self._session.snapshots
        found = [s for s in snapshots.newest().states if s["pipeline_name"] == pipeline_name]
        return str(max(found, key=lambda s: (s["version"], s["created_at"]))["state"]) if found else None

    def hold_state(self, pipeline_name: str, dataset_name: str | None = None) -> None:
        """Make a load in between that changes the state of the pipeline a clash."""
        # the state of another dataset is in no snapshot of this one, with which it could be compared
        if dataset_name in (None, self._session.dataset_name):
            self._session.change.watched = pipeline_name

    # -- fencing

    def claim(self, pipeline_name: str, load_id: str, attempt: int) -> int:
        """Take a load over from older tries; return the epoch that now may commit it.

        Raises:
            Superseded: a later attempt has it.
        """
        while True:
            taken = self._epochs(load_id)
            epoch = max([first_epoch(attempt), *(number + 1 for number in taken)])
            check_attempt(pipeline_name, load_id, attempt, epoch)
            # of two that claim one epoch only one can make its file
            if self._session.store.put_if_absent(f"{FENCES_TABLE}/{segment(load_id)}/{epoch}", random_id().encode()):
                return epoch

    def hold(self, pipeline_name: str, load_id: str, epoch: int) -> None:
        """Make another load in between a clash.

        Raises:
            Superseded: another try took the load over.
        """
        # files have no locks: what another load committed meanwhile is found when the snapshot is written
        self._session.change.exclusive = True
        self._fence = (pipeline_name, load_id, epoch)
        self.check_fence()

    def check_fence(self) -> None:
        """Make sure that no other try took the load over.

        Raises:
            Superseded: one did.
        """
        if self._fence is None:
            return
        pipeline_name, load_id, epoch = self._fence
        if max(self._epochs(load_id), default=epoch) != epoch:
            raise taken_over(pipeline_name, load_id)

    def _epochs(self, load_id: str) -> list[int]:
        return [int(name) for name in self._session.store.names(f"{FENCES_TABLE}/{segment(load_id)}") if name.isdigit()]

    # -- the work of runs

    def read_work(self, key: str) -> WorkDone | None:
        """Return what is known of the work of one part of a run; None if it was never loaded."""
        found = self._session.begun().work.get(key)
        return WorkDone(**found) if found is not None else None

    def record_work(self, key: str, done: WorkDone) -> None:
        """Let the next snapshot say what load holds the work of one part of a run."""
        self._session.change.work[key] = {"revision": done.revision, "wish": done.wish, "load_id": done.load_id}
