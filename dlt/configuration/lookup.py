"""Look up one value: all providers, all sections, in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from functools import cached_property
from typing import Final, TypeVar, overload

from dlt.configuration.coerce import coerce, takes_table
from dlt.configuration.container import ENVIRON, asked, settings_only
from dlt.configuration.providers.base import SearchableProvider
from dlt.configuration.providers.environ import SET_BY_SYSTEM
from dlt.configuration.resolved import ResolvedValue, note_resolved
from dlt.configuration.sections import current_sections, is_section, search_paths
from dlt.configuration.values import UNTYPED, ConfigValue
from dlt.errors import ConfigFieldMissingException, ValueNotSecretException
from dlt.errors.lookups import LookupTrace, LookupTraces, Traced
from dlt.redact import remember_setting
from dlt.secret_words import is_secret_name


class Missing(Enum):
    """No value, where None is a value."""

    MISSING = "MISSING"

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = Missing.MISSING
"""Stands for no value where None is a value."""
Wanted = TypeVar("Wanted")
Default = TypeVar("Default")


class Trace(Sequence[LookupTrace]):
    """The places that were asked, in order; listed only when a message needs them.

    Attributes:
        hidden: The value comes from a place for secrets, so it is not shown in messages, whatever it is.
        turn: Where in the order the value was found: number of the group of paths and name of the provider.
        misplaced: Key under which a secret that is nowhere else stands in a place for settings, and that place.

    Args:
        asked_names: Providers, and the names that were tried in each.
        provider: The one that had the value.
        group: Number of the group of paths that had it.
        misplaced: See above.
    """

    def __init__(
        self,
        asked_names: Sequence[tuple[str, Sequence[str], Sequence[tuple[str, ...]]]] = (),
        provider: SearchableProvider | None = None,
        group: int = 0,
        misplaced: tuple[str, str] | None = None,
    ) -> None:
        self._asked = asked_names
        self._provider = provider
        # the environment holds both kinds, the type tells which
        self.hidden = provider is not None and provider.supports_secrets and provider is not ENVIRON
        self.turn = (group, provider.name if provider else "")
        self.misplaced = misplaced

    @property
    def place(self) -> str:
        """Return where the value stands: the key, and the file or the name of the place."""
        if self._provider is None or not self:
            return ""
        return self._provider.describe(self[-1].key)

    @cached_property
    def _entries(self) -> list[LookupTrace]:
        # a place may leave out the last paths, and the environment those without sections
        return [
            LookupTrace(provider, list(path), name)
            for provider, names, paths in self._asked
            for name, path in zip(names, paths, strict=False)
        ]

    @overload
    def __getitem__(self, index: int) -> LookupTrace: ...
    @overload
    def __getitem__(self, index: slice) -> list[LookupTrace]: ...
    def __getitem__(self, index: int | slice) -> LookupTrace | list[LookupTrace]:
        return self._entries[index]

    def __len__(self) -> int:
        return len(self._entries)


def none_given(name: str) -> Trace:
    """Return the trace of a value of which the program says itself that there is none."""
    return Trace([("ExplicitValues", [name], [()])])


class MisplacedSecret(ConfigFieldMissingException, ValueNotSecretException):
    """A secret stands where secrets are not read, so it counts as missing, even where there is a default."""


def find_value(
    key: str,
    sections: Sequence[str] = (),
    *,
    secret: bool = False,
    pipeline_name: str | None = None,
    inner: Sequence[str] = (),
    exact: bool = False,
    before: tuple[int, str] | None = None,
    tables: bool = True,
    bare: bool = True,
) -> tuple[object, Trace]:
    """Return the value of a key, or MISSING, and all places that were asked.

    Args:
        key: Name of the value.
        sections: Sections, from general to specific.
        secret: Ask only places that may hold secrets.
        pipeline_name: Name of the pipeline; the one at work when None, "" for none.
        inner: Sections that stand right before the key and are never dropped.
        exact: Look under these sections only.
        before: Ask only what comes before this `turn` of a trace.
        tables: A table may be the value; those that are sections on the way are passed over in any case.
        bare: Look for the key without any section too.
    """
    name = current_sections().pipeline_name if pipeline_name is None else pipeline_name
    groups = ((tuple(sections),),) if exact else search_paths(tuple(sections), name, tuple(inner))
    if not bare:
        # without any section a name such as PATH or UPDATED means something else
        groups = tuple(tuple(path for path in paths if path) for paths in groups)
    search = _Search(key, groups, name, tables, exact)
    asked_names: list[tuple[str, Sequence[str], Sequence[tuple[str, ...]]]] = []
    for number, paths in enumerate(groups):
        for provider in asked(secret):
            # a native value, such as a connection string, comes from here: later places must not change its parts
            if before == (number, provider.name):
                return MISSING, Trace(asked_names)
            value, names = search.ask(provider, paths)
            asked_names.append((provider.name, names, paths))
            if value is not None:
                trace = Trace(asked_names, provider, number)
                _note(key, value, paths[len(names) - 1], provider, secret or trace.hidden)
                return value, trace
    return MISSING, Trace(asked_names, misplaced=search.misplaced() if secret and before is None else None)


def _note(key: str, value: object, path: tuple[str, ...], provider: SearchableProvider, secret: bool) -> None:
    """Let the trace of a run tell a value that was found, and of a secret that it was."""
    inner = isinstance(value, Mapping) and not _is_plain(value)
    hidden = secret or inner or key == "credentials" or is_secret_name(key)
    shown = None if hidden else value
    note_resolved(ResolvedValue(key, shown, None, hidden, path, provider.name, provider_location=provider.name))


class _Search:
    """What counts as the value of a key.

    Args:
        key: Name of the value.
        groups: Paths to look in.
        pipeline_name: Name of the pipeline.
        tables: A table may be the value.
        exact: The path was named, so all that is there is the value.
    """

    def __init__(
        self,
        key: str,
        groups: tuple[tuple[tuple[str, ...], ...], ...],
        pipeline_name: str | None,
        tables: bool,
        exact: bool,
    ) -> None:
        self.key, self.groups, self.exact = key, groups, exact
        self._pipeline_name, self._tables = pipeline_name, tables

    def is_value(self, found: object, path: tuple[str, ...]) -> bool:
        """Tell whether what stands under a path is a value, not a section."""
        # a person who writes the whole path means what stands there, be it a table
        if not isinstance(found, Mapping) or self.exact:
            return True
        whole = (*path, *self.key.split("."))
        return self._tables and not any(is_section(whole, paths, self._pipeline_name) for paths in self.groups)

    def ask(self, provider: SearchableProvider, paths: tuple[tuple[str, ...], ...]) -> tuple[object, Sequence[str]]:
        """Return the value that a provider has under one of the paths, or None, and the names that were tried."""
        # the shell sets USER and HOME for everybody: they configure nothing unless a section stands before them
        if provider is ENVIRON and not self.exact and self.key.upper() in SET_BY_SYSTEM:
            paths = tuple(path for path in paths if path)
        return provider.find(self.key, paths, self.is_value)

    def misplaced(self) -> tuple[str, str] | None:
        """Return where a secret stands among the user's settings, and the name of that place."""
        for paths in self.groups:
            for provider in settings_only():
                # looked at only after nothing was found, so that the usual look-up does not pay for it
                value, names = self.ask(provider, paths)
                if value is not None and not _is_plain(value):
                    return names[-1], provider.name
        return None


def _is_plain(value: object) -> bool:
    """Tell whether a value is a section in which no name stands for a secret."""
    if not isinstance(value, Mapping):
        return False
    return all(_is_plain(item) if isinstance(item, Mapping) else not is_secret_name(key) for key, item in value.items())


@overload
def get_value(
    key: str,
    type_: type[Wanted],
    *,
    sections: Sequence[str] = (),
    secret: bool = False,
    pipeline_name: str | None = None,
    inner: Sequence[str] = (),
) -> Wanted: ...
@overload
def get_value(
    key: str,
    type_: type[Wanted],
    *,
    sections: Sequence[str] = (),
    default: Default,
    secret: bool = False,
    pipeline_name: str | None = None,
    inner: Sequence[str] = (),
) -> Wanted | Default: ...
@overload
def get_value(
    key: str,
    type_: object = UNTYPED,
    *,
    sections: Sequence[str] = (),
    default: object = MISSING,
    secret: bool = False,
    pipeline_name: str | None = None,
    inner: Sequence[str] = (),
) -> ConfigValue: ...
def get_value(
    key: str,
    type_: object = UNTYPED,
    *,
    sections: Sequence[str] = (),
    default: object = MISSING,
    secret: bool = False,
    pipeline_name: str | None = None,
    inner: Sequence[str] = (),
) -> ConfigValue:
    """Return a value as the type asks for.

    Args:
        key: Name of the value.
        type_: Type hint that it is coerced to.
        sections: Sections, from general to specific.
        default: Returned when there is none.
        secret: Ask only places that may hold secrets.
        pipeline_name: Name of the pipeline; the one at work when None.
        inner: Sections that stand right before the key and are never dropped.

    Raises:
        ConfigFieldMissingException: there is none, and no default.
        ConfigValueCannotBeCoercedException: it is not of the type.
    """
    value, trace = find_value(
        key, sections, secret=secret, pipeline_name=pipeline_name, inner=inner, tables=takes_table(type_)
    )
    if value is MISSING:
        if default is not MISSING and trace.misplaced is None:
            return default
        raise missing("", {key: trace}, secret_keys={key} if secret else set())
    if secret:
        remember_setting(key, value, is_secret=True)
    return coerce(value, type_, key, secret=secret or trace.hidden, place=trace.place)


def attempt(error: ConfigFieldMissingException, number: int = 0, count: int = 0) -> LookupTraces:
    """Return what a spec lacks as part of the trace of the field that is the spec.

    Args:
        error: What it lacks.
        number: Which of several specs that may stand there it is.
        count: How many there are.
    """
    return LookupTraces(error.spec_name, error.resolved_fields_set, number, count, error.traces)


def inside(name: str, error: ConfigFieldMissingException) -> ConfigFieldMissingException:
    """Return what is missing in a spec as missing in the field or parameter that is the spec.

    Args:
        name: The field or parameter.
        error: What the spec lacks.
    """
    made = missing(
        error.spec_name,
        {f"{name}.{key}": trace for key, trace in error.asked.items()},
        {f"{name}.{key}" for key in error.secret_fields},
        [f"{name}.{key}" for key in error.found],
        advice=error.advice,
    )
    made.fields, made.traces = [name], {name: error.attempts}
    made.attempts = error.attempts
    return made


def missing(
    what: str,
    traces: Mapping[str, Trace],
    secret_keys: set[str],
    found: Sequence[str] = (),
    nested: Sequence[ConfigFieldMissingException] = (),
    advice: str = "",
) -> ConfigFieldMissingException:
    """Return the exception for missing values, with every place that was asked.

    Args:
        what: Name of the spec or function.
        traces: Places by key.
        secret_keys: Keys that are secrets.
        found: Fields of the spec that have values.
        nested: What is missing in nested specs.
        advice: What else can be done about it.
    """
    by_field: dict[str, list[Traced]] = {name: list(trace) for name, trace in traces.items()}
    for error in nested:
        by_field.update(error.traces)
        # inner specs tell theirs as if they were fields of the outer one: one message, one list of places
        traces, found = {**traces, **error.asked}, [*found, *error.found]
        advice = advice or error.advice
        secret_keys = secret_keys | error.secret_fields
    fields = ", ".join(repr(key) for key in traces)
    lines = [f"Missing configuration: {len(traces)} value(s) not found: {fields}{f' for {what}' if what else ''}."]
    if found:
        lines.append(f"  These have values: {', '.join(map(repr, found))}.")
    for key, trace in traces.items():
        lines.append(f'  for "{key}" these places were asked, in this order:')
        lines += [f"    {entry.provider}: {entry.key}" for entry in trace]
        if trace.misplaced:
            misplaced, place = trace.misplaced
            lines.append(
                f"    {misplaced} stands in {place}, where secrets are not read: move it to secrets.toml or to the "
                "environment"
            )
        from dlt.configuration.similar import similar_keys

        similar = similar_keys(key.rpartition(".")[2], trace)
        lines += [f"    a similar key, which was not asked for: {name}" for name in similar]
    first_key, first = next(iter(traces.items()))
    if first:
        # advice names the first, most specific key: it works wherever the program runs
        env = next((entry.key for entry in first if entry.provider == "Environment Variables"), first_key)
        file = "secrets.toml" if first_key in secret_keys else "config.toml"
        toml = next((entry.key for entry in first if entry.provider == file), first_key)
        lines.append(f"Pass the value in the code, set {env} in the environment, or write {toml} into .dlt/{file}.")
    if advice:
        lines.append(advice)
    # told apart, because a default must not hide that a secret stands in the wrong file
    lost = next((trace.misplaced for trace in traces.values() if trace.misplaced), None)
    text, asked = "\n".join(lines), dict(traces)
    made = (
        ConfigFieldMissingException(text) if lost is None else MisplacedSecret(text, provider_name=lost[1], key=lost[0])
    )
    made.spec_name, made.asked, made.secret_fields = what, asked, secret_keys
    made.found, made.advice = list(found), advice
    made.traces = by_field
    made.fields = list(made.traces)
    made.attempts = [attempt(made)]
    return made
