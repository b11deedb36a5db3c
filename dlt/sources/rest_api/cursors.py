"""One cursor for each parent: a child asks each parent for what is new there, and not since the newest of all.

PyPI `dlt` 1.x has one cursor for all parents. A comment of one issue that is older than the newest comment of another
issue is then never loaded, nor is anything of a parent that comes later. Here the state of the resource has a cursor
for each parent beside the one of all, which programs read where they always did.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from weakref import WeakValueDictionary

from dlt.extract.incremental import Incremental
from dlt.extract.items import DataItemWithMeta, Meta
from dlt.sources.rest_api.incremental import Cursor
from dlt.states.cursor import CursorState
from dlt.states.model import State
from dlt.types import TDataItem, TDataItems

logger = logging.getLogger("dlt")
PARENTS = "parents"
"""Key of the cursors of parents, in the state of the cursor of all."""
MANY = 10_000


@dataclass(frozen=True)
class ParentMeta:
    """Marks rows of a child on their way to its cursor: whose they are.

    Attributes:
        parent: What `parent_key` returned.
        cursor: The cursor of that parent.
    """

    parent: str
    cursor: Cursor


def parent_key(
    item: TDataItem, primary_key: Sequence[str], values: Mapping[str, object], in_path: Collection[str]
) -> str:
    """Return what tells a parent's item from others: its key where it has one, else what the child takes of it.

    Args:
        item: The item.
        primary_key: Fields of the parent's key.
        values: What the child takes of it.
        in_path: Names of those values that stand in the path.
    """
    if primary_key and isinstance(item, Mapping) and all(name in item for name in primary_key):
        # with the path: a key may be one among the items of a parent of the parent only
        key = [item[name] for name in primary_key]
        return _text(key + [values[name] for name in sorted(values) if name in in_path and values[name] not in key])
    return _text([values[name] for name in sorted(values)])


def _text(values: list[object]) -> str:
    # moments and the like by their text: it is looked up, and never read back
    return json.dumps(values, default=str, ensure_ascii=False, separators=(",", ":"))


class CursorPerParent(Incremental[Any]):
    """The cursor of a child; bound to a run it has one for each parent, and passes the rows to theirs."""

    _lock: threading.Lock
    _parents: WeakValueDictionary[str, Cursor]
    """Those at work: of a parent whose rows are through only the state is left, as there may be very many."""
    _state_of_parents: dict[str, CursorState]
    _of_all: CursorState | None
    """The one cursor for all parents, if that is what the state had."""

    @classmethod
    def of_cursor(cls, cursor: Cursor) -> CursorPerParent:
        """Return the same cursor, for each parent."""
        made = cls.__new__(cls)
        vars(made).update(vars(cursor))
        return made

    def bind_to(self, resource_name: str, state: State) -> CursorPerParent:
        """Return a copy for one run.

        Args:
            resource_name: Name of the resource.
            state: State of the resource; all cursors are kept in it.
        """
        made = cast(CursorPerParent, super().bind_to(resource_name, state))
        whole = cast("dict[str, Any]", made.get_state())
        # a state of PyPI dlt 1.x, or of a time when one cursor was kept: what lies before it was loaded for all parents
        moved = whole["last_value"] != whole["initial_value"] or bool(whole.get("unique_hashes"))
        of_1x = PARENTS not in whole and moved
        # a backfill keeps no state, and so each of its parents begins where all do
        kept = {} if made.end_value is not None else whole.setdefault(PARENTS, {})
        # copied now, as it moves on with the rows of the first parent
        before = {**whole, "unique_hashes": [*whole["unique_hashes"]]} if of_1x else None
        if before is not None:
            before.pop(PARENTS, None)
        vars(made).update(_of_all=before, _state_of_parents=kept)
        vars(made).update(_parents=WeakValueDictionary(), _lock=threading.Lock())
        return made

    def of_parent(self, parent: str) -> Cursor:
        """Return the cursor of a parent, bound to the run.

        Args:
            parent: What `parent_key` returned.
        """
        # a source that is parallelized asks from threads
        with self._lock:
            found = self._parents.get(parent)
            if found is None:
                found = self._parents[parent] = self._begin(parent)
            return found

    def _begin(self, parent: str) -> Cursor:
        settings: Cursor = Incremental()
        vars(settings).update({name: value for name, value in vars(self).items() if not name.startswith("_")})
        first = self.initial_value
        kept = self._state_of_parents.get(parent)
        if kept is None:
            kept = {"initial_value": first, "last_value": first, "unique_hashes": []}
            if self._of_all is not None:
                kept = {**self._of_all, "unique_hashes": [*self._of_all["unique_hashes"]]}
                # kept also without rows, as a parent that nobody knows begins at the initial value
                self._keep(parent, kept)
        # the state that the cursor of a resource would have, with that of the parent in the place of it
        return settings.bind_to(str(self.resource_name), {"incremental": {str(self.cursor_path): kept}})

    def _keep(self, parent: str, state: CursorState) -> None:
        self._state_of_parents[parent] = state
        if len(self._state_of_parents) == MANY:
            logger.warning(
                "Resource '%s': the state has a cursor for each of %d parents by now. Set 'per_parent' to False in its "
                "'incremental' to keep one for all; rows of a parent that are older than the newest of all are lost "
                "then.",
                self.resource_name,
                MANY,
            )

    def __call__(self, items: TDataItems, meta: Meta | ParentMeta = None) -> TDataItems:
        """Return the rows that are new for their parent."""
        if not isinstance(meta, ParentMeta):
            # rows that a step of the program marked as its own: nobody knows their parent any more
            return super().__call__(items)
        found = meta.cursor(items)
        self._note(meta.parent, meta.cursor)
        # the mark has done its work, and the rows go on as those of any resource
        return None if found is None else DataItemWithMeta(None, found)

    def _note(self, parent: str, cursor: Cursor) -> None:
        """Keep the cursor of a parent that has rows, and let that of all be where the furthest one is."""
        whole, state = self.get_state(), cursor.get_state()
        before, last = whole["last_value"], state["last_value"]
        if parent not in self._state_of_parents and (state["unique_hashes"] or last != state["initial_value"]):
            self._keep(parent, state)
        # programs read it
        if last is not None and last != before:
            whole["last_value"] = last if before is None else self.last_value_func((before, last))

    def can_close(self) -> bool:
        """Tell that rows of another parent may come, whatever the range of this one."""
        return False
