"""The working folder of a pipeline: packages, schemas and state under one lock, in step with other processes."""

from __future__ import annotations

import os
from contextlib import suppress

from dlt import context, user_log
from dlt.errors import PackageCorrupt, PipelineLocked
from dlt.io.lock import PipelineLock
from dlt.packages.of_1x import refuse_pending_of_1x
from dlt.packages.package import LoadPackage
from dlt.packages.tidying import tidy
from dlt.packages.workdir import Workdir
from dlt.pipeline.plan_flag import CannotPlan, Planner, planner
from dlt.pipeline.schemas import PipelineSchemas
from dlt.pipeline.settings import PipelineSettings
from dlt.schema.naming import MAX_SCHEMA_NAME, naming_from
from dlt.states.model import State, new_state

FRESH_DATASET = "fresh_dataset"
"""Key of the local state: the dataset of the last run where that one began anew."""


class Home:
    """What a pipeline has on this machine.

    Args:
        settings: Names, folders and options.

    Attributes:
        is_thrown_away: A plan is made here, and nothing of it stays.
    """

    def __init__(self, settings: PipelineSettings) -> None:
        self.settings = settings
        self.is_thrown_away = False
        self.pipeline_name = settings.pipeline_name
        self.working_dir = os.path.join(settings.pipelines_dir, settings.pipeline_name)
        self.workdir = Workdir(self.working_dir)
        self.lock = PipelineLock(self.working_dir, self.pipeline_name, settings.lock_timeout)
        self._begins_anew = settings.full_refresh
        # a folder that begins anew is wiped by the first step; until then nothing of it counts
        known = Workdir(os.path.join(self.working_dir, ".none")) if self._begins_anew else self.workdir
        self.schemas = PipelineSchemas(known, settings.import_schema_path, settings.export_schema_path)
        self.state = known.read_state() or new_state(self.pipeline_name)
        self._mark = self.workdir.mark("state.json")

    # -- who works here

    def is_inside(self) -> bool:
        """Tell whether a resource of this very pipeline is being extracted here."""
        # two objects of one name are the same pipeline: the folder tells, and not the object
        at_work = context.current().pipeline
        return at_work is not None and at_work.working_dir == self.working_dir

    def refuse_inside(self, what: str) -> None:
        """Let no resource do what would wait for the step that it is part of.

        Raises:
            PipelineLocked: a resource of this pipeline is being extracted here.
            CannotPlan: runs are planned, and this would change something.
        """
        # a run becomes a plan, and a plan is one; counts are only read
        if what not in ("run", "plan", "reconcile"):
            self.refuse_planned(what)
        if self.is_inside():
            raise PipelineLocked(
                f"pipeline {self.pipeline_name}: {what} was called by a resource that this pipeline is extracting. "
                "Yield the data instead, or give the inner pipeline another pipeline_name.",
                pipeline_name=self.pipeline_name,
                holder=self.lock.holder(),
            )

    @property
    def planner(self) -> Planner | None:
        """Return what takes the place of runs of this pipeline; None where they are done, as in a plan's own folder."""
        return None if self.is_thrown_away else planner()

    def refuse_planned(self, what: str) -> None:
        """Let nothing but runs be asked of a pipeline whose runs are planned.

        Args:
            what: What is about to be done.

        Raises:
            CannotPlan: runs are planned.
        """
        if self.planner is not None:
            raise CannotPlan(
                f"pipeline {self.pipeline_name}: {what} changes state, folder or destination, which a plan leaves as "
                "they are. Plan the script without it, for example by a question to its arguments.",
                pipeline_name=self.pipeline_name,
            )

    # -- what others left

    def begin(self, dataset_name: str) -> None:
        """Make the folder ready for a step: finish what killed processes began, and adopt what they left.

        Args:
            dataset_name: Dataset of packages that do not say theirs.

        Raises:
            PipelineHasPendingDataException: packages of PyPI `dlt` wait, which only it can load.
        """
        if self.is_inside():
            return  # what is in the folder is at work
        if self._begins_anew:
            self._begins_anew = False
            self.workdir.wipe()
            self.schemas.move_to(self.workdir)
        refuse_pending_of_1x(self.working_dir, self.pipeline_name)
        self.workdir.prepare()
        tidy(self.workdir)
        self.refresh()
        self._recover(dataset_name)
        self.schemas.store()
        while self.workdir.repairs:
            user_log.error(f"{self.pipeline_name}: {self.workdir.repairs.pop(0)}")

    def current_state(self) -> State:
        """Return the state as it is stored, whichever pipeline object of this name stored it last."""
        # a step has the state that it works on, and a folder that begins anew or is gone says nothing
        if not (self.is_inside() or self._begins_anew or self.workdir.mark("state.json") in (None, self._mark)):
            self.refresh()
        return self.state

    def refresh(self) -> None:
        """Read what another process, or another pipeline object of this name, left since it was read last."""
        mark = self.workdir.mark("state.json")
        if mark != self._mark:
            self.state = self.workdir.read_state() or new_state(self.pipeline_name)
            self._mark = mark
        # another process may have changed only these
        self.schemas.reread()

    def _recover(self, dataset_name: str) -> None:
        """Adopt what a committed package knows and the files beside it do not, after a kill between the two."""
        # oldest first: the newest schema and state are the last to be taken
        for stage in ("loaded", "normalized", "extracted"):
            # one loaded package knows all that those before it knew, and there may be a hundred
            for package in self.workdir.packages(stage)[-1 if stage == "loaded" else 0 :]:
                if stage == "loaded" and self._is_forgotten(package.load_id):
                    continue
                with suppress(PackageCorrupt):
                    # a damaged one is told by the step that needs it; what was loaded is history
                    self._recover_from(package, dataset_name)

    def _is_forgotten(self, load_id: str) -> bool:
        """Tell whether the destination no longer has what a package left there."""
        forgotten = self.local.get("forgotten")
        return bool(forgotten) and self.workdir.order(load_id) <= self.workdir.order(str(forgotten))

    def _recover_from(self, package: LoadPackage, dataset_name: str) -> None:
        # a folder that somebody copied here must not bring its state
        self.workdir.check_owner(package)
        self.schema_of(package)
        state = package.state
        if state and state["_state_version"] > self.state["_state_version"]:
            self.save_state(state)
        if package.stage == "loaded" and not self.local.get("loaded"):
            self.note_loaded(str(package.manifest.dataset_name or dataset_name))

    def schema_of(self, package: LoadPackage) -> None:
        """Adopt the schema that a package brings, if it is newer."""
        name = package.schema_name
        if name not in self.schemas or package.schema.stored_version > self.schemas[name].stored_version:
            self.schemas.adopt(package.schema)

    # -- state

    @property
    def local(self) -> State:
        """Return the part of the state that stays on this machine."""
        found: State = self.state["_local"]
        return found

    def save_state(self, state: State) -> None:
        """Take a state and store it."""
        self.state = state
        self.store_state()

    def store_state(self) -> None:
        """Store the state after a change."""
        self.workdir.write_state(self.state)
        self._mark = self.workdir.mark("state.json")

    def keep_local_changes(self, state: State, before: State) -> None:
        """Put into a state that is about to be saved what the program set on this machine meanwhile.

        Args:
            state: It is changed.
            before: The state from which it was copied.
        """
        known = before["_local"]
        set_since = {key: value for key, value in self.local.items() if key not in known or known[key] != value}
        state["_local"].update(set_since)

    def note_loaded(self, dataset: str) -> None:
        """Remember that something was loaded.

        Args:
            dataset: Name of the dataset.
        """
        if self.first_run or not self.local.get("loaded"):
            self.local.update(first_run=False, loaded=True, dataset_name=dataset)
            self.store_state()

    @property
    def fresh_dataset(self) -> str | None:
        """Return the dataset, with its timestamp, that begins anew and that the last run went to; None for another."""
        found = self.local.get(FRESH_DATASET)
        return str(found) if found else None

    @property
    def first_run(self) -> bool:
        """Tell whether nothing was loaded yet."""
        return bool(self.local.get("first_run", True))

    @property
    def default_schema_name(self) -> str | None:
        """Return the name of the first schema that came."""
        name = self.state.get("default_schema_name")
        return str(name) if name else None

    def name_of_first_schema(self) -> str:
        """Return the name of the first schema that came, or the one that it will get."""
        known, suffix = self.default_schema_name, self.settings.defaults.suffix_of_pipelines
        name = self.pipeline_name.removesuffix(suffix) or self.pipeline_name
        return known or naming_from(max_length=MAX_SCHEMA_NAME).normalize_identifier(name)

    # -- packages

    def pending_load_ids(self) -> list[str]:
        """Return the load ids of packages that wait to be normalized or loaded."""
        return [p.load_id for stage in ("extracted", "normalized") for p in self.workdir.packages(stage)]

    @property
    def has_pending_data(self) -> bool:
        """Tell whether packages wait to be normalized or loaded."""
        return bool(self.workdir.packages("extracted") or self.workdir.packages("normalized"))

    def known_state(self) -> str | None:
        """Return the version hash of the state that is at the destination, where it is known."""
        found: str | None = self.local.get("at_destination")
        return found

    def forget(self) -> None:
        """Delete state, schemas and packages."""
        self.workdir.wipe()
        self.schemas.forget()
        self.state = new_state(self.pipeline_name)
