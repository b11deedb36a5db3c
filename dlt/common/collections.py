"""Dicts, lists and graphs under the names of `dlt.common.utils`."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, MutableMapping, Sequence
from itertools import islice, zip_longest
from typing import TypeVar

T = TypeVar("T")
TKey = TypeVar("TKey")
TValue = TypeVar("TValue")
TDict = TypeVar("TDict", bound=MutableMapping[str, object])


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
