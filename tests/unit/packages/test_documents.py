"""Documents of packages: each is read as it was written, and told of where it is not what was written."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt.errors import DocumentTooNew
from dlt.io.codec import ABSENT, Document
from dlt.io.sealed import Damaged
from dlt.packages.abandon import JOURNAL_DOCUMENT, Journal
from dlt.packages.manifest import (
    MANIFEST_DOCUMENT,
    CheckDone,
    Job,
    Manifest,
    PackageFile,
    Refresh,
    Replay,
    ReplayedFile,
    StepMetrics,
    TableMetrics,
    Work,
)
from dlt.packages.undo import UNDO_DOCUMENT, Undo
from dlt.packages.workdir import COMMIT_DOCUMENT, CommitJournal
from dlt.states.cursor import Cursor, CursorKey
from dlt.states.delta import Change, decode_delta, encode_delta

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\ue000"), max_size=6)
SIZE = st.integers(0, 2**53)
MOMENTS = st.datetimes(dt.datetime(1970, 1, 1), timezones=st.just(dt.timezone.utc))
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
EXACT = PLAIN | st.dates() | MOMENTS | st.decimals(allow_nan=False) | st.binary(max_size=4)
REST = st.dictionaries(TEXT.map("later_".__add__), PLAIN, max_size=2)
LOAD_IDS = st.lists(TEXT, max_size=3).map(tuple)

FILES = st.builds(PackageFile, TEXT, TEXT, TEXT, SIZE, SIZE, st.none() | SIZE, st.none() | TEXT, REST)
JOBS = st.builds(
    Job, TEXT, TEXT, TEXT, SIZE, SIZE, TEXT, st.none() | MOMENTS, st.none() | MOMENTS, st.none() | TEXT, REST
)
METRICS = st.builds(
    StepMetrics,
    st.dictionaries(TEXT, st.builds(TableMetrics, SIZE, SIZE, REST), max_size=2),
    st.dictionaries(TEXT, SIZE, max_size=2),
    REST,
)
WORKS = st.builds(Work, TEXT, SIZE, TEXT, TEXT, st.dictionaries(TEXT, TEXT, max_size=2), TEXT, REST)
REPLAYS = st.builds(
    Replay, LOAD_IDS, st.dictionaries(TEXT, st.builds(ReplayedFile, TEXT, MOMENTS, REST), max_size=2), st.none() | TEXT
)
CHECKS = st.builds(CheckDone, TEXT, TEXT, TEXT, TEXT, TEXT, st.booleans(), SIZE, SIZE, MOMENTS)
MANIFESTS = st.builds(
    Manifest,
    TEXT,
    TEXT,
    load_id=st.none() | TEXT,
    created_at=st.none() | MOMENTS,
    files=st.lists(FILES, max_size=2).map(tuple),
    has_state=st.booleans(),
    refresh=st.none() | st.builds(Refresh, LOAD_IDS, LOAD_IDS),
    replay=st.none() | REPLAYS,
    unfilled=LOAD_IDS,
    metrics=st.dictionaries(TEXT, METRICS, max_size=2),
    works=st.lists(WORKS, max_size=2).map(tuple),
    parts=LOAD_IDS,
    tried=st.booleans(),
    jobs=st.lists(JOBS, max_size=2).map(tuple),
    schema_update=st.dictionaries(TEXT, PLAIN, max_size=2),
    completed_at=st.none() | MOMENTS,
    checks=st.lists(CHECKS, max_size=2).map(tuple),
    undoes=LOAD_IDS,
    rest=REST,
)
CHANGES = st.builds(
    Change, st.lists(TEXT, min_size=1, max_size=6).map(tuple), st.just(ABSENT) | EXACT, st.just(ABSENT) | EXACT
)
UNDOS = st.builds(
    Undo,
    st.none() | TEXT,
    st.none() | TEXT,
    st.lists(CHANGES, max_size=2).map(tuple),
    SIZE,
    st.none() | TEXT,
    st.booleans(),
    st.dictionaries(TEXT, st.none() | st.dictionaries(TEXT, PLAIN, max_size=2), max_size=2),
)
EACH = st.one_of(
    st.tuples(st.just(MANIFEST_DOCUMENT), MANIFESTS),
    st.tuples(st.just(UNDO_DOCUMENT), UNDOS),
    st.tuples(st.just(JOURNAL_DOCUMENT), st.builds(Journal, LOAD_IDS)),
    st.tuples(st.just(COMMIT_DOCUMENT), st.builds(CommitJournal, TEXT, LOAD_IDS)),
)


HEAD = len('{"crc32":"')
"""A document that does not begin like this is one of an earlier release."""


def complaint(document: Document[Any], values: dict[str, object]) -> str | None:
    """Return what is said of the values of a document, None where they are taken."""
    try:
        document.parse(values, "x.json")
    except (Damaged, DocumentTooNew) as error:
        return str(error)
    return None


@given(EACH)
def test_a_document_is_read_as_it_was_written(each: tuple[Document[Any], Any]) -> None:
    """Whatever its values are; it also says its version."""
    document, value = each
    data = document.dump(value)
    assert document.load(data, "x.json") == value
    assert orjson.loads(data)["version"] == document.version


@given(EACH, st.data())
def test_a_document_that_was_cut_or_changed_is_damaged(each: tuple[Document[Any], Any], data: Any) -> None:
    """Wherever: never another error, and never another value."""
    document, value = each
    written = document.dump(value)
    place = data.draw(st.integers(HEAD, len(written) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != written[place]))
    for changed in (written[:place], written[:place] + bytes([other]) + written[place + 1 :]):
        try:
            assert document.load(changed, "x.json") == value
        except Damaged:
            continue


@given(EACH, st.data())
def test_a_value_of_another_kind_is_damaged(each: tuple[Document[Any], Any], data: Any) -> None:
    """A document without a checksum, as earlier releases wrote, and changed by hand: the message names the key."""
    document, value = each
    values = document.values(value)
    key = data.draw(st.sampled_from(sorted(values)))
    values[key] = data.draw(st.none() | st.integers() | st.text(max_size=2) | st.just([[]]) | st.just({"a": 1}))
    said = complaint(document, values)
    assert said is None or key in said


@given(EACH, st.data())
def test_a_key_that_is_missing_is_its_default_or_named(each: tuple[Document[Any], Any], data: Any) -> None:
    """What a document needs is told by its name."""
    document, value = each
    values = document.values(value)
    key = data.draw(st.sampled_from(sorted(values)))
    del values[key]
    said = complaint(document, values)
    assert said is None or key in said


def test_a_document_of_a_later_release_is_refused() -> None:
    """The message names the file, both versions, and what to do."""
    values = {**MANIFEST_DOCUMENT.values(Manifest("s")), "version": 7}
    wanted = r"^/p/package\.json: the manifest of a package has version 7, and this release reads up to 1.*Upgrade dlt"
    with pytest.raises(DocumentTooNew, match=wanted) as failure:
        MANIFEST_DOCUMENT.parse(values, "/p/package.json")
    assert (failure.value.version, failure.value.known) == (7, 1)


@pytest.mark.parametrize("version", [0, -1, "1", True, None, 1.0])
def test_a_version_that_is_none_is_damaged(version: Any) -> None:
    """Versions are whole numbers from 1 on."""
    with pytest.raises(Damaged, match="its version is not a whole number"):
        MANIFEST_DOCUMENT.parse({"schema_name": "s", "version": version}, "x.json")


def test_a_document_of_an_earlier_version_goes_through_all_upgrades() -> None:
    """One that says no version is of version 1."""
    upgrades = (lambda values: {"load_ids": values["ids"]}, lambda values: {"load_ids": [*values["load_ids"], "new"]})
    document = replace(JOURNAL_DOCUMENT, version=3, upgrades=upgrades)
    assert document.parse({"ids": ["a"]}, "x.json") == Journal(("a", "new"))
    assert document.parse({"load_ids": ["a"], "version": 2}, "x.json") == Journal(("a", "new"))
    assert document.parse({"load_ids": ["a"], "version": 3}, "x.json") == Journal(("a",))


def test_keys_of_a_newer_minor_release_are_kept_or_refused() -> None:
    """Kept where the document goes on with them; refused where they may order something else to be done."""
    manifest = MANIFEST_DOCUMENT.parse({"schema_name": "s", "shape": [1]}, "x.json")
    assert MANIFEST_DOCUMENT.values(replace(manifest, tried=True))["shape"] == [1]
    with pytest.raises(Damaged, match="refresh has rename_tables, which this release does not know"):
        MANIFEST_DOCUMENT.parse({"schema_name": "s", "refresh": {"rename_tables": ["t"]}}, "x.json")


@given(st.lists(CHANGES, max_size=3))
def test_a_delta_is_read_as_it_was_written(changes: list[Change]) -> None:
    """Absent values, None and values of other types stay apart."""
    assert decode_delta(encode_delta(changes)) == changes


@pytest.mark.parametrize("text", ["", "{}", "[1]", '[{"base": 1}]', '[{"path": 1}]', '[{"path": ["a"], "by": 1}]'])
def test_a_damaged_delta_is_told(text: str) -> None:
    """It is no KeyError in the middle of a load."""
    with pytest.raises(Damaged):
        decode_delta(text)


@given(TEXT, TEXT, TEXT)
def test_a_cursor_is_found_by_its_place(source: str, resource: str, field: str) -> None:
    """A path says whose cursor stands there; other paths say none."""
    key = CursorKey(source, resource, field)
    assert CursorKey.of(key.path) == key
    assert CursorKey.of(key.path[:-1]) is None and CursorKey.of((*key.path, "last_value")) is None


def test_a_cursor_is_read_from_a_state() -> None:
    """States of all releases have these keys; more of them do no harm."""
    found = Cursor.read({"initial_value": 0, "last_value": 5, "unique_hashes": ["a"], "of": "later"})
    assert (found.initial_value, found.last_value, found.unique_hashes) == (0, 5, ("a",))
    with pytest.raises(Damaged, match=r"unique_hashes\[0\] is int, not text"):
        Cursor.read({"unique_hashes": [1]})
