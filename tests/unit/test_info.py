"""Infos of steps: what they tell, and what is stored of them."""

from __future__ import annotations

import datetime
import json
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dlt
from dlt.info import ExtractInfo, LoadJobInfo, ParsedLoadJobFileName, duration_text, json_object, json_safe, size_text
from dlt.metrics import DataWriterMetrics, StepFigures, file_id, job_id
from dlt.schema.schema import Schema

MOMENT = datetime.datetime(2024, 2, 29, 10, tzinfo=datetime.timezone.utc)
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates() | st.datetimes() | st.binary()
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.tuples(inner) | st.dictionaries(SCALARS.filter(str), inner, max_size=3)
    ),
    max_leaves=12,
)


class Running(NamedTuple):
    """A pipeline, as far as an info needs it."""

    pipeline_name: str = "shop"


def extract_info(*figures: StepFigures) -> ExtractInfo:
    """Return the info of an extract of packages."""
    pipeline: Any = Running()
    metrics = {str(number): [found] for number, found in enumerate(figures)}
    return ExtractInfo(pipeline, metrics, [], list(metrics), [], True)


@given(VALUES)
def test_whatever_a_value_is_json_takes_what_is_made_of_it(value: object) -> None:
    """And made of it once more it stays as it is."""
    found = json_safe(value)
    json.dumps(found)
    assert repr(json_safe(found)) == repr(found)


def test_an_info_is_a_dict_and_no_list_though_it_is_a_tuple() -> None:
    """A schema is its stored form, and a moment its text."""
    file = ParsedLoadJobFileName("orders", "00001", 0, "arrow")
    job = LoadJobInfo("completed_jobs", "orders.00001.arrow", 10, MOMENT, 0.5, file, None, 3)
    found = json_safe([job, MOMENT])
    assert isinstance(found, list) and found[1] == "2024-02-29T10:00:00+00:00"
    assert found[0] == json_object(job.asdict()) and found[0]["job_id"] == "orders.00001.arrow"
    assert json_object({"schema": Schema("shop")})["schema"]["name"] == "shop"  # type: ignore[index] # a document


def test_a_step_took_from_its_first_package_to_its_last_one() -> None:
    """A package of which one end is not known leaves it to the others."""
    later = MOMENT + datetime.timedelta(hours=1)
    info = extract_info({"started_at": later, "finished_at": None}, {"started_at": MOMENT, "finished_at": later})
    assert (info.started_at, info.finished_at) == (MOMENT, later)
    assert "completed in 1 h 0 min 0 s" in str(info)
    empty = extract_info()
    assert empty.is_empty and empty.started_at is None and "was empty" in str(empty)


def test_the_figures_of_a_step_are_rows_by_job_and_by_table() -> None:
    """Each with the load that it belongs to."""
    table = DataWriterMetrics("", 2, 10, 1.0, 2.0)
    info = extract_info(
        {
            "started_at": MOMENT,
            "finished_at": MOMENT,
            "job_metrics": {"a.1.arrow": table},
            "table_metrics": {"a": table},
        }
    )
    found = info.asdict()
    assert found["pipeline"] == {"pipeline_name": "shop"}
    of = {"load_id": "0", "extract_idx": 0, "table_name": "a", **table._asdict()}
    assert found["job_metrics"] == [{**of, "job_id": "a.1.arrow"}]
    assert found["table_metrics"] == [of]
    assert "- a: 2 item(s)" in str(info)


def test_infos_of_a_run_name_its_pipeline(tmp_path: Any) -> None:
    """All three, also as documents that can be loaded."""
    pipeline = dlt.pipeline("shop", destination="dummy", pipelines_dir=str(tmp_path))
    steps = pipeline.extract([{"id": 1}], table_name="orders"), pipeline.normalize(), pipeline.load()
    for info in steps:
        assert info is not None and info.asdict()["pipeline"] == {"pipeline_name": "shop"}
        json.dumps(info.asdict())
    assert steps[1] is not None and steps[1].row_counts["orders"] == 1


@pytest.mark.parametrize(
    ("file", "expected"),
    [("000001.orders.arrow", "000001"), ("orders.00001.arrow", "00001"), ("orders", "orders"), ("a.b.7.jsonl", "7")],
)
def test_a_job_has_one_name_in_all_steps(file: str, expected: str) -> None:
    """The number stands first after extract, and second after normalize."""
    assert file_id(file) == expected
    assert job_id(file, "orders", "arrow") == f"orders.{expected}.arrow"


@given(st.floats(0, 1e15))
def test_sizes_and_durations_are_short(number: float) -> None:
    """However large they are."""
    assert len(size_text(number)) < 15 and size_text(number).split()[1] in ("B", "kB", "MB", "GB")
    assert duration_text(number).endswith(("seconds", "s"))
