"""Incremental loading: what the API is asked for, one cursor for each parent, and what a kill leaves."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dlt
from dlt.pipeline.exceptions import PipelineStepFailed
from dlt.sources.rest_api import rest_api_source
from dlt.sources.rest_api.cursors import CursorPerParent, ParentMeta
from tests.processes import run_python
from tests.servers.rest import Reply
from tests.unit.sources.rest_api.conftest import Asked, WebApi

Load = Callable[..., dict[str, list[dict[str, Any]]]]


class _Issues:
    """Issues with comments, which have numbers of their own in each issue."""

    def __init__(self, api: WebApi, *issues: int) -> None:
        self.api, self.issues = api, list(issues)
        self.comments: dict[int, list[int]] = {issue: [] for issue in issues}
        api.route("/issues", lambda _asked: [{"id": issue} for issue in self.issues])
        api.route(r"/issues/(\d+)/comments", self._comments)

    def _comments(self, asked: Asked) -> Any:
        issue, since = int(asked.groups[0]), int(asked.query.get("since") or 0)
        return [{"issue": issue, "number": n} for n in self.comments.get(issue, []) if n >= since]

    def source(self, **more: Any) -> Any:
        incremental = {"cursor_path": "number", "initial_value": 0, **more.pop("incremental", {})}
        endpoint = {
            "path": "issues/{resources.issues.id}/comments",
            "params": {"since": "{incremental.start_value}"},
            "incremental": incremental,
        }
        config: Any = {
            "client": {"base_url": self.api.url, "paginator": "single_page"},
            "resources": [{"name": "issues", "selected": False}, {"name": "comments", "endpoint": endpoint, **more}],
        }
        return rest_api_source(config)

    def asked(self) -> dict[int, int]:
        """Return from where each issue was asked last."""
        found = self.api.asked(r"/issues/\d+/comments")
        return {int(asked.path.split("/")[2]): int(asked.query["since"]) for asked in found}


def _loaded(rows: list[dict[str, Any]]) -> list[tuple[int, int]]:
    return sorted((row["issue"], row["number"]) for row in rows)


@pytest.mark.parametrize("parallelized", [False, True])
def test_each_parent_has_its_own_cursor(api: WebApi, load: Load, parallelized: bool) -> None:
    """Rows below the newest of another parent are loaded, and so is all of a parent that comes later (#2429)."""
    issues = _Issues(api, 1, 2)
    issues.comments = {1: [1, 2, 100], 2: [5]}
    found = load(issues.source(parallelized=parallelized), "comments")
    assert _loaded(found["comments"]) == [(1, 1), (1, 2), (1, 100), (2, 5)]
    issues.issues.append(3)
    issues.comments = {1: [100, 101], 2: [5, 6], 3: [1]}
    found = load(issues.source(parallelized=parallelized), "comments")
    assert _loaded(found["comments"]) == [(1, 1), (1, 2), (1, 100), (1, 101), (2, 5), (2, 6), (3, 1)]
    assert issues.asked() == {1: 100, 2: 5, 3: 0}


def test_the_state_has_the_furthest_cursor_where_programs_read_it(api: WebApi, load: Load) -> None:
    """With the cursors of parents beside it; parents without rows leave nothing there."""
    issues = _Issues(api, 1, 2, 3)
    issues.comments = {1: [7], 2: [5]}
    load(issues.source())
    kept = dlt.pipeline().state["sources"]["rest_api"]["resources"]["comments"]["incremental"]["number"]
    assert (kept["initial_value"], kept["last_value"]) == (0, 7)
    assert {parent: found["last_value"] for parent, found in kept["parents"].items()} == {"[1]": 7, "[2]": 5}


def test_one_cursor_for_all_may_be_asked_for(api: WebApi, load: Load) -> None:
    """It does not move while the parents of one run are asked, so that a run loses nothing."""
    issues = _Issues(api, 1, 2)
    issues.comments = {1: [100], 2: [5]}
    found = load(issues.source(incremental={"per_parent": False}), "comments")
    assert _loaded(found["comments"]) == [(1, 100), (2, 5)]
    assert issues.asked() == {1: 0, 2: 0}
    load(issues.source(incremental={"per_parent": False}))
    assert issues.asked() == {1: 100, 2: 100}


def test_a_cursor_of_1x_is_where_all_known_parents_begin(api: WebApi, load: Load) -> None:
    """What lies before was loaded for each of them; nothing comes twice, and a later parent begins at its start."""
    issues = _Issues(api, 1, 2)
    issues.comments = {1: [100], 2: [5]}
    # as PyPI dlt 1.x keeps it
    load(issues.source(incremental={"per_parent": False}))
    issues.comments = {1: [100, 101], 2: []}
    load(issues.source())
    assert issues.asked() == {1: 100, 2: 100}
    issues.issues.append(3)
    issues.comments = {1: [], 2: [], 3: [1]}
    found = load(issues.source(), "comments")
    assert issues.asked() == {1: 101, 2: 100, 3: 0}
    assert _loaded(found["comments"]) == [(1, 100), (1, 101), (2, 5), (3, 1)]


def test_rows_are_compared_behind_the_steps_of_the_program(api: WebApi, load: Load) -> None:
    """A step may make the cursor, make several rows of one, and drop some."""
    issues = _Issues(api, 1, 2)
    issues.comments = {1: [1, 9], 2: [4]}
    steps: list[Any] = [
        {"map": lambda row: {**row, "at": row["number"] * 10}},
        {"yield_map": lambda row: [row, {**row, "number": -row["number"], "at": row["at"] + 1}]},
        {"filter": lambda row: row["number"] != 1},
    ]
    source = issues.source(incremental={"cursor_path": "at"}, processing_steps=steps)
    found = load(source, "comments")
    assert _loaded(found["comments"]) == [(1, -9), (1, -1), (1, 9), (2, -4), (2, 4)]
    kept = dlt.pipeline().state["sources"]["rest_api"]["resources"]["comments"]["incremental"]["at"]
    assert {parent: found["last_value"] for parent, found in kept["parents"].items()} == {"[1]": 91, "[2]": 41}


def test_a_backfill_leaves_the_cursors_alone(api: WebApi, load: Load) -> None:
    """It begins and ends where it says, for each parent."""
    issues = _Issues(api, 1, 2)
    issues.comments = {1: [1, 5, 9], 2: [4, 6]}
    found = load(issues.source(incremental={"initial_value": 4, "end_value": 6}), "comments")
    assert _loaded(found["comments"]) == [(1, 5), (2, 4)]
    assert "incremental" not in str(dlt.pipeline().state.get("sources"))


def test_a_parent_is_known_by_its_key(api: WebApi, load: Load) -> None:
    """Where it has one: what else a child takes of it may change from run to run."""
    versions = iter([1, 2])
    api.route("/a", lambda _asked: [{"id": 1, "version": next(versions)}])
    api.route("/b", [{"n": 1}])
    parent = {"name": "a", "primary_key": "id"}
    child = {
        "name": "b",
        "endpoint": {
            "params": {"v": "{resources.a.version}", "since": "{incremental.start_value}"},
            "incremental": {"cursor_path": "n", "initial_value": 0},
        },
    }
    config: Any = {"client": {"base_url": api.url}, "resources": [parent, child]}
    load(rest_api_source(config))
    load(rest_api_source(config))
    assert [dict(asked.query) for asked in api.asked("/b")] == [{"v": "1", "since": "0"}, {"v": "2", "since": "1"}]


def test_an_ordered_child_is_read_no_further_than_needed(api: WebApi, load: Load) -> None:
    """The walk of one parent ends where its rows leave the range, and that of the next begins."""

    def comments(asked: Asked) -> Any:
        page = int(asked.query.get("page", 1))
        return {
            "data": [{"issue": asked.groups[0], "number": number} for number in (9 - 2 * page, 8 - 2 * page)],
            "total_pages": 4,
        }

    api.route("/issues", [{"id": 1}, {"id": 2}])
    api.route(r"/issues/(\d+)/comments", comments)
    config_paginator = {"type": "page_number", "base_page": 1, "total_path": "total_pages"}
    endpoint = {
        "path": "issues/{resources.issues.id}/comments", "paginator": config_paginator,
        "incremental": {"cursor_path": "number", "initial_value": 4, "row_order": "desc"},
    }  # fmt: skip
    config: Any = {
        "client": {"base_url": api.url},
        "resources": [{"name": "issues", "selected": False}, {"name": "comments", "endpoint": endpoint}],
    }
    rows = list(rest_api_source(config))
    assert sorted((row["issue"], row["number"]) for row in rows) == [(i, n) for i in "12" for n in (4, 5, 6, 7)]
    assert len(api.asked(r"/issues/\d+/comments")) == 2 * 3


START = "{incremental.start_value}"
CURSOR = {"cursor_path": "n", "initial_value": 1}
WAYS: list[tuple[Any, Any, Any]] = [
    ({"params": {"since": {"type": "incremental", **CURSOR}}}, "1", "3"),
    ({"params": {"since": dlt.sources.incremental("n", initial_value=1)}}, "1", "3"),
    ({"incremental": {**CURSOR, "start_param": "since"}}, "1", "3"),
    ({"incremental": CURSOR, "params": {"since": START}}, "1", "3"),
    ({"incremental": CURSOR, "params": {"since": "{incremental.initial_value}"}}, "1", "1"),
    ({"incremental": {"cursor_path": "n"}, "params": {"since": "{incremental.last_value}"}}, None, "3"),
    ({"incremental": {**CURSOR, "lag": 1}, "params": {"since": f"from {START}"}}, "from 1", "from 2"),
    ({"incremental": {**CURSOR, "convert": lambda n: n * 100}, "params": {"since": START}}, "100", "300"),
]


@pytest.mark.parametrize(("endpoint", "first", "second"), WAYS)
def test_the_api_is_asked_for_what_is_new(api: WebApi, load: Load, endpoint: Any, first: Any, second: Any) -> None:
    """In each of the ways to say it; without a start the parameter is left out."""
    api.route("/a", [{"n": 1}, {"n": 3}])
    for _ in range(2):
        config: Any = {"client": {"base_url": api.url}, "resources": [{"name": "a", "endpoint": endpoint}]}
        found = load(rest_api_source(config), "a")
    assert [asked.query.get("since") for asked in api.asked("/a")] == [first, second]
    # a lag reads rows again, and the write disposition says what becomes of them
    assert found["a"][:2] == [{"n": 1}, {"n": 3}] and (len(found["a"]) == 2 or "lag" in endpoint["incremental"])


def test_start_and_end_go_wherever_there_are_placeholders(api: WebApi) -> None:
    """Into path, headers and bodies, where numbers stay numbers."""
    api.route("/from/1/to/9", [{"n": 5}])
    endpoint = {
        "path": "from/{incremental.start_value}/to/{incremental.end_value}",
        "method": "POST",
        "headers": {"X-Since": "{incremental.start_value}"},
        "json": {"range": ["{incremental.start_value}", "{incremental.end_value}"], "lag": "{incremental.lag}"},
        "incremental": {"cursor_path": "n", "initial_value": 1, "end_value": 9},
    }
    config: Any = {"client": {"base_url": api.url}, "resources": [{"name": "a", "endpoint": endpoint}]}
    assert list(rest_api_source(config)) == [{"n": 5}]
    asked = api.seen[0]
    assert asked.json == {"range": [1, 9], "lag": None} and asked.headers["x-since"] == "1"


def test_a_path_without_a_start_is_not_asked(api: WebApi) -> None:
    """No API has a page for None."""
    endpoint = {"path": "since/{incremental.start_value}", "incremental": {"cursor_path": "n"}}
    config: Any = {"client": {"base_url": api.url}, "resources": [{"name": "a", "endpoint": endpoint}]}
    with pytest.raises(Exception, match=r"incremental\.start_value.*initial_value"):
        list(rest_api_source(config))
    assert api.seen == []


PROGRAM = """
import os, signal, sys
import dlt
from dlt.sources.rest_api import rest_api_source

url, folder, kill_at = sys.argv[1:]
answers = 0


def die(response, *args, **kwargs):
    global answers
    answers += 1
    if answers == int(kill_at):
        os.kill(os.getpid(), signal.SIGKILL)


cursor = {"params": {"since": "{incremental.start_value}"}, "incremental": {"cursor_path": "at", "initial_value": 0}}
config = {
    "client": {"base_url": url, "auth": "bearer", "paginator": {
        "type": "page_number", "base_page": 1, "total_path": "total_pages"}},
    "resource_defaults": {"endpoint": {"response_actions": [die]}},
    "resources": [
        {"name": "issues", "endpoint": cursor},
        {"name": "comments", "include_from_parent": ["id"],
         "endpoint": {"path": "issues/{resources.issues.id}/comments", **cursor}},
    ],
}
database = dlt.destinations.duckdb(folder + "/p.duckdb")
pipeline = dlt.pipeline("p", destination=database, pipelines_dir=folder, dataset_name="d")
try:
    pipeline.run(rest_api_source(config))
except Exception as error:
    print(error, file=sys.stderr, flush=True)
    os._exit(1)
# at once: a process that was forked has not the threads that some versions of DuckDB wait for at its end
os._exit(0)
"""


def _run(api: WebApi, folder: Path, kill_at: int = 0, token: str = "good") -> Any:
    program = folder / "program.py"
    program.write_text(PROGRAM)
    env = {"SOURCES__REST_API__CREDENTIALS__TOKEN": token}
    return run_python([str(program), api.url, str(folder), str(kill_at)], env=env)


def _rows(folder: Path) -> dict[str, list[Any]]:
    import duckdb

    with duckdb.connect(str(folder / "p.duckdb"), read_only=True) as connection:
        return {
            "issues": connection.sql('select id, "at" from d.issues order by 1, 2').fetchall(),
            "comments": connection.sql('select _issues_id, "at" from d.comments order by 1, 2').fetchall(),
        }


def test_killed_runs_and_an_expired_token_change_nothing(api: WebApi, tmp_path: Path) -> None:
    """The next run leaves what one clean run would have left: no row twice, none lost, cursors where they belong."""
    issues = [{"id": number, "at": number * 10} for number in range(1, 6)]
    comments = {issue["id"]: list(range(issue["id"], issue["id"] + 3)) for issue in issues}

    def paged(rows: list[Any], asked: Asked) -> Any:
        if asked.headers.get("authorization") != "Bearer good":
            return Reply(401, {"error": "token expired"})
        page, new = int(asked.query["page"]) - 1, [row for row in rows if row["at"] >= int(asked.query["since"])]
        return {"data": new[page * 2 : page * 2 + 2], "total_pages": -(-len(new) // 2)}

    def expected() -> Any:
        found = [(issue, at) for issue, moments in comments.items() for at in moments]
        return {"issues": [(issue["id"], issue["at"]) for issue in issues], "comments": found}

    api.route("/issues", lambda asked: paged(issues, asked))
    api.route(
        r"/issues/(\d+)/comments", lambda asked: paged([{"at": at} for at in comments[int(asked.groups[0])]], asked)
    )
    # among the pages of the parent, among those of its children, and at the last one
    for kill_at in (2, 7, 12):
        assert _run(api, tmp_path, kill_at).returncode == -9
    expired = _run(api, tmp_path, token="old-token-of-mine")
    assert expired.returncode == 1 and b"401" in expired.stderr and b"old-token-of-mine" not in expired.stderr
    assert _run(api, tmp_path).returncode == 0
    assert _rows(tmp_path) == expected()
    # the cursors are where they were after a kill in the second run too
    issues += [{"id": 5, "at": 55}, {"id": 6, "at": 60}]
    comments[5].append(9)
    comments[6] = [1]
    assert _run(api, tmp_path, 3).returncode == -9
    assert _run(api, tmp_path).returncode == 0
    assert _rows(tmp_path) == expected()


def test_an_error_leaves_the_cursor_where_it_was(api: WebApi, load: Load) -> None:
    """Also that of a parent whose rows had come."""
    issues = _Issues(api, 1, 2)
    issues.comments = {1: [1], 2: [1]}
    load(issues.source())
    issues.comments = {1: [2], 2: [2]}
    api.route("/issues/2/comments", Reply(400, {}))
    with pytest.raises(PipelineStepFailed, match="400"):
        load(issues.source())
    api.route("/issues/2/comments", [{"issue": 2, "number": 2}])
    found = load(issues.source(), "comments")
    assert _loaded(found["comments"]) == [(1, 1), (1, 2), (2, 1), (2, 2)]
    assert issues.asked()[1] == 1


def test_moments_stay_moments_in_the_state(api: WebApi, load: Load) -> None:
    """A cursor that a step made of the text."""
    issues = _Issues(api, 1)
    issues.comments = {1: [1, 3]}
    first = datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc)

    def with_time(row: Any) -> Any:
        return {**row, "at": first + datetime.timedelta(days=row["number"])}

    for _ in range(2):
        load(
            issues.source(
                incremental={"cursor_path": "at", "initial_value": first, "convert": lambda at: at.day},
                processing_steps=[{"map": with_time}],
            )
        )
    assert [asked.query["since"] for asked in api.asked("/issues/1/comments")] == ["1", "4"]


def test_grandchildren_have_cursors_of_their_own(api: WebApi, load: Load) -> None:
    """Also where the key of a child is one among the children of its parent only."""
    replies = {("1", "1"): [1, 9], ("2", "1"): [5]}
    api.route("/issues", [{"id": 1}, {"id": 2}])
    api.route(r"/issues/(\d)/comments", lambda asked: [{"id": 1}])
    api.route(
        r"/issues/(\d)/comments/(\d)", lambda asked: [{"n": n, "of": asked.groups[0]} for n in replies[asked.groups]]
    )
    comments = {
        "name": "comments",
        "selected": False,
        "primary_key": "id",
        "include_from_parent": ["id"],
        "endpoint": "issues/{resources.issues.id}/comments",
    }
    path = "issues/{resources.comments._issues_id}/comments/{resources.comments.id}"
    endpoint = {"path": path, "paginator": "single_page", "incremental": {"cursor_path": "n", "initial_value": 0}}
    config: Any = {
        "client": {"base_url": api.url},
        "resources": [
            {"name": "issues", "selected": False},
            comments,
            {"name": "replies", "endpoint": {**endpoint, "data_selector": "$"}},
        ],
    }
    load(rest_api_source(config))
    replies[("2", "1")] = [5, 6]
    found = load(rest_api_source(config), "replies")
    assert sorted((row["of"], row["n"]) for row in found["replies"]) == [("1", 1), ("1", 9), ("2", 5), ("2", 6)]


ADDED = st.lists(st.dictionaries(st.integers(0, 3), st.lists(st.integers(0, 2), max_size=4), max_size=4), max_size=5)
"""For each run, how far the rows that come to each parent go on from the one before."""


@given(ADDED, st.integers(1, 3), st.randoms(use_true_random=False))
def test_each_row_of_each_parent_comes_once(added: list[dict[int, list[int]]], size: int, order: Any) -> None:
    """In whatever order parents come, however rows share a value, and whichever parent is new in a run."""
    rows: dict[int, list[dict[str, int]]] = {}
    state: dict[str, Any] = {}
    loaded: list[tuple[int, int]] = []
    template = CursorPerParent.of_cursor(dlt.sources.incremental("at", initial_value=0))
    for steps in added:
        for parent, further in steps.items():
            known = rows.setdefault(parent, [])
            for step in further:
                at = (known[-1]["at"] if known else 0) + step
                known.append({"parent": parent, "number": len(known), "at": at})
        # the state is written and read between the runs
        state = json.loads(json.dumps(state))
        cursor = template.bind_to("children", state)
        for parent in order.sample(list(rows), len(rows)):
            of_parent = cursor.of_parent(str(parent))
            found = [row for row in rows[parent] if row["at"] >= of_parent.start_value]
            for start in range(0, len(found), size):
                marked = cursor(found[start : start + size], ParentMeta(str(parent), of_parent))
                loaded += [(row["parent"], row["number"]) for row in ([] if marked is None else marked.data)]
    assert sorted(loaded) == sorted((row["parent"], row["number"]) for found in rows.values() for row in found)
