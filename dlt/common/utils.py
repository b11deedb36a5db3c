"""Small functions that programs for PyPI `dlt` 1.x import, with the results that they give there."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import secrets
import sys
import traceback
import zlib
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import wraps
from importlib.metadata import version as installed_version
from itertools import islice, zip_longest
from pathlib import Path
from types import ModuleType
from typing import BinaryIO, ParamSpec, TypeVar

from dlt.common.exceptions import DependencyVersionException, ValueErrorWithKnownValues
from dlt.errors import DltException, TerminalException
from dlt.types import JsonObject

T = TypeVar("T")
TKey = TypeVar("TKey")
TValue = TypeVar("TValue")
TDict = TypeVar("TDict", bound=MutableMapping[str, object])
P = ParamSpec("P")


def chunks(iterable: Iterable[T], n: int) -> Iterator[list[T]]:
    """Yield lists of `n` items, the last one shorter.

    Args:
        iterable: The items.
        n: How many stand in a list.

    Raises:
        ValueError: It is less than one.
    """
    if n < 1:
        raise ValueError(f"chunks of {n} items: found {n}, expected at least 1.")
    items = iter(iterable)
    while part := list(islice(items, n)):
        yield part


def uniq_id(len_: int = 16) -> str:
    """Return random hexadecimal text.

    Args:
        len_: Random bytes; the text has two characters for each.
    """
    return secrets.token_hex(len_)


def uniq_id_base64(len_: int = 16) -> str:
    """Return random text of the Base64 alphabet, without padding.

    Args:
        len_: Random bytes.
    """
    return _base64(secrets.token_bytes(len_))


def many_uniq_ids_base64(n_ids: int, len_: int = 16) -> list[str]:
    """Return random texts of the Base64 alphabet, without padding.

    Args:
        n_ids: How many.
        len_: Random bytes of each.
    """
    data = secrets.token_bytes(n_ids * len_)
    return [_base64(data[start : start + len_]) for start in range(0, len(data), len_)]


def digest128(v: str, len_: int = 15) -> str:
    """Return a text that depends on a text only: SHAKE-128 in Base64, without padding.

    Args:
        v: The text.
        len_: Bytes of the digest.
    """
    return digest128b(v.encode(), len_)


def digest128b(v: bytes, len_: int = 15) -> str:
    """Return a text that depends on bytes only: SHAKE-128 in Base64, without padding.

    Args:
        v: The bytes.
        len_: Bytes of the digest.
    """
    return _base64(hashlib.shake_128(v).digest(len_))


def digest256(v: str) -> str:
    """Return the SHA3-256 of a text in Base64.

    Args:
        v: The text.
    """
    return base64.b64encode(hashlib.sha3_256(v.encode()).digest()).decode()


def digest256_file_stream(stream: BinaryIO, chunk_size: int = 4096) -> str:
    """Return the SHA3-256 of a file in Base64.

    Args:
        stream: The open file; it is read from its beginning.
        chunk_size: Bytes that are read at once.
    """
    stream.seek(0)
    digest = hashlib.sha3_256()
    while data := stream.read(chunk_size):
        digest.update(data)
    return base64.b64encode(digest.digest()).decode()


def compressed_b64encode(value: bytes) -> str:
    """Compress bytes with zlib, and write them in Base64."""
    # the best level, as programs keep the result in places with little room
    return base64.b64encode(zlib.compress(value, level=9)).decode("ascii")


def compressed_b64decode(value: str) -> bytes:
    """Return the bytes that `compressed_b64encode` wrote."""
    # strange letters are an error here, where zlib could only say that its data is broken
    return zlib.decompress(base64.b64decode(value, validate=True))


def obfuscate_pseudo_secret(pseudo_secret: str, pseudo_key: bytes) -> str:
    """Write a text so that it is not read by the way; whoever has the key of the program reads it.

    Args:
        pseudo_secret: The text.
        pseudo_key: Any bytes.
    """
    # no encryption: it only keeps a key that everybody may have out of searches
    return base64.b64encode(_mixed(pseudo_secret.encode(), pseudo_key)).decode()


def reveal_pseudo_secret(obfuscated_secret: str, pseudo_key: bytes) -> str:
    """Return the text that `obfuscate_pseudo_secret` wrote.

    Args:
        obfuscated_secret: What it returned.
        pseudo_key: The same bytes.

    Raises:
        binascii.Error: It is not Base64.
    """
    return _mixed(base64.b64decode(obfuscated_secret, validate=True), pseudo_key).decode()


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


def flatten_list_of_str_or_dicts(seq: Sequence[Mapping[str, T] | str]) -> dict[str, T | None]:
    """Merge dicts and names into one dict; names have no value.

    Args:
        seq: Dicts and names.

    Raises:
        KeyError: A key is there twice.
    """
    found: dict[str, T | None] = {}
    for item in seq:
        for key, value in item.items() if isinstance(item, Mapping) else ((str(item), None),):
            if key in found:
                raise KeyError(f"cannot flatten: {key!r} is there twice.")
            found[key] = value
    return found


def flatten_list_or_items(_iter: Iterable[T] | Iterable[list[T]]) -> Generator[T, None, None]:
    """Yield items, and the items of lists among them."""
    for item in _iter:
        if isinstance(item, list):
            yield from item
        else:
            yield item


def update_dict_nested(dst: TDict, src: TDict, copy_src_dicts: bool = False) -> TDict:
    """Put the values of a dict into another one, dict into dict.

    Args:
        dst: It is changed, and returned.
        src: The other one; its values win.
        copy_src_dicts: Copy its dicts, so that later changes of one do not show in the other.
    """
    for key, value in src.items():
        if isinstance(value, dict):
            old = dst.get(key)
            # without a copy both dicts would hold one inner dict, and change together
            if isinstance(old, dict) or copy_src_dicts:
                value = update_dict_nested(old if isinstance(old, dict) else {}, value, copy_src_dicts)
        dst[key] = value
    return dst


def clone_dict_nested(src: TDict) -> TDict:
    """Return a copy of a dict and of the dicts in it; other values are the same ones."""
    made: TDict = type(src)()
    return update_dict_nested(made, src, copy_src_dicts=True)


def dict_remove_nones_in_place(d: dict[TKey, TValue]) -> dict[TKey, TValue]:
    """Take keys without a value out of a dict, and return it."""
    # listed first: a dict must not change while it is walked through
    for key in [key for key, value in d.items() if value is None]:
        del d[key]
    return d


def without_none(d: Mapping[TKey, TValue | None]) -> Mapping[TKey, TValue]:
    """Return a dict without the keys that have no value."""
    return {key: value for key, value in d.items() if value is not None}


def exclude_keys(mapping: Mapping[str, T], keys: Iterable[str]) -> dict[str, T]:
    """Return a dict without some keys."""
    left_out = set(keys)
    return {key: value for key, value in mapping.items() if key not in left_out}


def update_dict_with_prune(dest: dict[str, object], update: Mapping[str, object]) -> None:
    """Put values into a dict; None takes the key out.

    Args:
        dest: It is changed.
        update: The values.
    """
    for key, value in update.items():
        if value is None:
            dest.pop(key, None)
        else:
            dest[key] = value


def map_nested_values_in_place(func: Callable[..., object], _nested: T, *args: object, **kwargs: object) -> T:
    """Put the result of a function in place of each value in dicts and lists that contain each other.

    Args:
        func: It is given the value.
        _nested: A dict or a list, which is changed; a tuple becomes a list.
        *args: Given to the function.
        **kwargs: Given to the function.

    Raises:
        ValueError: It is neither a dict nor a list.
    """
    if isinstance(_nested, tuple):
        _nested = list(_nested)  # type: ignore[assignment]  # a tuple is not changed in place: as 1.x does

    def mapped(value: object) -> object:
        if isinstance(value, (dict, list, tuple)):
            return map_nested_values_in_place(func, value, *args, **kwargs)
        return func(value, *args, **kwargs)

    if isinstance(_nested, dict):
        for key, value in _nested.items():
            _nested[key] = mapped(value)
    elif isinstance(_nested, list):
        _nested[:] = [mapped(value) for value in _nested]
    else:
        raise ValueError(f"{type(_nested).__name__} is not a dict or a list.")
    return _nested


map_nested_in_place = map_nested_values_in_place


def map_nested_keys_in_place(func: Callable[..., str], _nested: T, *args: object, **kwargs: object) -> T:
    """Put the result of a function in place of each key of dicts, in dicts and lists that contain each other.

    Args:
        func: It is given the key.
        _nested: A dict or a list, which is changed.
        *args: Given to the function.
        **kwargs: Given to the function.

    Raises:
        ValueError: It is neither a dict nor a list.
    """
    if isinstance(_nested, dict):
        # taken out and put back, because two keys may change places
        items = list(_nested.items())
        _nested.clear()
        _nested.update((func(key, *args, **kwargs), value) for key, value in items)
        values: Iterable[object] = _nested.values()
    elif isinstance(_nested, list):
        values = _nested
    else:
        raise ValueError(f"{type(_nested).__name__} is not a dict or a list.")
    for value in values:
        if isinstance(value, (dict, list)):
            map_nested_keys_in_place(func, value, *args, **kwargs)
    return _nested


def group_by_key(items: Sequence[T], key_f: Callable[[T], str]) -> dict[str, list[T]]:
    """Return lists of items by what a function says of them."""
    found: dict[str, list[T]] = {}
    for item in items:
        found.setdefault(key_f(item), []).append(item)
    return found


def merge_keyed_groups(
    original_list: Sequence[T], extending_list: Sequence[T], key_f: Callable[[T], str]
) -> tuple[list[T], list[T]]:
    """Merge two lists of items that form groups by their keys; a group of the second list replaces that of the first.

    Args:
        original_list: Items.
        extending_list: Items in place of those with the same key, and more.
        key_f: The key of an item.

    Returns:
        All items, and those whose group came or changed.
    """
    before, after = group_by_key(original_list, key_f), group_by_key(extending_list, key_f)
    # a group that is there again with the same items is no change
    changed = [group for key, group in after.items() if before.get(key) != group]
    return [item for group in {**before, **after}.values() for item in group], [
        item for group in changed for item in group
    ]


def order_deduped(lst: list[T]) -> list[T]:
    """Return the items of a list, each once, in order."""
    return list(dict.fromkeys(lst))


def extend_list_deduplicated(
    original_list: list[T], extending_list: Iterable[T], normalize_f: Callable[[T], object] = lambda item: item
) -> list[T]:
    """Put items behind a list that are not in it, and return it.

    Args:
        original_list: It is changed.
        extending_list: The items.
        normalize_f: What is compared of an item.
    """
    seen = {normalize_f(item) for item in original_list}
    for item in extending_list:
        if normalize_f(item) not in seen:
            seen.add(normalize_f(item))
            original_list.append(item)
    return original_list


def group_dict_of_lists(input_dict: dict[str, list[T]]) -> list[dict[str, T]]:
    """Turn a dict of lists into a list of dicts: the first items, the second ones, and so on.

    Args:
        input_dict: Lists, which may be of different lengths.

    Raises:
        ValueError: There is no list.
    """
    if not input_dict:
        raise ValueError("group_dict_of_lists: there is no list in the dict.")
    # None is a value that a list may hold
    gone = object()
    rows = zip_longest(*input_dict.values(), fillvalue=gone)
    return [{key: value for key, value in zip(input_dict, row, strict=True) if value is not gone} for row in rows]  # type: ignore[misc]  # what is gone is not of T


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


def increase_row_count(row_counts: dict[str, int], counter_name: str, count: int) -> None:
    """Add to a counter of rows."""
    row_counts[counter_name] = row_counts.get(counter_name, 0) + count


def merge_row_counts(row_counts_1: dict[str, int], row_counts_2: dict[str, int]) -> None:
    """Add counters of rows to others.

    Args:
        row_counts_1: They are changed.
        row_counts_2: What is added.
    """
    for name, count in row_counts_2.items():
        increase_row_count(row_counts_1, name, count)


def graph_edges_to_nodes(edges: Sequence[tuple[T, T]], directed: bool = True) -> dict[T, set[T]]:
    """Return the neighbours of each node of a graph; a node is not its own neighbour.

    Args:
        edges: Pairs of nodes.
        directed: The second one is a neighbour of the first one, and not the other way round too.
    """
    found: dict[T, set[T]] = {}
    for start, end in edges:
        # nodes without neighbours are in the result too
        neighbours, others = found.setdefault(start, set()), found.setdefault(end, set())
        # a loop says nothing of neighbours, but its node is in the graph
        if start != end:
            neighbours.add(end)
            if not directed:
                others.add(start)
    return found


def graph_find_scc_nodes(undag: dict[T, set[T]]) -> list[set[T]]:
    """Return the parts of an undirected graph that are connected.

    Args:
        undag: The neighbours of each node.
    """
    found: list[set[T]] = []
    seen: set[T] = set()
    for node in undag:
        if node in seen:
            continue
        part, waiting = set[T](), [node]
        while waiting:
            current = waiting.pop()
            if current not in part:
                part.add(current)
                waiting += undag.get(current, ())
        seen |= part
        found.append(part)
    return found


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
        attributes = {name: value for name, value in vars(exc).items() if name in _PLACES or _is_plain(value)}
        found["exception_attrs"] = {name: value for name, value in attributes.items() if name != "message"}
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


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii").rstrip("=")


def _mixed(data: bytes, key: bytes) -> bytes:
    return bytes(byte ^ key[place % len(key)] for place, byte in enumerate(data))


def _with_module(module: str | None, name: str | None) -> str:
    return str(name) if module in (None, "builtins") else f"{module}.{name}"
