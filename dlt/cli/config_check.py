"""Hold what stands in files and variables against the options that the library reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from dlt.cli.vocabulary import Section, of_destination, top
from dlt.configuration.coerce import coerce
from dlt.configuration.similar import did_you_mean
from dlt.configuration.spec import is_secret
from dlt.errors import ConfigValueCannotBeCoercedException
from dlt.late_dataclass import dataclass

_MUCH = 0.85
"""How much a name that may be the user's own must be like a known one to be taken for it."""
Level = Literal["known", "unchecked", "without effect", "problem"]


@dataclass(frozen=True)
class Document:
    """A place with values.

    Attributes:
        name: For messages.
        values: Nested tables.
        holds_secrets: Secrets may stand in it, and no value of it is shown.
        of_variables: All values are text, and names have no case.
    """

    name: str
    values: Mapping[str, object]
    holds_secrets: bool
    of_variables: bool = False


@dataclass(frozen=True)
class Finding:
    """What is to be said about a key.

    Attributes:
        level: How it was judged.
        place: Where it stands.
        key: Dotted key, or the name of the variable.
        text: What is wrong and what to do.
    """

    level: Level
    place: str
    key: str
    text: str = ""


def variables(environment: Mapping[str, str]) -> Document:
    """Return the variables of the library's own sections as nested tables; others may belong to other programs."""
    found: dict[str, object] = {}
    for name, value in environment.items():
        path = name.lower().split("__")
        # variables of other programs have two underscores too
        if len(path) < 2 or path[0] not in top().sections or not all(path):
            continue
        table = found
        for section in path[:-1]:
            inner = table.setdefault(section, {})
            if not isinstance(inner, dict):
                # a value and a section of one name
                inner = table[section] = {"": inner}
            table = inner
        known = table.get(path[-1])
        table[path[-1]] = {**known, "": value} if isinstance(known, dict) else value
    return Document("environment", found, holds_secrets=True, of_variables=True)


def check(documents: Sequence[Document], pipelines: Sequence[str] = ()) -> list[Finding]:
    """Return what is to be said about every key.

    Keys of the user's own sources, and sections that nobody here knows, cannot be checked and are reported so; one that
    is much like a known name is a problem.

    Args:
        documents: Places, in any order.
        pipelines: Names of pipelines.
    """
    checker = _Checker(documents, pipelines)
    return [finding for document in documents for finding in checker.document(document)]


class _Checker:
    def __init__(self, documents: Sequence[Document], pipelines: Sequence[str]) -> None:
        self._pipelines = set(pipelines)
        self._kinds: dict[str, str] = {}
        for document in documents:
            for tables in (document.values, *document.values.values()):
                self._note_kinds(tables)

    def _note_kinds(self, tables: object) -> None:
        """Remember of which type destinations with names of their own are."""
        named = tables.get("destination") if isinstance(tables, Mapping) else None
        for name, options in named.items() if isinstance(named, Mapping) else ():
            kind = options.get("destination_type") if isinstance(options, Mapping) else None
            if isinstance(kind, str):
                # both ways to write a type
                self._kinds[name] = kind.removeprefix("dlt.destinations.")

    def document(self, document: Document) -> Iterator[Finding]:
        """Yield what is to be said about the keys of a place."""
        yield from self._table(document, (), document.values, top())

    def _table(
        self, document: Document, path: tuple[str, ...], table: Mapping[str, object], section: Section
    ) -> Iterator[Finding]:
        for key, value in table.items():
            whole = (*path, key) if key else path
            if isinstance(value, Mapping):
                yield from self._section(document, whole, value, section)
            elif key:
                yield self._option(document, whole, value, section)

    def _section(
        self, document: Document, path: tuple[str, ...], table: Mapping[str, object], section: Section
    ) -> Iterator[Finding]:
        if "" in table:
            # a variable and others below its name
            yield self._option(document, path, table[""], section)
        name = path[-1]
        at_top = section is top() and len(path) == 1
        if name in section.options and name not in section.sections:
            yield self._option(document, path, table, section)
        elif path[-2:-1] == ("destination",) and name != "credentials":
            yield from self._destination(document, path, table)
        elif name in section.sections:
            yield from self._table(document, path, table, section.sections[name])
        elif at_top and (name in self._pipelines or not set(table).isdisjoint(top().sections)):
            # all sections may stand below the name of a pipeline
            yield from self._table(document, path, table, top())
        elif section.named is not None:
            yield from self._table(document, path, table, section.named)
        elif section.is_open:
            problem = self._unknown(document, path, section, "section")
            yield from [problem] if problem else self._unchecked(document, path, table)
        else:
            yield self._refused(document, path, section, "section")

    def _destination(self, document: Document, path: tuple[str, ...], table: Mapping[str, object]) -> Iterator[Finding]:
        name = path[-1]
        known = top().sections["destination"].sections
        kind = self._kinds.get(name, name)
        if kind in known or name in self._kinds:
            yield from self._table(document, path, table, of_destination(kind))
            return
        # postgres_prod and duckdb2 are names of a user's own, postgress is not
        hint = did_you_mean(name, set(known) - {"credentials"}, _MUCH) if name.isalpha() else ""
        if not hint:
            # a function that is a destination is configured under its name
            yield from self._unchecked(document, path, table)
            return
        text = f"there is no destination {name!r}{hint} One under another name needs destination_type in this section."
        yield self._finding("problem", document, path, text)

    def _option(self, document: Document, path: tuple[str, ...], value: object, section: Section) -> Finding:
        name = path[-1]
        if name in section.options:
            return self._judged(document, path, value, section.options[name])
        if name in section.without_effect:
            return self._finding("without effect", document, path, "PyPI dlt 1.x reads it; here nothing does.")
        if section.is_open or name in section.sections:
            return self._unknown(document, path, section, "option") or next(self._unchecked(document, path, value))
        return self._refused(document, path, section, "option")

    def _judged(self, document: Document, path: tuple[str, ...], value: object, hint: object) -> Finding:
        secret = is_secret(hint)
        if secret and not document.holds_secrets:
            text = "this is a secret, and secrets are not read here. Move it to secrets.toml or to the environment."
            return self._finding("problem", document, path, text)
        # credentials are text, a table or the path of a file, and each destination reads its own
        if path[-1] != "credentials":
            try:
                coerce(value, hint, path[-1], secret=secret or document.holds_secrets)
            except ConfigValueCannotBeCoercedException as error:
                return self._finding("problem", document, path, str(error))
        return self._finding("known", document, path)

    def _unknown(self, document: Document, path: tuple[str, ...], section: Section, what: str) -> Finding | None:
        """Return a problem when a name that may be the user's own is much like a known one."""
        known = [*section.sections, *section.options] if what == "option" else section.sections
        # a name that is only a little like a known one is most likely the user's own
        hint = did_you_mean(path[-1], known, _MUCH)
        return self._finding("problem", document, path, f"there is no such {what}{hint}") if hint else None

    def _refused(self, document: Document, path: tuple[str, ...], section: Section, what: str) -> Finding:
        names = [*section.options, *section.sections]
        hint = did_you_mean(path[-1], names) or f"; known are {', '.join(sorted(names))}."
        return self._finding("problem", document, path, f"there is no such {what}{hint}")

    def _unchecked(self, document: Document, path: tuple[str, ...], value: object) -> Iterator[Finding]:
        if isinstance(value, Mapping):
            for key, inner in value.items():
                yield from self._unchecked(document, (*path, key), inner)
            return
        yield self._finding("unchecked", document, path, "it may belong to your own code, so it was not checked.")

    def _finding(self, level: Level, document: Document, path: tuple[str, ...], text: str = "") -> Finding:
        key = "__".join(path).upper() if document.of_variables else ".".join(path)
        return Finding(level, document.name, key, text)
