"""What is to be loaded, where, and by whom."""

from __future__ import annotations

from dlt.late_dataclass import dataclass
from dlt.packages.package import LoadPackage
from dlt.schema.capabilities import Capabilities


@dataclass(frozen=True)
class TaskLoad:
    """A load that runs as a task: other tries of it, and other runs of its pipeline, may be alive.

    Attributes:
        pipeline_name: Name of the pipeline.
        attempt: Number of the try.
        wish: The same in all tries that follow one wish to load, and another one when someone asks again.
    """

    pipeline_name: str
    attempt: int = 1
    wish: int = 0


@dataclass(frozen=True)
class RunLoad:
    """A load of a pipeline that runs in its own folder; the same pipeline may run on other machines.

    Attributes:
        pipeline_name: Name of the pipeline.
        known_states: Version hashes of the states that the destination may have when nobody else loaded meanwhile.
    """

    pipeline_name: str
    known_states: frozenset[str] = frozenset()


@dataclass(frozen=True)
class LoadOrder:
    """A normalized package and the dataset that it is for.

    Attributes:
        package: The package.
        dataset_name: Name of the dataset.
        capabilities: What the destination can do.
        home: Dataset that holds the state of the pipeline.
        task: Given for a load that runs as a task: its state and schema are then joined with those that other runs
            left at the destination meanwhile.
        run: Given for a load that runs in the pipeline's own folder: its state is joined with what the pipeline left
            from elsewhere meanwhile. The state is written as the package has it when both are None.
        state_stays: The state is in the working folder alone, and is not written.
        keep_undo: Of how many loads it is kept what they replace, so that they can be undone.
        checks_raise: A check of data that fails undoes the load; it is told and recorded only where it is False.
    """

    package: LoadPackage
    dataset_name: str
    capabilities: Capabilities
    home: str
    task: TaskLoad | None = None
    run: RunLoad | None = None
    state_stays: bool = False
    keep_undo: int = 0
    checks_raise: bool = True

    @property
    def load_ids(self) -> tuple[str, ...]:
        """Return the load ids that its rows bear: its own, or those of the packages that it was made of."""
        # parts of a run keep load ids of their own, so that one of them can be loaded again without the others
        return tuple(self.package.manifest.parts or [self.package.load_id])

    @property
    def pipeline_name(self) -> str | None:
        """Return the name of the pipeline, where it is known."""
        whose = self.task or self.run
        return whose.pipeline_name if whose is not None else self.package.manifest.pipeline_name

    @property
    def compares(self) -> bool:
        """Tell whether the state at the destination is looked at before it is written over."""
        package = self.package
        return self.run is not None and package.state is not None and package.manifest.state_delta is not None

    @property
    def reads_state_of(self) -> str | None:
        """Return the pipeline whose state at the destination counts, None if none does."""
        if self.task is not None and self.package.manifest.state_delta is not None:
            return self.task.pipeline_name
        return self.run.pipeline_name if self.run is not None and self.compares else None
