"""How changes of a schema are counted."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dlt.schema.schema import Schema

NAMES = st.lists(st.sampled_from("abcdefghijklmnop"), max_size=40)


@given(NAMES)
def test_each_change_that_is_stored_is_counted_once(tables: list[str]) -> None:
    """The first content is version 1; what is there already changes nothing; ten former hashes are kept."""
    schema = Schema("shop")
    assert schema.bump()[0] == 1
    hashes = [schema.version_hash]
    for name in tables:
        is_new = name not in schema.tables
        schema.update_table({"name": name, "columns": {}})
        assert schema.is_modified is is_new
        assert schema.version == len(hashes) + is_new
        version, found = schema.bump()
        if is_new:
            hashes.append(found)
        assert (version, found) == (len(hashes), hashes[-1]) == schema.bump()
    assert schema.previous_hashes == hashes[:-1][::-1][:10]


def test_what_was_never_stored_is_version_one() -> None:
    """However often it changed before."""
    schema = Schema("shop")
    for name in ("a", "b"):
        schema.update_table({"name": name, "columns": {}})
    assert schema.is_new and schema.version == 1
    assert schema.bump() == (1, schema.version_hash)
    assert not schema.is_new and not schema.is_modified


def test_a_copy_under_another_name_begins_anew() -> None:
    """Under the same name it goes on with the versions, and a later change of one is none of the other."""
    schema = Schema("shop")
    schema.bump()
    schema.update_table({"name": "orders", "columns": {}})
    schema.bump()
    same, other = schema.clone(), schema.clone(with_name="store")
    assert (same.stored_version, same.previous_hashes) == (2, schema.previous_hashes)
    assert (other.stored_version, other.stored_version_hash, other.previous_hashes) == (1, None, [])
    same.update_table({"name": "more", "columns": {}})
    same.bump()
    assert len(same.previous_hashes) == 2 and len(schema.previous_hashes) == 1
