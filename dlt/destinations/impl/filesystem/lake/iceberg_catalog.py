"""A catalog of Iceberg tables that are folders: the newest of their numbered metadata files counts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pyiceberg.catalog import Catalog
from pyiceberg.catalog.noop import NoopCatalog
from pyiceberg.exceptions import CommitFailedException, NoSuchTableError
from pyiceberg.io.fsspec import FsspecFileIO
from pyiceberg.partitioning import UNPARTITIONED_PARTITION_SPEC
from pyiceberg.table import CommitTableResponse, Table
from pyiceberg.table.metadata import TableMetadata, TableMetadataUtil, new_table_metadata
from pyiceberg.table.sorting import UNSORTED_SORT_ORDER
from pyiceberg.table.update import TableRequirement, TableUpdate, update_table_metadata
from pyiceberg.typedef import Identifier

from dlt.io import failpoints
from dlt.io.store import Store
from dlt.late import pa
from dlt.types import override

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

_FOLDER = "metadata"
_NAME = re.compile(r"v(\d+)\.metadata\.json$")
_RETRIES, _NAME_MAPPING = "commit.retry.num-retries", "schema.name-mapping.default"


class StoreIO(FsspecFileIO):
    """Files of one store, with the credentials that it has.

    Args:
        store: The store.
    """

    def __init__(self, store: Store) -> None:
        super().__init__(properties={})
        self._filesystem = store.filesystem

    @override
    def get_fs(self, scheme: str, hostname: str | None = None) -> AbstractFileSystem:
        """Return the file system of the store."""
        return self._filesystem


class FolderCatalog(NoopCatalog):
    """The tables of a dataset.

    Args:
        store: The folder of the dataset.
    """

    def __init__(self, store: Store) -> None:
        super().__init__("dlt")
        self._store = store

    def open(self, table: str) -> Table | None:
        """Return a table, None if it is not there."""
        numbers = self._numbers(table)
        if not numbers:
            return None
        path = _path(table, numbers[-1])
        content = self._store.read(path)
        if content is None:
            return None
        metadata = TableMetadataUtil.parse_raw(content.decode())
        return Table((table,), metadata, self._store.url(path), StoreIO(self._store), self)

    def create(self, table: str, schema: pa.Schema) -> Table:
        """Return a new table, or the one that is there."""
        fresh = Catalog._convert_schema_if_needed(schema)  # noqa: SLF001 - pyiceberg gives it no public name
        metadata = new_table_metadata(
            schema=fresh,
            partition_spec=UNPARTITIONED_PARTITION_SPEC,
            sort_order=UNSORTED_SORT_ORDER,
            location=self._store.url(table),
            # data files have no ids of columns, and a commit that lost a race is made anew by its caller
            properties={_RETRIES: "0"},
        )
        names = metadata.schema().name_mapping.model_dump_json()
        metadata = metadata.model_copy(update={"properties": {**metadata.properties, _NAME_MAPPING: names}})
        self._write(table, metadata, 1)
        found = self.open(table)
        if found is None:
            raise NoSuchTableError(table)
        return found

    def load_table(self, identifier: str | Identifier) -> Table:
        """Return the table of this name.

        Raises:
            NoSuchTableError: it is not there.
        """
        name = Catalog.table_name_from(identifier)
        found = self.open(name)
        if found is None:
            raise NoSuchTableError(f"there is no Iceberg table {name} in {self._store.root}")
        return found

    def commit_table(
        self, table: Table, requirements: tuple[TableRequirement, ...], updates: tuple[TableUpdate, ...]
    ) -> CommitTableResponse:
        """Write the next metadata file.

        Raises:
            CommitFailedException: another program wrote one since the table was read.
        """
        name = Catalog.table_name_from(table.name())
        # a text would be split at its points
        current = self.load_table((name,))
        for requirement in requirements:
            requirement.validate(current.metadata)
        metadata = update_table_metadata(current.metadata, updates, metadata_location=current.metadata_location)
        if metadata == current.metadata:
            return _response(metadata, current.metadata_location)
        number = _number(current.metadata_location) + 1
        if not self._write(name, metadata, number):
            raise CommitFailedException(f"{name}: another program was faster")
        return _response(metadata, self._store.url(_path(name, number)))

    def _write(self, table: str, metadata: TableMetadata, number: int) -> bool:
        is_written = self._store.put_if_absent(_path(table, number), metadata.model_dump_json().encode())
        if is_written:
            failpoints.point("iceberg.before_hint")
            self.hint(table)
        return is_written

    def hint(self, table: str) -> None:
        """Name the newest metadata file where engines look for it, if another one is named there."""
        path, named = f"{table}/{_FOLDER}/version-hint.text", None
        while numbers := self._numbers(table):
            named = self._store.read(path) if named is None else named
            newest = str(numbers[-1]).encode()
            if named == newest:
                return
            failpoints.point("iceberg.in_hint")
            self._store.write(path, newest)
            # one that slept before it wrote has named an old one: what is newest is asked again
            named = newest

    def _numbers(self, table: str) -> list[int]:
        found = (_NAME.search(name) for name in self._store.names(f"{table}/{_FOLDER}"))
        return sorted(int(match[1]) for match in found if match)


def _response(metadata: TableMetadata, location: str) -> CommitTableResponse:
    return CommitTableResponse.model_validate({"metadata": metadata, "metadata-location": location})


def _path(table: str, number: int) -> str:
    return f"{table}/{_FOLDER}/v{number}.metadata.json"


def _number(location: str) -> int:
    found = _NAME.search(location)
    return int(found[1]) if found else 0
