"""The folder of one pipeline: packages by stage, schemas, state, trace."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Sequence
from typing import Any

import orjson

from dlt import typed_json
from dlt.errors import LoadPackageNotFound, SchemaNotFoundError
from dlt.schema.schema import Schema
from dlt.workdir import atomic
from dlt.workdir.package import MANIFEST, LoadPackage, PackageBuilder

STAGES = ("extracted", "normalized", "loaded")


class Workdir:
    """The working folder of a pipeline.

    Args:
        path: Its path; nothing is written before `prepare`.
    """

    def __init__(self, path: str) -> None:
        self.path = os.path.abspath(path)

    @property
    def exists(self) -> bool:
        """Tell whether the folder holds a pipeline."""
        return os.path.exists(self._at("state.json"))

    def prepare(self) -> None:
        """Make the folders."""
        for name in ("tmp", "schemas", *STAGES):
            os.makedirs(self._at(name), exist_ok=True)

    def wipe(self) -> None:
        """Delete all, except for the lock and the secret."""
        if not os.path.isdir(self.path):
            return
        for name in os.listdir(self.path):
            if name in ("lock", "secret"):
                continue
            path = self._at(name)
            shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)

    # -- packages

    def begin(self, load_id: str) -> PackageBuilder:
        """Start a package."""
        return PackageBuilder(self.path, load_id)

    def commit(self, builders: Sequence[PackageBuilder], stage: str) -> list[LoadPackage]:
        """Make prepared packages visible in a stage, all of them or none.

        Several packages need several renames: a journal, written first, lets the next run finish them.
        """
        if len(builders) > 1:
            for builder in builders:
                atomic.sync_files(builder.path)
            journal = {"stage": stage, "load_ids": [builder.load_id for builder in builders]}
            atomic.write_bytes(self._at("commit.json"), orjson.dumps(journal))
            self._finish_commit()
        else:
            for builder in builders:
                atomic.commit_dir(builder.path, self._at(stage, builder.load_id), f"{stage}_package")
        return [LoadPackage(self._at(stage, builder.load_id), stage) for builder in builders]

    def _finish_commit(self) -> None:
        data = _read(self._at("commit.json"))
        if data is None:
            return
        journal = orjson.loads(data)
        for load_id in journal["load_ids"]:
            if os.path.isdir(self._at("tmp", load_id)):
                atomic.move_dir(self._at("tmp", load_id), self._at(journal["stage"], load_id), "journaled_package")
        atomic.point("journal.before_removal")
        os.unlink(self._at("commit.json"))

    def wipe_tmp(self) -> None:
        """Finish a commit that was cut; delete what a killed step left, and packages that a later stage holds."""
        self._finish_commit()
        shutil.rmtree(self._at("tmp"), ignore_errors=True)
        os.makedirs(self._at("tmp"), exist_ok=True)
        later: set[str] = set()
        for stage in reversed(STAGES):
            for load_id in self._load_ids(stage):
                if load_id in later:
                    atomic.remove_dir(self._at(stage, load_id), f"{stage}_duplicate")
                later.add(load_id)

    def packages(self, stage: str) -> list[LoadPackage]:
        """Return the packages of a stage, oldest first; one that a later stage holds too is left out."""
        later = {load_id for name in STAGES[STAGES.index(stage) + 1 :] for load_id in self._load_ids(name)}
        return [LoadPackage(self._at(stage, name), stage) for name in self._load_ids(stage) if name not in later]

    def package(self, load_id: str) -> LoadPackage:
        """Return a package by its load id.

        Raises:
            LoadPackageNotFound: no stage has it.
        """
        for stage in reversed(STAGES):
            if os.path.isdir(self._at(stage, load_id)):
                return LoadPackage(self._at(stage, load_id), stage)
        raise LoadPackageNotFound(
            f"{self.path} has no package {load_id}. It has {', '.join(self._all_load_ids()) or 'none'}.",
            load_id=load_id,
        )

    def replace(self, package: LoadPackage) -> None:
        """Delete a package of the extracted stage once its normalized form is committed."""
        atomic.remove_dir(package.path, f"{package.stage}_package")

    def finish(self, package: LoadPackage, keep_files: bool = False, **info: Any) -> LoadPackage:
        """Move a package to the loaded stage, record how it went, and delete its data files."""
        target = self._at("loaded", package.load_id)
        atomic.move_dir(package.path, target, "loaded_package")
        manifest = {**package.info, "stage": "loaded", **info}
        atomic.write_bytes(
            os.path.join(target, MANIFEST), orjson.dumps(manifest, default=str, option=orjson.OPT_INDENT_2)
        )
        if not keep_files:
            for file in package.files:
                path = os.path.join(target, file["name"])
                if os.path.exists(path):
                    os.unlink(path)
        return LoadPackage(target, "loaded")

    def record(self, package: LoadPackage, **info: Any) -> LoadPackage:
        """Write further facts into the manifest of a package that stays in its stage."""
        manifest = {**package.info, **info}
        atomic.write_bytes(
            os.path.join(package.path, MANIFEST), orjson.dumps(manifest, default=str, option=orjson.OPT_INDENT_2)
        )
        return LoadPackage(package.path, package.stage)

    def drop(self, load_ids: Iterable[str]) -> None:
        """Delete packages that were not loaded."""
        for load_id in load_ids:
            for stage in ("normalized", "extracted"):
                if os.path.isdir(self._at(stage, load_id)):
                    atomic.remove_dir(self._at(stage, load_id), f"{stage}_package")

    def prune_loaded(self, keep: int) -> None:
        """Delete the manifests of all but the newest loaded packages."""
        for load_id in self._load_ids("loaded")[:-keep] if keep else self._load_ids("loaded"):
            shutil.rmtree(self._at("loaded", load_id), ignore_errors=True)

    # -- schemas

    def schema_names(self) -> list[str]:
        """Return the names of the schemas that are stored."""
        suffix = ".schema.json"
        if not os.path.isdir(self._at("schemas")):
            return []
        return sorted(n.removesuffix(suffix) for n in os.listdir(self._at("schemas")) if n.endswith(suffix))

    def read_schema(self, name: str) -> Schema:
        """Return a stored schema.

        Raises:
            SchemaNotFoundError: there is none.
        """
        path = self._at("schemas", f"{name}.schema.json")
        try:
            with open(path, "rb") as file:
                return Schema.from_dict(orjson.loads(file.read()))
        except FileNotFoundError:
            raise SchemaNotFoundError(
                f"{self.path} has no schema {name!r}. It has {', '.join(self.schema_names()) or 'none'}.", name=name
            ) from None

    def write_schema(self, schema: Schema) -> None:
        """Store a schema."""
        content = orjson.dumps(schema.to_dict(), default=str, option=orjson.OPT_INDENT_2)
        path = self._at("schemas", f"{schema.name}.schema.json")
        if _read(path) != content:
            atomic.write_bytes(path, content)

    # -- state, trace, secret

    def read_state(self) -> dict[str, Any] | None:
        """Return the pipeline state; None before the first run."""
        data = _read(self._at("state.json"))
        return None if data is None else typed_json.loads(data)

    def write_state(self, state: dict[str, Any]) -> None:
        """Store the pipeline state."""
        content = typed_json.dumps(state).encode()
        if _read(self._at("state.json")) != content:
            atomic.write_bytes(self._at("state.json"), content)

    def read_trace(self) -> dict[str, Any] | None:
        """Return the trace of the last run."""
        data = _read(self._at("trace.json"))
        return None if data is None else orjson.loads(data)

    def write_trace(self, trace: dict[str, Any]) -> None:
        """Store the trace of the last run."""
        atomic.write_bytes(self._at("trace.json"), orjson.dumps(trace, default=str, option=orjson.OPT_INDENT_2))

    def secret(self, make: bool = True) -> str | None:
        """Return the secret of the pipeline, made at the first call; it never leaves this folder."""
        import secrets

        data = _read(self._at("secret"))
        if data is None and make:
            os.makedirs(self.path, exist_ok=True)
            atomic.write_bytes(self._at("secret"), secrets.token_urlsafe(32).encode(), mode=0o600)
            data = _read(self._at("secret"))
        return data.decode() if data is not None else None

    def _at(self, *parts: str) -> str:
        return os.path.join(self.path, *parts)

    def _load_ids(self, stage: str) -> list[str]:
        try:
            names = os.listdir(self._at(stage))
        except (FileNotFoundError, NotADirectoryError):
            return []
        return sorted((name for name in names if re.fullmatch(r"[\w.-]+", name)), key=_load_order)

    def _all_load_ids(self) -> list[str]:
        return [load_id for stage in STAGES for load_id in self._load_ids(stage)]


def _load_order(load_id: str) -> tuple[float, str]:
    try:
        return float(load_id), load_id
    except ValueError:
        return float("inf"), load_id


def _read(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read()
    except (FileNotFoundError, NotADirectoryError):
        return None  # what stands in the way is told when something is to be written
