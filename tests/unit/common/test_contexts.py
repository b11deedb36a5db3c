"""The container of contexts: what is at work is seen and set through it, and a block gives back what was there."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import ClassVar

import pytest

import dlt
from dlt.common.configuration.container import Container
from dlt.common.configuration.exceptions import ContainerInjectableContextMangled, ContextDefaultCannotBeCreated
from dlt.common.configuration.resolve import inject_section
from dlt.common.configuration.specs import ConfigSectionContext, PluggableRunContext, TimezoneContext
from dlt.common.configuration.specs.base_configuration import ContainerInjectableContext, configspec
from dlt.common.runtime.run_context import RunContext, active
from dlt.extract.incremental.context import TimeIntervalContext, get_interval_context


@configspec
class Own(ContainerInjectableContext):
    """A context of a program."""

    number: int = 1


def test_there_is_one_container_and_one_object_of_a_class() -> None:
    """A context that can be made of nothing is made once."""
    assert Container() is Container()
    with Container().injectable_context(Own(number=2)) as outer:
        with Container().injectable_context(Own(number=3)):
            assert Container()[Own].number == 3
        assert Container()[Own] is outer
    made = Container()[Own]
    assert made.number == 1 and Container()[Own] is made and Own in Container()
    del Container()[Own]
    assert Own not in Container()


def test_a_block_must_leave_what_it_was_given() -> None:
    """Another object at its end is an error, and what was there before is back all the same."""
    with (
        pytest.raises(ContainerInjectableContextMangled, match="at the end of a block"),
        Container().injectable_context(Own(number=2)),
    ):
        Container()[Own] = Own(number=5)
    assert Own not in Container()


def test_what_cannot_be_made_of_nothing_is_a_key_error() -> None:
    """The message says how it gets in."""

    @configspec
    class Given(ContainerInjectableContext):
        can_create_default: ClassVar[bool] = False

    assert Container().get(Given) is None
    with pytest.raises(KeyError):
        Container()[Given]
    with pytest.raises(ContextDefaultCannotBeCreated, match="Inject one"):
        Container()[Given]


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        (ConfigSectionContext.prefer_incoming, (("sources", "m", "r"), "q", "k")),
        (ConfigSectionContext.prefer_existing, (("sources", "x", "y"), "q", "k")),
        (ConfigSectionContext.resource_merge_style, (("sources", "x", "r"), "q", "k")),
    ],
)
def test_sections_merge(style: object, expected: object) -> None:
    """Each style takes another part of the sections outside."""
    incoming = ConfigSectionContext(None, ("sources", "m", "r"), merge_style=style)  # type: ignore[arg-type]
    incoming.merge(ConfigSectionContext("q", ("sources", "x", "y"), source_state_key="k"))
    assert (incoming.sections, incoming.pipeline_name, incoming.source_state_key) == expected
    assert (incoming.source_section(), incoming.source_name()) == incoming.sections[1:]


def test_sections_at_work_are_those_of_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """Values are looked up under the injected sections."""
    monkeypatch.setenv("PIPE__SOURCES__SHOP__ORDERS__LIMIT", "7")

    @dlt.with_config
    def limit(limit: int = 1) -> int:
        return limit

    with inject_section(ConfigSectionContext("pipe", ("sources", "shop", "orders"))) as found:
        assert limit() == 7
        assert Container()[ConfigSectionContext].sections == ("sources", "shop", "orders")
        with inject_section(ConfigSectionContext(sections=("sources", "x"))) as inner:
            assert inner.pipeline_name == "pipe"
        with pytest.raises(ValueError, match="not those of a source"):
            inner.source_name()
    assert found.source_name() == "orders"
    assert limit() == 1


def test_the_program_that_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Its folders are those of the environment; a program may put a context of its own in its place."""
    monkeypatch.setenv("DLT_PROJECT_DIR", str(tmp_path))
    monkeypatch.setenv("DLT_DATA_DIR", str(tmp_path / "data"))
    found = dlt.current.run_context()
    assert (found.name, found.run_dir, found.settings_dir) == ("dlt", str(tmp_path), str(tmp_path / ".dlt"))
    assert found.get_data_entity("pipelines") == str(tmp_path / "data" / "pipelines")
    assert found.get_setting("config.toml") == str(tmp_path / ".dlt" / "config.toml")
    assert found.uri == tmp_path.as_uri()

    class Elsewhere(RunContext):
        @property
        def data_dir(self) -> str:
            return "/elsewhere"

    with Container().injectable_context(PluggableRunContext(Elsewhere(None))):
        assert active().data_dir == dlt.current.run_context().data_dir == "/elsewhere"
    assert active().data_dir == str(tmp_path / "data")


def test_the_time_that_a_program_asks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Injected, or from the environment; incrementals load it."""
    for name in ("DLT_INTERVAL_START", "DLT_INTERVAL_END", "DLT_INTERVAL_TIMEZONE"):
        monkeypatch.delenv(name, raising=False)
    assert dlt.current.interval() is None and get_interval_context() is None
    day = datetime.datetime(2024, 1, 2, tzinfo=datetime.timezone.utc)

    @dlt.resource
    def days(
        at: dlt.sources.incremental[datetime.datetime] = dlt.sources.incremental("at", allow_external_schedulers=True),
    ) -> object:
        yield [{"at": day + datetime.timedelta(days=step)} for step in range(-1, 3)]

    with Container().injectable_context(TimeIntervalContext((day, day + datetime.timedelta(days=1)))) as injected:
        assert get_interval_context() is injected
        assert dlt.current.interval() == (day, day + datetime.timedelta(days=1))
        assert list(days()) == [{"at": day}]
    monkeypatch.setenv("DLT_INTERVAL_START", "2024-01-02T00:00:00Z")
    monkeypatch.setenv("DLT_INTERVAL_END", "2024-01-03T00:00:00Z")
    monkeypatch.setenv("DLT_INTERVAL_TIMEZONE", "Europe/Berlin")
    found = dlt.current.interval()
    assert found is not None and found[0] == day and found[0].hour == 1


def test_the_time_zone_of_a_program() -> None:
    """UTC unless one is injected."""
    assert dlt.current.timezone() is datetime.timezone.utc
    with Container().injectable_context(TimezoneContext("Europe/Berlin")):
        assert str(dlt.current.timezone()) == "Europe/Berlin"


def test_workers_take_along_what_says_so() -> None:
    """Sections go to the workers of a pool, other contexts stay."""
    with Container().injectable_context(ConfigSectionContext("p")) as sections, Container().injectable_context(Own()):
        assert Container().get_worker_contexts() == {ConfigSectionContext: sections}
    assert Container.thread_pool_prefix().startswith("dlt-pool-")
