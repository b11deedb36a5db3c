"""Replace and merge as SQL text: from staged tables into final ones.

`staged(table)` and `final(table)` give qualified names. All statements of a chain run in one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dlt.clock import moment_of
from dlt.destinations.sql.dialect import Dialect
from dlt.errors import MergeDispositionException
from dlt.schema.row_order import is_deduplicated
from dlt.schema.system_columns import ROOT_ID, ROW_ID, ROW_ORDER, VALID_FROM, VALID_TO
from dlt.schema.typing import TableSchema
from dlt.schema.x_keys import (
    X_ACTIVE_TIMESTAMP,
    X_BOUNDARY_TIMESTAMP,
    X_FORMER_ACTIVE,
    X_FORMER_VALIDITY,
    X_KEEPS_ABSENT,
    X_MERGE_STRATEGY,
    X_ROW_VERSION,
    X_VALID_FROM,
    X_VALID_TO,
)

Name = Callable[[TableSchema], str]
Condition = Callable[[TableSchema], str]


def replace_chain(chain: Sequence[TableSchema], final: Name) -> list[str]:
    """Return the statements that empty a chain before its files are loaded."""
    # no TRUNCATE: MySQL commits at one, and PostgreSQL keeps readers out until the transaction ends
    return [f"DELETE FROM {final(table)}" for table in reversed(chain)]


class Merge:
    """The statements that merge one chain.

    Args:
        dialect: How the engine writes.
        chain: Root table first, parents before children.
        staged: Qualified name of a table with the new rows.
        final: Qualified name of the table itself.
        load_id: Makes names of temporary tables unique.
        began: Moment from which new versions of a history are valid, as an SQL literal.
        distinct: No two staged rows of the root table have the same primary key.
    """

    def __init__(
        self,
        dialect: Dialect,
        chain: Sequence[TableSchema],
        staged: Name,
        final: Name,
        load_id: str,
        began: str,
        distinct: bool = False,
    ) -> None:
        self._dialect, self._chain = dialect, chain
        self._distinct = distinct or is_deduplicated(chain[0])
        self._staged, self._final = staged, final
        self._suffix = load_id.replace(".", "_")
        self._began = began
        self._root, self._nested = chain[0], list(chain[1:])

    def statements(self) -> list[str]:
        """Return the statements, in order.

        Raises:
            MergeDispositionException: the strategy needs a key that the table does not have.
        """
        strategy = self._root.get(X_MERGE_STRATEGY, "delete-insert")
        if strategy == "scd2":
            return self._scd2()
        primary, merge = self._hinted("primary_key"), self._hinted("merge_key")
        if strategy in ("upsert", "insert-only") and not primary:
            raise MergeDispositionException(
                f"table {self._root['name']}: the merge strategy {strategy} needs a primary key. Set primary_key, or "
                "use delete-insert with a merge_key.",
                table=self._root["name"],
            )
        if strategy == "insert-only":
            return self._insert_new(primary)
        if strategy == "upsert":
            merge = []
        if not primary and not merge:
            return self._insert([])
        return [*self._delete(primary, merge), *self._insert(primary)]

    def most_of_one_key(self) -> str | None:
        """Return a query for how many rows of one primary key are staged at most; None if that does not matter."""
        keys = ", ".join(self._hinted("primary_key"))
        if not keys or self._root.get(X_MERGE_STRATEGY) == "scd2" or self._distinct:
            return None
        counts = f"SELECT COUNT(*) AS _dlt_n FROM {self._staged(self._root)} GROUP BY {keys}"
        return f"SELECT MAX(_dlt_n) FROM ({counts}) AS _dlt_g"

    def keys(self) -> list[str]:
        """Return the names of the columns by which rows are found: the primary key, or else the merge key."""
        columns = self._root["columns"].items()
        found = ([name for name, column in columns if column.get(hint)] for hint in ("primary_key", "merge_key"))
        return next((names for names in found if names), [])

    def root_without_nested(self) -> str | None:
        """Return a query for the key of a root row that has no nested rows, and gets some; None if none is replaced."""
        keys = [self._dialect.quote(name) for name in self.keys()]
        direct = [table for table in self._nested if table.get("parent") == self._root["name"]]
        if not keys or not direct or self._root.get(X_MERGE_STRATEGY, "delete-insert") in ("scd2", "insert-only"):
            return None
        given = " UNION ALL ".join(
            f"SELECT _dlt_n.{self._root_id} FROM {self._staged(table)} AS _dlt_n" for table in direct
        )
        new = (
            f"SELECT DISTINCT {', '.join(f'_dlt_q.{key}' for key in keys)} FROM {self._staged(self._root)} AS _dlt_q "
            f"WHERE _dlt_q.{self._id} IN ({given})"
        )
        without = " AND ".join(
            f"NOT EXISTS (SELECT 1 FROM {self._final(table)} AS _dlt_n "
            f"WHERE _dlt_n.{self._root_id} = _dlt_d.{self._id})"
            for table in direct
        )
        match = " AND ".join(f"_dlt_d.{key} = _dlt_s.{key}" for key in keys)
        names = ", ".join(f"_dlt_d.{key}" for key in keys)
        known = f"{self._final(self._root)} AS _dlt_d JOIN ({new}) AS _dlt_s ON {match}"
        return f"SELECT {names} FROM {known} WHERE {without} LIMIT 1"

    # -- delete and insert

    def _delete(self, primary: list[str], merge: list[str]) -> list[str]:
        found = []
        # two deletes: engines cannot use a hash join for a condition with OR
        for number, keys in enumerate([key for key in (primary, merge) if key]):
            match = " AND ".join(f"_dlt_d.{key} = _dlt_s.{key}" for key in keys)
            # also of keys that are there once: MariaDB looks rows up in what DISTINCT makes, and else joins row by row
            distinct = f"(SELECT DISTINCT {', '.join(keys)} FROM {self._staged(self._root)})"
            if self._nested:
                ids = self._temporary(f"gone_{number}")
                known = f"{self._final(self._root)} AS _dlt_d JOIN {distinct} AS _dlt_s ON {match}"
                gone = f"SELECT _dlt_d.{self._id} AS id FROM {known}"
                found.append(self._dialect.create_temporary(ids, gone, "id"))
                delete = self._dialect.delete_listed
                found += [delete(self._final(table), self._root_id, ids) for table in self._nested]
                found.append(self._dialect.drop_temporary(ids))
            # by the keys: rows that came without nested ones, as tables of Arrow, may have no ids
            found.append(self._dialect.delete_matching(self._final(self._root), distinct, match))
        return found

    def _insert(self, primary: list[str]) -> list[str]:
        # of the rows with one key the last one
        source = self._chosen(primary, "DESC")
        if not self._nested:
            return [self._copy(self._root, source)]
        # every staged root row stays, so its nested rows need not be looked for
        if self._deleted() is None and (not primary or self._distinct):
            return [self._copy(table, self._staged(table)) for table in self._chain]
        return self._with_nested(source, self._copy(self._root, source))

    def _insert_new(self, primary: list[str]) -> list[str]:
        # what came first is what stays, of the rows of one load too
        source, final = self._chosen(primary, "ASC"), self._final(self._root)
        match = " AND ".join(f"_dlt_d.{key} = _dlt_s.{key}" for key in primary)
        known = f"SELECT 1 FROM {final} AS _dlt_d WHERE {match}"
        new = f"(SELECT _dlt_s.* FROM {source} AS _dlt_s WHERE NOT EXISTS ({known}))"
        insert = self._copy(self._root, new)
        if not self._nested:
            return [insert]

        def missing(table: TableSchema) -> str:
            # ids follow from the key and the place in the list: a list that has grown adds what is new in it. Rows that
            # another strategy inserted have other ids, and nested rows for them would have no parent
            same = f"SELECT 1 FROM {self._final(table)} AS _dlt_d WHERE _dlt_d.{self._id} = _dlt_q.{self._id}"
            parent = f"SELECT 1 FROM {final} AS _dlt_p WHERE _dlt_p.{self._id} = _dlt_q.{self._root_id}"
            return f"NOT EXISTS ({same}) AND EXISTS ({parent})"

        return self._with_nested(source, insert, missing)

    def _with_nested(self, source: str, insert: str, condition: Condition | None = None) -> list[str]:
        """Return the statements that insert chosen root rows with the nested rows that came with them.

        Args:
            source: The chosen rows, in brackets.
            insert: Inserts them.
            condition: Gives what else nested rows of a table must fulfil.
        """
        kept = self._temporary("kept")
        columns = f"_dlt_k.{self._id} AS id" + ("" if self._distinct else f", {self._place('_dlt_k')} AS place")
        # rows with one key may have one id, and their nested rows too: the place tells whose they are
        own = f"_dlt_k.id = _dlt_q.{self._root_id}" + (
            "" if self._distinct else f" AND _dlt_k.place = {self._place('_dlt_q')}"
        )
        found = [self._dialect.create_temporary(kept, f"SELECT {columns} FROM {source} AS _dlt_k", "id"), insert]
        for table in self._nested:
            more = f" AND {condition(table)}" if condition is not None else ""
            found.append(
                self._copy(table, self._staged(table), f"EXISTS (SELECT 1 FROM {kept} AS _dlt_k WHERE {own}){more}")
            )
        found.append(self._dialect.drop_temporary(kept))
        return found

    def _place(self, name: str) -> str:
        # files of an older release have none
        return f"COALESCE({name}.{self._dialect.quote(ROW_ORDER)}, -1)"

    def _chosen(self, primary: list[str], last: str) -> str:
        staged = self._staged(self._root)
        deleted = self._deleted()
        alive = f" WHERE NOT ({deleted})" if deleted else ""
        if not primary or self._distinct:
            return f"(SELECT * FROM {staged}{alive})"
        names = ", ".join([*self._columns(self._root), self._dialect.quote(ROW_ORDER)])
        order = ", ".join([*self._sorting(), f"{self._dialect.quote(ROW_ORDER)} {last}"])
        ranked = (
            f"SELECT {names}, ROW_NUMBER() OVER (PARTITION BY {', '.join(primary)} ORDER BY {order}) AS dlt_rank "
            f"FROM {staged}"
        )
        # a deletion that came last deletes; it must be ranked with the others first
        stays = f" AND NOT ({deleted})" if deleted else ""
        return f"(SELECT {names} FROM ({ranked}) AS _dlt_r WHERE dlt_rank = 1{stays})"

    def _sorting(self) -> list[str]:
        columns = self._root["columns"].items()
        hinted = [(name, column["dedup_sort"]) for name, column in columns if column.get("dedup_sort")]
        return [self._dialect.ordered(self._dialect.quote(name), direction) for name, direction in hinted]

    def _deleted(self) -> str | None:
        for name, column in self._root["columns"].items():
            if column.get("hard_delete"):
                quoted = self._dialect.quote(name)
                if column.get("data_type") == "bool":
                    return f"{quoted} IS NOT NULL AND {quoted}"
                return f"{quoted} IS NOT NULL"
        return None

    # -- slowly changing dimension

    def _scd2(self) -> list[str]:
        quote = self._dialect.quote
        root, staged, final = self._root, self._staged(self._root), self._final(self._root)
        valid_from, valid_to = (
            quote(root.get(X_VALID_FROM, VALID_FROM)),
            quote(root.get(X_VALID_TO, VALID_TO)),
        )
        version = quote(root.get(X_ROW_VERSION) or ROW_ID)
        boundary = self._moment(root.get(X_BOUNDARY_TIMESTAMP)) or self._began
        open_end = self._moment(root.get(X_ACTIVE_TIMESTAMP))
        active = f"_dlt_d.{valid_to} = {open_end}" if open_end else f"_dlt_d.{valid_to} IS NULL"
        merge_keys = self._hinted("merge_key")
        absent = f"NOT EXISTS (SELECT 1 FROM {staged} AS _dlt_v WHERE _dlt_v.{version} = _dlt_d.{version})"
        if merge_keys:
            match = " AND ".join(f"_dlt_s.{key} = _dlt_d.{key}" for key in merge_keys)
            absent += f" AND EXISTS (SELECT 1 FROM {staged} AS _dlt_s WHERE {match})"
        adopt = self._adopt(valid_from, valid_to, open_end)
        retire = f"UPDATE {final} AS _dlt_d SET {valid_to} = {boundary} WHERE {active} AND {absent}"
        retired = [] if root.get(X_KEEPS_ABSENT) else [retire]
        names = [name for name in self._columns(root) if name not in (valid_from, valid_to)]
        place = quote(ROW_ORDER)
        ranked = (
            f"SELECT {', '.join([*names, place])}, "
            f"ROW_NUMBER() OVER (PARTITION BY {version} ORDER BY {place} DESC) AS dlt_rank FROM {staged}"
        )
        source = (
            f"(SELECT {', '.join(f'_dlt_r.{name}' for name in [*names, place])} FROM ({ranked}) AS _dlt_r "
            f"WHERE _dlt_r.dlt_rank = 1 "
            f"AND NOT EXISTS (SELECT 1 FROM {final} AS _dlt_d WHERE _dlt_d.{version} = _dlt_r.{version} AND {active}))"
        )
        insert = (
            f"INSERT INTO {final} ({', '.join([*names, valid_from, valid_to])}) "
            f"SELECT {', '.join(names)}, {boundary}, {open_end or 'NULL'} FROM {source} AS _dlt_q"
        )
        if not self._nested:
            # in this order: what was adopted can be retired, and what was retired makes room for a version that comes
            # back
            return [*adopt, *retired, insert]

        def new(table: TableSchema) -> str:
            # a version that comes back has its nested rows already
            return (
                f"NOT EXISTS (SELECT 1 FROM {self._final(table)} AS _dlt_d WHERE _dlt_d.{self._id} = _dlt_q.{self._id})"
            )

        return [*adopt, *retired, *self._with_nested(source, insert, new)]

    def _adopt(self, valid_from: str, valid_to: str, open_end: str | None) -> list[str]:
        """Return the statements that bring rows of older settings, or of no history, to those that hold now."""
        quote, final = self._dialect.quote, self._final(self._root)
        found = []
        for names in self._root.get(X_FORMER_VALIDITY, []):
            begin, end = map(quote, names)
            if (begin, end) != (valid_from, valid_to) and all(name in self._root["columns"] for name in names):
                found.append(
                    f"UPDATE {final} SET {valid_from} = {begin}, {valid_to} = {end} "
                    f"WHERE {valid_from} IS NULL AND {begin} IS NOT NULL"
                )
        for value in self._root.get(X_FORMER_ACTIVE, []):
            former = self._moment(value)
            if former != open_end:
                found.append(f"UPDATE {final} SET {valid_to} = {open_end or 'NULL'} WHERE {valid_to} = {former}")
        if open_end:
            found.append(f"UPDATE {final} SET {valid_to} = {open_end} WHERE {valid_to} IS NULL")
        return found

    def _moment(self, value: object) -> str | None:
        if value is None:
            return None
        import datetime

        moment = value if isinstance(value, datetime.datetime) else moment_of(str(value))
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=datetime.timezone.utc)
        return self._dialect.moment(moment)

    # -- names

    @property
    def _id(self) -> str:
        return self._dialect.quote(ROW_ID)

    @property
    def _root_id(self) -> str:
        return self._dialect.quote(ROOT_ID)

    def _temporary(self, purpose: str) -> str:
        return self._dialect.quote(f"dlt_{purpose}_{self._suffix}")

    def _hinted(self, hint: str) -> list[str]:
        return [self._dialect.quote(name) for name, column in self._root["columns"].items() if column.get(hint)]

    def _columns(self, table: TableSchema) -> list[str]:
        return [self._dialect.quote(name) for name, column in table["columns"].items() if "data_type" in column]

    def _copy(self, table: TableSchema, source: str, condition: str | None = None) -> str:
        names = ", ".join(self._columns(table))
        where = f" WHERE {condition}" if condition else ""
        return f"INSERT INTO {self._final(table)} ({names}) SELECT {names} FROM {source} AS _dlt_q{where}"
