"""Keep what a load replaces, in its own transaction, so that the load can be undone."""

from __future__ import annotations

from dlt.destinations.client import Client
from dlt.destinations.undoing import AGAIN, MERGE, REPLACE, Replacing, Undoing
from dlt.load.order import LoadOrder
from dlt.load.plan import LoadPlan, Publication
from dlt.load.undo_facts import way_of
from dlt.packages.manifest import Refresh
from dlt.schema.chains import loaded_with


class Keeper:
    """What a load keeps of what it replaces.

    Args:
        plan: The load.
        undoing: The destination, which keeps it.
    """

    def __init__(self, plan: LoadPlan, undoing: Undoing) -> None:
        order = plan.order
        self._plan, self._undoing, self._keeps = plan, undoing, order.keep_undo
        self._load = Replacing(order.package.schema_name, order.load_ids, order.package.load_id)
        refresh, tables = order.package.manifest.refresh or Refresh(), order.package.schema.tables
        # what a refresh drops is gone before anything could be copied
        self._lost = refresh.drop_tables
        heads = {name: loaded_with(tables, name) for name in refresh.truncate_tables if name in plan.changes.emptied}
        self._emptied = [
            # the root first
            [tables[name] for name in sorted(heads, key=head.__ne__) if heads[name] == head]
            for head in dict.fromkeys(heads.values())
        ]
        self._again = again(plan)
        gone = {*self._lost, *heads}
        self._kept = [p for p in plan.publications if p.chain[0]["name"] not in gone]

    def prepare(self) -> None:
        """Make room, when all tables are as the load needs them, and keep what is about to be emptied."""
        chains = [(found.chain, self._way(found)) for found in self._kept]
        self._undoing.prepare([*chains, *((chain, REPLACE) for chain in self._emptied)], self._keeps)
        self._undoing.note_lost(self._lost, self._load)
        filled = [publication.chain[0]["name"] for publication in self._kept]
        if gone := [name for name in self._again if name not in filled]:
            self._undoing.note_again(gone, self._load)
        for chain in self._emptied:
            self._undoing.keep(chain, REPLACE, self._load)

    def before_stage(self, publication: Publication) -> None:
        """Keep what goes when files are staged: all rows, where they are replaced or where a history goes on."""
        if (way := self._way(publication)) != MERGE:
            self._keep(publication, way)

    def before_publish(self, publication: Publication) -> None:
        """Keep what a merge replaces, which the staged rows tell."""
        if (way := self._way(publication)) == MERGE:
            self._keep(publication, way)

    def _way(self, publication: Publication) -> str:
        # rows of an earlier load of the run went before anything could be copied
        return AGAIN if publication.chain[0]["name"] in self._again else way_of(publication.chain[0])

    def _keep(self, publication: Publication, way: str) -> None:
        if publication in self._kept:
            self._undoing.keep(publication.chain, way, self._load)

    def end(self) -> None:
        """Forget what older loads replaced."""
        if self._plan.publications or self._lost:
            self._undoing.prune(self._load, self._keeps)


def keeper_of(plan: LoadPlan, client: Client) -> Keeper | None:
    """Return what keeps what a load replaces, None where nothing is to be kept.

    Args:
        plan: The load.
        client: Client of the dataset.
    """
    if not _keeps(plan.order) or not (plan.publications or plan.order.package.manifest.refresh):
        return None
    undoing = client.undoing()
    return Keeper(plan, undoing) if undoing is not None else None


def note_again(plan: LoadPlan, client: Client) -> None:
    """Record what a load took away of earlier loads of its run, where nothing is kept: an undo cannot bring it back.

    Args:
        plan: The load.
        client: Client of the dataset.
    """
    undoing, package, tables = client.undoing(), plan.order.package, again(plan)
    if undoing is not None and tables:
        undoing.note_again(tables, Replacing(package.schema_name, plan.order.load_ids, package.load_id))


def again(plan: LoadPlan) -> list[str]:
    """Return the root tables from which rows of earlier loads of the run go.

    Args:
        plan: The load.
    """
    # what a replay takes out of the quarantine is told by its schema
    if plan.order.package.manifest.replay is not None:
        return []
    return list(dict.fromkeys(removal.chain[0]["name"] for removal in plan.removals))


def _keeps(order: LoadOrder) -> bool:
    return order.keep_undo > 0 and not order.package.manifest.undoes
