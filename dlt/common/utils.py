"""Small functions that programs for PyPI `dlt` 1.x import, with the results that they give there."""

from __future__ import annotations

import os
import re
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import wraps
from importlib.metadata import version as installed_version
from pathlib import Path
from types import ModuleType
from typing import ParamSpec, TypeVar

from dlt.common.collections import (
    chunks,
    clone_dict_nested,
    dict_remove_nones_in_place,
    exclude_keys,
    extend_list_deduplicated,
    flatten_list_of_str_or_dicts,
    flatten_list_or_items,
    graph_edges_to_nodes,
    graph_find_scc_nodes,
    group_by_key,
    group_dict_of_lists,
    increase_row_count,
    map_nested_in_place,
    map_nested_keys_in_place,
    map_nested_values_in_place,
    merge_keyed_groups,
    merge_row_counts,
    order_deduped,
    update_dict_nested,
    update_dict_with_prune,
    without_none,
)
from dlt.common.digests import (
    compressed_b64decode,
    compressed_b64encode,
    digest128,
    digest128b,
    digest256,
    digest256_file_stream,
    many_uniq_ids_base64,
    obfuscate_pseudo_secret,
    reveal_pseudo_secret,
    uniq_id,
    uniq_id_base64,
)
from dlt.common.exceptions import DependencyVersionException, ValueErrorWithKnownValues
from dlt.errors import DltException, TerminalException
from dlt.types import JsonObject

__all__ = [
    "assert_min_pkg_version",
    "chunks",
    "clone_dict_nested",
    "compressed_b64decode",
    "compressed_b64encode",
    "concat_strings_with_limit",
    "custom_environ",
    "derives_from_class_of_name",
    "dict_remove_nones_in_place",
    "digest128",
    "digest128b",
    "digest256",
    "digest256_file_stream",
    "encoding_for_mode",
    "exclude_keys",
    "extend_list_deduplicated",
    "filter_env_vars",
    "flatten_list_of_str_or_dicts",
    "flatten_list_or_items",
    "get_callable_name",
    "get_exception_trace",
    "get_exception_trace_chain",
    "get_full_callable_name",
    "get_full_obj_class_name",
    "get_module_name",
    "graph_edges_to_nodes",
    "graph_find_scc_nodes",
    "group_by_key",
    "group_dict_of_lists",
    "identity",
    "increase_row_count",
    "is_inner_callable",
    "is_interactive",
    "is_typeerror_due_to_wrong_call",
    "main_module_file_path",
    "many_uniq_ids_base64",
    "map_nested_in_place",
    "map_nested_keys_in_place",
    "map_nested_values_in_place",
    "maybe_context",
    "merge_keyed_groups",
    "merge_row_counts",
    "multi_context_manager",
    "obfuscate_pseudo_secret",
    "order_deduped",
    "removeprefix",
    "reveal_pseudo_secret",
    "set_working_dir",
    "simple_repr",
    "str2bool",
    "uniq_id",
    "uniq_id_base64",
    "update_dict_nested",
    "update_dict_with_prune",
    "with_custom_environ",
    "without_none",
]

T = TypeVar("T")
P = ParamSpec("P")


def str2bool(v: str) -> bool:
    """Read yes, true, t, y or 1, or their opposites.

    Args:
        v: The text, in any case.

    Raises:
        ValueError: It is neither.
    """
    # an option may have been read from TOML already
    if isinstance(v, bool):
        return v
    if v.lower() in _TRUE:
        return True
    if v.lower() in _FALSE:
        return False
    raise ValueErrorWithKnownValues("v", v, [*_TRUE, *_FALSE])


_TRUE = ("yes", "true", "t", "y", "1")
_FALSE = ("no", "false", "f", "n", "0")


def concat_strings_with_limit(strings: list[str], separator: str, limit: int) -> Iterator[str]:
    """Join texts, up to a length.

    Args:
        strings: The texts; one that is longer stands alone.
        separator: What stands between them.
        limit: The length.
    """
    joined: str | None = None
    for text in strings:
        # the first text stands alone however long it is: nothing is cut
        if joined is None:
            joined = text
        elif len(joined) + len(separator) + len(text) <= limit:
            joined += separator + text
        else:
            yield joined
            joined = text
    if joined is not None:
        yield joined


def removeprefix(self: str, prefix: str, /) -> str:
    """Return a text without what it begins with."""
    return self.removeprefix(prefix)


def simple_repr(object_name: str, **kwargs: object) -> str:
    """Return the repr of an object by its name and attributes."""
    return f"<{object_name}({', '.join(f'{key}={value!r}' for key, value in kwargs.items())})>"


def identity(x: T) -> T:
    """Return the value."""
    return x


def encoding_for_mode(mode: str) -> str | None:
    """Return the encoding of a file that is opened in a mode: none in a binary one."""
    return None if "b" in mode else "utf-8"


@contextmanager
def custom_environ(env: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables, and give them back their values in the end.

    Args:
        env: The variables.
    """
    before = {name: os.environ.get(name) for name in env}
    os.environ.update(env)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                # the block may have removed it itself
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def with_custom_environ(f: Callable[P, T]) -> Callable[P, T]:
    """Let a function change environment variables for the time that it runs."""

    @wraps(f)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> T:
        # all of them, as the function may set any
        before = dict(os.environ)
        try:
            return f(*args, **kwargs)
        finally:
            os.environ.clear()
            os.environ.update(before)

    return wrapped


def filter_env_vars(envs: list[str]) -> Mapping[str, str]:
    """Return those environment variables that are set, by their names in lower case."""
    return {name.lower(): os.environ[name] for name in envs if name in os.environ}


@contextmanager
def set_working_dir(path: str | None) -> Iterator[str | None]:
    """Work in a folder, and go back in the end.

    Args:
        path: The folder; nothing changes without one.
    """
    before = os.getcwd()
    try:
        if path:
            os.chdir(path)
        yield path
    finally:
        os.chdir(before)


@contextmanager
def maybe_context(manager: AbstractContextManager[T] | None) -> Iterator[T | None]:
    """Enter a context if there is one."""
    if manager is None:
        yield None
    else:
        with manager as entered:
            yield entered


@contextmanager
def multi_context_manager(managers: Sequence[AbstractContextManager[T]]) -> Iterator[T | None]:
    """Enter contexts one after the other, and give the last one."""
    entered: T | None = None
    with ExitStack() as stack:
        for manager in managers:
            entered = stack.enter_context(manager)
        yield entered


def get_callable_name(f: Callable[..., object], name_attr: str = "__name__") -> str | None:
    """Return the name of a function or a class; that of its class for an object that is called.

    Args:
        f: The function.
        name_attr: Which attribute has the name.
    """
    # a foreign object: partials and objects with __call__ have no name
    name = getattr(f, name_attr, None) or getattr(type(f), name_attr, None)
    return str(name) if name else None


def get_full_callable_name(f: Callable[..., object]) -> str:
    """Return the name of a function with its module; builtins have none."""
    return _with_module(f.__module__, get_callable_name(f, "__qualname__"))


def get_full_obj_class_name(obj: object) -> str:
    """Return the name of an object's class with its module; builtins have none."""
    return _with_module(type(obj).__module__, type(obj).__qualname__)


def is_inner_callable(f: Callable[..., object]) -> bool:
    """Tell whether a function is defined in another one."""
    # as 1.x sees it: a lambda at the top of a module is none
    return "<locals>" in (get_callable_name(f, "__qualname__") or "")


def derives_from_class_of_name(o: object, name: str) -> bool:
    """Tell whether an object's class, or a base of it, has a name."""
    return any(base.__name__ == name for base in type(o).__mro__)


def get_module_name(m: ModuleType) -> str:
    """Return the last part of a module's name; that of its file for the program that runs."""
    # a source is named after its module, and __main__ would name all of them alike
    if m.__name__ == "__main__" and m.__file__:
        return Path(m.__file__).stem
    return m.__name__.rpartition(".")[2]


def main_module_file_path() -> str | None:
    """Return the file of the program that runs, None if it has none."""
    # an interactive interpreter has no file
    found = sys.modules["__main__"].__dict__.get("__file__")
    return found if isinstance(found, str) and os.path.isfile(found) else None


def is_interactive() -> bool:
    """Tell whether a person types the program, into an interpreter or a notebook."""
    return "__file__" not in sys.modules["__main__"].__dict__


def assert_min_pkg_version(pkg_name: str, version: str, msg: str = "") -> None:
    """Check that a package is installed in a version or a newer one.

    Args:
        pkg_name: The package.
        version: The oldest version.
        msg: What to do otherwise.

    Raises:
        DependencyVersionException: It is older.
        PackageNotFoundError: It is not installed.
    """
    found = installed_version(pkg_name)
    if _numbers(found) < _numbers(version):
        raise DependencyVersionException(
            f"{pkg_name}: found version {found}, needed is {version} or newer. {msg or f'pip install -U {pkg_name}'}",
            pkg_name=pkg_name,
            version_found=found,
            version_required=version,
        )


def is_typeerror_due_to_wrong_call(exc: Exception, func: Callable[..., object]) -> bool:
    """Tell whether an error says that a function was called with wrong arguments, and is not one of its body.

    Args:
        exc: The error.
        func: The function.
    """
    name = get_callable_name(func)
    # by its text: Python says in no other way whether the call or the body is at fault
    return isinstance(exc, TypeError) and bool(name) and f"{name}()" in str(exc) and "argument" in str(exc)


def get_exception_trace(exc: BaseException) -> JsonObject:
    """Return what is known of an error: its message, its class, where it happened, and whether it comes back.

    Args:
        exc: The error.
    """
    found: JsonObject = {"message": str(exc), "exception_type": get_full_obj_class_name(exc)}
    if exc.__traceback__ is not None:
        found["stack_trace"] = traceback.format_exception(type(exc), exc, exc.__traceback__, chain=False)
    # PyPI dlt's traces have it for every error, its own or not
    found["is_terminal"] = isinstance(exc, TerminalException)
    if isinstance(exc, DltException):
        attributes = {name: value for name, value in exc.attrs().items() if name in _PLACES or _is_plain(value)}
        found["exception_attrs"] = attributes
        found.update((name, attributes[name]) for name in _PLACES if name in attributes)
    return found


def get_exception_trace_chain(
    exc: BaseException, traces: list[JsonObject] | None = None, seen: set[int] | None = None
) -> list[JsonObject]:
    """Return what is known of an error and its causes, the outermost one first.

    Args:
        exc: The error.
        traces: Found before; they come first.
        seen: Ids of errors that are left out.
    """
    found, left_out = traces if traces is not None else [], seen if seen is not None else set()
    error: BaseException | None = exc
    # errors may be causes of each other
    while error is not None and id(error) not in left_out:
        # by identity: an error may equal another one by its class's own rule
        left_out.add(id(error))
        found.append(get_exception_trace(error))
        error = error.__cause__ or error.__context__
    return found


_PLACES = ("load_id", "pipeline_name", "source_name", "resource_name", "job_id", "table_name", "column_name")


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, (bool, int, float, str, list, dict))


def _numbers(version: str) -> tuple[int, ...]:
    # a local part such as +cu118 says nothing of age, and three numbers are enough to compare
    return tuple(int(part) for part in re.findall(r"\d+", version.partition("+")[0])[:3])


def _with_module(module: str | None, name: str | None) -> str:
    return str(name) if module in (None, "builtins") else f"{module}.{name}"
