"""Pipelines, their state and the infos of their steps under the names of PyPI `dlt` 1.x."""

from __future__ import annotations

import pytest

import dlt
from dlt.common.configuration.container import Container
from dlt.common.pipeline import (
    LoadInfo,
    PipelineContext,
    SourceInjectableContext,
    SourceSchemaInjectableContext,
    StateInjectableContext,
    StepInfo,
    current_pipeline,
    get_dlt_pipelines_dir,
    get_dlt_repos_dir,
    pipeline_state,
)
from dlt.common.versioned_state import (
    bump_state_version_if_modified,
    compress_state,
    decompress_state,
    default_versioned_state,
    generate_state_version_hash,
)


def test_the_active_pipeline() -> None:
    """It is activated and deactivated through the container, and remembered if a program says so."""
    context = Container()[PipelineContext]
    context.deactivate()
    assert not context.is_active()
    made = dlt.pipeline("of_the_container", destination="dummy")
    assert context.is_active() and context.pipeline() is made is current_pipeline()
    with Container().injectable_context(PipelineContext(enable_activation_history=True)) as remembering:
        remembering.activate(made)
        assert remembering.activation_history() == [made]
        remembering.clear_activation_history()
        assert remembering.activation_history() == []
    context.deactivate()
    assert not Container()[PipelineContext].is_active()


def test_the_state_of_a_block() -> None:
    """Sources and resources read and write an injected state."""
    with pytest.raises(KeyError):
        Container()[StateInjectableContext]

    @dlt.resource
    def counted() -> object:
        seen = dlt.current.resource_state().setdefault("seen", [])
        seen.append(len(seen))
        yield list(seen)

    state: dict[str, object] = {}
    with Container().injectable_context(StateInjectableContext(state=state)):
        list(counted())
        list(counted())
        assert Container()[StateInjectableContext].state is state
        assert pipeline_state(Container()) == (state, True)
    [kept] = [found["resources"]["counted"]["seen"] for found in state["sources"].values()]  # type: ignore[attr-defined]
    assert kept == [0, 1]
    assert StateInjectableContext not in Container()


def test_source_and_schema_of_a_block() -> None:
    """They are what `dlt.current` gives."""

    @dlt.source
    def shop() -> object:
        return dlt.resource([1], name="r")

    made = shop()
    schema = dlt.Schema("mine")
    with (
        Container().injectable_context(SourceSchemaInjectableContext(schema)),
        Container().injectable_context(SourceInjectableContext(made)),
    ):
        assert dlt.current.source_schema() is schema and dlt.current.source() is made
    assert SourceSchemaInjectableContext not in Container()


def test_infos_have_their_names() -> None:
    """What a run returns is a `LoadInfo`, which is a `StepInfo`."""
    info = dlt.pipeline("infos", destination="dummy").run([1], table_name="t")
    assert isinstance(info, LoadInfo) and isinstance(info, StepInfo)


def test_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pipelines and repositories lie below DLT_DATA_DIR."""
    monkeypatch.setenv("DLT_DATA_DIR", "/data")
    assert (get_dlt_pipelines_dir(), get_dlt_repos_dir()) == ("/data/pipelines", "/data/repos")


def test_states_have_versions() -> None:
    """A change counts once; a destination stores text."""
    state = {**default_versioned_state(), "sources": {"s": {"a": 1}}}
    version, found, before = bump_state_version_if_modified(state)
    assert (version, before) == (1, None) and found == generate_state_version_hash(state)
    assert bump_state_version_if_modified(state)[0] == 1
    state["sources"]["s"]["a"] = 2
    assert bump_state_version_if_modified(state) == (2, generate_state_version_hash(state), found)
    assert decompress_state(compress_state(state))["sources"] == {"s": {"a": 2}}
