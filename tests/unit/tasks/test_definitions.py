"""Pipelines as a file of YAML: what each key means, and what an error tells."""

from __future__ import annotations

import datetime
import re
from pathlib import Path

import pytest

from dlt.tasks.definitions import Definition, read_definitions

FILE = """
defaults:
  destination: postgres
  retries: 5
  source_args: {region: eu, page: 10}
limits: {postgres: 4}
pipelines:
  shop:
    source: sources/shop.py:shop
    source_args: {page: 100}
    dataset: shop_data
    schedule: "0 6 * * *"
    timezone: Europe/Berlin
    start: 2026-01-31
    fan_out: resources
    window: auto
    resources: [orders]
    handoff: s3://bucket/handoff
    tags: [daily]
  people:
    source: company.people:source
    pipeline: pipelines.py:make
    retries:
    runs_in: {python: /opt/loads/bin/python}
"""


def read(tmp_path: Path, text: str) -> dict[str, Definition]:
    """Read a file; return its pipelines by name."""
    (tmp_path / "pipelines.yaml").write_text(text, encoding="utf-8")
    return {found.name: found for found in read_definitions(tmp_path / "pipelines.yaml").pipelines}


def test_what_a_file_says(tmp_path: Path) -> None:
    """Defaults hold for all, key by key of a mapping; a key without a value takes one back."""
    found = read(tmp_path, FILE)
    shop, people = found["shop"], found["people"]
    assert shop.source == f"{tmp_path}/sources/shop.py:shop" and shop.destination == "postgres"
    assert shop.pipeline == {"pipeline_name": "shop", "destination": "postgres", "dataset_name": "shop_data"}
    assert shop.spec == {
        "source_args": {"region": "eu", "page": 100}, "resources": ["orders"], "handoff": "s3://bucket/handoff",
    }  # fmt: skip
    assert (shop.schedule, shop.timezone, shop.start) == ("0 6 * * *", "Europe/Berlin", datetime.datetime(2026, 1, 31))
    assert (shop.fan_out, shop.window, shop.retries, shop.tags) == ("resources", "auto", 5, ["daily"])
    assert people.source == "company.people:source" and people.pipeline == f"{tmp_path}/pipelines.py:make"
    assert people.retries == Definition("", "", "").retries and people.runs_in == {"python": "/opt/loads/bin/python"}
    assert read_definitions(tmp_path / "pipelines.yaml").limits == {"postgres": 4}


def test_anchors_and_merges_of_yaml(tmp_path: Path) -> None:
    """What is merged is overridden by what stands there."""
    text = """
pipelines:
  a: &a {source: "m:f", destination: duckdb, tags: [x]}
  b: {<<: *a, tags: [y]}
"""
    found = read(tmp_path, text)
    assert found["b"].source == "m:f" and found["b"].tags == ["y"] and found["a"].tags == ["x"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("pipelines:\n  a: {sorce: 'm:f'}", ":2: pipelines.a.sorce is no key of a pipeline, did you mean source?"),
        ("pipelines:\n  a:\n    source: nothing", ":3: pipelines.a.source is 'nothing'. Write package"),
        ("pipelines:\n  a: {destination: duckdb}", ":2: pipelines.a.source is missing"),
        ("pipelines:\n  a: {source: 'm:f'}", ":2: pipelines.a.destination is missing"),
        ("pipelines:\n  a: {source: 'm:f', destination: 7}", ":2: pipelines.a.destination is 7. Write the name"),
        ("pipelines:\n  a: {source: 'm:f', pipeline: 'm:p', dataset: d}", ":2: pipelines.a has pipeline, and"),
        ("pipelines:\n  a: {source: 'm:f', destination: d, retries: true}", "retries is True. Write a whole number"),
        ("pipelines:\n  a: {source: 'm:f', destination: d, timezone: Mars/One}", "Write a time zone"),
        ("pipelines:\n  a: {source: 'm:f', destination: d, start: soon}", "Write a day or a moment"),
        ("pipelines:\n  a: {source: 'm:f', destination: d, window: [1]}", "a list of start and end"),
        ("pipelines:\n  a: {source: 'm:f', destination: d, fan_out: all}", '"resources", or a list of parts'),
        ("pipelines:\n  a: {source: 'm:f', destination: d}\n  a: {}", ":3: pipelines.a stands here twice"),
        ("pipelines:\n  a: [1]", ":2: pipelines.a is no mapping"),
        ("pipelines: [1]", ":1: pipelines is no mapping"),
        ("piplines: {}", ":1: piplines is no key of a file of pipelines, did you mean pipelines?"),
        ("limits: {duckdb: 0}\npipelines: {}", ":1: limits.duckdb is 0. Write a whole number, 1 or more"),
        ("limits: {duckdb: 1}\npipelines: {}", "limits.duckdb would hold for no pipeline"),
        ("pipelines:\n  a: {source: 'm:f'", "it is no YAML"),
        ("", "it is empty"),
        ("- 1", ":1: the file is no mapping"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_told_by_line_and_key(text: str, told: str, tmp_path: Path) -> None:
    """With what to write."""
    with pytest.raises(ValueError, match=re.escape(told)) as caught:
        read(tmp_path, text)
    assert str(tmp_path / "pipelines.yaml") in str(caught.value)


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    """Each in a line of its own."""
    text = "pipelines:\n  a: {sorce: 1, retries: x, destination: d}\n  b: {source: 'm:f'}\n"
    with pytest.raises(ValueError, match="sorce") as caught:
        read(tmp_path, text)
    assert [line.partition(": ")[2].split()[0] for line in str(caught.value).splitlines()] == [
        "pipelines.a.sorce", "pipelines.a.retries", "pipelines.b.destination",
    ]  # fmt: skip
