"""Packages of dbt that are kept in a repository of git."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from dlt.helpers.dbt.exceptions import DBTRunnerException
from dlt.redact import redact

_URL = re.compile(r"^(?:[a-z+]+://|[\w.-]+@[\w.-]+:)", re.IGNORECASE)


def is_repository(location: str) -> bool:
    """Tell whether a location is the URL of a repository, and not a folder.

    Args:
        location: The location.
    """
    return _URL.match(location) is not None or (location.endswith(".git") and not os.path.isdir(location))


def name_of(location: str) -> str:
    """Return the name of the folder into which a repository is cloned.

    Args:
        location: Its URL.
    """
    return re.split(r"[/:]", location.rstrip("/"))[-1].removesuffix(".git")


def clone(location: str, folder: str, branch: str | None, ssh_key: str | None) -> None:
    """Clone the newest state of a repository; what was in the folder goes when the new state is there.

    Args:
        location: Its URL.
        folder: Where it is to be.
        branch: Its branch; the default one when None.
        ssh_key: Key that opens it.

    Raises:
        DBTRunnerException: git cannot clone it, or is not there.
    """
    os.makedirs(os.path.dirname(folder), exist_ok=True)
    with tempfile.TemporaryDirectory(dir=os.path.dirname(folder), prefix=".clone-") as parent:
        target = os.path.join(parent, "package")
        # the history of a package is not needed to run it; -- ends the options, whatever the location begins with
        command = ["git", "clone", "--depth", "1", *(["--branch", branch] if branch else []), "--", location, target]
        with _opened_by(ssh_key) as variables:
            try:
                subprocess.run(
                    command,
                    check=True,
                    capture_output=True,
                    text=True,
                    # nobody is there who could answer
                    env={**os.environ, "GIT_TERMINAL_PROMPT": "0", **variables},
                )
            except FileNotFoundError as error:
                raise DBTRunnerException(f"package {redact(location)}: there is no git here. Install it.") from error
            except subprocess.CalledProcessError as error:
                what = f"package {redact(location)}" + (f", branch {branch}" if branch else "")
                raise DBTRunnerException(f"{what}: git cannot clone it: {redact(error.stderr.strip())}") from None
        # a clone that fails leaves what was there
        shutil.rmtree(folder, ignore_errors=True)
        os.rename(target, folder)


@contextmanager
def _opened_by(ssh_key: str | None) -> Iterator[dict[str, str]]:
    if not ssh_key:
        yield {}
        return
    # ssh takes keys from files only
    descriptor, path = tempfile.mkstemp(prefix="dbt-key-")
    try:
        # nobody else reads it: mkstemp sees to that
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(ssh_key)
        yield {"GIT_SSH_COMMAND": f'ssh -i "{path}" -o IdentitiesOnly=yes -o StrictHostKeyChecking=accept-new'}
    finally:
        os.unlink(path)
