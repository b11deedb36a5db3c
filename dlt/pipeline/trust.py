"""What a pipeline tells, and takes back, beyond its steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from dlt.load.undo_plan import UndoPlan
    from dlt.packages.manifest import CheckDone
    from dlt.pipeline.parts import Parts
    from dlt.pipeline.plan import PipelinePlan
    from dlt.pipeline.planning import PlanOptions
    from dlt.pipeline.quarantine import Quarantine
    from dlt.pipeline.reconcile import Reconciliation
    from dlt.schema.origins import Origin


class Trust:
    """What lets people trust the loads of a pipeline; most programs use none of it, so it is imported in place."""

    parts: Parts

    @property
    def quarantine(self) -> Quarantine:
        """Return what contracts kept out of the tables: to list, to send through normalize again, or to drop."""
        from dlt.pipeline.quarantine import Quarantine

        return Quarantine(self.parts)

    def plan(self, data: object = None, *, sample: int | None = None, **options: Unpack[PlanOptions]) -> PipelinePlan:
        """Tell what `run` would do with the data; nothing is written: no state, no cursor, nothing at the destination.

        The data is read, in a folder that is thrown away. What can be read once only is used up.

        Args:
            data: What would be loaded; None for packages that wait.
            sample: Rows of each resource that are read at most; whole pages are taken.
            **options: Those of `run` that say what the data is and how it goes in.

        Raises:
            PipelineStepFailed: a step failed, for another reason than a contract; the cause is chained.
        """
        from dlt.pipeline.planning import plan_of_call

        return plan_of_call(self.parts, data, options, sample)

    def undo(self, load_id: str, dry_run: bool = False, cascade: bool = False) -> UndoPlan:
        """Let the dataset be as it was before a load: its rows go, those that it replaced come back, cursors too.

        The next run loads again what was undone. What a merge, a replace or a history replaced is there only if
        `load.keep_undo` said so when it was loaded.

        Args:
            load_id: The load, as in `_dlt_loads`.
            dry_run: Only tell what would be done.
            cascade: Undo later loads that are in the way too, newest first, all in one transaction.

        Raises:
            UndoRefused: the load is not there or cannot be undone; attribute blocking has the loads in the way.
            PipelineHasPendingDataException: packages wait to be loaded.
            PipelineStepFailed: the destination failed; the undo waits, and the next run tries it again.
        """
        from dlt.pipeline.undoing import undo

        return undo(self.parts, load_id, dry_run, cascade)

    def reconcile(self, source: object = None) -> Reconciliation:
        """Count the rows of each load: what came, what was loaded, what is there now; tell where that differs.

        Args:
            source: A source or resource of `sql_database`, whose tables are counted at the source too.

        Raises:
            PipelineConfigMissing: the pipeline has no destination.
            NotOffered: nothing of the source can be counted.
        """
        from dlt.pipeline.reconciling import reconcile

        return reconcile(self.parts, source)

    def check_results(self, load_id: str | None = None, limit: int = 1000) -> list[CheckDone]:
        """Return what came of checks of data of loads that the destination has, the newest first.

        Args:
            load_id: Load id of one load; all when None.
            limit: So many results at most.
        """
        from dlt.pipeline.checks import check_results

        return check_results(self.parts, load_id, limit)

    def lineage(self, table: str | None = None, column: str | None = None) -> list[Origin]:
        """Tell from where in the items of its resource each column comes, over all schemas.

        Args:
            table: Name of a table; all of them when None.
            column: Name of a column; all of them when None.

        Raises:
            TableNotFound: no schema has such a table, or the table no such column.
        """
        from dlt.pipeline.lineage import lineage_of

        return lineage_of(self.parts, table, column)
