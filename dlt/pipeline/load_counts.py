"""The rows of loads counted: by the manifests of packages, and at the destination, one query for each table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import TYPE_CHECKING

from dlt.dataset.query import quoted
from dlt.late import exp
from dlt.late_dataclass import dataclass
from dlt.load.planning import strategy_of
from dlt.packages.manifest import StepMetrics
from dlt.packages.package import LoadPackage
from dlt.pipeline.reconcile import TableCount
from dlt.schema.chains import loaded_with
from dlt.schema.schema import Schema
from dlt.schema.system_columns import LOAD_ID, PARENT_ID, ROW_ID
from dlt.schema.system_tables import is_system_name

if TYPE_CHECKING:
    from dlt.dataset.dataset import Dataset


@dataclass(frozen=True)
class Loaded:
    """What the destination recorded of a load.

    Attributes:
        schema_name: Its schema.
        status: 0 where it is complete; any other number where it was taken back.
    """

    schema_name: str
    status: int


def how_of(schema: Schema, table: str) -> str:
    """Return how a table is loaded: its disposition, and the strategy of a merge.

    Args:
        schema: Its schema.
        table: Its name.
    """
    if table not in schema.tables:
        return "append"
    return strategy_of(schema.tables[loaded_with(schema.tables, table)])


def counts_of(package: LoadPackage) -> list[TableCount]:
    """Return what a loaded package says of its tables.

    Args:
        package: The package.
    """
    manifest, schema = package.manifest, package.schema
    none = StepMetrics()
    extract, normalize = (manifest.metrics.get(step, none) for step in ("extract", "normalize"))
    # what extract itself put into quarantine is not among the items of its tables
    came = Counter(extract.rows) + Counter(extract.quarantined)
    files: dict[tuple[str, str], int] = {}
    for file in package.files:
        # of parts of a run that are loaded together each has its own load id
        key = file.load_id or package.load_id, file.table
        files[key] = files.get(key, 0) + file.rows
    if manifest.parts:
        # what the steps counted is of all parts together, so that only files tell of one
        own = [(load_id, table, rows) for (load_id, table), rows in files.items() if not is_system_name(table)]
        return [TableCount(load, schema.name, table, how_of(schema, table), loaded=rows) for load, table, rows in own]
    # tables of the library's own have rows of which no source knows
    named = dict.fromkeys((*extract.rows, *came, *normalize.quarantined, *normalize.rows, *(t for _, t in files)))
    counts = []
    for name in (name for name in named if not is_system_name(name)):
        extracted = came[name] if name in came or name in extract.rows else None
        normalized = None if normalize is none else normalize.rows.get(name, 0)
        quarantined = normalize.quarantined.get(name, 0)
        discarded = None
        if extracted is not None and normalized is not None and may_discard(schema, name):
            # what a contract lets go is counted by nobody else
            discarded = max(0, extracted - normalized - quarantined)
        told = (extracted, normalized, discarded, quarantined, files.get((package.load_id, name), 0))
        counts.append(TableCount(package.load_id, schema.name, name, how_of(schema, name), *told))
    return counts


def may_discard(schema: Schema, table: str) -> bool:
    """Tell whether the contract of a table may discard rows.

    Args:
        schema: Its schema.
        table: Its name.
    """
    modes = schema.resolve_contract(table)
    return "discard_row" in modes.values() or modes["tables"] == "discard_value"


def loads_of(dataset: Dataset) -> dict[str, Loaded]:
    """Return what a dataset recorded of loads, by load id.

    Args:
        dataset: The dataset, open.
    """
    # those that were taken back as well, which `dataset.load_ids` leaves out
    rows = dataset.loads_table().select("load_id", "schema_name", "status").fetchall()
    return {str(load_id): Loaded(str(name), int(status)) for load_id, name, status in rows}


def rows_there(dataset: Dataset, tables: Collection[str]) -> dict[str, dict[str, int]]:
    """Return how many rows of each load a dataset has, by table; tables whose rows bear no load id are left out.

    Args:
        dataset: The dataset, open.
        tables: Tables that are there.
    """
    found: dict[str, dict[str, int]] = {}
    for table in tables:
        source = _source_of(dataset.schema, table, tables)
        if source is None:
            continue
        query, load_id = source
        query = query.select(load_id.as_("load_id"), exp.Count(this=exp.Star(), big_int=True).as_("row_count"))
        rows = dataset.query(query.group_by(load_id.copy())).fetchall()
        found[table] = {str(load): int(count) for load, count in rows}
    return found


def query_of(dataset: Dataset, table: str, load_id: str) -> str:
    """Return the SQL that shows the rows of a load in a table.

    Args:
        dataset: The dataset.
        table: The table.
        load_id: The load.
    """
    source = _source_of(dataset.schema, table, dataset.tables)
    if source is None:
        return dataset.table(table).to_sql()
    query, column = source
    query = query.select(exp.Column(this=exp.Star(), table=exp.to_identifier("t0")))
    return dataset.query(query.where(column.eq(exp.convert(load_id)))).to_sql()


def _source_of(schema: Schema, table: str, there: Collection[str]) -> tuple[exp.Select, exp.Column] | None:
    """Return the rows of a table, joined with their root rows, and the column with the load id of these."""
    naming = schema.naming
    parent_id, row_id, load_id = (naming.normalize_identifier(name) for name in (PARENT_ID, ROW_ID, LOAD_ID))
    chain = [table]
    while parent := (schema.tables.get(chain[-1]) or {}).get("parent"):
        if parent not in there or not _has(schema, chain[-1], parent_id) or not _has(schema, parent, row_id):
            return None
        chain.append(parent)
    if not _has(schema, chain[-1], load_id):
        return None
    # each nested row has one parent, so that the joins add no rows and take away those without one only
    query = exp.Select().from_(_aliased(chain[0], 0))
    for number, above in enumerate(chain[1:], 1):
        query = query.join(
            _aliased(above, number), on=quoted(parent_id, f"t{number - 1}").eq(quoted(row_id, f"t{number}"))
        )
    return query, quoted(load_id, f"t{len(chain) - 1}")


def _aliased(table: str, number: int) -> exp.Expr:
    alias = exp.TableAlias(this=exp.to_identifier(f"t{number}"))
    return exp.Table(this=exp.to_identifier(table, quoted=True), alias=alias)


def _has(schema: Schema, table: str, column: str) -> bool:
    entry = schema.tables.get(table)
    return entry is not None and "data_type" in entry["columns"].get(column, {})
