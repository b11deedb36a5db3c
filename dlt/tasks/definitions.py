"""Pipelines as a file of YAML says them, for packages that make a DAG or a deployment of each.

The file of a DAG is read again and again by a process that loads nothing, so this module imports nothing of ours that
takes time. All that is wrong in a file is told at once, by line and key.
"""

from __future__ import annotations

import datetime
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, cast

import yaml

from dlt.late_dataclass import dataclass

if TYPE_CHECKING:
    from dlt.types import JsonObject

    Check = Callable[[object], bool]

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The parser in C where PyYAML has it: ten times faster."""


@dataclass(frozen=True)
class Definition:
    """One pipeline of a file.

    Attributes:
        name: Its name, and that of the DAG or deployment.
        source: Factory of the source, as "package.module:name" or "file.py:name"; a relative path starts at the folder
            of the file.
        pipeline: Factory of the pipeline, or the arguments of `dlt.pipeline`.
        schedule: A cron expression or one of its names; None runs by hand.
        timezone: Time zone of the schedule.
        start: Moment from which the schedule counts.
        catchup: Run the intervals that passed since the start, too.
        fan_out: As `dlt_task_group` takes it.
        window: As `dlt_task_group` takes it.
        spec: Further keys of the spec: source_args, pipeline_args, resources, run_args, handoff, work_dir, reprocess.
        runs_in: Another environment for the steps.
        retries: Tries behind the first one, of each step.
        retry_delay: Seconds between two tries.
        timeout: Seconds that a step may take.
        tags: Tags of the DAG or deployment.
        description: Its description.
        airflow: What only Airflow knows: conn_ids, variables, queue, pool and other arguments of all tasks.
        prefect: What only Prefect knows: blocks, work_pool, job_variables.
        line: Where in the file it begins.
    """

    name: str
    source: str
    pipeline: str | JsonObject
    schedule: str | None = None
    timezone: str = "UTC"
    start: datetime.datetime | None = None
    catchup: bool = False
    fan_out: object = None
    window: object = None
    spec: JsonObject = field(default_factory=dict)
    runs_in: JsonObject | None = None
    retries: int = 3
    retry_delay: float = 60.0
    timeout: float | None = None
    tags: Sequence[str] = ()
    description: str | None = None
    airflow: JsonObject = field(default_factory=dict)
    prefect: JsonObject = field(default_factory=dict)
    line: int = 0

    @property
    def destination(self) -> str | None:
        """Return the name of the destination, if the file says it."""
        named = self.pipeline.get("destination") if isinstance(self.pipeline, Mapping) else None
        return named if isinstance(named, str) else None


@dataclass(frozen=True)
class Definitions:
    """What a file says.

    Attributes:
        path: The file.
        pipelines: Its pipelines.
        limits: How many loads into a destination go at once, by its name.
    """

    path: str
    pipelines: Sequence[Definition]
    limits: Mapping[str, int] = field(default_factory=dict)


def _is(*kinds: type) -> Check:
    return lambda value: isinstance(value, kinds) and not (isinstance(value, bool) and bool not in kinds)


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_reference(value: object) -> bool:
    return isinstance(value, str) and all(value.rpartition(":")[::2])


def _is_zone(value: object) -> bool:
    import zoneinfo

    try:
        zoneinfo.ZoneInfo(str(value))
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return False
    return isinstance(value, str)


def _is_amount(value: object) -> bool:
    return _is(int, float)(value) and cast("float", value) >= 0


def _is_fan_out(value: object) -> bool:
    return value == "resources" or (isinstance(value, list) and bool(value))


def _is_window(value: object) -> bool:
    return value == "auto" or (isinstance(value, list) and len(value) == 2)


_REFERENCE = "package.module:name or file.py:name"
_KEYS: Mapping[str, tuple[Check, str]] = {
    "source": (_is_reference, _REFERENCE),
    "pipeline": (lambda value: _is(dict)(value) or _is_reference(value), f"{_REFERENCE}, or arguments of dlt.pipeline"),
    "destination": (_is(str), "the name of a destination"),
    "dataset": (_is(str), "the name of a dataset"),
    "schedule": (_is(str), 'a cron expression, such as "0 6 * * *"'),
    "timezone": (_is_zone, "a time zone, such as Europe/Berlin"),
    "start": (_is(datetime.date), "a day or a moment, such as 2026-01-31"),
    "catchup": (_is(bool), "true or false"),
    "fan_out": (_is_fan_out, '"resources", or a list of parts'),
    "window": (_is_window, '"auto", or a list of start and end'),
    "source_args": (_is(dict), "a mapping of arguments"),
    "pipeline_args": (_is(dict), "a mapping of arguments"),
    "resources": (_is_texts, "a list of names"),
    "run_args": (_is(dict), "a mapping of arguments"),
    "handoff": (_is(str), "a URL"),
    "work_dir": (_is(str), "the path of a folder"),
    "reprocess": (lambda value: value in ("auto", "undo", "keep"), '"auto", "undo" or "keep"'),
    "runs_in": (_is(dict), "a mapping that describes an environment"),
    "retries": (lambda value: _is(int)(value) and _is_amount(value), "a whole number, 0 or more"),
    "retry_delay": (_is_amount, "seconds"),
    "timeout": (_is_amount, "seconds"),
    "tags": (_is_texts, "a list of texts"),
    "description": (_is(str), "a text"),
    "airflow": (_is(dict), "a mapping of arguments"),
    "prefect": (_is(dict), "a mapping of arguments"),
}
"""What each key of a pipeline may hold, and how an error says it."""
_OF_SPEC = ("source_args", "pipeline_args", "resources", "run_args", "handoff", "work_dir", "reprocess")
_OF_ONE = ("source", "pipeline", "schedule", "timezone", "catchup", "fan_out", "window", "runs_in", "retries")
_PLAIN = (*_OF_ONE, "retry_delay", "timeout", "tags", "description", "airflow", "prefect")
_TOP = ("defaults", "pipelines", "limits")


class _Reader:
    """Turns the nodes of a file into values, and collects what is wrong with them."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._constructor = yaml.constructor.SafeConstructor()
        self.problems: list[str] = []

    def tell(self, node: yaml.Node, text: str) -> None:
        """Note a problem where it is."""
        self.problems.append(f"{self.path}:{node.start_mark.line + 1}: {text}")

    def mapping(self, node: yaml.Node, what: str) -> dict[str, tuple[yaml.Node, yaml.Node]]:
        """Return the nodes of keys and values by key."""
        if not isinstance(node, yaml.MappingNode):
            self.tell(node, f"{what} is no mapping")
            return {}
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                # YAML's parsers let the last one win, without a word
                self.tell(key, f"{what}.{key.value} stands here twice")
            seen.add(key.value)
        # what `<<` brings in stands before the mapping's own keys, which come after it
        self._constructor.flatten_mapping(node)
        return {str(key.value): (key, value) for key, value in node.value}

    def value(self, node: yaml.Node) -> object:
        """Return the value of a node."""
        found: object = self._constructor.construct_document(node)
        return found

    def settings(self, node: yaml.Node, what: str) -> JsonObject:
        """Return the settings of a pipeline that can be used."""
        found: JsonObject = {}
        for name, (key, value_node) in self.mapping(node, what).items():
            if name not in _KEYS:
                self.tell(key, f"{what}.{name} is no key of a pipeline{_like(name, _KEYS)}")
                continue
            fits, wanted = _KEYS[name]
            value = self.value(value_node)
            if value is None:
                # a key without a value takes back a default
                found[name] = None
            elif fits(value):
                found[name] = value
            else:
                self.tell(value_node, f"{what}.{name} is {value!r}. Write {wanted}")
        return found

    def limits(self, node: yaml.Node) -> dict[str, int]:
        """Return the limits by destination."""
        found = {}
        for name, (_, value_node) in self.mapping(node, "limits").items():
            value = self.value(value_node)
            if isinstance(value, int) and not isinstance(value, bool) and value > 0:
                found[name] = value
            else:
                self.tell(value_node, f"limits.{name} is {value!r}. Write a whole number, 1 or more")
        return found


def read_definitions(path: str | os.PathLike[str]) -> Definitions:
    """Return the pipelines that a file of YAML says.

    Args:
        path: The file. `pipelines` has a mapping for each one by its name, `defaults` what holds for all of them, and
            `limits` how many loads into a destination go at once.

    Raises:
        ValueError: something in it cannot be used; all of it is told, by line and key.
    """
    full = os.path.abspath(os.fspath(path))
    reader = _Reader(full)
    with open(full, encoding="utf-8") as file:
        try:
            root = yaml.compose(file, Loader=_LOADER)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark is not None else 1
            raise ValueError(f"{full}:{line}: it is no YAML: {error.problem}.") from None
    if root is None:
        raise ValueError(f"{full}: it is empty. Write `pipelines:` with a mapping for each pipeline by its name.")
    top = reader.mapping(root, "the file")
    for name, (key, _) in top.items():
        if name not in _TOP:
            reader.tell(key, f"{name} is no key of a file of pipelines{_like(name, _TOP)}")
    defaults = reader.settings(top["defaults"][1], "defaults") if "defaults" in top else {}
    limits = reader.limits(top["limits"][1]) if "limits" in top else {}
    if "pipelines" not in top:
        reader.tell(root, "pipelines is missing. Write a mapping for each pipeline by its name")
        pipelines = {}
    else:
        pipelines = reader.mapping(top["pipelines"][1], "pipelines")
    made = [_definition(reader, name, key, node, defaults) for name, (key, node) in pipelines.items()]
    destinations = {definition.destination for definition in made if definition is not None}
    # of a file with other faults nobody knows all destinations
    for name in sorted({*limits} - destinations) if not reader.problems else ():
        reader.tell(top["limits"][1], f"limits.{name} would hold for no pipeline of the file")
    if reader.problems:
        raise ValueError("\n".join(reader.problems))
    return Definitions(full, [definition for definition in made if definition is not None], limits)


def _definition(reader: _Reader, name: str, key: yaml.Node, node: yaml.Node, defaults: JsonObject) -> Definition | None:
    what = f"pipelines.{name}"
    before = len(reader.problems)
    own = reader.settings(node, what)
    # of mappings each key counts for itself, so that one argument can differ
    found = {**defaults, **own}
    for setting in ("source_args", "pipeline_args", "run_args", "airflow", "prefect"):
        if defaults.get(setting) and own.get(setting):
            found[setting] = {**defaults[setting], **own[setting]}
    found = {setting: value for setting, value in found.items() if value is not None}
    if "source" not in found and len(reader.problems) == before:
        reader.tell(key, f"{what}.source is missing. Write {_REFERENCE}")
    if "pipeline" in found and ("destination" in own or "dataset" in own):
        reader.tell(key, f"{what} has pipeline, and destination or dataset. Write these into pipeline")
    elif "pipeline" not in found and "destination" not in found:
        reader.tell(key, f"{what}.destination is missing. Write {_KEYS['destination'][1]}, or pipeline")
    if len(reader.problems) > before:
        return None
    folder = os.path.dirname(reader.path)
    pipeline = found.pop("pipeline", None) or {
        "pipeline_name": name,
        "destination": found["destination"],
        "dataset_name": found.get("dataset", name),
    }
    return Definition(
        name=name,
        pipeline=_beside(folder, pipeline) if isinstance(pipeline, str) else {"pipeline_name": name, **pipeline},
        start=_moment(found.get("start")),
        spec={setting: found[setting] for setting in _OF_SPEC if setting in found},
        line=key.start_mark.line + 1,
        **{
            **{setting: found[setting] for setting in _PLAIN if setting in found},
            "source": _beside(folder, found["source"]),
        },
    )


def _beside(folder: str, reference: str) -> str:
    path, separator, name = reference.rpartition(":")
    return os.path.join(folder, path) + separator + name if path.endswith(".py") else reference


def _moment(value: object) -> datetime.datetime | None:
    if value is None or isinstance(value, datetime.datetime):
        return value
    assert isinstance(value, datetime.date)
    return datetime.datetime(value.year, value.month, value.day)


def _like(name: str, known: Mapping[str, object] | Sequence[str]) -> str:
    import difflib

    near = difflib.get_close_matches(name, list(known), 1)
    return f", did you mean {near[0]}?" if near else f". Its keys: {', '.join(sorted(known))}"
