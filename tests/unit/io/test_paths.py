"""Names that come from data, as names of files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt.io.paths import LONGEST, is_inside, segment

NAMES = st.text(st.characters(), max_size=40) | st.text("ab!%/\\.~ \x00ä😀", max_size=400)


@given(NAMES)
def test_any_text_is_one_segment(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    """A file can have the name, and it is a file of this folder."""
    found = segment(name)
    assert 0 < len(found.encode()) <= LONGEST and is_inside(found) and "/" not in found
    folder = tmp_path_factory.mktemp("names")
    (folder / found).write_bytes(b"")
    assert os.listdir(folder) == [found]


@given(NAMES, NAMES, st.sampled_from([40, LONGEST]))
def test_two_texts_never_share_a_segment(one: str, other: str, longest: int) -> None:
    """What is escaped or cut keeps names apart."""
    assert (segment(one, longest) == segment(other, longest)) == (one == other)


@given(st.text("abcXYZ019_-", min_size=1, max_size=60))
def test_usual_names_stay_as_they_are(name: str) -> None:
    """Tables are found under their own names."""
    assert segment(name) == name


@pytest.mark.parametrize(
    ("name", "expected"),
    [("", "!"), ("..", "!2E!2E"), ("a/b", "a!2Fb"), ("c:\\x", "c!3A!5Cx"), (".hidden", "!2Ehidden"), ("50%", "50!25")],
)
def test_letters_that_mean_more_than_themselves(name: str, expected: str) -> None:
    """Separators, drives, patterns and what URLs decode are written in digits."""
    assert segment(name).startswith(expected[:4]) and is_inside(segment(name))
    if name != "..":
        assert segment(name) == expected


@pytest.mark.parametrize("path", ["a", "a/b", "a b/c.d", "ä/ö"])
def test_paths_that_stay_inside(path: str) -> None:
    """Names and folders below."""
    assert is_inside(path)


@pytest.mark.parametrize("path", ["", "/a", "a//b", "../a", "a/..", "a/./b", "c:/a", "a\\b", "a\nb"])
def test_paths_that_lead_away(path: str) -> None:
    """On every system, not only on this one."""
    assert not is_inside(path)


def test_nothing_is_written_outside(tmp_path: Path) -> None:
    """Joined to a folder, the segment of a path stays a file in it."""
    assert (tmp_path / segment("../../etc/passwd")).parent == tmp_path
