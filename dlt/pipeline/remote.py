"""State and schemas in step with the destination."""

from __future__ import annotations

from dlt import user_log
from dlt.configuration.defaults import OF_1X
from dlt.destinations.client import Client
from dlt.errors import CannotRestorePipelineException, PipelineStepFailed, StaleExtract
from dlt.load.execute import LoadResult
from dlt.load.order import RunLoad
from dlt.packages.package import LoadPackage
from dlt.pipeline.blame import blame_of
from dlt.pipeline.home import Home
from dlt.pipeline.settings import PipelineSettings
from dlt.pipeline.target import Target
from dlt.schema.naming import naming_from
from dlt.schema.schema import Schema
from dlt.states.delta import with_changes
from dlt.states.model import State, bump, decode, new_state
from dlt.types import JsonObject


class Remote:
    """What the destination knows of a pipeline, taken over when it is newer than what is here.

    Args:
        settings: Names, folders and options.
        home: The folder of the pipeline.
        target: Where it loads.
    """

    def __init__(self, settings: PipelineSettings, home: Home, target: Target) -> None:
        self._settings, self._home, self._target = settings, home, target
        self._name = settings.pipeline_name
        self._compared: tuple[str, ...] | None = None

    def sync(self) -> None:
        """Take over what is newer there; forget what the destination forgot."""
        found = restore_from(self._settings, self._target)
        if found is None:
            if not self._home.first_run:
                self._forget_loaded()
            return
        state, schemas = found
        if self._is_newer(state) or self._home.first_run:
            self._take_over(state, schemas)

    def sync_on_start(self) -> None:
        """Do what a run does first: restore what is not here, or look whether others went on."""
        wanted = self._settings.restore_from_destination
        if self._settings.full_refresh or wanted is False:
            # nothing is asked there, but what is missing is told before anything is extracted
            with self._target.configured():
                self._target.there().check_settings()
            fresh = self._home.fresh_dataset
            if fresh not in (None, self._target.dataset_name):
                self._begin_anew(f"the last run loaded into {fresh}")
            return
        # a folder that is new here may be that of a pipeline that ran elsewhere
        if wanted or self._home.state["_state_version"] == 0:
            self.sync()
        elif not self._home.first_run:
            self._compare()

    def _is_newer(self, state: State) -> bool:
        """Tell whether the destination has a state that this folder does not know: another one loaded since."""
        own = self._home.state
        local, here, there = own.get("_local", {}), own.get("_version_hash"), state.get("_version_hash")
        # a package was given up that does not say what its extract changed: the destination knows what was loaded
        if local.get("resync"):
            return True
        if there == here or there == local.get("at_destination"):
            return False
        if local.get("at_destination") is not None:
            return True
        # a folder of an earlier release does not know what it left there
        return int(state.get("_state_version") or 0) >= int(own.get("_state_version") or 0)

    def _take_over(self, state: State, schemas: list[Schema]) -> None:
        home = self._home
        # the destination was just read: nothing is left to compare or to send
        local = {key: value for key, value in home.state.get("_local", {}).items() if key not in ("resync", "unsent")}
        state["_local"] = {**local, "first_run": False, "at_destination": state.get("_version_hash")}
        self._forget_packages(state)
        for schema in schemas:
            if schema.name in home.schemas:
                # versions go on, so that what packages of this folder know is older
                schema.stored_version = max(schema.stored_version, home.schemas[schema.name].stored_version)
            home.schemas.adopt(schema)
        home.save_state(state)
        if not self._settings.dataset_name and state.get("dataset_name"):
            self._target.dataset_name = state["dataset_name"]
        user_log.info(f"{self._name}: restored state version {state['_state_version']} from the destination")

    def _compare(self) -> None:
        """Look, in the first run of a process, whether the destination has gone on without this folder."""
        destination, dataset = self._target.there(), self._target.main_dataset()
        place = (destination.destination_type, destination.destination_name, dataset)
        # a run each minute must not read the state each time; every load compares it anyway
        asks = self._compared != place or bool(self._home.local.get("resync"))
        with self._target.connect(dataset, None) as client:
            if not client.has_dataset():
                text, gone = None, True
            else:
                text, gone = client.read_state(self._name) if asks else None, False
        if gone:
            self._forget_loaded()
            return
        if not self._home.local.get("loaded") and not self._settings.use_single_dataset:
            # a folder into which this library did not load yet, as PyPI dlt left it
            for name in self._home.state.get("schema_names") or []:
                if name != self._home.default_schema_name:
                    _schema_of_own(self._target, dataset, self._target.dataset_for(name), name)
        if self._home.has_pending_data:
            # what waits goes first: its load sees by itself whether it builds on the state that is there
            return
        self._compared = place
        if text is not None and self._is_newer(decode(text, self._name)):
            self.sync()

    def _forget_loaded(self) -> None:
        """Forget state and schemas: the destination no longer has what they describe."""
        self._begin_anew("the dataset is gone from the destination")

    def _begin_anew(self, why: str) -> None:
        """Forget state and schemas of what was loaded; pending packages stay."""
        home = self._home
        # a folder of PyPI dlt 1.x says of its loads no more than this
        if home.first_run:
            return
        user_log.info(f"{self._name}: {why}, so state and schemas begin anew")
        names = list(home.schemas)
        home.schemas.forget()
        for name in names:
            home.workdir.remove_schema(name)
        state = new_state(self._name)
        # versions go on, so that the state of a package that still waits is older than this one
        state["_state_version"] = home.state["_state_version"]
        self._forget_packages(state)
        if home.has_pending_data:
            state["default_schema_name"] = home.state["default_schema_name"]
        home.save_state(state)

    def _forget_packages(self, state: State) -> None:
        """Note in a new state that the packages loaded so far are history: they may have gone into another dataset."""
        if loaded := self._home.workdir.packages("loaded"):
            state["_local"]["forgotten"] = loaded[-1].load_id

    # -- what a load leaves

    def run_load(self, package: LoadPackage) -> RunLoad | None:
        """Return how a load compares the state of its package; None where nothing is ever restored."""
        # the program says that this folder alone counts
        if self._settings.full_refresh or self._settings.restore_from_destination is False:
            return None
        # the state that the extract began with, or one that a load of this folder wrote since
        known = (package.manifest.known_state, self._home.local.get("written"))
        return RunLoad(self._name, frozenset(str(found) for found in known if found))

    def note_state(self, result: LoadResult) -> None:
        """Remember which state a load left at the destination; take over what another run had left there."""
        if result.state is None:
            return
        home = self._home
        if not result.joined:
            home.local["at_destination"] = home.local["written"] = result.state.get("_version_hash")
            home.store_state()
            return
        state, workdir = result.state, home.workdir
        later = [p for stage in ("normalized", "extracted") for p in workdir.packages(stage)]
        # what the destination has does not know of packages that wait: their changes come on top
        for waiting in sorted(later, key=lambda p: workdir.order(p.load_id)):
            state = with_changes(state, waiting.undo.state if waiting.undo is not None else ())
        state["_state_version"] = max(state["_state_version"], home.state["_state_version"])
        local = {key: value for key, value in home.local.items() if key != "written"}
        state["_local"] = {**local, "at_destination": result.state.get("_version_hash")}
        bump(state)
        home.save_state(state)

    def gives_up_stale(self, failed: PipelineStepFailed) -> bool:
        """Give a package up that another run made stale, if all of its rows come again; tell whether it went."""
        error = failed.exception
        if not isinstance(error, StaleExtract):
            return False
        self._compared = None
        load_id = blame_of(error).load_id
        if load_id is None or not _comes_again(self._home.workdir.package(load_id)):
            return False
        from dlt.packages.abandon import abandon

        gone = abandon(self._home.workdir, [load_id])
        self._home.refresh()
        user_log.error(
            f"{self._name}: package {', '.join(gone)} was extracted from a state that another run went on "
            "from; it was given up, and its rows come again"
        )
        return True


def _comes_again(package: LoadPackage) -> bool:
    """Tell whether all rows of a package come from resources with a cursor, which give them again."""
    schema, moved = package.schema, set()
    for change in package.undo.state if package.undo is not None else ():
        if change.cursor is not None:
            moved.add(change.cursor.resource)
    # rows of a resource without a cursor would be lost with the package
    return all(schema.get_table(schema.root_of(file.table)).get("resource") in moved for file in package.files)


def restore_from(settings: PipelineSettings, target: Target) -> tuple[State, list[Schema]] | None:
    """Return the state that the last complete load left, with every schema that it names; None if there is none.

    Args:
        settings: Names and options of the pipeline.
        target: Where it loads.

    Raises:
        CannotRestorePipelineException: a schema of the state is not at the destination, or the pipeline loaded into
            the dataset that is the default of PyPI `dlt` 1.x.
    """
    pipeline_name, dataset = settings.pipeline_name, target.main_dataset()
    with target.configured():
        if target.there().is_missing():
            return None
    with target.connect(dataset, None) as client:
        text = client.read_state(pipeline_name) if client.has_dataset() else None
        if text is None:
            if target.home.first_run:
                _refuse_other_default(settings, target, client)
            return None
        state = decode(text, pipeline_name)
        default = state.get("default_schema_name")
        # the package that was to bring the default schema may have been given up
        names = state.get("schema_names") or [default]
        schemas = [_schema(client.read_schema(name=default), default, dataset)] if default and default in names else []
    for name in state.get("schema_names") or []:
        if name == default:
            continue
        other = dataset if settings.use_single_dataset else f"{dataset}_{name}"
        schemas.append(_schema(_schema_of_own(target, dataset, other, name), name, other))
    return state, schemas


def _schema_of_own(target: Target, dataset: str, other: str, name: str) -> JsonObject | None:
    """Return the stored schema that is not the default one, None if there is none.

    Args:
        target: Where the pipeline loads.
        dataset: The dataset of the default schema.
        other: The dataset of this one.
        name: Its name.

    Raises:
        CannotRestorePipelineException: PyPI `dlt` 1.x loaded it into the dataset of the default schema.
    """
    stored = _read_schema(target, other, name)
    if stored is None and other != dataset and _read_schema(target, dataset, name) is not None:
        raise CannotRestorePipelineException(
            f"The state names the schema {name!r}, and it is in dataset {dataset}, into which PyPI dlt 1.x loads "
            f"all schemas, not in {other}, into which this pipeline would load it. To go on there, set "
            "use_single_dataset=True at the pipeline, or compat.dlt1 = true in the configuration.",
            schema_name=name,
        )
    return stored


def _refuse_other_default(settings: PipelineSettings, target: Target, client: Client) -> None:
    """Do not begin anew beside the dataset in which PyPI `dlt` 1.x left the pipeline."""
    name = settings.pipeline_name
    if settings.dataset_name or settings.defaults.dataset_suffix or target.dataset_name != settings.laid_out(name):
        # whoever names a dataset means that one
        return
    other = naming_from().normalize_table_identifier(settings.laid_out(name + OF_1X.dataset_suffix))
    if client.read_state(name, other) is not None:
        raise CannotRestorePipelineException(
            f"pipeline {name}: dataset {target.dataset_name} has no state of it, and dataset {other} has one: PyPI dlt "
            f"1.x loads there where the program names no dataset. To go on there, set dataset_name={other!r} at the "
            f"pipeline, or compat.dlt1 = true in the configuration; to begin anew, set dataset_name="
            f"{target.dataset_name!r}.",
            dataset_name=other,
        )


def _read_schema(target: Target, dataset: str, name: str) -> JsonObject | None:
    with target.connect(dataset, None) as client:
        return client.read_schema(name=name) if client.has_dataset() else None


def _schema(stored: JsonObject | None, name: str, dataset: str) -> Schema:
    if stored is None:
        raise CannotRestorePipelineException(
            f"The state names the schema {name!r}, but dataset {dataset} holds no version of it. "
            "Run with restore_from_destination=False to begin anew.",
            schema_name=name,
        )
    return Schema.from_dict(stored)
