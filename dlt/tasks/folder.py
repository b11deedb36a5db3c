"""Where the packages of one run are, on this worker and at the hand-off.

<work_dir>/<pipeline>/<run>/<part>/
    scratch-*/                 where a try works; it goes when the try ends
    extracted|normalized/<load id>-<nonce>/   committed packages, each by one rename
    extracted|normalized.<n>.json             which packages count: the record with the highest number
The hand-off has the same records, and packages as archives. A record is written last, and only where there is none.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

import orjson

from dlt.configuration import get_value
from dlt.errors import HandoffMissing, PackageCorrupt
from dlt.ids import digest_id
from dlt.io import atomic, failpoints
from dlt.io.lock import PipelineLock, is_free
from dlt.packages.package import MANIFEST, LoadPackage
from dlt.pipeline.settings import default_pipelines_dir
from dlt.tasks import handoff
from dlt.tasks.spec import Spec, StepContext
from dlt.tasks.token import PackageRef, Token

if TYPE_CHECKING:
    from dlt.io.store import Store


def work_dir(spec: Spec) -> str:
    """Return the folder for packages under way."""
    configured = spec.work_dir or get_value("work_dir", str, sections=("handoff",), default=None)
    return os.path.abspath(configured or os.path.join(os.path.dirname(default_pipelines_dir()), "tasks"))


def handoff_url(spec: Spec) -> str | None:
    """Return the URL under which packages travel, or None."""
    url = spec.handoff or get_value("url", str, sections=("handoff",), default=None)
    return url.rstrip("/") if url else None


class RunFolder:
    """The packages of one part of a run.

    Args:
        spec: The spec.
        pipeline_name: Name of the pipeline.
        run_id: Id of the run.
        chunk: Name of the part.
    """

    def __init__(self, spec: Spec, pipeline_name: str, run_id: str, chunk: str = "") -> None:
        self._spec = spec
        # ids of runs hold slashes and colons, and may be longer than the name of a file
        run = f"{pipeline_name}/{digest_id(run_id, 20).replace('_', '0').replace('-', '1')}"
        self._part = digest_id(chunk).replace("-", "_") if chunk else "whole"
        self.chunk = chunk
        self.run_path = os.path.join(work_dir(spec), *run.split("/"))
        self.path = os.path.join(self.run_path, self._part)
        self._remote_run = run

    @cached_property
    def store(self) -> Store | None:
        """Return the hand-off, or None where workers share the folder."""
        url = handoff_url(self._spec)
        return handoff.open_store(url) if url else None

    @contextmanager
    def scratch(self) -> Iterator[str]:
        """Make a folder for one try, and delete what dead tries left."""
        os.makedirs(self.path, exist_ok=True)
        for name in os.listdir(self.path):
            if name.startswith("scratch-") and is_free(os.path.join(self.path, name, "lock")):
                shutil.rmtree(os.path.join(self.path, name), ignore_errors=True)
        name = uuid.uuid4().hex[:12]
        new, path = os.path.join(self.path, f"new-{name}"), os.path.join(self.path, f"scratch-{name}")
        with PipelineLock(new, f"of {self.path}", 0):
            # it gets its name when it is locked, so that no other try takes it for a dead one's
            os.rename(new, path)
            try:
                yield path
            finally:
                shutil.rmtree(path, ignore_errors=True)

    # -- records

    def find(self, stage: str) -> tuple[int, Token] | None:
        """Return the record of a stage that counts, with its number; None before the stage was committed."""
        numbers = [self._number(name, stage) for name in self._names()]
        newest = max((number for number in numbers if number is not None), default=None)
        if newest is None:
            return None
        name = f"{stage}.{newest}.json"
        data = self._read_local(name)
        # a record never changes, so the one that is near will do
        if data is None and self.store is not None:
            data = self.store.read(f"{self._remote}/{name}")
        return None if data is None else (newest, Token.from_dict(orjson.loads(data)))

    def record(self, token: Token, number: int) -> Token:
        """Write a record unless another try was faster; return the one that counts.

        Args:
            token: What to record.
            number: One more than that of the record that it replaces.
        """
        failpoints.point(f"task.{token.stage}.before_record")
        while True:
            counts = self._record(token, number)
            # a try of an older wish that is still alive may be faster, and what it says is out of date
            if counts.revision >= token.revision:
                return counts
            number += 1

    def _record(self, token: Token, number: int) -> Token:
        name = f"{token.stage}.{number}.json"
        data = orjson.dumps(token.to_dict())
        # workers do not see each other's disks: of two tries the hand-off decides
        if self.store is not None and not self.store.put_if_absent(f"{self._remote}/{name}", data):
            data = self.store.read(f"{self._remote}/{name}") or data
        failpoints.point(f"task.{token.stage}.sent")
        if not _write_if_absent(os.path.join(self.path, name), data) and self.store is None:
            data = self._read_local(name) or data
        failpoints.point(f"task.{token.stage}.recorded")
        return Token.from_dict(orjson.loads(data))

    @property
    def _remote(self) -> str:
        return f"{self._remote_run}/{self._part}"

    def _names(self) -> set[str]:
        local = set(os.listdir(self.path)) if os.path.isdir(self.path) else set()
        return local if self.store is None else local | set(self.store.names(self._remote))

    @staticmethod
    def _number(name: str, stage: str) -> int | None:
        parts = name.split(".")
        return int(parts[1]) if len(parts) == 3 and parts[0] == stage and parts[1].isdigit() else None

    def _read_local(self, name: str) -> bytes | None:
        try:
            with open(os.path.join(self.path, name), "rb") as file:
                return file.read()
        except FileNotFoundError:
            return None

    # -- packages

    def keep(self, package: LoadPackage, rows: dict[str, int]) -> PackageRef:
        """Commit a package of the scratch folder, and send it to the hand-off."""
        # two tries may make the same load id of different rows
        nonce = package.manifest.nonce or ""
        reference = PackageRef(package.load_id, package.schema_name, nonce, rows)
        target = self._folder(package.stage, reference)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        # one that is there was made of the same rows by a try that was killed before it could say so
        if not os.path.isdir(target):
            atomic.move_dir(package.path, target, f"task_{package.stage}_package")
        if self.store is None:
            return reference
        digest, size = handoff.send(self.store, target, f"{self._remote}/packages")
        return replace(reference, digest=digest, bytes=size)

    def fetch(self, reference: PackageRef, stage: str) -> LoadPackage:
        """Return a package, from this worker if it has it, else from the hand-off.

        Raises:
            HandoffMissing: it is in neither place.
            HandoffCorrupt: what is at the hand-off is something else.
        """
        folder = self._folder(stage, reference)
        if not _is_whole(folder, stage):
            what = f"package {reference.load_id} ({stage}, {folder})"
            if self.store is None or reference.digest is None:
                raise HandoffMissing(
                    f"{what} is not whole on this worker, and the run has no hand-off URL. Give it one (handoff=...) "
                    "or a work_dir that all workers share, and run the extract task again."
                )
            os.makedirs(os.path.dirname(folder), exist_ok=True)
            # what is there was damaged, or is half of what a killed try unpacked
            shutil.rmtree(folder, ignore_errors=True)
            with handoff.as_missing(what):
                handoff.fetch(self.store, reference.digest, f"{self._remote}/packages", folder)
        return LoadPackage(folder, stage)

    def _folder(self, stage: str, reference: PackageRef) -> str:
        return os.path.join(self.path, stage, f"{reference.load_id}-{reference.nonce}")

    def forget_run(self) -> None:
        """Delete all of the run, here and at the hand-off."""
        shutil.rmtree(self.run_path, ignore_errors=True)
        if self.store is not None:
            self.store.delete_folder(self._remote_run)


def work_key(pipeline_name: str, run_id: str, chunk: str, schema_name: str) -> str:
    """Return hex digits that stand for a part of a run and a schema: the same in every try."""
    return hashlib.sha256("\n".join((pipeline_name, run_id, schema_name, chunk)).encode()).hexdigest()[:32]


def former_load_id(pipeline_name: str, context: StepContext, schema_name: str) -> str:
    """Return the load id that earlier versions gave to a part of a run for a schema."""
    who = "\n".join((pipeline_name, context.run_id, schema_name, context.chunk))
    digest = hashlib.sha256(who.encode()).digest()
    seconds = int(context.moment.timestamp()) if context.moment is not None else 0
    return f"{seconds}.{int.from_bytes(digest[:7], 'big') % 10**15:015d}"


def link_package(package: LoadPackage, target: str, prefix: str = "", skip: Sequence[str] = ()) -> dict[str, str]:
    """Make the files of a package appear in another folder, without copying where the file system can.

    Args:
        package: The package.
        target: An existing folder.
        prefix: Put before the names of the data files.
        skip: Names of files that are left out.

    Returns:
        The new names of the data files, by the old ones.
    """
    data = {file.name for file in package.files}
    names = {}
    for name in os.listdir(package.path):
        if name in skip:
            continue
        new = prefix + name if name in data else name
        if name in data:
            names[name] = new
        _link(os.path.join(package.path, name), os.path.join(target, new))
    return names


def _is_whole(folder: str, stage: str) -> bool:
    if not os.path.exists(os.path.join(folder, MANIFEST)):
        return False
    try:
        LoadPackage(folder, stage).check()
    except PackageCorrupt:
        return False
    return True


def _link(source: str, target: str) -> None:
    try:
        # a package may be as large as the disk; its files are never changed
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _write_if_absent(path: str, data: bytes) -> bool:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    temporary = f"{path}.{uuid.uuid4().hex}.tmp"
    with open(temporary, "wb") as file:
        file.write(data)
        # a record that is empty after a crash of the machine would count all the same
        file.flush()
        os.fsync(file.fileno())
    try:
        # a link fails where the name is taken, and a rename would take it away
        os.link(temporary, path)
    except FileExistsError:
        return False
    except OSError:
        # no links on this file system
        if os.path.exists(path):
            return False
        os.replace(temporary, path)
    finally:
        if os.path.exists(temporary):
            os.unlink(temporary)
    return True
