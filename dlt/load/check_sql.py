"""The queries of checks: one for all checks of a table, and one for the keys of rows at which a check failed."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, cast

from dlt.destinations.sql.sql_client import SqlClient
from dlt.late_dataclass import dataclass
from dlt.schema.data_checks import Check, value_for, values_of
from dlt.schema.shown import is_hidden
from dlt.schema.system_columns import LOAD_ID, PARENT_ID, ROW_ID
from dlt.schema.typing import REFERENCES, ColumnSchema, TableSchema

if TYPE_CHECKING:
    from dlt.destinations.sql.dbapi import ResultRow

MOST_KEYS = 5
"""Keys of rows at which a check failed that are shown."""


@dataclass(frozen=True)
class CheckedRows:
    """The rows of a table that checks look at.

    Attributes:
        table: The table.
        tables: Columns by table, of its parents too.
        load_ids: Load ids that the rows of the load bear.
        is_new: All rows of the table are of the load.
        moment: Moment of the load.
    """

    table: TableSchema
    tables: Mapping[str, TableSchema]
    load_ids: Sequence[str]
    is_new: bool
    moment: datetime.datetime


class CheckQueries:
    """The queries of the checks of one table.

    Args:
        sql: Runs them in the transaction of the load.
        rows: What is checked.
    """

    def __init__(self, sql: SqlClient, rows: CheckedRows) -> None:
        self._sql, self._rows, self._table = sql, rows, rows.table

    def figures(self, checks: Sequence[Check]) -> list[tuple[int, int]]:
        """Return for each check how many rows fail, and how many there are.

        Args:
            checks: Checks of the table, whose columns are all there.
        """
        parts: list[str] = []
        selected: list[str] = []
        places: dict[int, tuple[int, int]] = {}
        for scope in dict.fromkeys(check.scope for check in checks):
            own = [(number, check) for number, check in enumerate(checks) if check.scope == scope]
            plain = [(number, check) for number, check in own if check.kind not in ("unique", "sql")]
            total = len(selected)
            texts = ["COUNT(*)", *(self._aggregate(check, number) for number, check in plain)]
            joins = "".join(self._join(check, number) for number, check in plain)
            source = f"{self._name} AS _dlt_t{joins}{self._where(scope)}"
            selected += self._part(parts, texts, source)
            places.update({number: (total + 1 + offset, total) for offset, (number, _) in enumerate(plain)})
            for number, check in own:
                if check.kind in ("unique", "sql"):
                    places[number] = (len(selected), total)
                    text, source = self._counted(check)
                    selected += self._part(parts, [text], source)
        # parts of one row each, side by side: one question, whatever scopes and kinds there are
        row = self._one(f"SELECT {', '.join(selected)} FROM {' CROSS JOIN '.join(parts)}")
        # the sum of no rows is NULL
        values = [int(cast(int, value) or 0) for value in row]
        return [(values[places[number][0]], values[places[number][1]]) for number in range(len(checks))]

    def keys(self, check: Check) -> list[dict[str, object]]:
        """Return the keys of some rows at which a check failed; none where they are secret, or a check has none.

        Args:
            check: The check.
        """
        if check.kind in ("row_count", "fresh"):
            return []
        # what is there twice is the key of these rows
        names = list(check.columns) if check.kind == "unique" else self._key_columns()
        if not names or any(self._is_hidden(name) for name in names):
            return []
        if check.kind == "sql":
            return self._keys_of_query(check, names)
        columns = ", ".join(f"_dlt_t.{self._quote(name)}" for name in names)
        rows = f"{self._name} AS _dlt_t{self._join(check, 0)}{self._where(check.scope, self._bad(check, 0))}"
        end = f"ORDER BY {columns} LIMIT {MOST_KEYS}"
        # of values that are there twice each is shown once
        if check.kind == "unique":
            end = f"GROUP BY {columns} HAVING COUNT(*) > 1 {end}"
        found = self._sql.execute_sql(f"SELECT {columns} FROM {rows} {end}") or []
        return [dict(zip(names, row, strict=True)) for row in found]

    # -- pieces

    @property
    def _name(self) -> str:
        return self._qualified(self._table["name"])

    def _qualified(self, table: str) -> str:
        return self._sql.make_qualified_table_name(table)

    def _quote(self, name: str) -> str:
        return self._sql.escape_column_name(name)

    def _one(self, sql: str) -> ResultRow:
        (row,) = self._sql.execute_sql(sql) or []
        return row

    @staticmethod
    def _part(parts: list[str], texts: Sequence[str], source: str) -> list[str]:
        """Add a query of one row; return the names of its columns."""
        name = f"_dlt_p{len(parts)}"
        columns = ", ".join(f"{text} AS _dlt_c{number}" for number, text in enumerate(texts))
        parts.append(f"(SELECT {columns} FROM {source}) AS {name}")
        return [f"{name}._dlt_c{number}" for number in range(len(texts))]

    def _where(self, scope: str, *conditions: str) -> str:
        found = [condition for condition in (self._of_load(scope), *conditions) if condition]
        return f" WHERE {' AND '.join(found)}" if found else ""

    def _of_load(self, scope: str) -> str:
        """Return the condition for the rows of the load; empty where all rows are meant."""
        # where no others are there, a condition would only cost time
        if scope == "table" or self._rows.is_new:
            return ""
        return self._condition(self._table, "_dlt_t.")

    def _condition(self, table: TableSchema, before: str = "") -> str:
        parent = table.get("parent")
        if not parent or LOAD_ID in table["columns"]:
            ids = ", ".join(self._sql.literal(load_id) for load_id in self._rows.load_ids)
            return f"{before}{self._quote(LOAD_ID)} IN ({ids})"
        # nested rows bear no load ids: their root rows do
        above = f"SELECT {self._quote(ROW_ID)} FROM {self._qualified(parent)}"
        return f"{before}{self._quote(PARENT_ID)} IN ({above} WHERE {self._condition(self._rows.tables[parent])})"

    def _column(self, name: str) -> str:
        return f"_dlt_t.{self._quote(name)}"

    def _aggregate(self, check: Check, number: int) -> str:
        if check.kind == "row_count":
            return "COUNT(*)"
        if check.kind == "fresh":
            (column,) = check.columns
            return f"CASE WHEN MAX({self._column(column)}) >= {self._oldest(check)} THEN 0 ELSE 1 END"
        # engines that store columns know how many values each has
        if check.kind == "not_null" and len(check.columns) == 1:
            return f"COUNT(*) - COUNT({self._column(check.columns[0])})"
        return f"COUNT(CASE WHEN {self._bad(check, number)} THEN 1 END)"

    def _bad(self, check: Check, number: int) -> str:
        """Return the condition for rows that fail; for those that count where several fail together."""
        columns = [self._column(name) for name in check.columns]
        if check.kind == "not_null":
            return f"({' OR '.join(f'{column} IS NULL' for column in columns)})"
        if check.kind == "unique":
            return " AND ".join(f"{column} IS NOT NULL" for column in columns)
        if check.kind == REFERENCES:
            return f"{columns[0]} IS NOT NULL AND _dlt_r{number}._dlt_k IS NULL"
        column = self._table["columns"][check.columns[0]]
        text = self._sql.comparable(columns[0], column)
        if check.kind == "accepted":
            return f"{text} NOT IN ({', '.join(self._literals(check, column))})"
        if check.kind == "between":
            return f"({' OR '.join(self._outside(check, text, column))})"
        # where there is no text there is nothing to find
        return f"({columns[0]} IS NOT NULL AND NOT ({self._sql.matching(columns[0], str(check.arguments['pattern']))}))"

    def _literals(self, check: Check, column: ColumnSchema) -> list[str]:
        return [self._sql.literal(value_for(value, column)) for value in values_of(check)]

    def _outside(self, check: Check, text: str, column: ColumnSchema) -> Iterator[str]:
        for end, sign in (("min", "<"), ("max", ">")):
            value = check.arguments.get(end)
            if value is not None:
                yield f"{text} {sign} {self._sql.literal(value_for(value, column))}"

    def _join(self, check: Check, number: int) -> str:
        if check.kind != REFERENCES:
            return ""
        # each value once, so that no row of the table comes twice
        (referenced,) = cast(Sequence[str], check.arguments["referenced_columns"])
        values = (
            f"SELECT DISTINCT {self._quote(referenced)} AS _dlt_k FROM {self._qualified(str(check.arguments['table']))}"
        )
        return f" LEFT JOIN ({values}) AS _dlt_r{number} ON {self._column(check.columns[0])} = _dlt_r{number}._dlt_k"

    def _counted(self, check: Check) -> tuple[str, str]:
        """Return what is selected, and from where, to count the rows that fail together."""
        if check.kind == "sql":
            return "COUNT(*)", f"({self._query(check)}\n) AS _dlt_q"
        # counted by groups: not every engine counts distinct pairs
        columns = ", ".join(self._column(name) for name in check.columns)
        rows = f"{self._name} AS _dlt_t{self._where(check.scope, self._bad(check, 0))}"
        groups = f"SELECT COUNT(*) AS _dlt_n FROM {rows} GROUP BY {columns} HAVING COUNT(*) > 1"
        return "SUM(_dlt_n)", f"({groups}) AS _dlt_g"

    def _query(self, check: Check) -> str:
        # a table by its name where all of its rows are meant: engines know more of it than of a query
        condition = self._where(check.scope)
        rows = f"(SELECT _dlt_t.* FROM {self._name} AS _dlt_t{condition})" if condition else self._name
        return str(check.arguments["query"]).strip().rstrip(";").replace("{rows}", rows)

    def _keys_of_query(self, check: Check, names: Sequence[str]) -> list[dict[str, object]]:
        with self._sql.execute_query(f"SELECT * FROM ({self._query(check)}\n) AS _dlt_q LIMIT {MOST_KEYS}") as cursor:
            known = [str(column[0]) for column in cursor.description or ()]
            # of what a query gives only the key is shown: other values may be secret
            found = [dict(zip(known, row, strict=True)) for row in cursor.fetchall()]
        return [{name: row[name] for name in names} for row in found if all(name in row for name in names)]

    def _oldest(self, check: Check) -> str:
        column = self._table["columns"][check.columns[0]]
        moment = self._rows.moment - datetime.timedelta(seconds=cast(float, check.arguments["within"]))
        return self._sql.literal(value_for(moment.isoformat(), column))

    def _key_columns(self) -> list[str]:
        """Return the columns that tell rows apart: the primary key, unless it is secret, or the id of the row."""
        columns = self._table["columns"]
        # a key that was declared and of which no value came has no column
        names = [name for name, column in columns.items() if column.get("primary_key") and "data_type" in column]
        if not names or any(self._is_hidden(name) for name in names):
            names = [ROW_ID] if ROW_ID in columns else []
        return names

    def _is_hidden(self, name: str) -> bool:
        return is_hidden(name, cast("Mapping[str, Mapping[str, object]]", self._table["columns"]))
