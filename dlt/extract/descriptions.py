"""Resources as programs and people see them when they print them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from types import FunctionType
from typing import Protocol

from dlt.extract.function import Function
from dlt.extract.model_fields import is_columns_class
from dlt.extract.models import columns_dict
from dlt.extract.pipe import Pipe
from dlt.extract.steps import IncrementalStep
from dlt.info import json_object, json_safe
from dlt.late import orjson
from dlt.types import JsonObject

_SHOWN = ("table_name", "parent", "write_disposition", "primary_key", "merge_key", "schema_contract", "table_format")


class Described(Protocol):
    """A resource, as far as people and programs are told of it."""

    pipe: Pipe
    custom_metrics: JsonObject
    section: str | None
    selected: bool

    @property
    def name(self) -> str:
        """Return its name."""


def described(pipe: Pipe, hints: Mapping[str, object], section: str | None, selected: bool) -> str:
    """Return the text of a resource in the form in which a program makes it.

    Args:
        pipe: Its pipe.
        hints: Its hints.
        section: Section of its configuration.
        selected: It will be loaded with its source.
    """
    shown: dict[str, object] = {"name": pipe.name}
    if section:
        shown["section"] = section
    shown.update({key: hints[key] for key in _SHOWN if hints.get(key)})
    columns = hints.get("columns")
    if columns:
        shown["columns"] = columns.__name__ if is_columns_class(columns) else "{...}"
    if pipe.limit is not None and pipe.limit.max_items is not None:
        shown["limit"] = pipe.limit.max_items
    incremental = pipe.merged_incremental(look_up=False)
    if incremental is not None:
        shown["incremental"] = incremental
    steps = [type(step).__name__ for step in pipe.steps if not isinstance(step, IncrementalStep)]
    if steps:
        shown["steps"] = steps
    if pipe.parent is not None:
        shown["data_from"] = pipe.parent.name
    if not selected:
        shown["selected"] = selected
    kind = "transformer" if _is_transformer(pipe) else "resource"
    return f"<@dlt.{kind}({', '.join(f'{key}={value!r}' for key, value in shown.items())})>"


def edges(resources: Iterable[Described]) -> list[tuple[str, str]]:
    """Return which resource takes the items of which: parent and child, a resource without parent with itself.

    Args:
        resources: Those that are selected; parents that are not among them are there with their children.
    """
    found: dict[tuple[str, str], None] = {}
    for resource in resources:
        lineage = list(resource.pipe.lineage)
        pairs = [(parent.name, pipe.name) for pipe, parent in itertools.pairwise(lineage)]
        # parents first, as their items come first
        found.update(dict.fromkeys(reversed(pairs) if pairs else [(resource.name, resource.name)]))
    return list(found)


def told_hints(pipe: Pipe) -> JsonObject:
    """Return the hints of a resource as a document: columns as JSON, which is YAML too; functions by name."""
    found: JsonObject = {"write_disposition": "append"}
    for name, hint in pipe.hints.items():
        if name == "incremental" or hint is None or (name == "columns" and not hint):
            continue
        if name == "columns" and isinstance(hint, (Mapping, list)):
            found[name] = orjson.dumps(json_safe(columns_dict(hint))).decode()
        elif callable(hint):
            is_model = name == "columns" and isinstance(hint, type)
            # what is called like a function has the name of its class
            named = hint if isinstance(hint, (type, FunctionType)) else type(hint)
            found["original_columns" if is_model else name] = named.__name__
        else:
            found[name] = json_safe(hint)
    incremental = pipe.merged_incremental(look_up=False)
    if incremental is not None:
        found["incremental"] = json_object(dict(incremental))
    return found


def told(resource: Described) -> str:
    """Return what a person wants to know of a resource that was printed."""
    gen = resource.pipe.gen
    lines = [f"Resource `{resource.name}`" + (f" in section `{resource.section}`:" if resource.section else ":")]
    if isinstance(gen, Function) and gen.missing and not gen.bound:
        lines.append(f"Call it with its arguments {gen.signature} before it is loaded.")
    if not _is_transformer(resource.pipe):
        lines.append("Iterate it to see its items, such as with list(resource).")
    elif resource.pipe.parent is None:
        lines.append("It takes items of another resource: write resource | transformer.")
    else:
        lines.append(f"It takes the items of `{resource.pipe.parent.name}`.")
    return "\n".join(lines)


def selection(resource: Described) -> str:
    """Return a line that says whether a resource is selected, and whose items it takes."""
    kind = "transformer" if _is_transformer(resource.pipe) else "resource"
    text = f"{kind} `{resource.name}` is {'' if resource.selected else 'not '}selected"
    return text + (f", data from `{resource.pipe.parent.name}`" if resource.pipe.parent is not None else "")


def _is_transformer(pipe: Pipe) -> bool:
    return pipe.is_transformer or pipe.parent is not None
