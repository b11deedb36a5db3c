"""A load package: one load's files in a folder, with the schema and state that belong to them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from typing import TypeVar

import orjson

from dlt.clock import utc_now
from dlt.errors import DltException, PackageCorrupt, SchemaEngineNoUpgradePathException
from dlt.ids import random_id
from dlt.io import atomic, typed_json
from dlt.io.checksums import crc_of, note
from dlt.io.sealed import Damaged, JsonObject, seal, unseal
from dlt.packages.advice import drop_advice
from dlt.packages.manifest import MANIFEST_DOCUMENT, Manifest, PackageFile
from dlt.packages.undo import UNDO_DOCUMENT, Undo
from dlt.schema.schema import Schema
from dlt.states.delta import Change, decode_delta
from dlt.states.model import State

T = TypeVar("T")
MANIFEST, SCHEMA, STATE, UNDO = "package.json", "schema.json", "state.json", "undo.json"
JOURNAL = "abandon.json"
"""In a working folder: the packages that are being given up."""


class LoadPackage:
    """A committed package; it does not change any more.

    Args:
        path: Its folder.
        stage: "extracted", "normalized" or "loaded".
        pipeline_name: Name of its pipeline, for messages; None for the package of a task.
    """

    def __init__(self, path: str, stage: str, pipeline_name: str | None = None) -> None:
        self.path, self.stage, self.pipeline_name = path, stage, pipeline_name
        self.load_id = os.path.basename(path)

    @cached_property
    def manifest(self) -> Manifest:
        """Return the manifest.

        Raises:
            PackageCorrupt: it cannot be read, or is not what was written.
            DocumentTooNew: a later release wrote it.
        """
        return self._document(MANIFEST, lambda data: MANIFEST_DOCUMENT.load(data, self._at(MANIFEST)))

    @property
    def files(self) -> tuple[PackageFile, ...]:
        """Return the data files."""
        return self.manifest.files

    @property
    def schema_name(self) -> str:
        """Return the name of the schema."""
        return self.manifest.schema_name

    @cached_property
    def schema(self) -> Schema:
        """Return the schema as it was when the package was made.

        Raises:
            PackageCorrupt: it cannot be read, or is not what was written.
        """
        found = self._read(SCHEMA)
        try:
            return Schema.from_dict(found, bump_version=False)
        except SchemaEngineNoUpgradePathException:
            raise
        except (DltException, LookupError, TypeError, ValueError, AttributeError) as error:
            raise self.corrupt(f"its file {self._at(SCHEMA)} holds no schema ({error})") from error

    @cached_property
    def state(self) -> State | None:
        """Return the pipeline state that the load makes visible; None when it did not change.

        Raises:
            PackageCorrupt: it cannot be read, or is not what was written.
        """
        if not os.path.exists(self._at(STATE)):
            if self.manifest.has_state:
                raise self.corrupt(f"its file {self._at(STATE)} is missing")
            return None
        return self._read(STATE, typed_json.loads)

    @cached_property
    def state_delta(self) -> list[Change] | None:
        """Return what its extract changed in the state; None where it brings no state, or nobody knows.

        Raises:
            PackageCorrupt: it is not what was written.
        """
        text = self.manifest.state_delta
        try:
            return decode_delta(text) if text is not None else None
        except Damaged as error:
            raise self.corrupt(f"its manifest {self._at(MANIFEST)} is damaged: {error}") from error

    @cached_property
    def undo(self) -> Undo | None:
        """Return what giving the package up takes back, as `dlt.packages.undo` made it; None if nobody knows.

        Earlier releases did not write it, and what is damaged is as good as absent.
        """
        try:
            return self._document(UNDO, lambda data: UNDO_DOCUMENT.load(data, self._at(UNDO)))
        except PackageCorrupt:
            return None

    def check(self) -> None:
        """Make sure that all files are there and hold what was written.

        Raises:
            PackageCorrupt: a file is missing, or its size or checksum is not what the manifest says.
        """
        for file in self.files:
            path = self._at(file.name)
            what = f"the file {path} of table {file.table}"
            # the size first, which costs nothing: a checksum reads the whole file
            found = os.path.getsize(path) if os.path.isfile(path) else None
            if found != file.bytes:
                has = "is missing" if found is None else f"has {found} bytes"
                said = f"{file.bytes} bytes and {file.rows} rows"
                raise self.corrupt(f"{what} {has}, its manifest says {said}")
            if file.crc32 is not None and (crc := crc_of(path)) != file.crc32:
                raise self.corrupt(f"{what} has the checksum {crc:08x}, its manifest says {file.crc32:08x}")
        # read now, so that damage is told before anything is loaded
        _ = self.schema, self.state, self.state_delta

    def corrupt(self, found: str) -> PackageCorrupt:
        """Return the error for something that was found in its folder, with what to do."""
        return PackageCorrupt(
            f"package {self.load_id} ({self.stage}): {found}. {drop_advice(self.pipeline_name, self.load_id)}",
            load_id=self.load_id,
            pipeline_name=self.pipeline_name,
        )

    def _at(self, name: str) -> str:
        return os.path.join(self.path, name)

    def _read(self, name: str, loads: Callable[[bytes], object] = orjson.loads) -> JsonObject:
        return self._document(name, lambda data: unseal(data, loads))

    def _document(self, name: str, read: Callable[[bytes], T]) -> T:
        what = f"its {'manifest' if name == MANIFEST else 'file'} {self._at(name)}"
        try:
            with open(self._at(name), "rb") as file:
                return read(file.read())
        except FileNotFoundError as error:
            raise self.corrupt(f"{what} is missing") from error
        except OSError as error:
            raise self.corrupt(f"{what} cannot be read ({error})") from error
        except Damaged as error:
            raise self.corrupt(f"{what} is damaged: {error}") from error

    def __repr__(self) -> str:
        return f"<package {self.load_id} {self.stage}>"


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

    def prepare(self, manifest: Manifest, schema: Schema, state: State | None, undo: Undo | None = None) -> None:
        """Write manifest, schema and state; the package is still invisible.

        Args:
            manifest: What the package says of itself; what is not given is the same for all packages.
            schema: Written beside the files.
            state: Pipeline state that the load makes visible, or None.
            undo: What giving the package up takes back, if that is known.
        """
        for file in manifest.files:
            if file.crc32 is not None:
                # the next step of this process need not read them for their checksums
                note(os.path.join(self.path, file.name), file.crc32)
        manifest = replace(
            manifest,
            schema_name=schema.name,
            load_id=self.load_id,
            created_at=manifest.created_at or utc_now(),
            nonce=manifest.nonce or random_id(),
            has_state=state is not None,
        )
        self._write(SCHEMA, orjson.dumps(schema.to_dict(), default=str))
        if state is not None:
            self._write(STATE, typed_json.dumps(state).encode())
        if undo is not None:
            self._write_sealed(UNDO, UNDO_DOCUMENT.dump(undo))
        self._write_sealed(MANIFEST, MANIFEST_DOCUMENT.dump(manifest))

    def commit(self, manifest: Manifest, schema: Schema, state: State | None, undo: Undo | None = None) -> LoadPackage:
        """Prepare the package and make it visible in the stage of its manifest, with one rename."""
        self.prepare(manifest, schema, state, undo)
        target = self.target(manifest.stage)
        atomic.commit_dir(self.path, target, f"{manifest.stage}_package")
        return LoadPackage(target, manifest.stage, os.path.basename(self._root))

    def abort(self) -> None:
        """Delete what was written so far."""
        shutil.rmtree(self.path, ignore_errors=True)

    def _write(self, name: str, data: bytes) -> None:
        self._write_sealed(name, seal(data))

    def _write_sealed(self, name: str, data: bytes) -> None:
        # plain writes: the folder is synced and renamed as a whole
        with open(os.path.join(self.path, name), "wb") as file:
            file.write(data)
