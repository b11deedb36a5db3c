"""Files on a disk or in an object store: Parquet, JSONL or CSV, visible by snapshots."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

from dlt.clock import utc_now
from dlt.configuration import get_value
from dlt.destinations.base import Destination
from dlt.destinations.files.layout import DEFAULT_LAYOUT, Layout
from dlt.destinations.files.query import open_tables
from dlt.destinations.files.rewrite import merge_files
from dlt.destinations.files.snapshot import Change, Snapshot, Snapshots
from dlt.destinations.sql.ddl import check_types
from dlt.errors import (
    DestinationConnectionError,
    DestinationTerminalException,
    DestinationTransientException,
    MissingDependencyException,
    PipelineConfigMissing,
)
from dlt.ids import random_id
from dlt.schema.capabilities import Capabilities
from dlt.schema.schema import Schema
from dlt.schema.stored import ENGINE_VERSION
from dlt.schema.typing import ColumnSchema, TableSchema
from dlt.schema.update import SchemaUpdate
from dlt.workdir import atomic
from dlt.workdir.state import encode

CAPABILITIES = Capabilities(
    preferred_loader_file_format="parquet",
    supported_loader_file_formats=("parquet", "jsonl", "csv", "arrow"),
    supported_merge_strategies=("delete-insert", "upsert", "insert-only", "scd2"),
    supports_transactions=False,
    supports_ddl_transactions=False,
    sqlglot_dialect="duckdb",
)


class Filesystem(Destination):
    """Load into files.

    Args:
        bucket_url: Folder or fsspec URL; configured as destination.filesystem.bucket_url when None.
        credentials: Arguments of the fsspec file system as a dict, or a spec that gives them.
        layout: Template for the paths of files inside of the dataset.
        extra_placeholders: Further placeholders of the layout.
        current_datetime: Moment for placeholders of date and time, or a function that gives it.
    """

    destination_type: ClassVar[str] = "filesystem"

    def __init__(
        self,
        bucket_url: str | None = None,
        credentials: Any = None,
        layout: str | None = None,
        extra_placeholders: Mapping[str, Any] | None = None,
        current_datetime: Any = None,
        **settings: Any,
    ) -> None:
        super().__init__(credentials, **settings)
        self.settings.update(
            bucket_url=bucket_url,
            layout=layout,
            extra_placeholders=extra_placeholders,
            current_datetime=current_datetime,
        )

    def capabilities(self) -> Capabilities:
        """Return what files can do."""
        return CAPABILITIES

    @property
    def bucket_url(self) -> str:
        """Return where datasets are kept.

        Raises:
            PipelineConfigMissing: it is not configured.
        """
        url = self.settings.get("bucket_url") or self._configured("bucket_url", str)
        if not url:
            raise PipelineConfigMissing(
                f"destination {self.destination_name}: bucket_url is not set. Pass filesystem(bucket_url=...), or set "
                f"bucket_url in .dlt/config.toml under [destination.{self.destination_name}].",
                config_elem="bucket_url",
            )
        return str(url).rstrip("/")

    def _configured(self, key: str, kind: Any, secret: bool = False) -> Any:
        return get_value(key, kind, sections=("destination", self.destination_name), default=None, secret=secret)

    def displayable_credentials(self) -> str:
        """Return the URL."""
        return self.bucket_url

    def layout(self) -> Layout:
        """Return the template for paths."""
        template = self.settings.get("layout") or self._configured("layout", str) or DEFAULT_LAYOUT
        extra = self.settings.get("extra_placeholders") or self._configured("extra_placeholders", dict) or {}
        return Layout(template, extra, self.settings.get("current_datetime"))

    def open_filesystem(self) -> tuple[Any, str]:
        """Return the fsspec file system and the path of the bucket in it.

        Raises:
            MissingDependencyException: the package for this kind of URL is not installed.
            DestinationConnectionError: it cannot be reached.
        """
        import fsspec

        url = self.bucket_url
        credentials = self.credentials or self._configured("credentials", dict, secret=True) or {}
        for method in ("to_s3fs_credentials", "to_adlfs_credentials"):
            if hasattr(credentials, method):
                credentials = getattr(credentials, method)()
        options = {**dict(credentials), **(self._configured("kwargs", dict) or {})}
        try:
            filesystem, path = fsspec.core.url_to_fs(url, **options)
        except ImportError as error:
            raise MissingDependencyException(
                f'destination filesystem: a package for {url.partition(":")[0]}:// is not installed. '
                'Run: pip install "dlt-tasks[filesystem]"',
            ) from error
        except (OSError, ValueError) as error:
            raise DestinationConnectionError(f"destination filesystem: {url} cannot be opened: {error}.") from error
        return filesystem, str(path)

    @contextmanager
    def connect(self, dataset_name: str, schema: Schema | None = None) -> Iterator[FilesystemClient]:
        """Open the bucket."""
        filesystem, path = self.open_filesystem()
        client = FilesystemClient(filesystem, f"{path}/{dataset_name}", dataset_name, self.layout(), schema)
        try:
            yield client
        finally:
            client.close()


class FilesystemClient:
    """Work on one dataset of files.

    Args:
        filesystem: An fsspec file system.
        root: Path of the dataset.
        dataset_name: Its name.
        layout: Template for paths.
        schema: Schema of the tables, if known.
    """

    def __init__(
        self, filesystem: Any, root: str, dataset_name: str, layout: Layout, schema: Schema | None = None
    ) -> None:
        self.filesystem, self.root, self.dataset_name = filesystem, root, dataset_name
        self._layout = layout
        self._schema_name = schema.name if schema is not None else "schema"
        self._snapshots = Snapshots(filesystem, root)
        self._base = Snapshot()
        self._change = Change()
        self._elsewhere: dict[str, Change] = {}
        self._written: list[str] = []
        self._staged: dict[str, list[tuple[str, str]]] = {}
        self._load_id = ""
        self._now = utc_now()
        self._open: list[Callable[[], None]] = []

    # -- dataset and tables

    def has_dataset(self) -> bool:
        """Tell whether anything was loaded."""
        return bool(self._snapshots.numbers())

    def create_dataset(self) -> None:
        """Make the folder."""
        with _translated(self.root):
            self.filesystem.makedirs(self.root, exist_ok=True)

    def drop_dataset(self) -> None:
        """Delete the folder with all in it."""
        if self.filesystem.exists(self.root):
            self.filesystem.rm(self.root, recursive=True)

    def stored_tables(self, names: Sequence[str]) -> dict[str, dict[str, ColumnSchema]]:
        """Return the columns of tables that are there, by table."""
        known = self._change.applied_to(self._base).columns if self._base.number else {}
        return {name: known[name] for name in names if name in known}

    def apply_ddl(self, update: SchemaUpdate) -> None:
        """Remember tables and columns.

        Raises:
            SchemaUpdateTerminalError: a column has another type already.
        """
        stored = self.stored_tables(list(update.tables))
        for name, table in update.tables.items():
            check_types(self.dataset_name, table, stored.get(name, {}))
            self._change.columns[name] = dict(table["columns"])

    def remove_tables(self, drop: Sequence[str], truncate: Sequence[str]) -> None:
        """Drop tables, and empty others."""
        self._change.drop += list(drop)
        for name in truncate:
            self._change.replace[name] = []

    # -- transaction

    def begin(self) -> None:
        """Read the newest snapshot."""
        with _translated(self.root):
            self._base = self._snapshots.newest()
        self._change, self._elsewhere, self._written, self._staged = Change(), {}, [], {}
        self._now = utc_now()

    def commit(self) -> None:
        """Write the next snapshot; then delete files that no longer count."""
        atomic.point("filesystem.before_snapshot")
        with _translated(self.root):
            before = self._base.paths()
            self._base = self._snapshots.commit(self._base, self._change)
            atomic.point("filesystem.after_snapshot")
            for dataset, change in self._elsewhere.items():
                other = Snapshots(self.filesystem, f"{self.root.rpartition('/')[0]}/{dataset}")
                other.commit(other.newest(), change)
            if self._change.rewritten:
                self._delete(before - self._base.paths())
            self._snapshots.prune()

    def rollback(self) -> None:
        """Delete what was written."""
        self._delete(self._written)

    def _delete(self, paths: Any) -> None:
        for path in paths:
            full = f"{self.root}/{path}" if not str(path).startswith(self.root) else str(path)
            try:
                self.filesystem.rm_file(full)
            except FileNotFoundError:
                continue  # an earlier attempt deleted it

    # -- data

    def stage(self, chain: Sequence[TableSchema], load_id: str) -> dict[str, str]:
        """Prepare to take the files of a chain."""
        self._load_id = load_id
        disposition = chain[0].get("write_disposition", "append")
        for table in chain:
            if disposition == "replace":
                self._change.replace[table["name"]] = []
            elif disposition == "merge":
                self._staged[table["name"]] = []
        return {table["name"]: table["name"] for table in chain}

    def load_file(self, table: TableSchema, target: str, path: str, file_format: str) -> None:
        """Copy one file to its place; files that are to be merged wait."""
        name = table["name"]
        if name in self._staged:
            self._staged[name].append((path, file_format))
            return
        entry = self._upload(name, path, file_format)
        goal = self._change.replace if name in self._change.replace else self._change.add
        goal.setdefault(name, []).append(entry)

    def _upload(self, table: str, path: str, file_format: str) -> dict[str, Any]:
        file_id = os.path.basename(path).rsplit(".", 1)[0].rpartition(".")[2]
        with tempfile.TemporaryDirectory() as folder:
            if file_format == "arrow":
                path, file_format = _as_parquet(path, folder), "parquet"
            relative = self._layout.path(self._schema_name, table, self._load_id, file_id, file_format)
            full = f"{self.root}/{relative}"
            with _translated(full):
                self.filesystem.makedirs(full.rpartition("/")[0], exist_ok=True)
                self.filesystem.put_file(path, full)
        self._written.append(relative)
        atomic.point("filesystem.file_written")
        return {"path": relative, "format": file_format}

    def publish(self, chain: Sequence[TableSchema], load_id: str) -> None:
        """Merge what waits into the files of a chain, as new files."""
        if chain[0].get("write_disposition") != "merge":
            return
        with tempfile.TemporaryDirectory() as folder:
            current = {t["name"]: self._fetch(self._base.files.get(t["name"], []), folder) for t in chain}
            staged = {table["name"]: self._staged.pop(table["name"]) for table in chain}
            for name, path in merge_files(folder, chain, current, staged, load_id).items():
                self._change.replace[name] = [self._upload(name, path, "parquet")]

    def _fetch(self, entries: Sequence[Mapping[str, Any]], folder: str) -> list[tuple[str, str]]:
        found = []
        for number, entry in enumerate(entries):
            local = os.path.join(folder, f"{number:06d}-{random_id(8)}.{entry['format']}")
            with _translated(entry["path"]):
                self.filesystem.get_file(f"{self.root}/{entry['path']}", local)
            found.append((local, str(entry["format"])))
        return found

    # -- records

    def has_load(self, load_id: str) -> bool:
        """Tell whether a load is complete."""
        return any(load["load_id"] == load_id for load in self._base.loads)

    def record_load(self, load_id: str, schema: Schema) -> None:
        """Write that the load is complete, and the version of its schema."""
        hash_ = schema.stored_version_hash or schema.version_hash
        self._change.loads.append(
            {
                "load_id": load_id,
                "schema_name": schema.name,
                "status": 0,
                "inserted_at": self._now.isoformat(),
                "schema_version_hash": hash_,
            }
        )
        self._change.versions.append(
            {
                "version": schema.stored_version,
                "engine_version": ENGINE_VERSION,
                "inserted_at": self._now.isoformat(),
                "schema_name": schema.name,
                "version_hash": hash_,
                "schema": schema.to_dict(bump_version=False),
            }
        )

    def record_state(self, dataset_name: str, load_id: str, state: Mapping[str, Any]) -> None:
        """Write the state of the pipeline into a dataset."""
        change = self._change
        if dataset_name != self.dataset_name:
            change = self._elsewhere.setdefault(dataset_name, Change())
        change.states.append(
            {
                "version": int(state["_state_version"]),
                "engine_version": int(state.get("_state_engine_version") or 1),
                "pipeline_name": str(state["pipeline_name"]),
                "state": encode(dict(state)),
                "created_at": self._now.isoformat(),
                "version_hash": state["_version_hash"],
                "_dlt_load_id": load_id,
                "_dlt_id": random_id(),
            }
        )

    def read_schema(self, name: str | None = None, version_hash: str | None = None) -> dict[str, Any] | None:
        """Return the newest stored schema."""
        for version in reversed(self._snapshots.newest().versions):
            if name in (None, version["schema_name"]) and version_hash in (None, version["version_hash"]):
                found: dict[str, Any] = version["schema"]
                return found
        return None

    def read_state(self, pipeline_name: str) -> str | None:
        """Return the newest state of a pipeline."""
        found = [s for s in self._snapshots.newest().states if s["pipeline_name"] == pipeline_name]
        return str(max(found, key=lambda s: s["version"])["state"]) if found else None

    def table_files(self, table: str) -> list[str]:
        """Return the paths of a table's files, of complete loads only."""
        return [f"{self.root}/{entry['path']}" for entry in self._snapshots.newest().files.get(table, [])]

    def sql_client(self) -> Any:
        """Return a client for queries: DuckDB in memory, with a view for each table."""
        client, close = open_tables(self.filesystem, self.root, self.dataset_name, self._snapshots.newest())
        self._open.append(close)
        return client

    def close(self) -> None:
        """End the connections that were opened for queries."""
        while self._open:
            self._open.pop()()


@contextmanager
def _translated(what: str) -> Iterator[None]:
    try:
        yield
    except PermissionError as error:
        raise DestinationTerminalException(
            f"{what}: no right to write or read there. Check the credentials."
        ) from error
    except OSError as error:
        raise DestinationTransientException(f"{what}: {type(error).__name__}: {error}.") from error


def _as_parquet(path: str, folder: str) -> str:
    import pyarrow as pa
    import pyarrow.parquet as pq

    target = os.path.join(folder, os.path.basename(path) + ".parquet")
    with (
        pa.memory_map(path) as source,
        pa.ipc.open_stream(source) as rows,
        pq.ParquetWriter(target, rows.schema) as writer,
    ):
        for batch in rows:
            writer.write_batch(batch)
    return target

