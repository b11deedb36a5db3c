"""The seam to destinations: a factory that holds settings, and a client that does the work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from copy import copy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from dlt.destinations.settings import OF_CAPABILITIES, check_settings
from dlt.errors import MissingDependencyException
from dlt.schema.capabilities import Capabilities
from dlt.schema.schema import Schema
from dlt.schema.typing import ColumnSchema, TableSchema
from dlt.schema.update import SchemaUpdate

if TYPE_CHECKING:
    from typing_extensions import Self


@dataclass(frozen=True)
class WorkDone:
    """What the destination knows of the work of one part of a run.

    Attributes:
        revision: Higher when someone asked for the work to be done once more.
        wish: Number of the wish by which it was loaded, the same in all tries of a load task.
        load_id: Load that holds it now.
    """

    revision: int
    wish: int
    load_id: str


class Client(Protocol):
    """What a load needs of a destination; one client works on one dataset.

    Between `begin` and `commit` everything happens in one transaction. A destination without transactions stages in
    `load_files` and makes all of it visible in `commit`.
    """

    def has_dataset(self) -> bool:
        """Tell whether the dataset is there."""

    def create_dataset(self) -> None:
        """Make the dataset if it is not there."""

    def drop_dataset(self) -> None:
        """Delete the dataset with all in it."""

    def stored_tables(self, names: Sequence[str]) -> dict[str, dict[str, ColumnSchema]]:
        """Return the columns of tables that are there, by table."""

    def begin(self) -> None:
        """Start the transaction."""

    def commit(self) -> None:
        """Make all of it visible at once."""

    def rollback(self) -> None:
        """Undo all of it."""

    def apply_ddl(self, update: SchemaUpdate) -> None:
        """Add tables and columns."""

    def remove_tables(self, drop: Sequence[str], truncate: Sequence[str]) -> None:
        """Drop tables, and empty others, where they are there."""

    def stage(self, chain: Sequence[TableSchema], load_id: str) -> Mapping[str, str]:
        """Prepare to take the files of a root table and its nested tables; return where each one's files go."""

    def load_files(self, table: TableSchema, target: str, paths: Sequence[str], file_format: str) -> None:
        """Take some files of one table and one format."""

    def publish(self, chain: Sequence[TableSchema], load_id: str) -> None:
        """Bring what was staged for a chain into its tables, as its write disposition says."""

    def has_load(self, load_id: str) -> bool:
        """Tell whether a load is complete."""

    def loaded_schema(self, load_id: str) -> str | None:
        """Return the name of the schema of a complete load."""

    def record_load(self, load_id: str, schema: Schema) -> None:
        """Write that the load is complete, and the version of its schema."""

    def record_state(self, dataset_name: str, load_id: str, state: Mapping[str, Any]) -> None:
        """Write the state of the pipeline into a dataset."""

    def read_schema(self, name: str | None = None, version_hash: str | None = None) -> dict[str, Any] | None:
        """Return the newest stored schema."""

    def read_state(self, pipeline_name: str, dataset_name: str | None = None) -> str | None:
        """Return the state, as `dlt.state.model.encode` made it."""

    def hold_state(self, pipeline_name: str, dataset_name: str | None = None) -> None:
        """Let no other load of the pipeline change its state before this transaction ends, where the engine can."""

    # what follows is for loads that run as tasks, of which an older try may still be alive

    def claim(self, pipeline_name: str, load_id: str, attempt: int) -> int:
        """Take a load over from older tries, in a transaction of its own; return the epoch that now may commit it.

        Raises:
            Superseded: a later attempt has it.
        """

    def hold(self, pipeline_name: str, load_id: str, epoch: int) -> None:
        """Let no other task commit a load of the pipeline before this transaction ends.

        Raises:
            Superseded: another try took the load over.
        """

    def read_work(self, key: str) -> WorkDone | None:
        """Return what is known of the work of one part of a run; None if it was never loaded.

        Args:
            key: Hex digits that stand for the run and the part.
        """

    def record_work(self, key: str, done: WorkDone) -> None:
        """Write in the transaction what load holds the work of one part of a run, in place of the one before."""

    def note_parts(self, loads: Mapping[str, str]) -> None:
        """Take note of the load ids of files, by path, where one load takes files of several parts of a run."""

    def remove_load(self, chain: Sequence[TableSchema], load_id: str) -> None:
        """Delete in the transaction the rows that a load appended to a root table and its nested tables.

        Raises:
            ReloadUndecided: nobody can tell which rows these are.
        """

    def sql_client(self) -> Any:
        """Return a client for queries, or None."""


def missing_package(where: str, package: str, extra: str) -> MissingDependencyException:
    """Return the error for a package that is not installed.

    Args:
        where: The destination, as messages name it.
        package: The package.
        extra: Extra of this library that brings it.
    """
    return MissingDependencyException(
        f'{where}: the package {package} is not installed. Run: pip install "dlt-tasks[{extra}]"'
    )


class Destination:
    """Settings of a destination; nothing is imported or opened before `connect`.

    Calling it gives a new one with credentials and settings bound.

    Args:
        credentials: Credentials in any form that the destination takes; configured when None.
        destination_name: Name under which it is configured; its type when None.
        environment: Free text that tells destinations apart.
        settings: Further options.
    """

    destination_type: ClassVar[str] = ""
    supports_staging: ClassVar[bool] = False
    named_after_pipeline: ClassVar[bool] = False
    """Without credentials, data goes where the name of the pipeline says."""
    setting_types: ClassVar[Mapping[str, Any] | None] = None
    """Types of the settings beside the parameters of `__init__`; None for a class that takes any."""
    pipeline_name: str | None = None

    def __init__(
        self,
        credentials: Any = None,
        *,
        destination_name: str | None = None,
        environment: str | None = None,
        **settings: Any,
    ) -> None:
        self.credentials = credentials
        self.destination_name = destination_name or self.destination_type
        self.environment = environment
        check_settings(type(self), self.destination_name, settings)
        self.settings = settings

    def __call__(self, credentials: Any = None, **settings: Any) -> Self:
        bound = copy(self)
        bound.destination_name = settings.pop("destination_name", None) or self.destination_name
        bound.environment = settings.pop("environment", None) or self.environment
        check_settings(type(self), bound.destination_name, settings)
        bound.settings = {**self.settings, **settings}
        if credentials is not None:
            bound.credentials = credentials
        return bound

    def for_pipeline(self, pipeline_name: str) -> Self:
        """Return the destination as that of a pipeline; one that a pipeline has already stays where it is."""
        if not self.named_after_pipeline or self.pipeline_name is not None:
            return self
        bound = copy(self)
        bound.pipeline_name = pipeline_name
        return bound

    def bind(self, credentials: Any) -> Self:
        """Return a destination with these credentials."""
        return self.__call__(credentials)

    @classmethod
    def from_reference(
        cls,
        ref: Any,
        credentials: Any = None,
        destination_name: str | None = None,
        environment: str | None = None,
        **settings: Any,
    ) -> Destination:
        """Return a destination by whatever names it.

        Args:
            ref: A short name, the path of a class, a class, or a destination.
            credentials: Credentials in any form that the destination takes.
            destination_name: Name under which it is configured.
            environment: Free text that tells destinations apart.
            settings: Further options.

        Raises:
            UnknownDestinationModule: nothing has this name.
            InvalidDestinationReference: it is something else.
        """
        from dlt.destinations.references import resolve_destination

        found = resolve_destination(ref, destination_name=destination_name)
        if environment is not None:
            found = copy(found)
            found.environment = environment
        return found(credentials, **settings) if credentials is not None or settings else found

    @property
    def config_params(self) -> dict[str, Any]:
        """Return what the program set: credentials, name and settings."""
        given = {"credentials": self.credentials, "destination_name": self.destination_name, **self.settings}
        return {name: value for name, value in given.items() if value is not None}

    def capabilities(self) -> Capabilities:
        """Return what the destination can do, with what the program says otherwise."""
        changes = {name: self.settings[name] for name in OF_CAPABILITIES if self.settings.get(name) is not None}
        return replace(self.own_capabilities(), **changes)

    def own_capabilities(self) -> Capabilities:
        """Return what the destination can do by itself."""
        raise NotImplementedError

    def connect(self, dataset_name: str, schema: Schema | None = None) -> AbstractContextManager[Client]:
        """Open a client for a dataset, to be used in a `with` block.

        Args:
            dataset_name: Name of the dataset.
            schema: Schema of its tables, if known.

        Raises:
            DestinationConnectionError: it cannot be reached.
            MissingDependencyException: its driver is not installed.
        """
        raise NotImplementedError

    def displayable_credentials(self) -> str:
        """Return where the data goes, without secrets."""
        return self.destination_name

    def fingerprint(self) -> str:
        """Return a hash that tells physical destinations apart."""
        from dlt.ids import digest_id

        return digest_id(f"{self.destination_type} {self.displayable_credentials()}")

    def __repr__(self) -> str:
        return f"<dlt destination {self.destination_name} ({self.destination_type})>"
