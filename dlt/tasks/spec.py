"""What a pipeline run is made of, as JSON: names of factories and their arguments, nothing of the user's code."""

from __future__ import annotations

import datetime
import importlib
import importlib.util
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, field, replace
from types import ModuleType
from typing import TYPE_CHECKING, Any

from dlt.errors import SpecInvalid
from dlt.ids import digest_id
from dlt.late_dataclass import dataclass
from dlt.redact import redact
from dlt.secret_words import may_be_secret_name
from dlt.tasks.windows import Window

if TYPE_CHECKING:
    from dlt.progress import Collector
    from dlt.types import Wrapped

_REFERENCE, _ARGUMENTS = "package.module:name or path/to/file.py:name", "a dict of arguments"
_KINDS: Mapping[str, tuple[tuple[type, ...], str]] = {
    "source": ((str,), _REFERENCE),
    "pipeline": ((str, Mapping), f"{_REFERENCE}, or {_ARGUMENTS}"),
    "source_args": ((Mapping,), _ARGUMENTS),
    "pipeline_args": ((Mapping,), _ARGUMENTS),
    "resources": ((list, tuple), "a list of names"),
    "run_args": ((Mapping,), _ARGUMENTS),
    "handoff": ((str,), "a URL"),
    "work_dir": ((str,), "the path of a folder"),
    "reprocess": ((str,), '"auto", "undo" or "keep"'),
}
"""What each key of a spec may hold, and how an error says it."""


# what each one may be, the user's function says
Arguments = Mapping[str, Any]
"""Arguments of a function of the user; JSON values."""


@dataclass(frozen=True)
class Spec:
    """Where the source and the pipeline come from.

    Attributes:
        source: Factory of the source, as "package.module:name" or "path/to/file.py:name".
        pipeline: Factory of the pipeline, written the same way, or the arguments of `dlt.pipeline`.
        source_args: Arguments of the source's factory; JSON values.
        pipeline_args: Arguments of the pipeline's factory; JSON values.
        resources: Resources to load; those that the source selects when empty.
        run_args: Arguments of `Pipeline.extract`, such as write_disposition, primary_key and refresh, and
            loader_file_format.
        reprocess: What becomes of the rows that the run appended, when it was loaded and is loaded once more: "auto"
            deletes them where the extract gives them again, keeps them where it goes on behind a cursor, and fails
            where nobody can tell; "undo" deletes them, "keep" leaves them where they are.
        handoff: URL under which packages travel between workers; None where workers share `work_dir`.
        work_dir: Folder for packages under way; a folder beside that of pipelines when None.
    """

    source: str | None = None
    pipeline: str | Arguments = field(default_factory=dict)
    source_args: Arguments = field(default_factory=dict)
    pipeline_args: Arguments = field(default_factory=dict)
    resources: tuple[str, ...] = ()
    run_args: Arguments = field(default_factory=dict)
    handoff: str | None = None
    work_dir: str | None = None
    reprocess: str = "auto"

    @classmethod
    def from_dict(cls, value: Arguments) -> Spec:
        """Return the spec that `to_dict` described.

        Raises:
            SpecInvalid: a key is not known, or a value is of another type or not JSON.
        """
        if not isinstance(value, Mapping):
            raise SpecInvalid(f"spec: {type(value).__name__} is no spec. Pass a dict with source and pipeline.")
        known = set(cls.__dataclass_fields__)
        unknown = sorted(set(value) - known)
        if unknown:
            raise SpecInvalid(f"spec: {', '.join(unknown)} is no key of a spec. Its keys: {', '.join(sorted(known))}.")
        for key, given in value.items():
            kinds, what = _KINDS[key]
            if given is not None and not isinstance(given, kinds):
                raise SpecInvalid(f"spec: {key} is of type {type(given).__name__}. Pass {what}.")
        made = cls(**{**value, "resources": tuple(value.get("resources") or ())})
        made.check()
        return made

    def check(self) -> None:
        """Make sure that the spec is JSON, and holds no secrets.

        Raises:
            SpecInvalid: it does not.
        """
        try:
            # orchestrators keep specs as JSON, and a value that is none would fail far from its cause
            json.dumps(asdict(self))
        except (TypeError, ValueError) as error:
            raise SpecInvalid(
                f"spec of {self.source}: {error}. A spec travels as JSON: pass names, numbers, text and lists, and "
                "build objects in the factories."
            ) from error
        if isinstance(self.pipeline, Mapping):
            found = [key for key in self.pipeline if may_be_secret_name(str(key))]
            if found:
                raise SpecInvalid(
                    f"spec: the arguments of the pipeline hold {', '.join(sorted(found))}. Specs are stored by the "
                    "orchestrator where many can read them: configure secrets, or use a pipeline factory."
                )
            found = [key for key, value in self.pipeline.items() if holds_secret(value)]
            if found:
                raise SpecInvalid(
                    f"spec: {', '.join(sorted(found))} of the pipeline holds the address of a place with its password. "
                    "Specs are stored by the orchestrator where many can read them: configure credentials, or use a "
                    "pipeline factory."
                )
        if self.reprocess not in ("auto", "undo", "keep"):
            raise SpecInvalid(f'spec: reprocess is {self.reprocess!r}. Pass "auto", "undo" or "keep".')

    def to_dict(self) -> dict[str, object]:
        """Return JSON values."""
        return {**asdict(self), "resources": list(self.resources)}

    def travelling(self, is_secret: Callable[[str], bool] | None = None) -> tuple[Spec, tuple[str, ...]]:
        """Return what later steps need of the spec, and the names of what they need and must get another way.

        Tokens are stored where many can read them, so no argument of the source is in them, and no argument of the
        pipeline's factory and no URL that holds a secret.

        Args:
            is_secret: Tells whether a text holds a value that is to be hidden, where the orchestrator knows.
        """
        known = is_secret or _no_more
        withheld = [
            name for name, value in self.pipeline_args.items() if holds_secret(value, known) or may_be_secret_name(name)
        ]
        kept = {name: value for name, value in self.pipeline_args.items() if name not in withheld}
        handoff = self.handoff
        if handoff is not None and holds_secret(handoff, known):
            withheld, handoff = [*withheld, "handoff"], None
        # the other arguments are the extract's
        formats = {key: value for key, value in self.run_args.items() if key == "loader_file_format"}
        made = replace(self, source_args={}, pipeline_args=kept, run_args=formats, handoff=handoff)
        return made, tuple(sorted(withheld))

    def part(self, resources: Sequence[str] | None = None, source_args: Arguments | None = None) -> Spec:
        """Return the spec of one part of a fan-out.

        Args:
            resources: Its resources.
            source_args: Arguments that differ from those of the whole.
        """
        chosen = self.resources if resources is None else tuple(resources)
        return replace(self, resources=chosen, source_args={**self.source_args, **(source_args or {})})


def _no_more(_text: str) -> bool:
    return False


def holds_secret(value: object, is_secret: Callable[[str], bool] = _no_more) -> bool:
    """Tell whether a value holds a secret: by its keys, by passwords in addresses, or as the orchestrator says.

    Args:
        value: A JSON value.
        is_secret: Tells whether a text holds a value that is to be hidden.
    """
    if isinstance(value, str):
        return redact(value) != value or is_secret(value)
    if isinstance(value, Mapping):
        return any(may_be_secret_name(str(key)) or holds_secret(inner, is_secret) for key, inner in value.items())
    return isinstance(value, (list, tuple)) and any(holds_secret(inner, is_secret) for inner in value)


@dataclass(frozen=True)
class StepContext:
    """Which run a step belongs to, and which try of it this is.

    Attributes:
        run_id: The same for all tasks and tries of one run, and of no other run.
        chunk: Name of the part, where a step is mapped over parts.
        attempt: Number of the try, 1 for the first; higher with every further one.
        moment: When the run was due. By it and the run earlier versions named their loads, which are found again.
        window: Time that the run loads, or None.
        generation: Higher when someone asks for the work to be done again. Then what was extracted is extracted anew,
            and what was loaded is loaded once more.
        began: When the run began, where it can be deleted and made again under the same id; a later one is another
            wish for the work to be done.
        progress: A collector that shows progress.
        is_secret: Tells whether a text holds a value that is to be hidden, where the orchestrator knows.
        tells_lineage: The orchestrator itself tells OpenLineage of the run, with its tables.
    """

    run_id: str
    chunk: str = ""
    attempt: int = 1
    moment: datetime.datetime | None = None
    window: Window | None = None
    generation: int = 0
    began: datetime.datetime | None = None
    progress: Collector | None = None
    is_secret: Callable[[str], bool] | None = None
    tells_lineage: bool = False

    @property
    def revision(self) -> int:
        """Return a number that is higher for a later wish, and the same in all tries that follow one wish."""
        began = int(self.began.timestamp() * 1000) if self.began is not None else 0
        return began * 1000 + self.generation


def load_object(reference: str) -> Wrapped:
    """Return the function that a reference names.

    Args:
        reference: "package.module:name" or "path/to/file.py:name".

    Raises:
        SpecInvalid: it cannot be imported, has no such name, or is not callable.
    """
    place, separator, name = reference.rpartition(":")
    if not separator or not place or not name:
        raise SpecInvalid(f"spec: {reference!r} is not a reference. Write package.module:name or path/to/file.py:name.")
    try:
        module = _from_file(place) if place.endswith(".py") else importlib.import_module(place)
    # a file that is not there says so itself
    except SpecInvalid:
        raise
    except Exception as error:
        raise SpecInvalid(f"spec: {place} cannot be imported: {type(error).__name__}: {error}.") from error
    found = getattr(module, name, None)
    if not callable(found):
        what = "is not there" if found is None else f"is {type(found).__name__}, not a function"
        raise SpecInvalid(f"spec: {name!r} of {place} {what}. Name a function that makes the source or the pipeline.")
    return found  # type: ignore[no-any-return]  # callable, as checked


def _from_file(path: str) -> ModuleType:
    full = os.path.abspath(path)
    name = f"dlt_spec_{digest_id(full)}"
    # a second import would make the classes and the state of the module anew
    known = sys.modules.get(name)
    if known is not None:
        return known
    if not os.path.isfile(full):
        raise SpecInvalid(f"spec: the file {full} is not there on this worker.")
    found = importlib.util.spec_from_file_location(name, full)
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    # before it runs: classes of a module are looked up there by pickle and dataclasses
    sys.modules[name] = module
    folder = os.path.dirname(full)
    if folder not in sys.path:
        # a script finds the modules beside it
        sys.path.insert(0, folder)
    try:
        found.loader.exec_module(module)
    except BaseException:
        # the next try must not find half of a module
        del sys.modules[name]
        raise
    return module
