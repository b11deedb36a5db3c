"""Where a step runs, if not in the interpreter of the orchestrator's worker: as a command that reads a request.

What an orchestrator and what a source need rarely fits into one environment, and a step needs nothing of the first.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypedDict, cast

from dlt.errors import SpecInvalid
from dlt.io.lock import PipelineLock
from dlt.pipeline.settings import default_pipelines_dir
from dlt.redact import redact
from dlt.version import __version__

if TYPE_CHECKING:
    from typing import TypeAlias

    from typing_extensions import NotRequired


class InPython(TypedDict):
    """Another interpreter of the worker's machine, which has dlt-tasks and what the source needs.

    Attributes:
        python: Path of the interpreter.
        env: Variables that its environment has beside those of the worker.
    """

    python: str
    env: NotRequired[Mapping[str, str]]


class InVirtualenv(TypedDict):
    """A virtual environment that the worker makes once for each list of requirements.

    Attributes:
        requirements: What pip installs; dlt-tasks in the version of the worker, unless it is among them.
        python: Path of the interpreter that it is made of; the worker's own without.
        pip_args: Further arguments of `pip install`.
        folder: Folder of environments; one beside that of pipelines without.
        env: As for `InPython`.
    """

    requirements: Sequence[str]
    python: NotRequired[str]
    pip_args: NotRequired[Sequence[str]]
    folder: NotRequired[str]
    env: NotRequired[Mapping[str, str]]


class InContainer(TypedDict):
    """A container that the worker starts.

    Attributes:
        image: Name of the image, which has the command `dlt`.
        engine: The command that runs containers: "docker" without, or "podman", "nerdctl".
        options: Further options of its `run`, such as ["--network", "host"].
        env: Variables of the container.
    """

    image: str
    engine: NotRequired[str]
    options: NotRequired[Sequence[str]]
    env: NotRequired[Mapping[str, str]]


RunsIn: TypeAlias = "InPython | InVirtualenv | InContainer"
_KEYS: Mapping[str, tuple[str, ...]] = {
    "image": ("image", "engine", "options", "env"),
    "requirements": ("requirements", "python", "pip_args", "folder", "env"),
    "python": ("python", "env"),
}
"""The keys of each kind, by the one that tells it from the others."""
_LISTS = ("requirements", "pip_args", "options")
_OF_OUR_INTERPRETER = ("PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__")
"""Variables by which another interpreter would find the worker's packages."""
READY = ".ready"
"""File of an environment that is whole; the time of its last use is that of the file."""
_PATIENCE = 1800.0
"""Seconds that a step waits for another one that makes the same environment."""


class Command(TypedDict):
    """A command that reads a request from its standard input.

    Attributes:
        arguments: The program and its arguments.
        environment: All variables of its environment.
    """

    arguments: list[str]
    environment: dict[str, str]


def check_environment(runs_in: Mapping[str, object]) -> None:
    """Make sure that an environment is described as one of the three kinds.

    Args:
        runs_in: The description.

    Raises:
        SpecInvalid: it is of no kind, has a key that its kind does not have, or a value of another type.
    """
    kind = next((key for key in _KEYS if isinstance(runs_in, Mapping) and key in runs_in), None)
    if kind is None:
        raise SpecInvalid(
            f"runs_in: {runs_in!r} is no environment. Pass {{'python': PATH}}, {{'requirements': [...]}} or "
            "{'image': NAME}."
        )
    unknown = sorted(set(runs_in) - set(_KEYS[kind]))
    if unknown:
        raise SpecInvalid(f"runs_in: {', '.join(unknown)} does not go with {kind}. Its keys: {', '.join(_KEYS[kind])}.")
    for key, value in runs_in.items():
        if key == "env":
            fits = isinstance(value, Mapping) and all(isinstance(text, str) for text in value.values())
            wanted = "a dict of texts"
        elif key in _LISTS:
            fits = isinstance(value, (list, tuple)) and all(isinstance(text, str) for text in value)
            wanted = "a list of texts"
        else:
            fits, wanted = isinstance(value, str) and bool(value), "a text"
        if not fits:
            raise SpecInvalid(f"runs_in: {key} is {type(value).__name__}, not {wanted}.")


def command_in(runs_in: RunsIn | Mapping[str, object]) -> Command:
    """Return the command that runs a step in an environment; a virtual environment is made if it is not there.

    Args:
        runs_in: The environment.

    Raises:
        SpecInvalid: it is described wrongly, or its interpreter or engine is not on this machine.
        OSError: pip could not install the requirements.
    """
    check_environment(runs_in)
    if "image" in runs_in:
        return _in_container(cast("InContainer", runs_in))
    if "requirements" in runs_in:
        made = _virtualenv(cast("InVirtualenv", runs_in))
    else:
        made = _interpreter(str(cast("InPython", runs_in)["python"]))
    own = {key: value for key, value in os.environ.items() if key not in _OF_OUR_INTERPRETER}
    given = cast("Mapping[str, str]", runs_in.get("env") or {})
    return {"arguments": [made, "-m", "dlt", "step", "run", "-"], "environment": {**own, **given}}


def _interpreter(path: str) -> str:
    found = shutil.which(os.path.expanduser(path))
    if found is None:
        raise SpecInvalid(f"runs_in: there is no interpreter {path} on this machine. Give the path of one that is.")
    return found


def _in_container(wanted: InContainer) -> Command:
    engine = wanted.get("engine", "docker")
    # said here: a shell would say it behind the exit code of a container
    found = shutil.which(engine)
    if found is None:
        raise SpecInvalid(
            f"runs_in: there is no command {engine} on this machine, which is to run {wanted['image']}. Install it "
            "on the worker, or name another one as engine."
        )
    given = wanted.get("env") or {}
    # the values stay out of the list of processes, which everybody on the machine may read
    variables = [part for name in given for part in ("--env", name)]
    # a process 1 that passes signals on and ends with its child
    options = ["run", "--rm", "--interactive", "--init", *variables, *wanted.get("options", ())]
    arguments = [found, *options, wanted["image"], "dlt", "step", "run", "-"]
    return {"arguments": arguments, "environment": {**os.environ, **given}}


# -- virtual environments


def environments_dir() -> str:
    """Return the folder of virtual environments for steps."""
    return os.path.join(os.path.dirname(default_pipelines_dir()), "environments")


def _virtualenv(wanted: InVirtualenv) -> str:
    """Return the interpreter of an environment with these requirements."""
    requirements = _with_ourselves(wanted["requirements"])
    base = _interpreter(wanted["python"]) if "python" in wanted else sys.executable
    pip_args = list(wanted.get("pip_args", ()))
    # another version of Python or of a requirement is another environment
    text = "\n".join([*requirements, "", *pip_args, "", base, sysconfig.get_platform()])
    parent = os.path.abspath(os.path.expanduser(wanted.get("folder") or environments_dir()))
    path = os.path.join(parent, hashlib.sha256(text.encode()).hexdigest()[:20])
    python = os.path.join(path, "Scripts" if os.name == "nt" else "bin", "python")
    ready = os.path.join(path, READY)
    if not os.path.exists(ready):
        os.makedirs(f"{path}.lock", exist_ok=True)
        with PipelineLock(f"{path}.lock", f"environment {path}", _PATIENCE):
            if not os.path.exists(ready):
                # a process that was killed left half of one
                shutil.rmtree(path, ignore_errors=True)
                _install(path, python, base, requirements, pip_args)
                open(ready, "w", encoding="utf-8").close()
    # old ones that nobody uses are told by it
    os.utime(ready)
    return python


def _with_ourselves(requirements: Sequence[str]) -> list[str]:
    # a path or an address of a wheel names it too
    named = any("dlt-tasks" in text or "dlt_tasks" in text for text in requirements)
    return list(requirements) if named else [f"dlt-tasks=={__version__}", *requirements]


def _install(path: str, python: str, base: str, requirements: Sequence[str], pip_args: Sequence[str]) -> None:
    uv = shutil.which("uv")
    if uv is not None:
        _run([uv, "venv", "--quiet", "--python", base, path])
        install = [uv, "pip", "install", "--quiet", "--python", python]
    else:
        # of another interpreter only that one can make it
        if base == sys.executable:
            venv.create(path, with_pip=True)
        else:
            _run([base, "-m", "venv", path])
        install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _run([*install, *pip_args, *requirements])


def _run(command: Sequence[str]) -> None:
    own = {key: value for key, value in os.environ.items() if key not in _OF_OUR_INTERPRETER}
    done = subprocess.run(command, env=own, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        # an index may stand there with its password
        told = redact((done.stderr or done.stdout).strip())
        raise OSError(f"runs_in: {redact(' '.join(command))} failed with {done.returncode}: {told}")
