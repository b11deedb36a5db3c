"""The schemas of a pipeline: live, and in step with the import and export folders."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from dlt.errors import SchemaNotFoundError
from dlt.io import atomic
from dlt.schema.files import read_schema_file
from dlt.schema.schema import Schema

if TYPE_CHECKING:
    from dlt.packages.workdir import Workdir

_SUFFIX = ".schema.yaml"


class PipelineSchemas(Mapping[str, Schema]):
    """Schemas by name; what is changed in one of them counts from the next step on.

    Args:
        workdir: Where they are stored.
        import_path: Folder in which users edit schemas, or None.
        export_path: Folder that gets every change, or None.
    """

    def __init__(self, workdir: Workdir, import_path: str | None = None, export_path: str | None = None) -> None:
        self._workdir = workdir
        self._import_path, self._export_path = import_path, export_path
        self._live: dict[str, Schema] = {}
        self._mark: tuple[int, ...] | None = None

    def __getitem__(self, name: str) -> Schema:
        if name not in self._live:
            self._live[name] = self._load(name)
        return self._live[name]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted({*self._live, *self._workdir.schema_names()}))

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __contains__(self, name: object) -> bool:
        return name in self._live or name in self._workdir.schema_names()

    def move_to(self, workdir: Workdir) -> None:
        """Forget what is live, and go on in another folder.

        Args:
            workdir: Where schemas are stored from now on.
        """
        self._workdir, self._live, self._mark = workdir, {}, None

    def adopt(self, schema: Schema) -> None:
        """Take the schema that a step grew, and store it."""
        live = self._live.get(schema.name)
        if live is not None and live is not schema:
            # users hold the live object: it changes in place
            live.__dict__.update(schema.__dict__)
            schema = live
        self._live[schema.name] = schema
        self._workdir.write_schema(schema)
        self._mark = self._workdir.mark("schemas")

    def add(self, schema: Schema) -> None:
        """Take a schema before its first extract; it is imported, or saved for import, first."""
        imported = self._imported(schema.name)
        if imported is not None:
            schema = imported
        elif self._import_path:
            self._save(self._import_path, schema)
            schema.imported_version_hash = schema.version_hash
        self._live[schema.name] = schema

    def export(self, schema: Schema) -> None:
        """Write a schema to the export folder."""
        if self._export_path:
            # in a folder that serves both ways the user's file stays the user's
            same = self._import_path and os.path.abspath(self._import_path) == os.path.abspath(self._export_path)
            if same and self._imported(schema.name) is not None:
                return
            self._save(self._export_path, schema)

    def store(self) -> None:
        """Write live changes of users."""
        for schema in self._live.values():
            if schema.is_modified:
                self._workdir.write_schema(schema)

    def reread(self) -> None:
        """Take what another pipeline object or process stored; changes that were made here and not stored stay."""
        mark = self._workdir.mark("schemas")
        if mark == self._mark:
            return
        self._mark = mark
        stored = set(self._workdir.schema_names())
        for name, live in list(self._live.items()):
            if live.is_modified:
                continue
            if name not in stored:
                del self._live[name]
                continue
            found = self._load(name)
            if found.version_hash != live.version_hash or found.stored_version != live.stored_version:
                # programs hold the live object: it changes in place
                live.__dict__.update(found.__dict__)

    def forget(self) -> None:
        """Drop what is held in memory."""
        self._live.clear()

    def remove(self, name: str) -> None:
        """Drop one schema."""
        self._live.pop(name, None)

    def _load(self, name: str) -> Schema:
        schema = self._workdir.read_schema(name) if name in self._workdir.schema_names() else None
        imported = self._imported(name)
        if imported is not None and (schema is None or imported.imported_version_hash != schema.imported_version_hash):
            # edits of the user reset what evolved by itself; they are newer than any package that is still here
            if schema is not None:
                imported.stored_version = max(imported.stored_version, schema.stored_version + 1)
            return imported
        if schema is None:
            raise SchemaNotFoundError(
                f"The pipeline has no schema {name!r}. It has {', '.join(self) or 'none'}.", name=name
            )
        return schema

    def _imported(self, name: str) -> Schema | None:
        if not self._import_path:
            return None
        # PyPI dlt 1.x writes the first one; people write all of them
        for suffix in (_SUFFIX, ".schema.yml", ".schema.json"):
            path = os.path.join(self._import_path, name + suffix)
            if os.path.exists(path):
                schema = read_schema_file(path)
                schema.imported_version_hash = schema.version_hash
                return schema
        return None

    @staticmethod
    def _save(folder: str, schema: Schema) -> None:
        os.makedirs(folder, exist_ok=True)
        path = os.path.join(folder, schema.name + _SUFFIX)
        # a file that says the same keeps its time, and stays unchanged in version control
        content = schema.to_pretty_yaml().encode()
        if not os.path.exists(path) or open(path, "rb").read() != content:  # noqa: SIM115 - read in one expression
            atomic.write_bytes(path, content)
