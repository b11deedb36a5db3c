"""Where the data of a pipeline goes: destination, staging and dataset."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from dlt import context, user_log
from dlt.configuration import get_value, section_context
from dlt.destinations.base import Destination, configured_destinations, resolve_destination
from dlt.destinations.client import Client
from dlt.errors import (
    ConfigurationValueError,
    DestinationLoadingViaStagingNotSupported,
    PipelineConfigMissing,
    UnknownDestinationModule,
)
from dlt.normalize.file_formats import FileFormats, compresses_text
from dlt.pipeline.home import FRESH_DATASET, Home
from dlt.pipeline.place import FUNCTIONS, check_place, place_of
from dlt.pipeline.settings import PipelineSettings
from dlt.redact import redact
from dlt.schema.capabilities import GENERIC, Capabilities
from dlt.schema.naming import naming_from
from dlt.schema.schema import Schema
from dlt.user_log import Telling

if TYPE_CHECKING:
    from dlt.destinations.base import DestinationRef
    from dlt.formats.options import FormatOptions
    from dlt.states.model import State


class Target:
    """Destination, staging and dataset of a pipeline.

    Args:
        settings: Names, folders and options.
        home: Its folder, which remembers where it loads.
        telling: What it tells.
    """

    def __init__(self, settings: PipelineSettings, home: Home, telling: Telling) -> None:
        self.settings, self.home, self.telling = settings, home, telling
        self.destination: Destination | None = None
        self.staging: Destination | None = None
        self._is_remembered = False
        # a state that begins anew knows no dataset
        self._dataset = self._own_dataset() or str(home.state.get("dataset_name") or "") or self._default_dataset()
        # taken once: all runs of one object go into one dataset
        self._suffix = self._new_suffix() if settings.full_refresh else ""

    # -- the dataset

    def _new_suffix(self) -> str:
        from dlt.pipeline.fresh_dataset import take_suffix

        return take_suffix(self.settings.pipelines_dir, self._dataset)

    def _own_dataset(self) -> str:
        return self.settings.laid_out(self.settings.dataset_name) if self.settings.dataset_name else ""

    def _default_dataset(self) -> str:
        return self.settings.laid_out(self.settings.pipeline_name + self.settings.defaults.dataset_suffix)

    @property
    def dataset_name(self) -> str:
        """Return the name of the dataset, with the timestamp of one that begins anew."""
        return self._dataset + self._suffix

    @dataset_name.setter
    def dataset_name(self, name: str) -> None:
        # programs write back what they read
        self._dataset = name.removesuffix(self._suffix)

    @property
    def next_dataset_name(self) -> str:
        """Return the name without a timestamp: the next run begins anew under another one."""
        return self._dataset

    def go_on(self) -> None:
        """Go on in the dataset of the last run, with its timestamp where that run began anew."""
        self.dataset_name = self.home.fresh_dataset or self.dataset_name

    def forget_dataset(self) -> None:
        """Go back to the dataset that the settings name."""
        self.dataset_name = self._own_dataset() or self._default_dataset()

    def dataset_for(self, schema_name: str | None) -> str:
        """Return the name of the dataset of a schema.

        Args:
            schema_name: Its name; None for the default one.
        """
        name = naming_from().normalize_table_identifier(self._dataset) + self._suffix
        if schema_name is None or schema_name == self.home.default_schema_name or self.settings.use_single_dataset:
            return name
        return f"{name}_{schema_name}"

    def main_dataset(self) -> str:
        """Return the name of the dataset of the default schema, which holds the state too."""
        return self.dataset_for(self.home.default_schema_name)

    # -- the destination

    def choose(
        self,
        destination: DestinationRef | None = None,
        staging: DestinationRef | None = None,
        credentials: object = None,
        dataset_name: str | None = None,
    ) -> None:
        """Take what a call says; what is None stays, or comes from the state where nothing is known.

        Args:
            destination: Where to.
            staging: Where files wait.
            credentials: Credentials of the destination.
            dataset_name: Dataset at the destination.
        """
        if destination is not None:
            with section_context(pipeline_name=self.settings.pipeline_name):
                # a destination that is an object has its name already
                named = self.settings.destination_name if isinstance(destination, str) else None
                self.destination = resolve_destination(destination, destination_name=named)
            self._is_remembered = False
        elif self.destination is None and self.settings.destination is None:
            self._remember()
        if staging is not None:
            with section_context(pipeline_name=self.settings.pipeline_name):
                called = self.settings.staging_name if isinstance(staging, str) else None
                self.staging = resolve_destination(staging, destination_name=called)
        # a database file without a name is named after its pipeline
        if isinstance(self.destination, Destination):
            self.destination = self.destination.for_pipeline(self.settings.pipeline_name)
        if self.staging is not None and self.destination is not None:
            self.destination = self._from_staging(self.destination, self.staging)
        if credentials is not None:
            self._is_remembered = False
            self.need("credentials")
            self.destination = self.there().bind(credentials)
        if dataset_name:
            self.dataset_name = self.settings.laid_out(dataset_name)

    def take_from(self, other: Target) -> None:
        """Go where another pipeline goes.

        Args:
            other: Its target.
        """
        self.destination, self.staging, self.dataset_name = other.destination, other.staging, other.dataset_name

    def _remember(self) -> None:
        kind = self.home.state.get("destination_type")
        # a function of the program is not known here; it is asked for where data is to go
        if kind is None or kind in FUNCTIONS:
            return
        # nor is a class of a module that is not there
        with suppress(UnknownDestinationModule), section_context(pipeline_name=self.settings.pipeline_name):
            self.destination = resolve_destination(kind, destination_name=self.home.state.get("destination_name"))
            self._is_remembered = True
            if self.staging is None and self.settings.staging is None and self.home.state.get("staging_type"):
                self.staging = resolve_destination(
                    self.home.state["staging_type"], destination_name=self.home.state.get("staging_name")
                )

    def _from_staging(self, destination: Destination, staging: Destination) -> Destination:
        if not destination.supports_staging:
            raise DestinationLoadingViaStagingNotSupported(
                f"pipeline {self.settings.pipeline_name}: destination {destination.destination_name} takes files "
                f"from this process, not from staging {staging.destination_name}. Leave staging out; Redshift and "
                "BigQuery load from a bucket."
            )
        return destination(staging=staging)

    def need(self, what: str) -> None:
        """Make sure that there is a destination, and that it is the one where the pipeline loads.

        Args:
            what: What needs it.

        Raises:
            PipelineConfigMissing: there is none, or it is another place.
        """
        name, state = self.settings.pipeline_name, self.home.state
        if self.destination is None and state.get("destination_type") in FUNCTIONS:
            raise PipelineConfigMissing(
                f"pipeline {name}: {what} needs its destination {state['destination_name']!r}. "
                "That is a function of its program, and not known here. Let the program do it: pipeline.run() "
                "without data loads what waits.",
                pipeline_name=name,
                config_elem="destination",
            )
        if self.destination is None:
            raise self._none(what)
        if self._is_remembered:
            # nobody but the state of an earlier run named it
            check_place(name, self.destination, state)
            self._is_remembered = False

    def there(self) -> Destination:
        """Return the destination; a step has seen by `need` that there is one.

        Raises:
            PipelineConfigMissing: there is none.
        """
        if self.destination is None:
            raise self._none("this")
        return self.destination

    def _none(self, what: str) -> PipelineConfigMissing:
        name, configured = self.settings.pipeline_name, configured_destinations()
        first = configured[0] if configured else "duckdb"
        seen = f" Configured are {', '.join(configured)}, but none is chosen." if configured else ""
        return PipelineConfigMissing(
            f"pipeline {name}: {what} needs a destination and none is set.{seen} Pass "
            f'destination="{first}" to dlt.pipeline or run, or set destination="{first}" in .dlt/config.toml under '
            "[pipelines], or PIPELINES__DESTINATION in the environment.",
            pipeline_name=name,
            config_elem="destination",
        )

    def capabilities(self) -> Capabilities:
        """Return what the destination can do; what most can do where there is none yet."""
        return self.destination.capabilities() if self.destination is not None else GENERIC

    def file_formats(self, asked: str | None, caps: Capabilities) -> FileFormats:
        """Return in which formats files go to the destination.

        Args:
            asked: What the call says.
            caps: What the destination can do.

        Raises:
            PipelineConfigMissing: the destination cannot load it.
        """
        wanted = asked or self.settings.loader_file_format
        # words of PyPI dlt 1.x for files that no destination takes here
        if wanted in ("preferred", "insert_values", "model", "typed-jsonl", "reference"):
            wanted = None
        if wanted is not None and wanted not in caps.supported_loader_file_formats:
            raise PipelineConfigMissing(
                f"pipeline {self.settings.pipeline_name}: loader_file_format={wanted!r} is not one that "
                f"{self.destination.destination_name if self.destination else 'the destination'} loads. Use one of "
                f"{', '.join(caps.supported_loader_file_formats)}.",
                pipeline_name=self.settings.pipeline_name,
                config_elem="loader_file_format",
            )
        rows = preferred = caps.preferred_loader_file_format
        kind = self.destination.kind if self.destination is not None else ""
        if self.destination is not None and not self.destination.settings.get("preferred_loader_file_format"):
            rows = dict(self.settings.defaults.formats_of_rows).get(kind, preferred)
        return FileFormats(
            wanted,
            rows,
            preferred,
            caps.supported_loader_file_formats,
            self._limit("file_max_bytes"),
            self._limit("file_max_items"),
            self._format_options,
            compresses_text(kind, self.settings.defaults, self.settings.pipeline_name),
        )

    def _limit(self, key: str) -> int | None:
        """Return a limit of files that `normalize.data_writer` or `data_writer` sets."""
        name = self.settings.pipeline_name
        found = get_value(key, int, sections=("normalize",), inner=("data_writer",), default=None, pipeline_name=name)
        if found is not None and found < 1:
            raise ConfigurationValueError(f"pipeline {name}: data_writer.{key} is {found}. Give 1 or more.")
        return found

    def _format_options(self, kind: str) -> FormatOptions | None:
        """Return how files of a format are written."""
        from dlt.formats.options import configured_options

        # the types of tables, which other destinations have, say it too
        if self.capabilities().preferred_loader_file_format == "arrow":
            return None
        return configured_options(kind, self.settings.pipeline_name)

    @contextmanager
    def connect(self, dataset: str, schema: Schema | None) -> Iterator[Client]:
        """Connect to a dataset.

        Args:
            dataset: Name of the dataset.
            schema: Schema of its tables, if known.
        """
        with user_log.use(self.telling), self.configured(), self.there().connect(dataset, schema) as client:
            yield client

    @contextmanager
    def configured(self) -> Iterator[None]:
        """Let settings of the pipeline count inside the block."""
        name = self.settings.pipeline_name
        with context.use(pipeline_name=name), section_context(pipeline_name=name):
            yield

    def location(self) -> str:
        """Return where the data goes, without secrets."""
        with self.configured():
            return redact(self.there().displayable_credentials())

    # -- what the state says of it

    def describe(self, state: State) -> None:
        """Write into a state where the data goes.

        Args:
            state: It is changed.
        """
        state["dataset_name"] = self.next_dataset_name
        if self._suffix:
            state["_local"][FRESH_DATASET] = self.dataset_name
        elif state["_local"].get(FRESH_DATASET) != self.dataset_name:
            state["_local"].pop(FRESH_DATASET, None)
        if self.destination is not None:
            state["destination_name"] = self.destination.destination_name
            state["destination_type"] = self.destination.destination_type
            if self.staging is not None:
                state["staging_name"] = self.staging.destination_name
                state["staging_type"] = self.staging.destination_type
            place = place_of(self.destination, self.settings.pipeline_name)
            if place is not None:
                state["_local"]["place"] = list(place)

    def note_place(self) -> None:
        """Remember where the packages that wait are going."""
        place = place_of(self.destination, self.settings.pipeline_name)
        if place is not None and (self.home.local.get("place") or [None])[0] != place.fingerprint:
            self.home.local["place"] = list(place)
            self.home.store_state()
