"""In which order the columns of a table stand."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from dlt.normalize.columnar import first_valid
from dlt.schema.schema import Schema
from dlt.schema.x_keys import SEEN_DATA, X_NORMALIZER

if TYPE_CHECKING:
    from dlt.late import pa


def names_of_rows(rows: Sequence[dict[str, object]], known: Mapping[str, object]) -> list[str]:
    """Return the names of columns that rows have: those that are known, then others as rows show them first."""
    seen = set().union(*rows)
    names = [name for name in known if name in seen]
    # most chunks bring no new column, and then no row is looked at again
    fresh = seen.difference(names)
    for row in rows:
        if not fresh:
            break
        for name in row:
            if name in fresh:
                fresh.discard(name)
                names.append(name)
    return names


def names_in_order(known: Collection[str], columns: Mapping[str, pa.Array], as_in_1x: bool) -> list[str]:
    """Return the names of columns that are known, then those that come now.

    Args:
        known: Names of columns that came before.
        columns: What comes now, in its order.
        as_in_1x: A column that is new stands where its first value comes, and not where its key does.
    """
    names = list(known)
    new = [name for name in columns if name not in known]
    if as_in_1x and len(new) > 1:
        # stable: columns that have their first values in one row stand as they do there
        new.sort(key=lambda name: first_valid(columns[name]))
    return [*names, *new]


def ordered(schema: Schema, before: Schema, shapes: Mapping[str, Iterable[str]], as_in_1x: bool) -> Schema:
    """Put the columns of tables into the order of the data; columns that were loaded before stay where they are.

    Args:
        schema: Schema whose tables are put in order.
        before: The schema as it was.
        shapes: Columns of each table in the order in which they came.
        as_in_1x: Columns that are declared with a type come first, and those of documents behind plain ones.
    """
    for name, shape in shapes.items():
        columns = schema.tables[name]["columns"]
        known = before.tables.get(name)
        seen = known is not None and (known.get(X_NORMALIZER) or {}).get(SEEN_DATA)
        # columns at the destination cannot be moved
        fixed = known["columns"] if known and (seen or as_in_1x) else {}
        first = [n for n, column in fixed.items() if "data_type" in column]
        order = dict.fromkeys([*first, *shape, *columns])
        schema.tables[name] = {**schema.tables[name], "columns": {n: columns[n] for n in order if n in columns}}
    return schema
