"""The folder of one pipeline: packages by stage, schemas, state, trace."""

from __future__ import annotations

import os
import re
import shutil
import uuid
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal, InvalidOperation

from dlt.errors import LoadPackageNotFound, PackageCorrupt
from dlt.io import atomic, failpoints
from dlt.io.codec import Document
from dlt.io.sealed import Damaged, seal
from dlt.late_dataclass import dataclass
from dlt.packages.documents import Documents, read_file
from dlt.packages.manifest import MANIFEST_DOCUMENT, Manifest
from dlt.packages.package import MANIFEST, UNDO, LoadPackage, PackageBuilder
from dlt.schema.schema import Schema
from dlt.states.model import State

STAGES = ("extracted", "normalized", "loaded")
_LOAD_ID = re.compile(r"\d+(\.\d+)?")
_WIPING, _COMMIT = "wiping", "commit.json"


@dataclass(frozen=True)
class CommitJournal:
    """Packages that become visible in a stage, all of them or none."""

    stage: str
    load_ids: tuple[str, ...]


COMMIT_DOCUMENT = Document(CommitJournal, "the journal of packages that become visible")


class Workdir(Documents):
    """The working folder of a pipeline.

    Args:
        path: Its path; nothing is written before `prepare`.
    """

    def prepare(self) -> None:
        """Make the folders."""
        for name in ("tmp", "schemas", *STAGES):
            os.makedirs(self._at(name), exist_ok=True)

    def wipe(self) -> None:
        """Delete all, except for the lock and the secret; a process that is killed leaves the rest to the next one."""
        if not os.path.isdir(self.path):
            return
        # first: a folder of which a part is gone must not be taken for a whole one
        atomic.write_bytes(self._at(_WIPING), b"")
        for name in sorted(os.listdir(self.path)):
            if name in ("lock", "secret", _WIPING):
                continue
            failpoints.point(f"wipe.{name}.before")
            path = self._at(name)
            shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)
        # last: until all is gone, whoever comes next goes on
        os.unlink(self._at(_WIPING))

    def finish_begun(self) -> None:
        """Carry on where processes were killed that wiped the folder or made packages visible.

        Raises:
            WorkingFolderDamaged: what one of them began cannot be told any more.
        """
        # before the journal: nothing of a folder that goes is to become visible
        if os.path.exists(self._at(_WIPING)):
            self.wipe()
            self.prepare()
        self._finish_commit()

    def wipe_tmp(self) -> None:
        """Delete what killed processes left, and packages that a later stage holds."""
        shutil.rmtree(self._at("tmp"), ignore_errors=True)
        os.makedirs(self._at("tmp"), exist_ok=True)
        self._wipe_unfinished()
        later: set[str] = set()
        for stage in reversed(STAGES):
            for load_id in self._load_ids(stage):
                # a kill came between the commit of the later stage and the removal from this one
                if load_id in later:
                    self.remove(LoadPackage(self._at(stage, load_id), stage, self.name))
                later.add(load_id)

    def _wipe_unfinished(self) -> None:
        """Delete documents that nobody finished: whoever holds the folder's lock is the only one that writes."""
        waiting = [(stage, load_id) for stage in STAGES[:2] for load_id in self._load_ids(stage)]
        # of those that are loaded the last one may have been killed over its manifest
        packages = [
            os.path.join(*found) for found in (*waiting, *(("loaded", i) for i in self._load_ids("loaded")[-1:]))
        ]
        for folder in ("", "schemas", *packages):
            with suppress(FileNotFoundError, NotADirectoryError):
                names = os.listdir(self._at(folder))
                for name in names:
                    # the secret alone is made without the lock
                    if atomic.is_unfinished(name) and not name.startswith("secret."):
                        os.unlink(self._at(folder, name))

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
                # before the journal: what it names must be whole on the disk
                atomic.sync_files(builder.path)
            journal = CommitJournal(stage, tuple(builder.load_id for builder in builders))
            atomic.write_bytes(self._at(_COMMIT), COMMIT_DOCUMENT.dump(journal))
            self._finish_commit()
        else:
            for builder in builders:
                atomic.commit_dir(builder.path, self._at(stage, builder.load_id), f"{stage}_package")
        return [self._package(stage, builder.load_id) for builder in builders]

    def _finish_commit(self) -> None:
        data = read_file(self._at(_COMMIT))
        if data is None:
            return
        for stage, load_id in self._journaled(data):
            # those that are not there were moved before a kill
            if os.path.isdir(self._at("tmp", load_id)):
                atomic.move_dir(self._at("tmp", load_id), self._at(stage, load_id), "journaled_package")
        failpoints.point("journal.before_removal")
        # last: packages that were not moved yet would be deleted with tmp
        os.unlink(self._at(_COMMIT))

    def _journaled(self, data: bytes) -> list[tuple[str, str]]:
        try:
            journal = COMMIT_DOCUMENT.load(data, self._at(_COMMIT))
            return [(journal.stage, load_id) for load_id in journal.load_ids]
        except Damaged as error:
            # it was written when all of its packages were whole, and nothing else was begun since
            self.repairs.append(f"{self._at(_COMMIT)}: {error}. The packages that it named are found by themselves")
            found = [LoadPackage(self._at("tmp", name), "tmp", self.name) for name in os.listdir(self._at("tmp"))]
            return [(package.manifest.stage, package.load_id) for package in found if not _is_stray(package.path)]

    def packages(self, stage: str) -> list[LoadPackage]:
        """Return the packages of a stage, oldest first; one that a later stage holds too is left out."""
        later = {load_id for name in STAGES[STAGES.index(stage) + 1 :] for load_id in self._load_ids(name)}
        return [self._package(stage, name) for name in self._load_ids(stage) if name not in later]

    def package(self, load_id: str) -> LoadPackage:
        """Return a package by its load id.

        Raises:
            LoadPackageNotFound: no stage has it.
        """
        for stage in reversed(STAGES):
            if os.path.isdir(self._at(stage, load_id)):
                return self._package(stage, load_id)
        raise LoadPackageNotFound(
            f"{self.path} has no package {load_id}. It has {', '.join(self._all_load_ids()) or 'none'}.",
            load_id=load_id,
        )

    def _package(self, stage: str, load_id: str) -> LoadPackage:
        return LoadPackage(self._at(stage, load_id), stage, self.name)

    def check_owner(self, package: LoadPackage) -> None:
        """Make sure that a package is the one that its folder's name says, of this pipeline.

        Raises:
            PackageCorrupt: it is a copy of another one.
        """
        said, owner = package.manifest.load_id, package.manifest.pipeline_name
        if said not in (None, package.load_id):
            raise package.corrupt(f"its folder {package.path} holds the package {said}, so it is a copy or was renamed")
        if owner not in (None, self.name):
            raise package.corrupt(f"its folder {package.path} holds a package of pipeline {owner}")

    def is_copy(self, package: LoadPackage, known: Collection[str]) -> bool:
        """Tell whether a package is one of another pipeline, or the copy of one that is here too.

        Args:
            package: A package that waits.
            known: Load ids of all packages here.
        """
        try:
            said, owner = package.manifest.load_id, package.manifest.pipeline_name
        except PackageCorrupt:
            return False
        return owner not in (None, self.name) or (said not in (None, package.load_id) and said in known)

    def replace(self, package: LoadPackage) -> None:
        """Delete a package of the extracted stage once its normalized form is committed."""
        self.remove(package)

    def remove(self, package: LoadPackage) -> None:
        """Delete a package; it is gone at once, and its files afterwards."""
        trash = self._at("tmp", f"{package.load_id}-{uuid.uuid4().hex[:8]}")
        os.makedirs(self._at("tmp"), exist_ok=True)
        atomic.move_dir(package.path, trash, f"removed_{package.stage}_package")
        atomic.remove_dir(trash, f"{package.stage}_package")

    def finish(self, package: LoadPackage, manifest: Manifest, keep_files: bool = False) -> LoadPackage:
        """Move a package to the loaded stage, record how it went, and delete its data files."""
        target = self._at("loaded", package.load_id)
        # read before the move: afterwards nothing is at its path
        unwanted = [UNDO, *(file.name for file in package.files if not keep_files)]
        # before the record: a process that dies in between has only lost how the load went
        atomic.move_dir(package.path, target, "loaded_package")
        loaded = self._package("loaded", package.load_id)
        self._write_manifest(loaded, replace(manifest, stage="loaded"))
        for name in unwanted:
            with suppress(FileNotFoundError):
                os.unlink(os.path.join(target, name))
        return self._package("loaded", package.load_id)

    def record(self, package: LoadPackage, manifest: Manifest) -> LoadPackage:
        """Write the manifest of a package that stays in its stage, with further facts."""
        self._write_manifest(package, manifest)
        return LoadPackage(package.path, package.stage, package.pipeline_name)

    def _write_manifest(self, package: LoadPackage, manifest: Manifest) -> None:
        atomic.write_bytes(os.path.join(package.path, MANIFEST), MANIFEST_DOCUMENT.dump(manifest))

    def write_into(self, package: LoadPackage, name: str, document: bytes) -> None:
        """Write one of the documents of a package again."""
        atomic.write_bytes(os.path.join(package.path, name), seal(document))

    def prune_loaded(self, keep: int) -> None:
        """Delete the manifests of all but the newest loaded packages."""
        for load_id in self._load_ids("loaded")[:-keep] if keep else self._load_ids("loaded"):
            shutil.rmtree(self._at("loaded", load_id), ignore_errors=True)

    @staticmethod
    def order(load_id: str) -> tuple[Decimal, str]:
        """Return what packages are sorted by: load ids are numbers that grow."""
        try:
            # a float has too few digits for twelve places behind the point
            return Decimal(load_id), load_id
        except InvalidOperation:
            return Decimal("Infinity"), load_id

    def newest_load_id(self) -> str | None:
        """Return the largest load id of any package here."""
        return max((name for name in self._all_load_ids() if _LOAD_ID.fullmatch(name)), key=self.order, default=None)

    def _load_ids(self, stage: str) -> list[str]:
        try:
            entries = list(os.scandir(self._at(stage)))
        except (FileNotFoundError, NotADirectoryError):
            return []
        # desktops, editors and backup programs leave files and folders of their own
        folders = [entry for entry in entries if not entry.name.startswith(".") and entry.is_dir()]
        return sorted((f.name for f in folders if not _is_stray(f.path, stage != "loaded")), key=self.order)

    def _all_load_ids(self) -> list[str]:
        return [load_id for stage in STAGES for load_id in self._load_ids(stage)]

    # -- what is damaged, made good

    def _newest_first(self) -> list[LoadPackage]:
        found = [package for stage in STAGES for package in self.packages(stage)]
        return sorted(found, key=lambda package: self.order(package.load_id), reverse=True)

    def _schema_of_packages(self, name: str) -> Schema | None:
        for package in self._newest_first():
            with suppress(PackageCorrupt):
                if package.schema_name == name:
                    return package.schema
        return None

    def _state_of_packages(self) -> State | None:
        for package in self._newest_first():
            with suppress(PackageCorrupt):
                if package.state is not None:
                    return package.state
        return None


def _is_stray(path: str, look_inside: bool = True) -> bool:
    """Tell whether a folder is no package: it has no manifest, and is either empty or named like nothing of ours."""
    if _LOAD_ID.fullmatch(os.path.basename(path)):
        return look_inside and all(name.startswith(".") for name in os.listdir(path))
    return not os.path.exists(os.path.join(path, MANIFEST))
