"""Load one day of a shop, with the `dlt` of the interpreter that runs this file: days.py DAY PLACE FOLDER [FORMAT].

A place is a file of DuckDB, the URL of a server of Postgres, or a folder, into which go the tables only that are
appended or replaced: PyPI `dlt` merges none in files.
"""

import datetime
import decimal
import sys
import uuid

import dlt

DAY, PLACE, FOLDER, FORMAT = int(sys.argv[1]), sys.argv[2], sys.argv[3], (sys.argv[4:] or [None])[0]
IN_FILES = "://" not in PLACE and not PLACE.endswith(".duckdb")
NOON = datetime.datetime(2024, 1, 1, 12, tzinfo=datetime.timezone.utc)


def scd2(**settings):
    """Return the disposition of a history."""
    return {"disposition": "merge", "strategy": "scd2", **settings}


@dlt.resource(primary_key="id", write_disposition="merge")
def users(cursor=dlt.sources.incremental("updated_at", initial_value="2024-01-01T00:00:00Z")):
    """Rows of a primary key, with nested ones, from a cursor on."""
    for day in range(DAY + 1):
        at = f"2024-01-{day + 2:02d}T00:00:00Z"
        yield [
            {"id": n, "name": f"u{n}-{day}", "updated_at": at, "tags": [{"t": day}, {"t": n}], "place": {"city": n}}
            for n in range(day, day + 3)
        ]


@dlt.resource(write_disposition="append")
def events(cursor=dlt.sources.incremental("n", lag=1)):
    """Rows that are appended, from a cursor with a lag on."""
    yield [{"n": n, "v": {"a": n}} for n in range(cursor.start_value or 0, DAY * 3 + 3)]


@dlt.resource(write_disposition="append")
def moments(cursor=dlt.sources.incremental("at", initial_value=NOON)):
    """Rows behind a cursor of moments; the resource keeps values of types that JSON has not."""
    kept = dlt.current.resource_state()
    first = kept.setdefault("first", {"day": NOON.date(), "price": decimal.Decimal("1.50"), "ids": [uuid.UUID(int=7)]})
    for n in range(DAY + 1):
        yield {"at": NOON + datetime.timedelta(days=n), "day": first["day"], "twice": first["price"] * 2}


@dlt.resource(write_disposition="replace")
def snapshot():
    """Rows that replace those of the day before."""
    yield [{"k": n, "day": DAY, "l": [1, 2]} for n in range(3)]


def of_all_types():
    """Return rows with values of all types, of which one changes each day."""
    return [
        {"k": 1, "v": 0},
        {"k": 2, "N a": None, "s": "ü", "f": 1.5, "b": True},
        {"k": 3, "d": NOON.date(), "dt": NOON, "nv": datetime.datetime(2024, 1, 1), "dec": decimal.Decimal("1.50")},
        {"k": 4, "by": b"xy", "u": uuid.UUID(int=7), "t": datetime.time(1, 2)},
        {"k": 5, "l": [{"a": 1}, {"a": None}], "n": {"x": {"y": [1]}}},
        {"k": 6, "iso": "2024-01-01T00:00:00Z", "e": []},
        {"k": 7, "v": DAY},
    ]


@dlt.resource(write_disposition=scd2())
def history():
    """A history of rows with values of all types."""
    yield of_all_types()


@dlt.resource(write_disposition="append")
def values():
    """Values of all types, which are appended."""
    yield of_all_types()


@dlt.resource(write_disposition=scd2(), merge_key="k")
def partly():
    """A history of which a day has some keys only."""
    yield {"k": DAY % 2, "v": "c"}
    yield {"k": 7, "v": DAY // 2}


@dlt.resource(
    write_disposition=scd2(validity_column_names=["valid_since", "valid_until"], active_record_timestamp="9999-12-31")
)
def named():
    """A history with names and an end of its own."""
    yield [{"x": n, "y": DAY if n else 0} for n in range(3)]


@dlt.resource(write_disposition=scd2(row_version_column_name="version"))
def versioned():
    """A history whose rows say their versions."""
    yield [{"version": f"{n}-{DAY if n else 0}", "x": n} for n in range(3)]


@dlt.source(name="shop")
def shop():
    """Return what is loaded each day."""
    return (
        (events, moments, snapshot, values)
        if IN_FILES
        else (users, events, moments, snapshot, history, partly, named, versioned)
    )


@dlt.source(name="store")
def store():
    """Return what belongs to a second schema of the dataset."""
    return dlt.resource([{"id": DAY, "of": {"day": DAY}}], name="days", write_disposition="append")


def destination():
    """Return the destination of the place."""
    if IN_FILES:
        return dlt.destinations.filesystem(PLACE)
    return dlt.destinations.duckdb(PLACE) if PLACE.endswith(".duckdb") else dlt.destinations.postgres(PLACE)


if __name__ == "__main__":
    pipeline = dlt.pipeline("shop", destination=destination(), dataset_name="shop_data", pipelines_dir=FOLDER)
    pipeline.run(shop(), loader_file_format=FORMAT)
    pipeline.run(store(), loader_file_format=FORMAT)
