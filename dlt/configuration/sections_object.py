"""The sections at work as an object, under the name of PyPI `dlt` 1.x."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar

from dlt import context
from dlt.configuration import sections as places
from dlt.configuration.contexts import Container, ContainerInjectableContext
from dlt.configuration.spec import configspec

if TYPE_CHECKING:
    from typing_extensions import Self

_OF_RESOURCES = 3
"""Sections of a resource are "sources", its module and its name."""


@configspec(init=False)
class ConfigSectionContext(ContainerInjectableContext):
    """Where values are looked up: a pipeline, and sections from general to specific.

    Args:
        pipeline_name: Values under the name of this pipeline come first.
        sections: The sections.
        merge_style: Says what is taken of the sections that are at work outside; this one's own by default.
        source_state_key: Name of the source whose state is at work.
    """

    TMergeFunc: ClassVar[object] = Callable[["ConfigSectionContext", "ConfigSectionContext"], None]
    worker_affinity: ClassVar[bool] = True

    def __init__(
        self,
        pipeline_name: str | None = None,
        sections: tuple[str, ...] = (),
        merge_style: Callable[[ConfigSectionContext, ConfigSectionContext], None] | None = None,
        source_state_key: str | None = None,
    ) -> None:
        self.pipeline_name = pipeline_name
        self.sections = tuple(sections)
        self.merge_style = merge_style
        self.source_state_key = source_state_key

    @classmethod
    def at_work(cls) -> Self | None:
        """Return the sections at work."""
        found = places.current_sections()
        return cls(found.pipeline_name, found.sections, source_state_key=context.current().source_name)

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Look values up here for a block."""
        with places.section_context(self.pipeline_name, self.sections):
            # without a name the source at work outside keeps its state
            if self.source_state_key is None:
                yield
            else:
                with context.use(source_name=self.source_state_key):
                    yield

    def merge(self, existing: ConfigSectionContext) -> None:
        """Take from other sections what `merge_style` says."""
        (self.merge_style or self.prefer_incoming)(self, existing)

    def source_name(self) -> str:
        """Return the name of the source of the sections.

        Raises:
            ValueError: they are not those of a source.
        """
        return self._of_source()[2]

    def source_section(self) -> str:
        """Return the section of the source of the sections.

        Raises:
            ValueError: they are not those of a source.
        """
        return self._of_source()[1]

    def _of_source(self) -> tuple[str, ...]:
        if len(self.sections) != _OF_RESOURCES or self.sections[0] != "sources":
            raise ValueError(f"sections {self.sections} are not those of a source: 'sources', its section, its name.")
        return self.sections

    @staticmethod
    def prefer_incoming(incoming: ConfigSectionContext, existing: ConfigSectionContext) -> None:
        """Take what the incoming ones do not say."""
        incoming.pipeline_name = incoming.pipeline_name or existing.pipeline_name
        incoming.sections = incoming.sections or existing.sections
        incoming.source_state_key = incoming.source_state_key or existing.source_state_key

    @staticmethod
    def prefer_existing(incoming: ConfigSectionContext, existing: ConfigSectionContext) -> None:
        """Take all that the existing ones say."""
        incoming.pipeline_name = existing.pipeline_name or incoming.pipeline_name
        incoming.sections = existing.sections or incoming.sections
        incoming.source_state_key = existing.source_state_key or incoming.source_state_key

    @staticmethod
    def resource_merge_style(incoming: ConfigSectionContext, existing: ConfigSectionContext) -> None:
        """Take the section of the existing source, and keep the name of the incoming resource."""
        both = len(incoming.sections) == len(existing.sections) == _OF_RESOURCES
        if both and incoming.sections[0] == existing.sections[0]:
            # a resource of another module is configured where the source that uses it is
            incoming.sections = (*existing.sections[:2], incoming.sections[2])
        ConfigSectionContext.prefer_incoming(incoming, existing)


@contextmanager
def inject_section(
    section_context: ConfigSectionContext, merge_existing: bool = True, lock_context: bool = False
) -> Iterator[ConfigSectionContext]:
    """Look values up in other sections for a block.

    Args:
        section_context: The sections; they are changed by what is merged into them.
        merge_existing: Take from the sections outside what its `merge_style` says.
        lock_context: Without effect: nothing is locked.
    """
    container = Container()
    if merge_existing:
        section_context.merge(container[ConfigSectionContext])
    with container.injectable_context(section_context, lock_context):
        yield section_context
