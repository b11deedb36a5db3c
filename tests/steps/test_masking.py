"""A masked value is in no file, no table and no message, whatever way it takes and wherever it stops."""

from __future__ import annotations

import datetime
import decimal
import hmac
import io
import json
import logging
import os
import signal
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import pyarrow as pa
import pytest

import dlt
from dlt.errors import ConfigFieldMissingException, ConfigurationValueError, InvalidHint, PipelineStepFailed
from dlt.sources.sql_database import sql_table

SALT = "a-salt-that-nobody-guesses"
CANARY = "kanarie.vogel@example.com"
OTHER = "andere.vogel@example.com"


@pytest.fixture(autouse=True)
def salted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give all pipelines one salt, and let everything be told that can be."""
    monkeypatch.setenv("MASK_SALT", SALT)
    monkeypatch.setenv("RUNTIME__LOG_LEVEL", "DEBUG")


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Return all that is logged."""
    text, logger = io.StringIO(), logging.getLogger("dlt")
    handler = logging.StreamHandler(text)
    logger.addHandler(handler)
    yield text
    logger.removeHandler(handler)


def hashed(value: str) -> str:
    """Return the hash of a text."""
    return hmac.digest(SALT.encode(), value.encode(), "sha256").hex()


def files_with(folder: Path, *clear: str) -> list[str]:
    """Return the files below a folder that hold one of the texts; files of Parquet and Arrow are read as tables too."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            data = path.read_bytes()
            if path.suffix == ".parquet":
                data += str(pa.parquet.read_table(path).to_pydict()).encode()
            found += [str(path) for text in clear if text.encode() in data]
    return found


def stored(pipeline: Any, query: str) -> list[tuple[Any, ...]]:
    """Return the rows of a query."""
    with pipeline.sql_client() as client:
        return list(client.execute_sql(query))


def as_rows(values: list[Any]) -> Any:
    """Return a page of rows."""
    return [{"id": n, "email": value} for n, value in enumerate(values)]


def as_single_rows(values: list[Any]) -> Any:
    """Return rows that come one by one."""
    return iter(as_rows(values))


def as_arrow(values: list[Any]) -> Any:
    """Return an Arrow table."""
    return pa.Table.from_pylist(as_rows(values))


def as_batch(values: list[Any]) -> Any:
    """Return a record batch."""
    return pa.RecordBatch.from_pylist(as_rows(values))


def as_dictionary(values: list[Any]) -> Any:
    """Return an Arrow table with a dictionary."""
    table = as_arrow(values)
    return table.set_column(1, "email", table["email"].dictionary_encode())


def as_pandas(values: list[Any]) -> Any:
    """Return a frame of pandas."""
    return pd.DataFrame(as_rows(values))


WAYS: dict[str, Callable[[list[Any]], Any]] = {
    "rows": as_rows,
    "single rows": as_single_rows,
    "arrow": as_arrow,
    "batch": as_batch,
    "dictionary": as_dictionary,
    "pandas": as_pandas,
}


def users(data: Any, mask: Any = "hash", **hints: Any) -> Any:
    """Return a resource whose email is masked."""

    @dlt.resource(name="users", columns={"email": {"mask": mask}}, **hints)
    def found() -> Iterator[Any]:
        yield from data if isinstance(data, Iterator) else [data]

    return found()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("mask", "expected"),
    [
        ("hash", hashed(CANARY)),
        ("redact", "***"),
        ("partial", "k***@example.com"),
        (lambda value: value[::-1], CANARY[::-1]),
    ],
    ids=["hash", "redact", "partial", "function"],
)
def test_a_masked_value_is_stored_in_its_place(
    pipeline: Any, tmp_path: Path, log: io.StringIO, way: str, mask: Any, expected: str
) -> None:
    """Rows, Arrow and frames give the same; a value that is missing stays missing; no file has the clear value."""
    pipeline.run(users(WAYS[way]([CANARY, None, CANARY]), mask))
    assert stored(pipeline, "SELECT id, email FROM users ORDER BY id") == [(0, expected), (1, None), (2, expected)]
    assert pipeline.default_schema.tables["users"]["columns"]["email"]["data_type"] == "text"
    assert files_with(tmp_path, CANARY, "kanarie") == []
    assert CANARY not in log.getvalue()


@pytest.mark.parametrize("way", WAYS)
def test_the_search_finds_what_is_not_masked(pipeline: Any, tmp_path: Path, way: str) -> None:
    """In the packages that wait, and in the database."""
    pipeline.extract(dlt.resource(WAYS[way]([CANARY]), name="users"))
    assert files_with(tmp_path, CANARY)
    pipeline.run()
    assert str(tmp_path / "spec.duckdb") in files_with(tmp_path, CANARY)


@pytest.mark.parametrize("way", WAYS)
def test_a_package_that_waits_has_no_clear_value(pipeline: Any, tmp_path: Path, way: str) -> None:
    """Neither after extract, nor after normalize."""
    pipeline.extract(users(WAYS[way]([CANARY])))
    assert files_with(tmp_path, CANARY) == []
    pipeline.normalize()
    assert files_with(tmp_path, CANARY) == []


MOMENT = datetime.datetime(2024, 5, 1, 12, tzinfo=datetime.timezone.utc)
EQUAL: dict[str, tuple[list[Any], str]] = {
    "whole numbers": ([1, 1.0, decimal.Decimal("1.00"), "1"], "1"),
    "fractions": ([0.1, decimal.Decimal("0.10"), "0.1"], "0.1"),
    "truth": ([True, "true"], "true"),
    "moments": ([MOMENT, MOMENT.astimezone(datetime.timezone(datetime.timedelta(hours=2)))], MOMENT.isoformat()),
    "dates": ([datetime.date(2024, 5, 1), "2024-05-01"], "2024-05-01"),
    "bytes": ([b"\x01\xff", "01ff"], "01ff"),
    "documents": ([{"b": 1, "a": [2]}, {"a": [2], "b": 1}], '{"a":[2],"b":1}'),
}


@pytest.mark.parametrize("kind", EQUAL)
def test_equal_values_have_one_hash(pipeline: Any, kind: str) -> None:
    """As rows and as Arrow data, whatever the type in which a source has them."""
    values, text = EQUAL[kind]
    pipeline.run(users(as_rows(values)))
    for value in values:
        pipeline.run(users(as_arrow([value])))
    assert set(stored(pipeline, "SELECT email FROM users")) == {(hashed(text),)}


def test_values_that_differ_have_different_hashes(pipeline: Any) -> None:
    """An empty text is a value; a number and a truth are no text of letters."""
    pipeline.run(users(as_rows(["", " ", "a", "A", 1, True, "True", 1.5])))
    assert len(set(stored(pipeline, "SELECT email FROM users"))) == 8


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("4111111111111234", "***1234"),
        ("12345678", "***78"),
        ("123", "***"),
        ("", "***"),
        ("bo@example.com", "***@example.com"),
        ("bob.l@example.com", "b***@example.com"),
        ("call me @ home", "***ome"),
        (4111111111111234, "***1234"),
    ],
)
def test_a_part_never_tells_the_whole(pipeline: Any, value: Any, expected: str) -> None:
    """Of a mail the domain stays, of other text every fourth character at most, and four of them."""
    pipeline.run(users(as_rows([value]), "partial"))
    assert stored(pipeline, "SELECT email FROM users") == [(expected,)]


ORDER = {
    "id": 1,
    "buyer": {"email": CANARY, "name": "A"},
    "items": [{"sku": "x", "to": {"email": CANARY}}],
    "tags": [CANARY],
}
PATHS: dict[str, Any] = {
    "path": {
        "columns": {
            "buyer__email": {"mask": "hash"},
            "items[*].to.email": {"mask": "hash"},
            "tags[*]": {"mask": "hash"},
        }
    },
    "nested hints": {
        "columns": {"buyer__email": {"mask": "hash"}},
        "nested_hints": {
            "items": {"columns": {"to__email": {"mask": "hash"}}},
            "tags": {"columns": {"value": {"mask": "hash"}}},
        },
    },
}


@pytest.mark.parametrize("hints", PATHS.values(), ids=PATHS)
@pytest.mark.parametrize("way", ["rows", "arrow", "pandas"])
@pytest.mark.parametrize("nesting", [None, 0])
def test_documents_and_lists_are_masked_inside(
    pipeline: Any, tmp_path: Path, hints: Any, way: str, nesting: int | None
) -> None:
    """By a path, or by the columns of nested tables; also where documents stay whole. What the program holds stays."""
    row = json.loads(json.dumps(ORDER))
    data = {"rows": [row], "arrow": pa.Table.from_pylist([row]), "pandas": pd.DataFrame([row])}[way]
    pipeline.run(dlt.resource([data], name="orders", max_table_nesting=nesting, **hints))
    assert files_with(tmp_path, CANARY) == []
    assert row == ORDER
    if way == "rows" and nesting is None:
        found = (
            "SELECT buyer__email FROM orders",
            "SELECT to__email FROM orders__items",
            "SELECT value FROM orders__tags",
        )
        assert [stored(pipeline, query) for query in found] == [[(hashed(CANARY),)]] * 3
    else:
        assert hashed(CANARY) in str(stored(pipeline, "SELECT * FROM orders"))


def test_documents_as_text_are_masked_inside(pipeline: Any, tmp_path: Path) -> None:
    """A column of JSON whose documents come as text is read."""
    columns: Any = {"buyer": {"data_type": "json"}, "buyer__email": {"mask": "redact"}}
    rows = [{"id": 1, "buyer": json.dumps({"email": CANARY})}]
    pipeline.run(dlt.resource(rows, name="orders", columns=columns))
    pipeline.run(dlt.resource([pa.Table.from_pylist(rows)], name="orders", columns=columns))
    assert files_with(tmp_path, CANARY) == []
    assert "***" in str(stored(pipeline, "SELECT buyer FROM orders"))


def test_numbers_beside_a_mask_keep_what_they_are(pipeline: Any) -> None:
    """A document is written anew where a value in it is masked: with all digits, and without infinity."""
    columns: Any = {"buyer": {"data_type": "json"}, "buyer__email": {"mask": "redact"}}
    text = f'{{"email":"{CANARY}","n":12345678901234567890123,"m":1e400}}'
    pipeline.run(dlt.resource([{"buyer": text}], name="orders", columns=columns))
    assert stored(pipeline, "SELECT buyer FROM orders") == [
        ('{"email":"***","n":12345678901234567890123,"m":"1e400"}',)
    ]


@pytest.mark.parametrize("value", ["NaN", '"\\ud800"', "-Infinity"])
def test_text_that_python_alone_takes_for_json_is_masked_inside(pipeline: Any, tmp_path: Path, value: str) -> None:
    """It stays text, and no clear value is in it."""
    columns: Any = {"buyer": {"data_type": "json"}, "buyer__email": {"mask": "redact"}}
    text = f'{{"email":"{CANARY}","n":{value}}}'
    pipeline.run(dlt.resource([{"buyer": text}], name="orders", columns=columns))
    assert files_with(tmp_path, CANARY) == [] and "***" in str(stored(pipeline, "SELECT * FROM orders"))


def test_a_whole_document_is_masked(pipeline: Any, tmp_path: Path) -> None:
    """A mask on the key of a document or a list leaves nothing of what is inside, and makes no nested table."""
    pipeline.run(
        dlt.resource([ORDER], name="orders", columns={n: {"mask": "redact"} for n in ("buyer", "items", "tags")})
    )
    assert files_with(tmp_path, CANARY) == []
    assert stored(pipeline, "SELECT buyer, items, tags FROM orders") == [("***", "***", "***")]
    assert "orders__items" not in pipeline.default_schema.tables


# -- keys


@pytest.mark.parametrize("strategy", ["delete-insert", "upsert", "insert-only", "scd2"])
def test_a_masked_key_merges(pipeline: Any, tmp_path: Path, strategy: str) -> None:
    """The same key has the same hash in the next run, so that the row is found again, with its nested rows."""
    hints: Any = {"primary_key": "email", "write_disposition": {"disposition": "merge", "strategy": strategy}}
    for number in (1, 2):
        row = {"email": CANARY, "n": 1 if strategy == "insert-only" else number, "lines": [{"n": number}]}
        pipeline.run(users([row], **hints))
    where = " WHERE _dlt_valid_to IS NULL" if strategy == "scd2" else ""
    expected = 1 if strategy == "insert-only" else 2
    assert stored(pipeline, f"SELECT email, n FROM users{where}") == [(hashed(CANARY), expected)]
    assert files_with(tmp_path, CANARY) == []


def test_masked_keys_of_two_pipelines_join(pipeline: Any, tmp_path: Path) -> None:
    """With one salt, also where one source has a number and another one text."""
    other = dlt.pipeline("other", destination=pipeline.destination, dataset_name="data")
    pipeline.run(users(as_rows([7, 8]), primary_key="email"))
    other.run(dlt.resource([{"who": "7", "paid": 5}], name="payments", columns={"who": {"mask": "hash"}}))
    assert stored(pipeline, "SELECT u.id, p.paid FROM users u JOIN payments p ON u.email = p.who") == [(0, 5)]


@pytest.mark.parametrize("mask", ["redact", "partial"])
@pytest.mark.parametrize("key", ["primary_key", "merge_key"])
def test_a_mask_that_makes_keys_equal_is_refused(pipeline: Any, mask: str, key: str) -> None:
    """Rows would take each other's place."""
    with pytest.raises(PipelineStepFailed, match=f"users, column 'email'.*{key}.*mask='hash'"):
        pipeline.run(users(as_rows([CANARY]), mask, **{key: "email"}))


@pytest.mark.parametrize("hint", [{"hard_delete": True}, {"dedup_sort": "asc"}])
def test_a_mask_on_what_loads_read_is_refused(pipeline: Any, hint: Any) -> None:
    """A hash deletes no row, and has no order."""
    columns: Any = {"email": {"mask": "hash", **hint}}
    with pytest.raises(PipelineStepFailed, match=r"column 'email'.*mask='hash'.*says which"):
        pipeline.run(dlt.resource(as_rows([CANARY]), name="users", columns=columns, primary_key="id"))


# -- cursors


@pytest.mark.parametrize("path", ["email", "who.email"])
def test_a_masked_cursor_is_refused_before_anything_is_read(pipeline: Any, tmp_path: Path, path: str) -> None:
    """Its values would stand in the state."""
    read = []

    @dlt.resource(columns={path.replace(".", "__"): {"mask": "hash"}})
    def users(cursor: Any = dlt.sources.incremental(path)) -> Iterator[Any]:
        read.append(1)
        yield [{"email": CANARY, "who": {"email": CANARY}}]

    with pytest.raises(PipelineStepFailed, match=r"users, column .*the cursor, whose values stand in the state"):
        pipeline.run(users())
    assert not read and files_with(tmp_path, CANARY) == []


@pytest.mark.parametrize("key", [None, "email"])
@pytest.mark.parametrize("way", ["rows", "arrow"])
def test_a_cursor_remembers_rows_by_a_salted_hash(pipeline: Any, monkeypatch: Any, key: str | None, way: str) -> None:
    """Rows at the last value are not loaded twice; who tries values finds none, as their hashes need the salt."""

    def run(masks: Any) -> None:
        @dlt.resource(columns=masks, primary_key=key)
        def users(cursor: Any = dlt.sources.incremental("id")) -> Iterator[Any]:
            yield WAYS[way]([CANARY, OTHER])

        pipeline.run(users())

    def seen() -> Any:
        return pipeline.state["sources"]["spec"]["resources"]["users"]["incremental"]["id"]["unique_hashes"]

    run({})
    unsalted = seen()
    run({"email": {"mask": "hash"}})
    assert stored(pipeline, "SELECT count(*) FROM users") == [(2,)]
    clean = dlt.pipeline("clean", destination="duckdb", dataset_name="clean")
    pipeline = clean

    def again() -> Any:
        return pipeline.state["sources"]["clean"]["resources"]["users"]["incremental"]["id"]["unique_hashes"]

    run({"email": {"mask": "hash"}})
    first = again()
    run({"email": {"mask": "hash"}})
    assert stored(clean, "SELECT count(*) FROM users") == [(2,)]
    assert first == again() and first != unsalted


# -- salts


def test_without_a_salt_nothing_is_read(pipeline: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names the setting, its places, and how to make one."""
    monkeypatch.delenv("MASK_SALT")
    read = []

    @dlt.resource(columns={"email": {"mask": "hash"}})
    def users() -> Iterator[Any]:
        read.append(1)
        yield as_rows([CANARY])

    with pytest.raises(PipelineStepFailed) as failed:
        pipeline.run(users())
    cause = failed.value.__cause__
    assert isinstance(cause, ConfigFieldMissingException)
    for text in ("'mask_salt' for the mask 'hash' of users.email", "MASK_SALT", "secrets.toml", "token_urlsafe"):
        assert text in str(cause)
    assert str(failed.value).count("token_urlsafe") == 1
    assert not read


def test_a_salt_that_can_be_guessed_is_refused(pipeline: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sixteen characters are the least; the message does not show it."""
    monkeypatch.setenv("MASK_SALT", "kurz7")
    with pytest.raises(PipelineStepFailed, match="mask_salt has 5 characters") as failed:
        pipeline.run(users(as_rows([CANARY])))
    assert isinstance(failed.value.__cause__, ConfigurationValueError) and "kurz7" not in str(failed.value)


def test_another_salt_is_refused(pipeline: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys would find no row; a table that is loaded anew takes it. The salt is in no file."""
    pipeline.run(users(as_rows([CANARY])))
    monkeypatch.setenv("MASK_SALT", "another-salt-of-someone")
    with pytest.raises(PipelineStepFailed, match="mask_salt is another one than in earlier loads"):
        pipeline.run(users(as_rows([CANARY])))
    pipeline.run(users(as_rows([CANARY])), refresh="drop_resources")
    assert stored(pipeline, "SELECT count(*), min(length(email)) FROM users") == [(1, 64)]
    assert files_with(Path.cwd(), SALT, "another-salt-of-someone") == []


def test_masks_without_a_hash_need_no_salt(pipeline: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is hashed."""
    monkeypatch.delenv("MASK_SALT")
    pipeline.run(users(as_rows([CANARY]), "redact"))
    assert stored(pipeline, "SELECT email FROM users") == [("***",)]


def test_masks_of_others_ask_for_no_salt(pipeline: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cursor needs one where its own resource has masks, and not where another one has."""
    monkeypatch.delenv("MASK_SALT")

    @dlt.resource
    def orders(cursor: Any = dlt.sources.incremental("id")) -> Iterator[Any]:
        yield as_rows([OTHER])

    for _ in range(2):
        pipeline.run([users(as_rows([CANARY]), "redact"), orders()])
    assert stored(pipeline, "SELECT count(*) FROM orders") == [(1,)]
    masked = orders()
    masked.apply_hints(columns={"email": {"mask": "redact"}})
    with pytest.raises(PipelineStepFailed, match="'mask_salt' for the cursor of resource 'orders', which has masks"):
        pipeline.run(masked)


# -- what is kept


def test_a_mask_stays_until_it_is_taken_back(pipeline: Any, tmp_path: Path, log: io.StringIO) -> None:
    """Code that forgets it masks on; mask=False says it. Who masks later is told that earlier rows are clear."""
    pipeline.run(users(as_rows([CANARY])))
    assert "masked from now on" not in log.getvalue()
    pipeline.run(dlt.resource(as_rows([CANARY]), name="users"))
    assert set(stored(pipeline, "SELECT email FROM users")) == {(hashed(CANARY),)}
    assert files_with(tmp_path, CANARY) == []
    pipeline.run(users(as_rows([CANARY]), False))
    assert stored(pipeline, "SELECT count(*) FROM users WHERE email LIKE 'kan%'") == [(1,)]
    pipeline.run(users(as_rows([OTHER]), "redact"))
    assert "table users, column email is masked from now on. Rows that were loaded before keep" in log.getvalue()


def test_a_schema_file_masks(pipeline: Any, tmp_path: Path) -> None:
    """In a schema of YAML, root tables and nested ones; what is exported reads back."""
    (tmp_path / "schemas").mkdir()
    name = "shop"
    text = """
name: shop
version: 1
engine_version: 11
tables:
  orders:
    columns:
      buyer__email: {mask: hash}
  orders__items:
    parent: orders
    columns:
      to__email: {mask: redact}
  orders__tags:
    parent: orders
    columns:
      value: {mask: partial}
"""
    (tmp_path / "schemas" / "shop.schema.yaml").write_text(text)
    options: Any = {"import_schema_path": "schemas", "export_schema_path": "exported"}
    shop = dlt.pipeline(name, destination="duckdb", dataset_name="shop_data", **options)
    shop.run(dlt.resource([ORDER], name="orders"), schema=dlt.Schema("shop"))
    assert files_with(tmp_path, CANARY) == []
    assert stored(shop, "SELECT buyer__email FROM orders") == [(hashed(CANARY),)]
    assert stored(shop, "SELECT to__email FROM orders__items") == [("***",)]
    assert stored(shop, "SELECT value FROM orders__tags") == [("k***@example.com",)]
    exported = (tmp_path / "exported" / "shop.schema.yaml").read_text()
    assert exported.count("mask:") == 3


def test_a_function_is_kept_by_its_name(pipeline: Any, tmp_path: Path) -> None:
    """Code that lost it is refused before a clear value is written."""

    def initials(value: str) -> str:
        return value[0]

    pipeline.run(users(as_rows([CANARY]), initials))
    kept = pipeline.default_schema.tables["users"]["columns"]["email"]["mask"]
    assert kept.startswith("function ") and kept.endswith("initials")
    assert "initials" in pipeline.default_schema.to_pretty_yaml()
    with pytest.raises(
        PipelineStepFailed, match=r"users, column 'email': the function .*initials masked it in earlier"
    ):
        pipeline.run(dlt.resource(as_rows([CANARY]), name="users"))
    assert files_with(tmp_path, CANARY) == []
    pipeline.run(users(as_rows([CANARY]), "redact"))
    assert sorted(stored(pipeline, "SELECT email FROM users")) == [("***",), ("k",)]


def test_a_column_of_another_type_keeps_its_clear_values(pipeline: Any, log: io.StringIO) -> None:
    """What is masked goes to a variant of it, as any text would."""
    pipeline.run(dlt.resource([{"id": 1, "age": 30}], name="users"))
    pipeline.run(dlt.resource([{"id": 2, "age": 40}], name="users", columns={"age": {"mask": "redact"}}))
    assert stored(pipeline, "SELECT age, age__v_text FROM users ORDER BY id") == [(30, None), (None, "***")]
    assert "masked from now on" in log.getvalue()


def test_a_key_of_another_type_is_refused(pipeline: Any) -> None:
    """It needs a value in each row, and its table holds numbers."""
    keyed: Any = {"name": "users", "primary_key": "id", "write_disposition": "merge"}
    pipeline.run(dlt.resource([{"id": 1}], **keyed))
    masked = dlt.resource([{"id": 1}], columns={"id": {"mask": "hash"}}, **keyed)
    with pytest.raises(PipelineStepFailed, match=r"users, column 'id'.*bigint.*refresh='drop_resources'"):
        pipeline.run(masked)
    pipeline.run(masked, refresh="drop_resources")
    assert stored(pipeline, "SELECT id FROM users") == [(hashed("1"),)]


def test_the_masked_value_is_what_a_contract_judges(pipeline: Any, tmp_path: Path) -> None:
    """A frozen table takes numbers and texts alike in a masked column; a row that it refuses is shown masked."""
    frozen: Any = {"schema_contract": {"columns": "freeze", "data_type": "freeze"}}
    pipeline.run(users(as_rows(["a"]), **frozen))
    pipeline.run(users(as_rows([1, 2.5]), **frozen))
    with pytest.raises(PipelineStepFailed, match="a new column came") as failed:
        pipeline.run(users([{"id": 1, "email": CANARY, "extra": 1}], **frozen))
    assert CANARY not in told(failed.value)
    assert files_with(tmp_path, CANARY) == []


@pytest.mark.parametrize("way", WAYS)
def test_items_in_quarantine_are_masked(pipeline: Any, tmp_path: Path, log: io.StringIO, way: str) -> None:
    """They wait masked, and a replay masks nothing a second time."""
    strict: Any = {"schema_contract": {"columns": "quarantine"}}
    pipeline.run(users(as_rows(["a"]), **strict))
    data = WAYS[way]([CANARY])
    if isinstance(data, pa.Table):
        data = data.append_column("more", [[1]])
    elif isinstance(data, pa.RecordBatch):
        data = pa.Table.from_batches([data]).append_column("more", [[1]]).to_batches()[0]
    elif isinstance(data, pd.DataFrame):
        data["more"] = [1]
    else:
        data = [{**row, "more": 1} for row in data]
    info = pipeline.run(users(data, **strict))
    assert info.quarantined == {"users": 1}
    assert hashed(CANARY) in str(stored(pipeline, "SELECT item FROM _dlt_quarantine"))
    assert files_with(tmp_path, CANARY) == [] and CANARY not in log.getvalue()
    pipeline.quarantine.replay(schema_contract="evolve")
    assert stored(pipeline, "SELECT email FROM users WHERE more = 1") == [(hashed(CANARY),)]
    assert files_with(tmp_path, CANARY) == []


def test_items_that_a_model_puts_into_quarantine_are_masked(pipeline: Any, tmp_path: Path) -> None:
    """Item and reason: the model sees clear values."""
    from pydantic import BaseModel, Field

    class User(BaseModel):
        id: int
        email: Annotated[int, Field(json_schema_extra={"mask": "hash"})]

    pipeline.run(
        dlt.resource(
            [{"id": 1, "email": CANARY}], name="users", columns=User, schema_contract={"data_type": "quarantine"}
        )
    )
    ((item, reason),) = stored(pipeline, "SELECT item, reason FROM _dlt_quarantine")
    assert hashed(CANARY) in item and CANARY not in reason
    assert files_with(tmp_path, CANARY) == []


def test_a_failed_check_shows_no_clear_value(pipeline: Any, tmp_path: Path, log: io.StringIO) -> None:
    """What is loaded is masked, and so is what a check finds wrong in it."""
    with pytest.raises(PipelineStepFailed, match="email") as failed:
        pipeline.run(users(as_rows([CANARY, CANARY]), checks=[dlt.check.unique("email")]))
    assert CANARY not in told(failed.value) + log.getvalue()
    assert files_with(tmp_path, CANARY) == []


@pytest.mark.parametrize("mask", ["hsh", 1, True, ["hash"]], ids=str)
def test_an_unknown_mask_is_refused(mask: Any) -> None:
    """When the resource is made."""
    with pytest.raises(InvalidHint, match=r"mask=.*'hash', 'redact', 'partial'"):
        dlt.resource([], name="users", columns={"email": {"mask": mask}})


# -- failures


def told(error: BaseException) -> str:
    """Return all that a traceback, its chain and their attributes tell."""
    texts, seen = ["".join(traceback.format_exception(error))], set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        texts.append(repr(link) + repr(vars(link)))
        link = link.__cause__ or link.__context__
    return "".join(texts)


def test_a_mask_that_fails_tells_no_value(pipeline: Any, tmp_path: Path) -> None:
    """The message names table, column and kind of error; what the function says of the value is left out."""

    def initials(value: str) -> str:
        raise ValueError(f"no initials in {value}")

    with pytest.raises(
        PipelineStepFailed, match=r"table users, column email: .*initials failed with ValueError"
    ) as failed:
        pipeline.run(users(as_rows([CANARY]), initials))
    assert CANARY not in told(failed.value)
    assert files_with(tmp_path, CANARY) == []


@pytest.mark.parametrize("way", WAYS)
def test_a_run_that_fails_in_the_middle_leaves_nothing(
    pipeline: Any, tmp_path: Path, log: io.StringIO, way: str
) -> None:
    """Neither in the folder, nor in the trace, nor in the message."""

    @dlt.resource(columns={"email": {"mask": "hash"}})
    def users() -> Iterator[Any]:
        data = WAYS[way]([CANARY] * 3)
        yield from data if isinstance(data, Iterator) else [data]
        raise ValueError("the server went away")

    with pytest.raises(PipelineStepFailed) as failed:
        pipeline.run(users())
    assert CANARY not in told(failed.value) and CANARY not in log.getvalue()
    assert files_with(tmp_path, CANARY) == []


def test_a_table_that_a_contract_refuses_is_not_shown(pipeline: Any, tmp_path: Path) -> None:
    """The row came before anything of it was masked."""
    with pytest.raises(PipelineStepFailed, match="table users is new") as failed:
        pipeline.run(users(as_rows([CANARY]), schema_contract={"tables": "freeze"}))
    assert CANARY not in told(failed.value)
    assert files_with(tmp_path, CANARY) == []


def test_a_model_that_refuses_an_item_does_not_show_it(pipeline: Any, tmp_path: Path) -> None:
    """Pydantic sees clear values, and tells them where nothing is masked."""
    from pydantic import BaseModel, Field

    class User(BaseModel):
        id: int
        email: Annotated[int, Field(json_schema_extra={"mask": "hash"})]

    with pytest.raises(PipelineStepFailed, match="column 'email': found int_parsing") as failed:
        pipeline.run(dlt.resource([{"id": 1, "email": CANARY}], name="users", columns=User))
    assert CANARY not in told(failed.value)
    pipeline.run(dlt.resource([{"id": 1, "email": 5}], name="users", columns=User))
    assert stored(pipeline, "SELECT email FROM users") == [(hashed("5"),)]
    assert files_with(tmp_path, CANARY) == []


def test_a_frame_of_mixed_values_is_not_shown(pipeline: Any, tmp_path: Path) -> None:
    """What Arrow says of a column that it cannot hold has a value in it; a masked one it never sees."""
    pipeline.run(users(pd.DataFrame({"id": [1, 2], "email": [CANARY, 5]})))
    assert stored(pipeline, "SELECT email FROM users ORDER BY id") == [(hashed(CANARY),), (hashed("5"),)]
    with pytest.raises(PipelineStepFailed) as failed:
        pipeline.run(users(pd.DataFrame({"id": [1, "x"], "email": [CANARY, 5]})))
    assert CANARY not in told(failed.value)


# -- tasks, and processes that are killed


def test_tasks_hand_masked_values_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the hand-off nor a token nor a report has a clear value; workers with one salt agree."""
    from dlt.tasks import Spec, StepContext, extract_step, load_step, normalize_step
    from tests.steps import task_program

    monkeypatch.setenv("SHOP_DB", str(tmp_path / "tasks.duckdb"))
    program = str(Path(task_program.__file__))
    what = Spec(
        source=f"{program}:people",
        pipeline=f"{program}:make_pipeline",
        handoff=str(tmp_path / "handoff"),
        work_dir=str(tmp_path),
    )
    told = []
    for run in ("one", "two"):
        token = extract_step(what, StepContext(run)).to_dict()
        assert files_with(tmp_path, CANARY) == []
        done = normalize_step(token).to_dict()
        report = load_step(done)
        told += [token, done, report]
    assert CANARY not in str(told) and files_with(tmp_path, CANARY) == []
    with task_program.make_pipeline().sql_client() as client:
        assert client.execute_sql("SELECT DISTINCT email FROM users") == [(hashed(CANARY),)]
        assert client.execute_sql("SELECT DISTINCT number FROM users__phones") == [("***",)]


PROGRAM = """
import sys
import dlt
from tests.steps.task_program import people

pipeline = dlt.pipeline("killed", destination=dlt.destinations.duckdb("killed.duckdb"), dataset_name="kept")
pipeline.run(people())
"""


@pytest.mark.slow
def test_a_process_that_is_killed_leaves_no_clear_value(tmp_path: Path) -> None:
    """At every point at which a crash must lose nothing."""
    from tests.processes import run_python

    def run(folder: Path, **more: str) -> int:
        folder.mkdir()
        environment = {**os.environ, "DLT_DATA_DIR": str(folder / "data"), **more}
        return run_python(["-c", PROGRAM], env=environment, cwd=folder).returncode

    log = tmp_path / "points.log"
    assert run(tmp_path / "clean", DLT_CRASH_LOG=str(log)) == 0
    points = log.read_text().split()
    assert len(points) >= 12
    for number, point in enumerate(points):
        assert run(tmp_path / f"kill_{number}", DLT_CRASH_POINT=point) == -signal.SIGKILL
    assert files_with(tmp_path, CANARY) == []


# -- sources and readers


@pytest.mark.parametrize("backend", ["sqlalchemy", "pyarrow", "pandas"])
def test_columns_of_a_database_are_masked(pipeline: Any, tmp_path: Path, backend: Any) -> None:
    """Their types in the database do not count, and a key of numbers joins one of text."""
    import sqlite3

    source = tmp_path.parent / f"{tmp_path.name}_source.db"
    with sqlite3.connect(source) as database:
        database.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT)")
        database.execute("INSERT INTO users VALUES (1, ?), (2, NULL)", (CANARY,))
    table = sql_table(f"sqlite:///{source}", "users", backend=backend)
    table.apply_hints(columns={"id": {"mask": "hash"}, "email": {"mask": "hash"}}, write_disposition="merge")
    for _ in range(2):
        pipeline.run(table)
        table = sql_table(f"sqlite:///{source}", "users", backend=backend)
        table.apply_hints(columns={"id": {"mask": "hash"}, "email": {"mask": "hash"}}, write_disposition="merge")
    expected = sorted([(hashed("1"), hashed(CANARY)), (hashed("2"), None)], key=repr)
    assert sorted(stored(pipeline, "SELECT id, email FROM users"), key=repr) == expected
    assert files_with(tmp_path, CANARY) == []


def test_a_plan_shows_no_clear_value(pipeline: Any, tmp_path: Path) -> None:
    """It is made of masked rows."""
    plan = pipeline.plan(users(as_rows([CANARY]), primary_key="email", write_disposition="merge"))
    assert CANARY not in str(plan) + json.dumps(plan.asdict())


def test_rows_without_masks_stay_the_same_objects(pipeline: Any) -> None:
    """A table without masks goes by untouched."""
    from dlt.extract.masks import Masks

    rows = as_rows([CANARY])
    assert Masks(dlt.Schema("spec")).apply("users", rows) is rows


# -- names that lead nowhere


@pytest.mark.parametrize("name", ["buyer.email", "$.buyer.email", "buyer[email]", "items[].email", "items.*.email"])
def test_a_name_that_looks_like_a_path_and_is_none_is_refused(pipeline: Any, tmp_path: Path, name: str) -> None:
    """The mask would hold for a column that no item has; the message says how a path is written."""
    with pytest.raises(PipelineStepFailed, match=r"items\[\*\]\.email") as failed:
        pipeline.run(dlt.resource([ORDER], name="orders", columns={name: {"mask": "hash"}}))
    assert isinstance(failed.value.__cause__, InvalidHint)
    assert files_with(tmp_path, CANARY) == []
    rows = [{"buyer.email": CANARY}]
    pipeline.run(dlt.resource(rows, name="orders", columns={"buyer_email": {"mask": "hash"}}))
    assert files_with(tmp_path, CANARY) == []


@pytest.mark.parametrize("way", WAYS)
def test_a_mask_of_a_column_that_no_item_has_is_told(pipeline: Any, log: io.StringIO, way: str) -> None:
    """A wrong name is seen at once; one that rows had before, and a table without rows, are nothing to be told."""

    def run(rows: Any, name: str, table: str = "users") -> str:
        log.seek(0)
        log.truncate()
        pipeline.run(dlt.resource([rows], name=table, columns={name: {"mask": "redact"}}))
        return log.getvalue()

    data = list(WAYS[way]([CANARY])) if way == "single rows" else WAYS[way]([CANARY])
    assert "table users: no item has the column emial, which has the mask 'redact'" in run(data, "emial")
    assert "table others__items: no item has the column email" in run(data, "items[*].email", "others")
    assert "no item has" not in run([], "mail", "empty")
    run(data, "email")
    assert "no item has the column email" not in run([{"id": 3}], "email")


def test_rows_of_another_resource_of_the_table_are_masked(pipeline: Any, tmp_path: Path) -> None:
    """The resource with the masks may come later, and nested tables are masked too."""
    rows = [{"id": 1, "email": CANARY, "items": [{"email": CANARY}]}]
    masks: Any = {"email": {"mask": "hash"}, "items[*].email": {"mask": "hash"}}
    pipeline.run(
        [
            dlt.resource(rows, name="first", table_name="users"),
            dlt.resource(rows, name="second", table_name="users", columns=masks),
        ]
    )
    assert stored(pipeline, "SELECT DISTINCT email FROM users") == [(hashed(CANARY),)]
    assert files_with(tmp_path, CANARY) == []


def test_columns_that_are_a_function_of_the_item_may_be_masked(pipeline: Any, tmp_path: Path) -> None:
    """The first row of a page tells nothing of the masks of the next one."""

    def columns(row: Any) -> Any:
        return {"email": {"mask": "hash"}} if "email" in row else {"id": {"data_type": "bigint"}}

    pipeline.run(dlt.resource([[{"id": 1}, {"id": 2, "email": CANARY}]], name="users", columns=columns))
    assert stored(pipeline, "SELECT email FROM users ORDER BY id") == [(None,), (hashed(CANARY),)]
    assert files_with(tmp_path, CANARY) == []


INSIDE = json.dumps({"email": CANARY})
OF_STRUCT = pa.array([{"email": CANARY}])
DOCUMENTS: dict[str, Any] = {
    "struct in a dictionary": pa.table({"doc": pa.DictionaryArray.from_arrays(pa.array([0]), OF_STRUCT)}),
    "map": pa.table({"doc": pa.array([[("email", CANARY)]], pa.map_(pa.string(), pa.string()))}),
    "text in a dictionary": pa.table({"doc": pa.array([INSIDE]).dictionary_encode()}),
    "view of text": pa.table({"doc": pa.array([INSIDE], pa.string_view())}),
    "text of pandas": pd.DataFrame({"doc": pd.Series([INSIDE, None], dtype="string")}),
    "categories of pandas": pd.DataFrame({"doc": pd.Series([INSIDE], dtype="category")}),
    "text of Arrow in pandas": pd.DataFrame({"doc": pd.Series([INSIDE], dtype=pd.ArrowDtype(pa.string()))}),
    "struct of Arrow in pandas": pd.DataFrame(
        {"doc": pd.Series([{"email": CANARY}], dtype=pd.ArrowDtype(OF_STRUCT.type))}
    ),
}


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_documents_of_any_type_are_masked_inside(pipeline: Any, tmp_path: Path, kind: str) -> None:
    """Text and documents of Arrow and pandas have many types."""
    columns: Any = {"doc": {"data_type": "json"}, "doc__email": {"mask": "hash"}}
    pipeline.run(dlt.resource([DOCUMENTS[kind]], name="orders", columns=columns))
    assert hashed(CANARY) in str(stored(pipeline, "SELECT doc FROM orders"))
    assert files_with(tmp_path, CANARY) == []


def test_a_line_of_a_file_that_is_broken_is_not_shown(pipeline: Any, tmp_path: Path) -> None:
    """The message names file and line; what stands in it is shown where nothing is masked."""
    from dlt.sources.filesystem import filesystem, read_jsonl

    source = tmp_path / "given"
    source.mkdir()
    (source / "a.jsonl").write_text(f'{{"id": 1}}\n{{"email": "{CANARY}"\n')

    def users(**hints: Any) -> Any:
        found = (filesystem(source.as_uri(), file_glob="*.jsonl") | read_jsonl()).with_name("users")
        found.apply_hints(**hints)
        return found

    with pytest.raises(PipelineStepFailed, match="line 2 is no JSON") as failed:
        pipeline.run(users(columns={"email": {"mask": "redact"}}))
    assert CANARY not in told(failed.value)
    assert all(path.startswith(str(source)) for path in files_with(tmp_path, CANARY))
    with pytest.raises(PipelineStepFailed, match=CANARY):
        pipeline.run(users())
