"""The documents of a working folder: state, schemas, trace and secret. What is damaged is told, or made good."""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Callable, Mapping

import orjson

from dlt.errors import DltException, SchemaEngineNoUpgradePathException, SchemaNotFoundError, WorkingFolderDamaged
from dlt.io import atomic, typed_json
from dlt.io.sealed import Damaged, JsonObject, seal, unseal
from dlt.schema.schema import Schema
from dlt.states.model import State, loads

_SCHEMA_SUFFIX = ".schema.json"


class Documents:
    """The documents of a pipeline's folder.

    Args:
        path: The folder; nothing is written before `prepare`.

    Attributes:
        name: Name of the folder, which is that of the pipeline.
        repairs: What was damaged and made good, for the log.
    """

    def __init__(self, path: str) -> None:
        self.path = os.path.abspath(path)
        self.name = os.path.basename(self.path)
        self.repairs: list[str] = []

    @property
    def exists(self) -> bool:
        """Tell whether the folder holds a pipeline."""
        return os.path.exists(self._at("state.json"))

    # -- schemas

    def schema_names(self) -> list[str]:
        """Return the names of the schemas that are stored."""
        if not os.path.isdir(self._at("schemas")):
            return []
        names = (n.removesuffix(_SCHEMA_SUFFIX) for n in os.listdir(self._at("schemas")) if n.endswith(_SCHEMA_SUFFIX))
        # other programs leave files of names that no schema has, such as ._shop.schema.json
        return sorted(name for name in names if re.fullmatch(r"[A-Za-z_]\w*", name))

    def read_schema(self, name: str) -> Schema:
        """Return a stored schema; one that is damaged is taken from the newest package that has it.

        Raises:
            SchemaNotFoundError: there is none.
            WorkingFolderDamaged: it is damaged, and no package has it.
        """
        path = self._at("schemas", name + _SCHEMA_SUFFIX)
        data = _read(path)
        if data is None:
            raise SchemaNotFoundError(
                f"{self.path} has no schema {name!r}. It has {', '.join(self.schema_names()) or 'none'}.", name=name
            )
        try:
            return _schema_of(name, unseal(data))
        except Damaged as error:
            found = self._schema_of_packages(name)
            if found is None:
                raise WorkingFolderDamaged(
                    f"{path}: {error}. No package of this folder holds the schema. Delete the file and run again: the "
                    "schema is taken from the destination, or made anew from data.",
                    path=path,
                ) from error
            self.repairs.append(f"{path}: {error}. The schema is taken from the newest package that has it")
            return found

    def write_schema(self, schema: Schema) -> None:
        """Store a schema."""
        content = seal(orjson.dumps(schema.to_dict(), default=str, option=orjson.OPT_INDENT_2))
        path = self._at("schemas", schema.name + _SCHEMA_SUFFIX)
        # most runs change no schema, and a write costs an fsync
        if _read(path) != content:
            atomic.write_bytes(path, content)

    def remove_schema(self, name: str) -> None:
        """Delete a stored schema, if it is there."""
        path = self._at("schemas", name + _SCHEMA_SUFFIX)
        if os.path.exists(path):
            os.unlink(path)

    # -- state

    def read_state(self) -> State | None:
        """Return the pipeline state, None before the first run; a damaged one is taken from the newest package.

        Raises:
            WorkingFolderDamaged: it is damaged and no package has one, or it is that of another pipeline.
        """
        path = self._at("state.json")
        data = _read(path)
        if data is None:
            return None
        try:
            state = unseal(data, loads)
            if not isinstance(state.get("_state_version"), int):
                raise Damaged("it is not the state of a pipeline")
        except Damaged as error:
            found = self._state_of_packages()
            if found is None:
                raise WorkingFolderDamaged(
                    f"{path}: {error}. No package of this folder holds a state. Delete the file and run again: the "
                    "state is taken from the destination, if it has one; else the pipeline begins anew.",
                    path=path,
                ) from error
            self.repairs.append(f"{path}: {error}. The state is taken from the newest package that has one")
            state = found
        owner = state.get("pipeline_name")
        if owner is not None and owner != self.name:
            raise WorkingFolderDamaged(
                f"{path}: it is the state of pipeline {owner}, and this is the folder of pipeline {self.name}. A "
                "folder that is copied or renamed makes no other pipeline: its cursors would leave rows out. Move it "
                "back, or "
                f"delete {self.path} and run again.",
                path=path,
                pipeline_name=self.name,
            )
        return state

    def write_state(self, state: State) -> None:
        """Store the pipeline state."""
        content = seal(typed_json.dumps(state).encode())
        # likewise, for runs that find nothing new
        if _read(self._at("state.json")) != content:
            atomic.write_bytes(self._at("state.json"), content)

    def mark(self, name: str) -> tuple[int, ...] | None:
        """Return what changes whenever a document, or one in a folder, is stored again, by whichever process."""
        try:
            found = os.stat(self._at(name))
        except (FileNotFoundError, NotADirectoryError):
            return None
        # a write is a rename, so the number of the file changes also within one tick of the clock
        return found.st_ino, found.st_mtime_ns, found.st_size

    # -- trace, secret

    def read_trace(self) -> Mapping[str, object] | None:
        """Return the trace of the last run; one that is damaged counts as none."""
        data = _read(self.trace_path)
        try:
            return None if data is None else unseal(data)
        except Damaged as error:
            self.lose_trace(error)
            return None

    @property
    def trace_path(self) -> str:
        """Return where the trace of the last run is kept."""
        return self._at("trace.json")

    def lose_trace(self, error: Damaged) -> None:
        """Note that the trace of the last run is not what was written."""
        self.repairs.append(f"{self.trace_path}: {error}. The trace of the last run is lost")

    def write_trace(self, trace: Mapping[str, object]) -> None:
        """Store the trace of the last run."""
        text = orjson.dumps(trace, default=str, option=orjson.OPT_INDENT_2)
        atomic.write_bytes(self.trace_path, seal(text))

    def secret(self, make: bool = True) -> str | None:
        """Return the secret of the pipeline, made at the first call; it never leaves this folder.

        Raises:
            WorkingFolderDamaged: it is not what was written.
        """
        import secrets

        path = self._at("secret")
        data = _read(path)
        if data is None and make:
            os.makedirs(self.path, exist_ok=True)
            made = secrets.token_urlsafe(32)
            atomic.write_bytes(path, f"{made}:{zlib.crc32(made.encode()):08x}".encode(), mode=0o600)
            data = _read(path)
        return None if data is None else self._checked_secret(data.decode("latin-1"), path)

    @staticmethod
    def _checked_secret(text: str, path: str) -> str:
        match = re.fullmatch(r"(.+):([0-9a-f]{8})", text)
        if match is not None and f"{zlib.crc32(match[1].encode('latin-1')):08x}" == match[2]:
            return match[1]
        # earlier releases wrote no checksum
        if re.fullmatch(r"[\w-]{43}", text):
            return text
        raise WorkingFolderDamaged(
            f"{path}: the secret in it is not the one that was written. Put the file back from a backup. Without one, "
            "delete it: a new secret is made, and the hashes of dlt.anonymize are others from then on.",
            path=path,
        )

    # -- made good from packages

    def _schema_of_packages(self, name: str) -> Schema | None:
        raise NotImplementedError

    def _state_of_packages(self) -> State | None:
        raise NotImplementedError

    def _at(self, *parts: str) -> str:
        return os.path.join(self.path, *parts)


def _schema_of(name: str, content: JsonObject) -> Schema:
    try:
        schema = Schema.from_dict(content)
    except SchemaEngineNoUpgradePathException:
        raise
    except (DltException, LookupError, TypeError, ValueError, AttributeError) as error:
        raise Damaged(f"it holds no schema ({error})") from error
    if schema.name != name:
        raise Damaged(f"it holds the schema {schema.name!r}")
    return schema


def _read(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read()
    except (FileNotFoundError, NotADirectoryError):
        return None  # what stands in the way is told when something is to be written


Reader = Callable[[str], bytes | None]
read_file: Reader = _read
