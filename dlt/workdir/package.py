"""A load package: one load's files in a folder, with the schema and state that belong to them."""

from __future__ import annotations

import os
import shutil
from functools import cached_property
from typing import TYPE_CHECKING, Any

import orjson

from dlt import typed_json
from dlt.clock import utc_now
from dlt.errors import PackageCorrupt
from dlt.ids import random_id
from dlt.schema.schema import Schema
from dlt.workdir import atomic

if TYPE_CHECKING:
    from collections.abc import Sequence

MANIFEST, SCHEMA, STATE = "package.json", "schema.json", "state.json"
PackageFile = dict[str, Any]
"""name, table, format, rows, bytes and crc32 of one data file."""


class LoadPackage:
    """A committed package; it does not change any more.

    Args:
        path: Its folder.
        stage: "extracted", "normalized" or "loaded".
    """

    def __init__(self, path: str, stage: str) -> None:
        self.path, self.stage = path, stage
        self.load_id = os.path.basename(path)

    @cached_property
    def info(self) -> dict[str, Any]:
        """Return the manifest.

        Raises:
            PackageCorrupt: it cannot be read.
        """
        try:
            with open(os.path.join(self.path, MANIFEST), "rb") as file:
                loaded: dict[str, Any] = orjson.loads(file.read())
        except (OSError, orjson.JSONDecodeError) as error:
            raise PackageCorrupt(
                f"package {self.load_id}: its manifest {self.path}/{MANIFEST} cannot be read: {error}. "
                "Drop the package and extract again.",
                load_id=self.load_id,
            ) from error
        return loaded

    @property
    def files(self) -> list[PackageFile]:
        """Return the data files."""
        return list(self.info.get("files") or [])

    @property
    def schema_name(self) -> str:
        """Return the name of the schema."""
        return str(self.info["schema_name"])

    @cached_property
    def schema(self) -> Schema:
        """Return the schema as it was when the package was made."""
        with open(os.path.join(self.path, SCHEMA), "rb") as file:
            return Schema.from_dict(orjson.loads(file.read()), bump_version=False)

    @cached_property
    def state(self) -> dict[str, Any] | None:
        """Return the pipeline state that the load makes visible; None when it did not change."""
        path = os.path.join(self.path, STATE)
        if not os.path.exists(path):
            return None
        with open(path, "rb") as file:
            loaded: dict[str, Any] = typed_json.loads(file.read())
            return loaded

    def check(self) -> None:
        """Make sure that all files are there in full.

        Raises:
            PackageCorrupt: a file is missing or has another size than the manifest says.
        """
        for file in self.files:
            path = os.path.join(self.path, file["name"])
            found = os.path.getsize(path) if os.path.exists(path) else None
            if found != file["bytes"]:
                raise PackageCorrupt(
                    f"package {self.load_id}: the file {file['name']} of table {file['table']} has "
                    f"{'nothing' if found is None else f'{found} bytes'}, its manifest says {file['bytes']} bytes. "
                    "Drop the package and extract again.",
                    load_id=self.load_id,
                )

    def __repr__(self) -> str:
        return f"<package {self.load_id} {self.stage} of schema {self.info.get('schema_name')}>"


class PackageBuilder:
    """A package under construction in the temporary folder."""

    def __init__(self, root: str, load_id: str) -> None:
        self._root = root
        self.load_id = load_id
        self.path = os.path.join(root, "tmp", load_id)
        if os.path.exists(self.path):
            shutil.rmtree(self.path)
        os.makedirs(self.path)

    def target(self, stage: str) -> str:
        """Return the folder that the package gets in a stage."""
        return os.path.join(self._root, stage, self.load_id)

    def prepare(
        self, stage: str, files: Sequence[Any], schema: Schema, state: dict[str, Any] | None, **info: Any
    ) -> None:
        """Write manifest, schema and state; the package is still invisible.

        Args:
            stage: "extracted" or "normalized".
            files: The entries of the data files.
            schema: Written beside them.
            state: Pipeline state that the load makes visible, or None.
            info: Further fields of the manifest.
        """
        manifest = {
            "load_id": self.load_id,
            "schema_name": schema.name,
            "stage": stage,
            "created_at": utc_now().isoformat(),
            "nonce": random_id(),
            **info,
            "files": [dict(file) for file in files],
        }
        self._write(SCHEMA, orjson.dumps(schema.to_dict(), default=str))
        if state is not None:
            self._write(STATE, typed_json.dumps(state).encode())
        self._write(MANIFEST, orjson.dumps(manifest, default=str, option=orjson.OPT_INDENT_2))

    def commit(
        self, stage: str, files: Sequence[Any], schema: Schema, state: dict[str, Any] | None, **info: Any
    ) -> LoadPackage:
        """Prepare the package and make it visible in a stage, with one rename."""
        self.prepare(stage, files, schema, state, **info)
        target = self.target(stage)
        atomic.commit_dir(self.path, target, f"{stage}_package")
        return LoadPackage(target, stage)

    def abort(self) -> None:
        """Delete what was written so far."""
        shutil.rmtree(self.path, ignore_errors=True)

    def _write(self, name: str, data: bytes) -> None:
        # plain writes: the folder is synced and renamed as a whole
        with open(os.path.join(self.path, name), "wb") as file:
            file.write(data)
