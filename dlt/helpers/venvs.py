"""Virtual environments in which programs run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from types import SimpleNamespace

from dlt.errors import DltException

__all__ = ["CannotInstallDependencies", "Venv", "VenvNotFound"]

DLT_PIP_TOOL = "DLT_PIP_TOOL"
"""Variable that names what installs packages."""


class VenvNotFound(DltException):
    """There is no interpreter of Python at a place; raised by `dlt.common.runners.Venv`."""

    def __init__(self, interpreter: str) -> None:
        super().__init__(f"There is no virtual environment with {interpreter}.", interpreter=interpreter)


class CannotInstallDependencies(DltException):
    """Packages cannot be installed; raised by `dlt.common.runners.Venv`."""

    def __init__(self, dependencies: Sequence[str], interpreter: str, output: str | bytes) -> None:
        text = output.decode(errors="replace") if isinstance(output, bytes) else output
        super().__init__(
            f"{', '.join(dependencies)} cannot be installed for {interpreter}: {text}",
            dependencies=dependencies,
            interpreter=interpreter,
        )


class Venv:
    """A virtual environment, for running programs in it and putting packages into it.

    Args:
        context: It has `bin_path`, the folder of programs, `env_exe`, the interpreter, and `env_dir`.
        current: It is the environment of this process.
    """

    def __init__(self, context: SimpleNamespace, current: bool = False) -> None:
        self.context = context
        self.current = current

    def __enter__(self) -> Venv:
        if self.current:
            raise NotImplementedError("The environment of this process is not deleted in the end: do not enter it.")
        return self

    def __exit__(self, *_: object) -> None:
        self.delete_environment()

    @classmethod
    def create(cls, venv_dir: str, dependencies: list[str] | None = None) -> Venv:
        """Make a virtual environment.

        Args:
            venv_dir: Its folder.
            dependencies: Packages to install, as pip reads them.

        Raises:
            CannotInstallDependencies: One cannot be installed; the folder is deleted.
        """
        tool = cls.get_pip_tool()
        # uv installs from outside, and to put pip in takes seconds; Windows lets few users make links
        venv.EnvBuilder(with_pip=tool == "pip", clear=True, symlinks=os.name != "nt").create(venv_dir)
        made = cls.restore(venv_dir)
        try:
            made.add_dependencies(dependencies)
        except BaseException:
            made.delete_environment()
            raise
        return made

    @classmethod
    def restore(cls, venv_dir: str, current: bool = False) -> Venv:
        """Return a virtual environment that is there.

        Args:
            venv_dir: Its folder.
            current: It is the environment of this process.

        Raises:
            VenvNotFound: There is no interpreter in it.
        """
        if not os.path.isdir(venv_dir):
            raise VenvNotFound(venv_dir)
        bin_path = os.path.join(os.path.abspath(venv_dir), "Scripts" if os.name == "nt" else "bin")
        exe = os.path.join(bin_path, "python.exe" if os.name == "nt" else "python")
        if not os.path.isfile(exe):
            raise VenvNotFound(exe)
        return cls(SimpleNamespace(env_dir=os.path.abspath(venv_dir), bin_path=bin_path, env_exe=exe), current)

    @classmethod
    def restore_current(cls) -> Venv:
        """Return the environment of this process, also if it is no virtual one."""
        bin_path = os.path.dirname(sys.executable)
        return cls(SimpleNamespace(env_dir=sys.prefix, bin_path=bin_path, env_exe=sys.executable), current=True)

    def delete_environment(self) -> None:
        """Delete the folder of the environment."""
        shutil.rmtree(self.context.env_dir)

    def start_command(self, entry_point: str, *script_args: object, **popen_kwargs: object) -> subprocess.Popen[str]:
        """Start a program of the environment.

        Args:
            entry_point: The program.
            *script_args: Its arguments, as texts.
            **popen_kwargs: As `subprocess.Popen` has them.
        """
        command = [self._program(entry_point), *map(str, script_args)]
        # what stands behind the names is the caller's
        return subprocess.Popen(command, **popen_kwargs)  # type: ignore[call-overload,no-any-return]

    def run_command(self, entry_point: str, *script_args: object) -> str:
        """Run a program of the environment, and return what it writes, errors too.

        Args:
            entry_point: The program.
            *script_args: Its arguments, as texts.

        Raises:
            subprocess.CalledProcessError: It fails; `output` is what it wrote.
        """
        return _run([self._program(entry_point), *map(str, script_args)])

    def run_script(self, script_path: str, *script_args: object) -> str:
        """Run a program of Python, and return what it writes, errors too.

        Args:
            script_path: Its file.
            *script_args: Its arguments, as texts.

        Raises:
            subprocess.CalledProcessError: It fails; `output` is what it wrote.
        """
        return _run([self.context.env_exe, os.path.abspath(script_path), *map(str, script_args)])

    def run_module(self, module: str, *module_args: object) -> str:
        """Run a module of Python, and return what it writes, errors too.

        Args:
            module: Its name.
            *module_args: Its arguments, as texts.

        Raises:
            subprocess.CalledProcessError: It fails; `output` is what it wrote.
        """
        return _run([self.context.env_exe, "-m", module, *map(str, module_args)])

    def add_dependencies(self, dependencies: list[str] | None = None) -> None:
        """Install packages.

        Args:
            dependencies: The packages, as pip reads them.

        Raises:
            CannotInstallDependencies: One cannot be installed.
        """
        if dependencies:
            self.install_deps(self.context, dependencies)

    @staticmethod
    def set_pip_tool(pip_tool: str) -> AbstractContextManager[None]:
        """Install with another tool for some time.

        Args:
            pip_tool: pip or uv.
        """
        return _with_tool(pip_tool)

    @staticmethod
    def get_pip_tool() -> str:
        """Return the tool that installs: pip, or what the environment variable DLT_PIP_TOOL says."""
        return os.environ.get(DLT_PIP_TOOL) or "pip"

    @staticmethod
    def get_pip_command(context: SimpleNamespace, command: str) -> list[str]:
        """Return how the tool that installs is called, behind the interpreter.

        Args:
            context: The environment.
            command: Such as install.
        """
        if Venv.get_pip_tool() == "uv":
            return ["uv", "pip", command, "--python", context.env_exe]
        return [context.env_exe, "-m", "pip", command]

    @staticmethod
    def install_deps(context: SimpleNamespace, dependencies: list[str]) -> None:
        """Install packages into an environment.

        Args:
            context: The environment.
            dependencies: The packages, as pip reads them.

        Raises:
            CannotInstallDependencies: One cannot be installed.
        """
        command = [*Venv.get_pip_command(context, "install"), *dependencies]
        try:
            # pip says among its errors why it failed
            subprocess.check_output(command, stderr=subprocess.STDOUT)
        except subprocess.CalledProcessError as error:
            raise CannotInstallDependencies(dependencies, context.env_exe, error.output) from error

    @staticmethod
    def is_virtual_env() -> bool:
        """Tell whether this process runs in a virtual environment."""
        return sys.base_prefix != sys.prefix

    @staticmethod
    def is_venv_activated() -> bool:
        """Tell whether a virtual environment is activated in the shell that started this process."""
        return "VIRTUAL_ENV" in os.environ

    def _program(self, name: str) -> str:
        # a program of the environment, or else one of the path
        found = os.path.join(self.context.bin_path, name)
        return found if os.path.isfile(found) else name


@contextmanager
def _with_tool(pip_tool: str) -> Iterator[None]:
    before = os.environ.get(DLT_PIP_TOOL)
    os.environ[DLT_PIP_TOOL] = pip_tool
    try:
        yield
    finally:
        if before is None:
            os.environ.pop(DLT_PIP_TOOL, None)
        else:
            os.environ[DLT_PIP_TOOL] = before


def _run(command: list[str]) -> str:
    return subprocess.check_output(command, stderr=subprocess.STDOUT, text=True)
