"""Tables of SQLite files by `dlt.sources.sql_database`."""

from __future__ import annotations

import datetime
import sqlite3
import threading
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import sqlalchemy as sa

import dlt
from dlt.errors import (
    ConfigFieldMissingException,
    ConfigurationException,
    ConfigurationValueError,
    InvalidConnectionString,
    MissingDependencyException,
    PipelineStepFailed,
    ResourceExtractionError,
    SqlDatabaseError,
    SqlDatabaseTableMissing,
    ValueErrorWithKnownValues,
)
from dlt.sources.sql_database import (
    BaseTableLoader,
    TableLoader,
    helpers,
    register_table_loader_backend,
    remove_nullability_adapter,
    sql_database,
    sql_table,
)

BACKENDS = ["sqlalchemy", "pyarrow", "pandas", "auto"]
UTC = datetime.timezone.utc


@pytest.fixture
def shop(tmp_path: Path) -> str:
    """Return the URL of a database with customers, their orders, and a view."""
    execute(
        tmp_path / "shop.db",
        """
        CREATE TABLE customers (
            id INTEGER PRIMARY KEY, name TEXT NOT NULL, born DATE, credit DECIMAL(10, 2), vip BOOLEAN, seen TIMESTAMP,
            photo BLOB, ratio DOUBLE, wakes TIME, notes JSON
        );
        INSERT INTO customers VALUES
            (1, 'Anna', '2000-01-02', 1.5, 1, '2024-01-01 10:00:00', x'00ff', 0.1, '07:30:00', '{"a": [1, 2.5]}'),
            (2, 'Bert', NULL, 2, 0, '2024-01-01 10:00:00.5', NULL, NULL, NULL, NULL),
            (3, '', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
        CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER REFERENCES customers (id), at TIMESTAMP);
        CREATE VIEW names AS SELECT id, name FROM customers;
        """,
    )
    return f"sqlite:///{tmp_path / 'shop.db'}"


def execute(path: Path, script: str) -> None:
    """Run statements on a file."""
    connection = sqlite3.connect(path)
    connection.executescript(script)
    connection.commit()
    connection.close()


def loaded(pipeline: dlt.Pipeline, table: str) -> list[dict[str, Any]]:
    """Return the rows of a table without the columns of dlt, by id."""
    rows = pipeline.dataset()[table].arrow().to_pylist()
    own = [{key: value for key, value in row.items() if not key.startswith("_dlt")} for row in rows]
    return sorted(own, key=lambda row: (row.get("id") is None, row.get("id")))


@pytest.fixture
def pipeline(tmp_path: Path) -> dlt.Pipeline:
    """Return a pipeline into DuckDB."""
    return dlt.pipeline("shop", destination=dlt.destinations.duckdb(str(tmp_path / "out.duckdb")))


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_backend_gives_the_same_values(shop: str, pipeline: dlt.Pipeline, backend: Any) -> None:
    """Every backend gives the same values."""
    pipeline.run(sql_database(shop, backend=backend))
    first, second, third = loaded(pipeline, "customers")
    assert first == {
        "id": 1,
        "name": "Anna",
        "born": datetime.date(2000, 1, 2),
        "credit": Decimal("1.50"),
        "vip": True,
        "seen": datetime.datetime(2024, 1, 1, 10),
        "photo": b"\x00\xff",
        "ratio": 0.1,
        "wakes": datetime.time(7, 30),
        "notes": '{"a":[1,2.5]}',
    }
    assert (second["vip"], second["seen"]) == (False, datetime.datetime(2024, 1, 1, 10, 0, 0, 500000))
    assert third["name"] == "" and third["seen"] is None


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("is_declared", [False, True])
def test_moments_that_a_query_computes(shop: str, pipeline: dlt.Pipeline, backend: Any, is_declared: bool) -> None:
    """The database tells no type of them: those of rows count as UTC, those of tables have no zone, unless declared."""

    def with_copy(query: Any, table: Any) -> Any:
        return query.add_columns(table.c.seen.label("copied"))

    table = sql_table(shop, table="customers", backend=backend, query_adapter_callback=with_copy)
    if is_declared:
        table.apply_hints(columns={"copied": {"data_type": "timestamp", "timezone": False}})
    pipeline.run(table)
    first = loaded(pipeline, "customers")[0]
    seen = datetime.datetime(2024, 1, 1, 10)
    is_utc = backend == "sqlalchemy" and not is_declared
    assert first["seen"] == seen and first["copied"].replace(tzinfo=None) == seen
    assert (first["copied"].tzinfo is not None) == is_utc


def test_a_hint_for_a_column_of_a_query_is_no_mistake(shop: str, caplog: pytest.LogCaptureFixture) -> None:
    """One for a column that neither the table nor a query has is told."""
    for adapter in (None, lambda query, table: query.add_columns(table.c.seen.label("copied"))):
        table = sql_table(shop, table="customers", query_adapter_callback=adapter)
        table.apply_hints(columns={"copied": {"data_type": "timestamp"}})
        caplog.clear()
        with caplog.at_level("WARNING", logger="dlt"):
            list(table)
        assert ("do not match a column of table" in caplog.text) == (adapter is None)


def test_dicts_hold_python_values(shop: str) -> None:
    """Dicts hold python values."""
    row = next(iter(sql_table(shop, table="customers")))
    assert row["credit"] == Decimal("1.50") and row["born"] == datetime.date(2000, 1, 2)
    assert row["seen"] == datetime.datetime(2024, 1, 1, 10) and row["notes"] == {"a": [1, 2.5]} and row["vip"] is True


@pytest.mark.parametrize("backend", [*BACKENDS, "connectorx"])
def test_a_value_that_does_not_fit_takes_no_other_with_it(tmp_path: Path, pipeline: dlt.Pipeline, backend: Any) -> None:
    """However many rows are read at once, what is neither true nor false goes beside the column, and nothing else."""
    execute(
        tmp_path / "odd.db",
        "CREATE TABLE odd (id INTEGER PRIMARY KEY, yes BOOLEAN, price DECIMAL(38, 10));"
        "INSERT INTO odd VALUES (1, 1, 12345678901234567168.0), (2, 0, 1.1), (3, 1, 0.1), (4, 5, 7), (5, NULL, NULL);",
    )
    for size in (1, 2, 100):
        pipeline.run(
            sql_table(f"sqlite:///{tmp_path / 'odd.db'}", table="odd", backend=backend, chunk_size=size),
            table_name=f"odd_{size}",
        )
        rows = loaded(pipeline, f"odd_{size}")
        assert [row["yes"] for row in rows] == [True, False, True, None, None]
        assert [row["yes__v_text"] for row in rows] == [None, None, None, "5", None]
        prices = [Decimal(12345678901234567168), Decimal("1.1"), Decimal("0.1"), Decimal(7), None]
        assert [row["price"] for row in rows] == prices


def test_a_column_takes_what_sqlite_allows_in_it(tmp_path: Path, pipeline: dlt.Pipeline) -> None:
    """Values that do not fit the declared type are kept beside the column, and none is lost."""
    execute(
        tmp_path / "odd.db",
        "CREATE TABLE odd (id INTEGER PRIMARY KEY, day DATE, count INTEGER, price DECIMAL(10, 2), any_value);"
        "INSERT INTO odd VALUES (1, '2024-01-01', 1, 0.1, 1), (2, 'soon', 'many', 'free', 'x'), (3, '', 2, 3, 1.5);",
    )
    pipeline.run(sql_table(f"sqlite:///{tmp_path / 'odd.db'}", table="odd", backend="pyarrow"))
    first, second, third = loaded(pipeline, "odd")
    assert (first["day"], first["count"], first["price"]) == (datetime.date(2024, 1, 1), 1, Decimal("0.10"))
    assert (second["day__v_text"], second["count__v_text"], second["price__v_text"]) == ("soon", "many", "free")
    assert (third["day__v_text"], third["count"], third["price"]) == ("", 2, Decimal("3.00"))
    assert [row["any_value"] for row in (first, second, third)] == ["1", "x", "1.5"]


def test_views_come_when_they_are_asked_for(shop: str) -> None:
    """Views come when they are asked for."""
    assert set(sql_database(shop).resources) == {"customers", "orders"}
    assert set(sql_database(shop, include_views=True).resources) == {"customers", "orders", "names"}
    assert set(sql_database(shop, table_names=["names"]).resources) == {"names"}


def test_keys_and_foreign_keys_become_hints(shop: str) -> None:
    """Keys and foreign keys become hints."""
    source = sql_database(shop, resolve_foreign_keys=True)
    schema = source.resources["orders"].compute_table_schema()
    assert schema["columns"]["id"]["primary_key"] is True
    assert schema["references"] == [
        {"columns": ["customer"], "referenced_table": "customers", "referenced_columns": ["id"]}
    ]
    assert "references" not in sql_database(shop).resources["orders"].compute_table_schema()


def test_a_system_that_sqlalchemy_lacks_is_told_with_what_to_do() -> None:
    """A package, or another way."""
    for url, told in (
        ("nonsense://h/x", "install the package"),
        ("duckdb:///x.duckdb", r"duckdb\.connect\(PATH\)"),
        ("trino://h/x", "pip install trino"),
    ):
        with pytest.raises(InvalidConnectionString, match=f"knows no database system .*{told}"):
            sql_table(url, table="t")


def test_each_foreign_key_is_a_reference_of_its_own(tmp_path: Path) -> None:
    """Also where several lead to one table, and always in the same order."""
    connection = sqlite3.connect(tmp_path / "keys.db")
    connection.executescript(
        "CREATE TABLE people (id INTEGER PRIMARY KEY, a INT, b INT, UNIQUE (a, b));"
        "CREATE TABLE letters (writer INT REFERENCES people (id), reader INT REFERENCES people (id), b INT, a INT,"
        " FOREIGN KEY (b, a) REFERENCES people (b, a))"
    )
    connection.close()
    source = sql_database(f"sqlite:///{tmp_path}/keys.db", resolve_foreign_keys=True)
    assert source.resources["letters"].compute_table_schema()["references"] == [
        {"columns": columns, "referenced_table": "people", "referenced_columns": referenced}
        for columns, referenced in ((["b", "a"], ["b", "a"]), (["reader"], ["id"]), (["writer"], ["id"]))
    ]


def test_levels_of_reflection(shop: str) -> None:
    """Levels of reflection."""

    def columns(level: Any) -> Any:
        return sql_table(shop, table="customers", reflection_level=level).compute_table_schema()["columns"]

    assert "data_type" not in columns("minimal")["name"] and columns("minimal")["name"]["nullable"] is False
    assert columns("full")["credit"]["precision"] == 10
    with pytest.raises(ValueError, match="reflection_level"):
        sql_table(shop, table="customers", reflection_level="all")  # type: ignore[arg-type]


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_table_may_be_reflected_when_it_is_read(shop: str, pipeline: dlt.Pipeline, backend: Any) -> None:
    """A table may be reflected when it is read."""
    source = sql_database(shop, table_names=["customers"], defer_table_reflect=True, backend=backend)
    assert source.resources["customers"].columns == {}
    pipeline.run(source)
    assert pipeline.default_schema.tables["customers"]["columns"]["id"]["primary_key"] is True
    assert len(loaded(pipeline, "customers")) == 3


def test_nothing_is_asked_before_a_deferred_table_is_read() -> None:
    """Nothing is asked before a deferred table is read."""
    source = sql_database("sqlite:////nowhere/at/all.db", table_names=["t"], defer_table_reflect=True)
    assert set(source.resources) == {"t"}


def test_documents_whose_numbers_are_long(tmp_path: Path) -> None:
    """They are texts where they stay documents; where they become tables, such numbers are decimals."""
    document = '{"a":0.12345678901234567890123,"b":[1.5,2]}'
    execute(tmp_path / "long.db", f"CREATE TABLE t (j JSON); INSERT INTO t VALUES ('{document}'), ('[0.5]');")
    url = f"sqlite:///{tmp_path / 'long.db'}"
    assert [row["j"] for row in sql_table(url, table="t")] == [document, [0.5]]
    found = [row["j"] for row in sql_table(url, table="t", reflection_level="minimal")]
    assert found == [{"a": Decimal("0.12345678901234567890123"), "b": [1.5, 2]}, [0.5]]


def test_a_schema_that_is_not_there_is_told(shop: str) -> None:
    """Together with those that there are; one without tables gives none."""
    with pytest.raises(SqlDatabaseError, match=r"there is no schema 'nope'. There are: main."):
        sql_database(shop, schema="nope")
    assert set(sql_database(shop, schema="main").resources) == {"customers", "orders"}


def test_an_argument_that_there_is_none_of_is_told_with_its_function(shop: str) -> None:
    """Its function is named: a program may call several."""
    with pytest.raises(TypeError, match=r"^sql_table\(\) got an unexpected keyword argument 'tabel'"):
        sql_table(shop, tabel="orders")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match=r"^sql_database\(\) got an unexpected keyword argument 'tabel'"):
        sql_database(shop, tabel="orders")  # type: ignore[call-arg]


@pytest.mark.parametrize("backend", BACKENDS)
def test_columns_are_left_out(shop: str, pipeline: dlt.Pipeline, backend: Any) -> None:
    """Columns are left out."""
    pipeline.run(sql_table(shop, table="customers", included_columns=["id", "name"], backend=backend))
    assert set(loaded(pipeline, "customers")[0]) == {"id", "name"}
    table = sql_table(shop, table="customers", excluded_columns=["photo"], backend=backend)
    assert "photo" not in table.compute_table_schema()["columns"]
    with pytest.raises(ValueErrorWithKnownValues, match="nmae"):
        sql_table(shop, table="customers", included_columns=["nmae"])


def test_settings_of_one_table_come_from_its_section(shop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of one table come from its section."""
    monkeypatch.setenv("SOURCES__SQL_DATABASE__CREDENTIALS", shop)
    monkeypatch.setenv("SOURCES__SQL_DATABASE__CUSTOMERS__INCLUDED_COLUMNS", '["id", "name"]')
    monkeypatch.setenv("SOURCES__SQL_DATABASE__CUSTOMERS__INCREMENTAL__CURSOR_PATH", "id")
    monkeypatch.setenv("SOURCES__SQL_DATABASE__BACKEND", "pyarrow")
    (customers,) = list(sql_database().with_resources("customers"))
    assert customers.column_names == ["id", "name"]
    assert sql_database().resources["customers"].incremental.cursor_path == "id"
    (orders,) = [sql_table(table="orders")]
    assert orders.incremental.cursor_path is None


def test_a_renamed_source_has_settings_of_its_own(shop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A renamed source has settings of its own."""
    monkeypatch.setenv("SOURCES__OTHER__CREDENTIALS", shop)
    monkeypatch.setenv("SOURCES__OTHER__CUSTOMERS__INCLUDED_COLUMNS", '["id"]')
    source = sql_database.clone(name="other", section="other")(table_names=["customers"])
    assert source.name == "other"
    assert [set(row) for row in source] == [{"id"}] * 3


def test_credentials_that_are_missing_are_asked_for() -> None:
    """Credentials that are missing are asked for."""
    with pytest.raises(ConfigFieldMissingException, match="SOURCES__SQL_DATABASE__SQL_DATABASE__CREDENTIALS"):
        sql_database()
    with pytest.raises(ConfigFieldMissingException, match="SOURCES__SQL_DATABASE__ORDERS__CREDENTIALS"):
        sql_table(table="orders")
    with pytest.raises(ConfigFieldMissingException, match="SOURCES__SQL_DATABASE__SQL_TABLE__TABLE"):
        sql_table("sqlite:///x.db")


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_cursor_goes_into_the_query(tmp_path: Path, pipeline: dlt.Pipeline, backend: Any) -> None:
    """A cursor goes into the query."""
    path, asked = tmp_path / "events.db", list[str]()
    execute(path, "CREATE TABLE events (id INTEGER PRIMARY KEY, at TIMESTAMP)")
    execute(path, "INSERT INTO events VALUES (1, '2024-01-01 00:00:00'), (2, '2024-01-02 00:00:00')")
    engine = sa.create_engine(f"sqlite:///{path}")
    sa.event.listen(engine, "before_cursor_execute", lambda *call: asked.append(call[2]))

    def load() -> None:
        pipeline.run(sql_table(engine, table="events", backend=backend, incremental=dlt.sources.incremental("at")))

    load()
    execute(path, "INSERT INTO events VALUES (3, '2024-01-02 00:00:00'), (4, '2024-01-03 00:00:00.5')")
    asked.clear()
    load()
    assert any("WHERE events.at >= ?" in statement for statement in asked)
    assert [row["id"] for row in loaded(pipeline, "events")] == [1, 2, 3, 4]


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_range_of_a_backfill(tmp_path: Path, backend: Any) -> None:
    """A range of a backfill."""
    path = tmp_path / "numbers.db"
    execute(path, "CREATE TABLE numbers (id INTEGER PRIMARY KEY)")
    execute(path, "INSERT INTO numbers VALUES (1), (2), (3), (4), (5)")

    def ids(**settings: Any) -> list[int]:
        cursor: Any = dlt.sources.incremental("id", **settings)
        found = sql_table(f"sqlite:///{path}", table="numbers", backend=backend, incremental=cursor)
        pages = [page if isinstance(page, dict) else list(page["id"]) for page in found]
        flat = [[page["id"]] if isinstance(page, dict) else page for page in pages]
        return [int(value.as_py()) if isinstance(value, pa.Scalar) else int(value) for page in flat for value in page]

    assert ids(initial_value=2, end_value=4) == [2, 3]
    assert ids(initial_value=2, end_value=4, range_start="open", range_end="closed") == [3, 4]
    assert ids(initial_value=4, end_value=2, last_value_func=min, row_order="asc") == [4, 3]
    assert ids(initial_value=2, row_order="desc") == [5, 4, 3, 2]


def test_a_limit_is_one_of_the_query(shop: str) -> None:
    """A limit is one of the query."""
    table = sql_table(shop, table="customers", chunk_size=1, backend="pyarrow")
    assert sum(len(page) for page in table.add_limit(2)) == 2


def test_a_loop_with_a_limit_ends_with_all_rows(tmp_path: Path, pipeline: dlt.Pipeline) -> None:
    """Rows that share a value of the cursor are all taken, though pages are smaller than their number."""
    path = tmp_path / "ties.db"
    execute(path, "CREATE TABLE ties (id INTEGER PRIMARY KEY, day INTEGER)")
    execute(path, "INSERT INTO ties VALUES " + ", ".join(f"({number}, {number // 7})" for number in range(1, 31)))
    table = sql_table(
        f"sqlite:///{path}",
        table="ties",
        chunk_size=2,
        backend="pyarrow",
        incremental=dlt.sources.incremental("day", row_order="asc"),
    )
    for _ in range(20):
        if pipeline.run(table.add_limit(1)).is_empty:
            break
    assert [row["id"] for row in loaded(pipeline, "ties")] == list(range(1, 31))


def test_callbacks_change_tables_queries_and_types(shop: str) -> None:
    """Callbacks change tables queries and types."""

    def adapt(table: sa.Table) -> Any:
        upper = sa.func.upper(table.c.name).label("upper")
        return sa.select(table.c.id, table.c.credit, upper).subquery() if table.name == "customers" else None

    def query(found: Any, table: Any, incremental: Any, engine: Any) -> Any:
        assert incremental is None and engine.dialect.name == "sqlite"
        return found.where(table.c.id < 3)

    table = sql_table(
        shop,
        table="customers",
        table_adapter_callback=adapt,
        query_adapter_callback=query,
        type_adapter_callback=lambda kind: sa.Text if isinstance(kind, sa.Numeric) else kind,
    )
    assert [row["upper"] for row in table] == ["ANNA", "BERT"]
    assert table.compute_table_schema()["columns"]["credit"]["data_type"] == "text"


def test_a_query_may_be_text(shop: str) -> None:
    """A query may be text."""
    table = sql_table(
        shop,
        table="customers",
        backend="pyarrow",
        query_adapter_callback=lambda query, table: sa.text("SELECT id, 'x' AS more FROM customers WHERE id = 2"),
    )
    assert pa.concat_tables(list(table)).to_pylist() == [{"id": 2, "more": "x"}]


def test_nothing_is_said_of_nulls(shop: str) -> None:
    """Nothing is said of nulls."""
    table = sql_table(shop, table="customers", table_adapter_callback=remove_nullability_adapter)
    columns = table.compute_table_schema()["columns"]
    # a key is never NULL
    assert [name for name, column in columns.items() if "nullable" in column] == ["id"]


def test_loaders_of_programs(shop: str) -> None:
    """Loaders of programs."""

    class Twice(TableLoader):
        def load_rows(self, backend_kwargs: Any = None) -> Any:
            for _ in range(2):
                yield from super().load_rows(backend_kwargs)

    class Paged(TableLoader):
        def _load_rows(self, query: Any, backend_kwargs: Any) -> Any:
            with self.engine.connect() as connection:
                yield from self._convert_result(connection.execute(query), backend_kwargs)

    assert len(list(sql_table(shop, table="customers", table_loader_class=Twice))) == 6
    own = list(sql_table(shop, table="customers"))
    assert list(sql_table(shop, table="customers", table_loader_class=Paged)) == own
    with pytest.raises(TypeError):
        BaseTableLoader(sa.create_engine(shop), "pyarrow", sa.Table("t", sa.MetaData()), {})  # type: ignore[abstract]
    register_table_loader_backend("twice", Twice)
    try:
        assert len(list(sql_table(shop, table="names", backend="twice"))) == 2  # type: ignore[arg-type]
    finally:
        del helpers.TABLE_LOADER_REGISTRY["twice"]
    with pytest.raises(ValueError, match="Must be a subclass"):
        register_table_loader_backend("no", dict)  # type: ignore[arg-type]


def test_frames_are_as_pandas_has_them(shop: str) -> None:
    """Frames are as pandas has them."""

    def frame(**given: Any) -> Any:
        (found,) = sql_table(shop, table="customers", backend="pandas", backend_kwargs=given)
        return found

    assert str(frame()["credit"].dtype) == "decimal128(10, 2)[pyarrow]"
    assert str(frame(coerce_float=True)["credit"].dtype) == "double[pyarrow]"
    assert str(frame(dtype_backend="numpy_nullable")["id"].dtype) == "Int64"
    assert frame(index_col="id").index.name == "id"


def test_mistakes_are_told_before_anything_is_read(shop: str, tmp_path: Path) -> None:
    """Mistakes are told before anything is read."""
    with pytest.raises(ValueErrorWithKnownValues, match="arrow"):
        sql_table(shop, table="customers", backend="arrow")  # type: ignore[arg-type]
    with pytest.raises(ConfigurationValueError, match="tz"):
        sql_table(shop, table="customers", backend="pyarrow", backend_kwargs={"zone": "UTC"})
    with pytest.raises(ConfigurationValueError, match="chunk_size=0"):
        sql_table(shop, table="customers", chunk_size=0)
    with pytest.raises(SqlDatabaseTableMissing, match="custmoers"):
        sql_table(shop, table="custmoers")
    with pytest.raises(SqlDatabaseTableMissing, match="custmoers"):
        sql_database(shop, table_names=["customers", "custmoers"])
    with pytest.raises(SqlDatabaseError, match="no SQLite file"):
        sql_database(f"sqlite:///{tmp_path / 'none.db'}")
    assert not (tmp_path / "none.db").exists()
    with pytest.raises(TypeError):
        sql_database(shop, engine_kwargs={"wrong": 1})


def test_urls_that_cannot_be_are_told_without_their_password() -> None:
    """Urls that cannot be are told without their password."""
    with pytest.raises(InvalidConnectionString) as told:
        sql_database("nosuchsystem://me:topsecret@host/db")
    assert "topsecret" not in str(told.value) and "nosuchsystem" in str(told.value)
    with pytest.raises(MissingDependencyException, match="pip install"):
        sql_database("oracle+oracledb://me:topsecret@host/db")
    with pytest.raises(ConfigurationException) as told:
        sql_database("topsecret and no url")
    assert "topsecret" not in str(told.value)


def test_a_cursor_that_is_no_column_is_told(shop: str) -> None:
    """A cursor that is no column is told."""
    table = sql_table(shop, table="customers", incremental=dlt.sources.incremental("updated"))
    with pytest.raises(ResourceExtractionError, match="`updated`"):
        list(table)
    nested = sql_table(shop, table="customers", incremental=dlt.sources.incremental("notes.a[0]"))
    with pytest.raises(ResourceExtractionError, match="must be a simple column name"):
        list(nested)


def test_columns_come_go_and_change_between_runs(tmp_path: Path, pipeline: dlt.Pipeline) -> None:
    """Columns come go and change between runs."""
    path = tmp_path / "moving.db"
    execute(
        path, "CREATE TABLE moving (id INTEGER PRIMARY KEY, a INTEGER, b TEXT); INSERT INTO moving VALUES (1, 7, 'x')"
    )
    pipeline.run(sql_table(f"sqlite:///{path}", table="moving", backend="pyarrow"))
    execute(
        path,
        "DROP TABLE moving; CREATE TABLE moving (id INTEGER PRIMARY KEY, a TEXT, c DATE);"
        "INSERT INTO moving VALUES (2, 'seven', '2024-01-01')",
    )
    pipeline.run(sql_table(f"sqlite:///{path}", table="moving", backend="pyarrow"))
    first, second = loaded(pipeline, "moving")
    assert (first["a"], first["b"], first["c"]) == (7, "x", None)
    assert (second["a__v_text"], second["b"], second["c"]) == ("seven", None, datetime.date(2024, 1, 1))


def test_numbers_of_oracle_that_are_whole_are_whole() -> None:
    """Numbers of oracle that are whole are whole."""
    from sqlalchemy.dialects import oracle

    metadata = sa.MetaData()

    class Known:
        dialect = oracle.dialect()

    helpers.default_engine_adapter_callback(Known(), metadata)  # type: ignore[arg-type]
    seen: Any = {"type": oracle.NUMBER(10, 0)}
    metadata.dispatch.column_reflect(None, None, seen)
    assert isinstance(seen["type"], sa.BigInteger)
    seen = {"type": oracle.NUMBER(10, 2)}
    metadata.dispatch.column_reflect(None, None, seen)
    assert isinstance(seen["type"], sa.Numeric)


@pytest.mark.parametrize("backend", BACKENDS)
def test_rows_without_a_cursor_value_are_appended_once(tmp_path: Path, pipeline: dlt.Pipeline, backend: Any) -> None:
    """Each run asks for them again, and loads those that are new."""
    path = tmp_path / "nulls.db"
    execute(path, "CREATE TABLE nulls (id INTEGER PRIMARY KEY, at INTEGER)")
    execute(path, "INSERT INTO nulls VALUES (1, NULL), (2, 10), (3, NULL)")

    def load() -> None:
        cursor: Any = dlt.sources.incremental("at", on_cursor_value_missing="include")
        pipeline.run(sql_table(f"sqlite:///{path}", table="nulls", backend=backend, incremental=cursor, chunk_size=1))

    load()
    load()
    execute(path, "INSERT INTO nulls VALUES (4, NULL), (5, 11)")
    load()
    assert [row["id"] for row in loaded(pipeline, "nulls")] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("backend", BACKENDS)
def test_changes_that_are_committed_late_are_found_by_a_lag(
    tmp_path: Path, pipeline: dlt.Pipeline, backend: Any
) -> None:
    """Rows within the lag are asked for again; those that were loaded are not appended twice."""
    path = tmp_path / "late.db"
    execute(path, "CREATE TABLE late (id INTEGER PRIMARY KEY, at INTEGER)")
    execute(path, "INSERT INTO late VALUES (1, 1), (2, 95), (3, 100)")

    def load() -> None:
        cursor: Any = dlt.sources.incremental("at", lag=10)
        pipeline.run(sql_table(f"sqlite:///{path}", table="late", backend=backend, incremental=cursor))

    load()
    execute(path, "INSERT INTO late VALUES (4, 96), (5, 101)")
    load()
    execute(path, "INSERT INTO late VALUES (6, 95); UPDATE late SET at = 102 WHERE id = 2")
    load()
    load()
    rows = [(row["id"], row["at"]) for row in loaded(pipeline, "late")]
    assert sorted(rows) == [(1, 1), (2, 95), (2, 102), (3, 100), (4, 96), (5, 101), (6, 95)]


def test_a_page_of_rows_without_a_cursor_value_ends_nothing(tmp_path: Path, pipeline: dlt.Pipeline) -> None:
    """Pages in which no row has one come between others."""
    path = tmp_path / "pages.db"
    execute(path, "CREATE TABLE pages (id INTEGER PRIMARY KEY, at INTEGER)")
    execute(path, "INSERT INTO pages VALUES (1, NULL), (2, NULL), (3, 5), (4, NULL), (5, NULL), (6, 7)")
    for backend in ("sqlalchemy", "pyarrow", "pandas"):
        cursor: Any = dlt.sources.incremental("at", on_cursor_value_missing="include", row_order="asc")
        table = sql_table(f"sqlite:///{path}", table="pages", backend=backend, incremental=cursor, chunk_size=2)
        own = table.with_name(backend)
        pipeline.run(own)
        assert len(loaded(pipeline, backend)) == 6


@pytest.mark.parametrize("backend", ["sqlalchemy", "pyarrow"])
def test_a_big_table_is_read_in_ranges_at_once(tmp_path: Path, pipeline: dlt.Pipeline, backend: Any) -> None:
    """All rows come once, whatever lies between the keys, and a cursor counts in every range."""
    path = tmp_path / "big.db"
    execute(path, "CREATE TABLE big (id INTEGER PRIMARY KEY, at INTEGER)")
    keys = [-5, 0, 1, 2, 3, 500, 501, 1000]
    execute(path, "INSERT INTO big VALUES " + ", ".join(f"({key}, {key})" for key in keys))
    cursor: Any = dlt.sources.incremental("at", initial_value=0)
    for number, found in ((1, None), (3, None), (4, cursor)):
        table = sql_table(
            f"sqlite:///{path}", table="big", backend=backend, partitions=number, incremental=found, chunk_size=1
        ).with_name(f"big{number}")
        pipeline.run(table)
        wanted = keys if found is None else keys[1:]
        assert [row["id"] for row in loaded(pipeline, f"big{number}")] == wanted
    with pytest.raises(ConfigurationValueError, match="partitions=0"):
        sql_table(f"sqlite:///{path}", table="big", partitions=0)


def test_ranges_that_fail_or_are_left_give_everything_back(tmp_path: Path) -> None:
    """No thread goes on when reading stops, and an error in one of them is told."""
    path = tmp_path / "big.db"
    execute(path, "CREATE TABLE big (id INTEGER PRIMARY KEY, at INTEGER)")
    execute(path, "INSERT INTO big VALUES " + ", ".join(f"({key}, {key})" for key in range(100)))
    table = sql_table(f"sqlite:///{path}", table="big", backend="pyarrow", partitions=4, chunk_size=2)
    reading = iter(table)
    next(reading)
    reading.close()  # type: ignore[attr-defined]
    assert not [thread for thread in threading.enumerate() if thread.name == "dlt range"]

    def fail(query: Any, _table: Any) -> Any:
        # an absolute value that does not exist
        return query.where(sa.func.abs(sa.text("CASE WHEN id = 99 THEN -9223372036854775808 ELSE 1 END")) > 0)

    broken = sql_table(f"sqlite:///{path}", table="big", backend="pyarrow", partitions=4, query_adapter_callback=fail)
    with pytest.raises(SqlDatabaseError, match="integer overflow"):
        list(broken)
    assert not [thread for thread in threading.enumerate() if thread.name == "dlt range"]


@pytest.mark.parametrize("backend", ["sqlalchemy", "pyarrow"])
@pytest.mark.parametrize("deferred", [False, True])
def test_a_contract_decides_on_columns_that_are_new_in_the_database(
    tmp_path: Path, pipeline: dlt.Pipeline, backend: Any, deferred: bool
) -> None:
    """They are frozen or left out, though the database declares them."""
    path = tmp_path / "grown.db"
    execute(path, "CREATE TABLE grown (id INTEGER PRIMARY KEY, a TEXT)")
    execute(path, "INSERT INTO grown VALUES (1, 'x')")

    def load(mode: Any) -> None:
        table = sql_table(
            f"sqlite:///{path}",
            table="grown",
            backend=backend,
            write_disposition="replace",
            defer_table_reflect=deferred,
        )
        table.apply_hints(schema_contract={"columns": mode})
        pipeline.run(table)

    load("freeze")
    execute(path, "ALTER TABLE grown ADD COLUMN b TEXT")
    for _ in range(2):
        # without values first
        with pytest.raises(PipelineStepFailed, match="freezes columns"):
            load("freeze")
        execute(path, "UPDATE grown SET b = 'y'")
    load("discard_value")
    assert loaded(pipeline, "grown") == [{"id": 1, "a": "x"}]
    load("evolve")
    assert loaded(pipeline, "grown") == [{"id": 1, "a": "x", "b": "y"}]


def test_a_path_of_sqlite_is_one_of_this_folder_for_every_backend(
    tmp_path: Path, pipeline: dlt.Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ConnectorX takes paths from the top only, and would not find the tables."""
    monkeypatch.chdir(tmp_path)
    execute(tmp_path / "near.db", "CREATE TABLE near (id INTEGER PRIMARY KEY)")
    execute(tmp_path / "near.db", "INSERT INTO near VALUES (1)")
    for backend in BACKENDS:
        pipeline.run(sql_table("sqlite:///near.db", table="near", backend=backend), write_disposition="replace")
        assert [row["id"] for row in loaded(pipeline, "near")] == [1]


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_is_told_of_columns_does_not_count_for_a_limit(shop: str, pipeline: dlt.Pipeline, backend: Any) -> None:
    """A table that is reflected when it is read gives as many pages as one that was reflected before."""
    table = sql_table(shop, table="customers", defer_table_reflect=True, backend=backend, chunk_size=2)
    pipeline.run(table.add_limit(1))
    assert len(loaded(pipeline, "customers")) == 2
