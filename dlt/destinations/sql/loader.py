"""How the files of a load become rows: staged where they are to be merged, then brought into their tables."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from dlt.clock import moment_of_load
from dlt.destinations.sql.catalog import Catalog
from dlt.destinations.work import check_bears_load_ids, remove_load
from dlt.ids import digest_id
from dlt.schema.row_order import keeps_order
from dlt.schema.system_columns import PARENT_ID, ROOT_ID, ROW_ID, ROW_ORDER
from dlt.schema.typing import TableSchema

if TYPE_CHECKING:
    from dlt.destinations.sql.merge import Merge


class Loader(ABC):
    """Rows into the tables of one dataset. An engine says how it takes a file.

    Args:
        catalog: The tables.
    """

    def __init__(self, catalog: Catalog) -> None:
        self.catalog, self.session, self.dialect = catalog, catalog.session, catalog.dialect

    @abstractmethod
    def load_file(self, table: TableSchema, target: str, path: str, file_format: str) -> None:
        """Take one file by the bulk path of the engine."""

    def load_files(self, table: TableSchema, target: str, paths: Sequence[str], file_format: str) -> None:
        """Take some files of one table and one format."""
        for path in paths:
            self.load_file(table, target, path, file_format)

    def stage(self, chain: Sequence[TableSchema], load_id: str) -> dict[str, str]:
        """Prepare to take the files of a chain; return where each table's files go."""
        self.catalog.empty_tables()
        root = chain[0]
        disposition = root.get("write_disposition", "append")
        if disposition == "merge":
            targets = {}
            for table in chain:
                target = targets[table["name"]] = self.staged_name(table["name"], load_id)
                # the largest bigint, so that engines give the column this type
                place = f", 9223372036854775807 AS {self.dialect.quote(ROW_ORDER)}" if keeps_order(root) else ""
                # made of the table itself, so that the staged columns have its types, whatever files hold
                columns = f"SELECT _dlt_q.*{place} FROM {self.catalog.qualified(table['name'])} AS _dlt_q WHERE 1 = 0"
                self.session.query(self.dialect.create_temporary(target, columns))
            return targets
        if disposition == "replace":
            from dlt.destinations.sql.merge import replace_chain

            # inside of the transaction: until it ends readers see the rows that were there
            for statement in replace_chain(chain, self._final):
                self.session.query(statement)
        return {table["name"]: self._final(table) for table in chain}

    def publish(self, chain: Sequence[TableSchema], load_id: str) -> None:
        """Bring what was staged for a chain into its tables."""
        if chain[0].get("write_disposition") != "merge":
            return
        from dlt.destinations.sql.orphans import check_orphans

        self.complete_root_ids(chain)
        merge = self._merge(chain, load_id)
        check_orphans(self.catalog, chain, merge, self.fill_root_ids)
        count = merge.most_of_one_key()
        if count is not None:
            # to count the rows of each key costs a fraction of ranking them
            row = self.session.query(count).fetchone()
            merge = self._merge(chain, load_id, distinct=row is None or (row[0] or 0) <= 1)
        for statement in merge.statements():
            self.session.query(statement)
        for table in chain:
            # the connection may be a program's, and temporary tables live as long as it does
            self.session.query(self.dialect.drop_temporary(self.staged_name(table["name"], load_id)))

    def complete_root_ids(self, chain: Sequence[TableSchema]) -> None:
        """Give root ids to the rows of a chain that an older release, or another program, appended after a merge."""
        for table in chain[1:]:
            name, root = self._final(table), self.dialect.quote(ROOT_ID)
            if self.session.query(f"SELECT 1 FROM {name} WHERE {root} IS NULL LIMIT 1").fetchone() is not None:
                self.fill_root_ids(table)

    def fill_root_ids(self, table: TableSchema, where: Callable[[str], str] | None = None) -> None:
        """Give root ids to rows of a nested table that were loaded before merge needed them; its parent has them.

        Args:
            table: The nested table.
            where: Gives the condition for rows that get them, by what a row is called; those without one when None.
        """
        parent = table.get("parent")
        if parent:
            self.session.query(self.root_ids(table, parent, self.source_of_root_ids(parent), where))

    def source_of_root_ids(self, parent: str) -> str:
        """Return the column of a parent by which its rows tell their root row."""
        known = self.catalog.stored_tables([parent]).get(parent, {})
        return ROOT_ID if ROOT_ID in known else ROW_ID

    def root_ids(self, table: TableSchema, parent: str, source: str, where: Callable[[str], str] | None) -> str:
        """Return the statement that gives root ids to rows of a nested table.

        Args:
            table: The nested table.
            parent: Its parent.
            source: Column of the parent that has them.
            where: Gives the condition for rows that get them; those without one when None.
        """
        quote, own = self.dialect.quote, self.dialect.quote(ROOT_ID)
        # a version of a history that came back is there twice, under one id
        root = f"SELECT MAX(_dlt_p.{quote(source)}) FROM {self.catalog.qualified(parent)} AS _dlt_p"
        # the parent may have columns of the same names: those of the nested table are written with its name
        return (
            f"UPDATE {self._final(table)} AS _dlt_n SET {own} = "
            f"({root} WHERE _dlt_p.{quote(ROW_ID)} = _dlt_n.{quote(PARENT_ID)}) "
            f"WHERE {where('_dlt_n') if where is not None else f'_dlt_n.{own} IS NULL'}"
        )

    def remove_load(self, chain: Sequence[TableSchema], load_id: str) -> None:
        """Delete the rows that a load appended to a chain.

        Raises:
            ReloadUndecided: the rows of the root table do not bear the ids of their loads.
        """
        root = chain[0]["name"]
        stored = self.catalog.stored_tables([table["name"] for table in chain])
        if root not in stored:
            return
        check_bears_load_ids(root, stored[root])
        for statement in remove_load(chain, stored, self.catalog.qualified, self.dialect.quote):
            self.session.change(statement, (load_id,))

    def staged_name(self, table: str, load_id: str) -> str:
        """Return the name of the temporary table for the new rows of a table, quoted."""
        # short: engines cut names that are too long, some without a word
        return self.dialect.quote(f"dlt_staged_{digest_id(f'{load_id} {table}')}")

    def staged_rows(self, table: TableSchema, load_id: str) -> str:
        """Return the new rows of a table that is to be merged, as what stands after FROM."""
        return self.staged_name(table["name"], load_id)

    def _final(self, table: TableSchema) -> str:
        return self.catalog.qualified(table["name"])

    def _merge(self, chain: Sequence[TableSchema], load_id: str, distinct: bool = False) -> Merge:
        from dlt.destinations.sql.merge import Merge

        return Merge(
            self.dialect,
            chain,
            lambda table: self.staged_name(table["name"], load_id),
            self._final,
            load_id,
            self.dialect.moment(moment_of_load(load_id)),
            distinct,
        )
