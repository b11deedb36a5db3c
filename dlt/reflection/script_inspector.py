"""Import a script to look into it: what it would extract is refused, and packages that are missing can be let go.

The names are those of PyPI `dlt` 1.x.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType, SimpleNamespace

from dlt.errors import DltException
from dlt.errors.base import causes
from dlt.extract.iteration import PipeIterator

__all__ = [
    "DummyModule",
    "PipelineIsRunning",
    "import_pipeline_script",
    "import_script_module",
    "no_pipeline_execution",
]


class PipelineIsRunning(DltException):
    """A script that is looked into begins to extract: at its top level, not below `if __name__ == "__main__"`.

    Attributes:
        obj: What began.
        args: Its arguments.
        kwargs: Its arguments by name.
    """

    def __init__(self, obj: object, args: tuple[object, ...], kwargs: Mapping[str, object]) -> None:
        super().__init__(
            f"The script begins to extract while it is imported ({type(obj).__name__}). Put what runs below "
            'if __name__ == "__main__": then it can be imported.'
        )
        self.obj, self.args, self.kwargs = obj, args, dict(kwargs)


class DummyModule(ModuleType):
    """Stands for a module that is not installed: any name of it is there, one with a capital as a class."""

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        return type(name, (SimpleNamespace,), {}) if name[:1].isupper() else SimpleNamespace()


class _Missing(MetaPathFinder, Loader):
    """The last one that is asked for a module: nobody else has it.

    Args:
        own: The package of the script, in which a missing module is a fault.
    """

    def __init__(self, own: str) -> None:
        self._own = own
        self.made: list[str] = []

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,  # noqa: ARG002 - of Python
    ) -> ModuleSpec | None:
        top = fullname.partition(".")[0]
        # a part that a package does not have is a fault of the script; a part of a dummy is one too
        inside = path is not None and not isinstance(sys.modules.get(top), DummyModule)
        return None if inside or top == self._own else ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        self.made.append(spec.name)
        return DummyModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Do nothing: there is no code of it."""


@contextmanager
def no_pipeline_execution() -> Iterator[None]:
    """Refuse for the length of a block that anything is extracted.

    Raises:
        PipelineIsRunning: Something is.
    """
    begin = PipeIterator.__init__

    def refuse(self: object, *args: object, **kwargs: object) -> None:
        raise PipelineIsRunning(self, args, kwargs)

    PipeIterator.__init__ = refuse  # type: ignore[method-assign]
    try:
        yield
    except DltException as error:
        # a step of a pipeline says that it failed, and why
        for cause in causes(error):
            if isinstance(cause, PipelineIsRunning):
                raise cause from None
        raise
    finally:
        PipeIterator.__init__ = begin  # type: ignore[method-assign]


def import_script_module(
    module_path: str, script_relative_path: str, ignore_missing_imports: bool = False
) -> ModuleType:
    """Import a module of a folder.

    Args:
        module_path: The folder; modules beside the script are found there.
        script_relative_path: The script in it: its name, a path that ends with `.py`, or a dotted name of a package.
        ignore_missing_imports: Let dummies stand for packages that are not installed.

    Raises:
        ImportError: The script, or something that it imports, is not there.
    """
    name = os.path.splitext(script_relative_path)[0] if script_relative_path.endswith(".py") else script_relative_path
    name = name.replace(os.sep, ".").replace("/", ".").lstrip(".")
    folder = os.path.abspath(module_path)
    missing = _Missing(name.partition(".")[0])
    # first, as for a script that is run
    sys.path.insert(0, folder)
    if ignore_missing_imports:
        sys.meta_path.append(missing)
    try:
        # a script of the same name in another folder may have been looked into before
        sys.modules.pop(name, None)
        importlib.invalidate_caches()
        return importlib.import_module(name)
    finally:
        sys.path.remove(folder)
        if ignore_missing_imports:
            sys.meta_path.remove(missing)
            for each in missing.made:
                sys.modules.pop(each, None)


def import_pipeline_script(
    module_path: str, script_relative_path: str, ignore_missing_imports: bool = False
) -> ModuleType:
    """Import a script that must not extract anything while it is imported.

    Args:
        module_path: As for `import_script_module`.
        script_relative_path: As for `import_script_module`.
        ignore_missing_imports: As for `import_script_module`.

    Raises:
        PipelineIsRunning: It does.
        ImportError: As for `import_script_module`.
    """
    with no_pipeline_execution():
        return import_script_module(module_path, script_relative_path, ignore_missing_imports)
