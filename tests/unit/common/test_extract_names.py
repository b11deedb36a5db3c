"""Sources, resources, helpers and what is not here, under the names of PyPI `dlt` 1.x."""

from __future__ import annotations

import datetime
import sys
from pathlib import Path
from typing import Any

import pytest

import dlt
from dlt.errors import MissingDependencyException, NotOffered, PipeNotBoundToData, ResourceNameNotAvailable
from dlt.extract import DltResource, SourceReference
from dlt.extract.exceptions import UnknownSourceReference
from dlt.extract.incremental.lag import apply_lag
from dlt.extract.items import DataItemWithMeta, TableNameMeta
from dlt.extract.items_transform import FilterItem, ItemTransform, MapItem
from dlt.extract.state import get_current_pipe, get_current_pipe_name
from dlt.extract.utils import ensure_table_schema_columns, get_data_item_format, make_schema_with_default_name
from dlt.pipeline.configuration import get_default_pipeline_name
from dlt.pipeline.state_sync import (
    PIPELINE_STATE_ENGINE_VERSION,
    bump_pipeline_state_version_if_modified,
    default_pipeline_state,
)
from dlt.pipeline.trace import get_trace_file_path, load_trace, save_trace
from dlt.sources.credentials import FilesystemConfiguration, SFTPCredentials

SHOP = """
import dlt

@dlt.source
def shop(limit: int = 3):
    return dlt.resource([{"limit": limit}], name="orders")
"""


def test_a_source_is_found_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By module and function, by the path in a folder `sources`, or registered."""
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "__init__.py").touch()
    (tmp_path / "sources" / "shop_of_names.py").write_text(SHOP)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "sources", raising=False)
    made = SourceReference.from_reference("shop_of_names.shop", source_args=(4,), section="other")
    assert list(made) == [{"limit": 4}] and made.section == "other"
    factory = SourceReference.find("sources.shop_of_names.shop")
    reference = SourceReference("my_shop", None, factory, "s", "shop")
    monkeypatch.setattr(SourceReference, "SOURCES", {})
    SourceReference.register(reference)
    assert SourceReference.find("my_shop") is factory
    with pytest.raises(UnknownSourceReference, match="none of nowhere, sources"):
        SourceReference.find("nowhere")


REPORTS = """
import dlt

@dlt.resource
def days(first, secret=dlt.secrets.value):
    yield {"first": first, "secret": secret}

@dlt.transformer
def hours(day):
    yield day

numbers = dlt.resource([1, 2], name="digits")

@dlt.source
def reports(key: str = dlt.secrets.value):
    return numbers
"""


def test_a_resource_is_found_as_a_source_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the arguments and the configuration of its function; one of data has none."""
    (tmp_path / "reports_of_names.py").write_text(REPORTS)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("SOURCES__REPORTS_OF_NAMES__DAYS__SECRET", "s")
    factory = SourceReference.find("reports_of_names.days")
    made = factory(7)
    assert (made.name, made.section, list(made.resources)) == ("days", "reports_of_names", ["days"])
    assert list(made) == list(factory(first=7)) == [{"first": 7, "secret": "s"}]
    assert list(SourceReference.from_reference("reports_of_names.numbers")) == [1, 2]


def test_a_factory_tells_what_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`ref` has the name, the section and the spec of the arguments."""
    (tmp_path / "reports_of_names.py").write_text(REPORTS)
    monkeypatch.syspath_prepend(str(tmp_path))
    ref = SourceReference.find("reports_of_names.reports").ref
    assert (ref.ref, ref.section, ref.name) == ("reports_of_names.reports", "reports_of_names", "reports")
    assert list(ref.SPEC.get_resolvable_fields()) == ["key"]
    assert list(SourceReference.find("reports_of_names.days").ref.SPEC.get_resolvable_fields()) == ["first", "secret"]


def test_an_empty_resource_waits_for_a_parent() -> None:
    """`DltResource.Empty` is the parent of a transformer that is bound later, and has no rows."""

    def doubled(item: int) -> int:
        return item * 2

    late = DltResource.from_data(doubled, data_from=DltResource.Empty)
    assert list(dlt.resource([1, 2], name="numbers") | late) == [2, 4]
    assert "dlt.resource(" in repr(DltResource.Empty)
    with pytest.raises(PipeNotBoundToData, match="no data of its own"):
        list(DltResource.Empty)


def test_items_and_steps() -> None:
    """Marked items, and the steps of a resource, are of the classes that programs name."""
    marked = dlt.mark.with_table_name({"a": 1}, "t")
    assert isinstance(marked, DataItemWithMeta) and isinstance(marked.meta, TableNameMeta)
    resource = dlt.resource([1, 2], name="r").add_map(lambda x: x).add_filter(bool)
    assert [type(step) for step in resource.pipe.steps[-2:]] == [MapItem, FilterItem]


def test_a_program_writes_steps_of_its_own() -> None:
    """A class with `__call__`, whose base may have the type of its items behind it."""

    class Doubled(ItemTransform[int]):  # type: ignore[misc]  # a class that takes a type at run time only
        def __init__(self, times: int) -> None:
            super().__init__()
            self.times = times

        def __call__(self, item: Any, meta: Any = None) -> Any:
            return [row * self.times for row in item] if isinstance(item, list) else item * self.times

    assert list(dlt.resource([1, 2], name="r").add_step(Doubled(2))) == [2, 4]


def test_what_runs_is_known_inside_of_a_resource() -> None:
    """Its pipe and its name; outside there is none."""

    @dlt.resource
    def inside() -> object:
        yield get_current_pipe_name(), get_current_pipe() is not None

    assert list(inside()) == [("inside", True)]
    for outside in (get_current_pipe, get_current_pipe_name):
        with pytest.raises(ResourceNameNotAvailable):
            outside()


def test_helpers_of_extract() -> None:
    """Columns by name, formats of items, the default name of a schema, a start with its lag."""
    assert ensure_table_schema_columns([{"name": "a", "data_type": "text"}])["a"]["data_type"] == "text"
    assert get_data_item_format([{"a": 1}]) == "object"
    assert make_schema_with_default_name("chess_pipeline") == "chess"
    day = datetime.datetime(2024, 1, 2, tzinfo=datetime.timezone.utc)
    assert apply_lag(3600, None, day, max) == day - datetime.timedelta(hours=1)
    assert apply_lag(5, 8, 10, max) == 8


def test_traces_and_states(tmp_path: Path) -> None:
    """The trace of the last run is read from the working folder; a state counts its changes."""
    pipeline = dlt.pipeline("traced_by_name", destination="dummy", pipelines_dir=str(tmp_path))
    pipeline.run([1], table_name="t")
    found = load_trace(pipeline.working_dir)
    assert found is not None and found.pipeline_name == "traced_by_name"
    assert Path(get_trace_file_path(str(tmp_path), "traced_by_name")).is_file()
    save_trace(str(tmp_path), found)
    again = load_trace(str(tmp_path))
    assert again is not None and again.transaction_id == found.transaction_id
    assert load_trace(str(tmp_path / "nothing")) is None
    state = default_pipeline_state()
    assert state["_state_engine_version"] == PIPELINE_STATE_ENGINE_VERSION
    assert bump_pipeline_state_version_if_modified(state)[0] == 1
    assert get_default_pipeline_name("/a/my-script.py") == "dlt_my_script"


def test_places_for_files() -> None:
    """The scheme of a URL tells which credentials it takes."""
    assert FilesystemConfiguration(bucket_url="sftp://host/path").credentials_hint is SFTPCredentials
    assert FilesystemConfiguration(bucket_url="/tmp/files").is_local_filesystem
    assert FilesystemConfiguration(bucket_url="gs://b").protocol == "gs"


def test_the_hub_is_not_here() -> None:
    """It imports; what is asked of it says where to go."""
    import dlt.hub

    assert dlt.hub.__found__ is False and isinstance(dlt.hub.__exception__, ModuleNotFoundError)
    with pytest.raises(MissingDependencyException, match=r"dlt\.hub\.transformation"):
        dlt.hub.transformation  # noqa: B018 - the attribute is what is tried
    with pytest.raises(NotOffered, match="workspaces"):
        dlt.current.workspace()


@pytest.mark.parametrize(
    ("url", "local", "protocol"),
    [("/a/b", True, "file"), ("_storage", True, "file"), ("file:///a/b", False, "file"), ("s3://b/x", False, "s3")],
)
def test_paths_are_told_from_urls(url: str, local: bool, protocol: str) -> None:
    """A URL with the scheme "file" is one too."""
    assert FilesystemConfiguration.is_local_path(url) is local
    assert FilesystemConfiguration.parse_protocol(url) == protocol


def test_a_path_becomes_a_url_and_comes_back(tmp_path: Path) -> None:
    """Spaces and the like are written as URLs have them; what is relative begins in the folder of the program."""
    path = str(tmp_path / "a b")
    url = FilesystemConfiguration.make_file_url(path)
    assert url == (tmp_path / "a b").as_uri() and FilesystemConfiguration.make_local_path(url) == path
    assert FilesystemConfiguration.make_file_url("x") == (Path.cwd() / "x").as_uri()
    assert FilesystemConfiguration.make_local_path("file:/a/b") == "/a/b"
    with pytest.raises(ValueError, match="the scheme is 's3'"):
        FilesystemConfiguration.make_local_path("s3://bucket/a")
