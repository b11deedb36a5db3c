"""What a pipeline is made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from dlt import user_log
from dlt.configuration import get_value
from dlt.configuration.container import own_places
from dlt.errors import ConfigurationValueError
from dlt.load.execute import LoadResult, execute
from dlt.load.order import LoadOrder
from dlt.packages.package import LoadPackage
from dlt.pipeline import excepthook
from dlt.pipeline.home import Home
from dlt.pipeline.hooks import Hooks
from dlt.pipeline.remote import Remote
from dlt.pipeline.settings import PipelineSettings, configured_telling
from dlt.pipeline.target import Target
from dlt.pipeline.tracer import Tracer
from dlt.progress import Collector, collector_from
from dlt.schema.x_keys import X_CHECKS

if TYPE_CHECKING:
    from dlt.context import PipelineAtWork

Value = TypeVar("Value")


@dataclass
class Parts:
    """The parts that steps work with.

    Attributes:
        whose: The pipeline, which infos and errors name.
        settings: Names, folders and options.
        home: The working folder: packages, schemas and state.
        target: Destination and dataset.
        remote: What the destination knows.
        hooks: What the program wants to be told.
        tracer: Runs steps and keeps their trace.
        load_one: Loads a package into a dataset.
        is_task: This is one step of a task: its packages live for one try, and the task is what is run again.
        keeps_empty: An extract that found nothing new leaves a package all the same.
        extracted_now: Load ids of what the run at work extracted.
    """

    whose: PipelineAtWork
    settings: PipelineSettings
    home: Home
    target: Target
    remote: Remote
    hooks: Hooks
    tracer: Tracer
    load_one: Callable[[Parts, LoadPackage, str], LoadResult]
    is_task: bool = False
    keeps_empty: bool = False
    extracted_now: Sequence[str] = field(default=())

    @property
    def pipeline_name(self) -> str:
        """Return the name of the pipeline."""
        return self.settings.pipeline_name

    @property
    def collector(self) -> Collector:
        """Return what shows progress."""
        return self.tracer.collector

    def begin(self) -> None:
        """Make the folder ready for a step."""
        self.home.begin(self.target.dataset_name)

    def option(self, key: str, section: str, default: Value) -> Value:
        """Return a setting of a step.

        Args:
            key: Its name.
            section: Where it stands, with dots.
            default: What counts where it is not set; the setting is of its type.
        """
        sections = tuple(section.split("."))
        found: Value | None = get_value(
            key, type(default), sections=sections, default=default, pipeline_name=self.pipeline_name
        )
        return default if found is None else found

    def load_plainly(self, package: LoadPackage, dataset: str) -> LoadResult:
        """Load a package of a pipeline that runs in its own folder.

        Args:
            package: The package.
            dataset: Name of the dataset.
        """
        # another folder may have loaded since: the load compares states in its own transaction
        order = replace(self.order(package, dataset), run=self.remote.run_load(package))
        with self.target.connect(dataset, package.schema) as client:
            return execute(order, client, self.collector)

    def order(self, package: LoadPackage, dataset: str) -> LoadOrder:
        """Return what is to be loaded where.

        Args:
            package: The package.
            dataset: Name of the dataset.

        Raises:
            ConfigurationValueError: a setting of the load is none.
        """
        stays = self.settings.state_stays
        keeps = self.option("keep_undo", "load", 0)
        if keeps < 0:
            raise ConfigurationValueError(
                f"pipeline {self.pipeline_name}: load.keep_undo is {keeps}. Give the number of loads that can be "
                "undone, 0 for none."
            )
        raises = True
        # most packages have none, and ask for no setting
        if any(table.get(X_CHECKS) for table in package.schema.tables.values()):
            raises = self.option("raise_on_failed_checks", "load", True)
        home, capabilities = self.target.main_dataset(), self.target.capabilities()
        return LoadOrder(package, dataset, capabilities, home, state_stays=stays, keep_undo=keeps, checks_raise=raises)


def make_parts(settings: PipelineSettings, whose: PipelineAtWork) -> Parts:
    """Return the parts of a pipeline that runs in its own folder.

    Args:
        settings: Names, folders and options.
        whose: The pipeline.

    Raises:
        ConfigurationValueError: a setting is none.
        UnknownDestinationModule: there is no such destination.
    """
    home = Home(settings)
    collector = collector_from(settings.progress)
    telling = configured_telling(settings.pipeline_name, settings.defaults)
    target = Target(settings, home, telling)
    with user_log.use(telling), excepthook.in_one_line(telling.excepthook):
        target.choose(settings.destination, settings.staging)
        if places := own_places():
            # most programs have none, and need nothing of this
            from dlt.pipeline.unread import tell_settings

            tell_settings(places, settings.pipeline_name, target.destination)
    hooks = Hooks(whose, settings.pipeline_name)
    tracer = Tracer(whose, home, target, telling, hooks, collector)
    return Parts(whose, settings, home, target, Remote(settings, home, target), hooks, tracer, Parts.load_plainly)
