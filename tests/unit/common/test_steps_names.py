"""The steps, rows and cursors of the engine of 1.x: names that say what runs a step here."""

from __future__ import annotations

import pytest

from dlt.common.incremental.typing import IncrementalArgs
from dlt.common.normalizers.utils import DLT_ID_LENGTH_BYTES, generate_dlt_ids
from dlt.dataset.exceptions import DatasetException, LineageFailedException
from dlt.errors import DltException, NotOffered
from dlt.load import Load
from dlt.normalize import Normalize


@pytest.mark.parametrize("step", [Load, Normalize])
def test_a_step_is_run_by_the_pipeline(step: type) -> None:
    """The classes import, and tell which methods do it."""
    with pytest.raises(NotOffered, match=r"pipeline\.normalize"):
        step()


def test_rows_have_ids() -> None:
    """As many as are asked for, all different."""
    assert len(set(generate_dlt_ids(3))) == 3 and DLT_ID_LENGTH_BYTES == 10


def test_settings_of_cursors_are_a_dict() -> None:
    """All settings of an incremental, by name."""
    assert set(IncrementalArgs.__annotations__) >= {"cursor_path", "initial_value", "lag", "range_end"}


def test_errors_are_ours() -> None:
    """Whoever catches the base catches all."""
    assert issubclass(LineageFailedException, DltException) and issubclass(DatasetException, DltException)
