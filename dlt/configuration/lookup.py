"""Look up one value: all providers, all sections, in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from dlt.configuration.coerce import coerce
from dlt.configuration.container import CONFIG, ENVIRON, asked
from dlt.configuration.providers.base import ConfigProvider
from dlt.configuration.sections import current_sections, search_paths
from dlt.configuration.similar import similar_keys
from dlt.errors import ConfigFieldMissingException


class _Missing:
    def __repr__(self) -> str:
        return "MISSING"


MISSING: Any = _Missing()
"""Stands for no value where None is a value."""


class LookupTrace(NamedTuple):
    """One place that was asked; only the last one may have had the value."""

    provider: str
    key: str


class Trace(Sequence[LookupTrace]):
    """The places that were asked, in order; listed only when a message needs them.

    Args:
        asked_names: Providers, and the names that were tried in each.
        hidden: The value comes from a place for secrets, so it is not shown in messages, whatever it is.
    """

    def __init__(self, asked_names: Sequence[tuple[str, Sequence[str]]] = (), hidden: bool = False) -> None:
        self._asked = asked_names
        self.hidden = hidden

    @cached_property
    def _entries(self) -> list[LookupTrace]:
        return [LookupTrace(provider, name) for provider, names in self._asked for name in names]

    def __getitem__(self, index: Any) -> Any:
        return self._entries[index]

    def __len__(self) -> int:
        return len(self._entries)


class MissingValue(ConfigFieldMissingException, TypeError):
    """A required value was not given and no provider has it.

    Attributes:
        fields: Names of the values; those of a nested spec have its name and a dot before them.
        spec_name: Name of the spec or function.
        traces: Places that were asked, by name.
        secret_fields: Names of those that are secrets.
        found: Names of fields that have values.
    """

    def inside(self, name: str) -> MissingValue:
        """Return the same for a field or parameter that is the spec."""
        return missing(
            self.spec_name,
            {f"{name}.{key}": trace for key, trace in self.traces.items()},
            {f"{name}.{key}" for key in self.secret_fields},
            [f"{name}.{key}" for key in self.found],
        )


def find_value(
    key: str,
    sections: Sequence[str] = (),
    *,
    secret: bool = False,
    pipeline_name: str | None = None,
    inner: Sequence[str] = (),
    exact: bool = False,
    before: str | None = None,
) -> tuple[Any, Trace]:
    """Return the value of a key, or MISSING, and all places that were asked.

    Args:
        key: Name of the value.
        sections: Sections, from general to specific.
        secret: Ask only places that may hold secrets.
        pipeline_name: Name of the pipeline; the one at work when None.
        inner: Sections that stand right before the key and are never dropped.
        exact: Look under these sections only.
        before: Ask only the providers that come before the one of this name.
    """
    name = pipeline_name or current_sections().pipeline_name
    paths = (tuple(sections),) if exact else search_paths(tuple(sections), name, tuple(inner))
    asked_names: list[tuple[str, Sequence[str]]] = []
    for provider in asked(secret):
        if provider.name == before:
            break
        find = getattr(provider, "find", None)
        value, names = find(key, paths) if find is not None else _find(provider, key, paths)
        asked_names.append((provider.name, names))
        if value is not None:
            # the environment holds both kinds, the type tells which
            return value, Trace(asked_names, provider.supports_secrets and provider is not ENVIRON)
    return MISSING, Trace(asked_names)


def _find(provider: ConfigProvider, key: str, paths: Sequence[tuple[str, ...]]) -> tuple[Any, Sequence[str]]:
    names: list[str] = []
    for path in paths:
        value, name = provider.get(key, *path)
        names.append(name)
        if value is not None:
            return value, names
    return None, names


def get_value(
    key: str,
    type_: Any = Any,
    *,
    sections: Sequence[str] = (),
    default: Any = MISSING,
    secret: bool = False,
    pipeline_name: str | None = None,
) -> Any:
    """Return a value as the type asks for.

    Args:
        key: Name of the value.
        type_: Type hint that it is coerced to.
        sections: Sections, from general to specific.
        default: Returned when there is none.
        secret: Ask only places that may hold secrets.
        pipeline_name: Name of the pipeline; the one at work when None.

    Raises:
        ConfigFieldMissingException: there is none, and no default.
        ConfigValueCannotBeCoercedException: it is not of the type.
    """
    value, trace = find_value(key, sections, secret=secret, pipeline_name=pipeline_name)
    if value is MISSING:
        if default is not MISSING:
            return default
        raise missing("", {key: trace}, secret_keys={key} if secret else set())
    return coerce(value, type_, key, secret=secret or trace.hidden)


def missing(
    what: str,
    traces: Mapping[str, Trace],
    secret_keys: set[str],
    found: Sequence[str] = (),
    nested: Sequence[MissingValue] = (),
) -> MissingValue:
    """Return the exception for missing values, with every place that was asked.

    Args:
        what: Name of the spec or function.
        traces: Places by key.
        secret_keys: Keys that are secrets.
        found: Fields of the spec that have values.
        nested: What is missing in nested specs.
    """
    for error in nested:
        traces, found = {**traces, **error.traces}, [*found, *error.found]
        secret_keys = secret_keys | error.secret_fields
    fields = ", ".join(repr(key) for key in traces)
    lines = [f"Missing configuration: {len(traces)} value(s) not found: {fields}{f' for {what}' if what else ''}."]
    if found:
        lines.append(f"  These have values: {', '.join(map(repr, found))}.")
    for key, trace in traces.items():
        lines.append(f'  for "{key}" these places were asked, in this order:')
        lines += [f"    {entry.provider}: {entry.key}" for entry in trace]
        if key in secret_keys:
            lines += _seen_in_config(key, trace)
        similar = similar_keys(key.rpartition(".")[2], trace)
        lines += [f"    a similar key, which was not asked for: {name}" for name in similar]
    first_key, first = next(iter(traces.items()))
    if first:
        env = next((entry.key for entry in first if entry.provider == "Environment Variables"), first_key)
        file = "secrets.toml" if first_key in secret_keys else "config.toml"
        toml = next((entry.key for entry in first if entry.provider == file), first_key)
        lines.append(f"Pass the value in the code, set {env} in the environment, or write {toml} into .dlt/{file}.")
    return MissingValue(
        "\n".join(lines),
        fields=list(traces),
        spec_name=what,
        traces=dict(traces),
        secret_fields=secret_keys,
        found=list(found),
    )


def _seen_in_config(key: str, trace: Trace) -> list[str]:
    for looked_up in dict.fromkeys(entry.key for entry in trace if entry.provider == "secrets.toml"):
        *sections, last = looked_up.split(".")
        if CONFIG.get(last, *sections)[0] is not None:
            return [
                f"    {looked_up} stands in config.toml, where secrets are not read: move it to secrets.toml "
                "or to the environment"
            ]
    return []
