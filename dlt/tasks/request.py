"""A step as one JSON document, so that a process elsewhere can run it and answer with another one.

What is secret of it travels to that process only: by its standard input, or by whatever the caller takes for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, field, replace
from functools import cache
from typing import Literal

from dlt.configuration import container
from dlt.configuration.providers.memory import MemoryProvider
from dlt.errors import SpecInvalid, causes
from dlt.late_dataclass import dataclass
from dlt.progress import Collector
from dlt.redact import clean_error
from dlt.tasks.checked import failed_checks
from dlt.tasks.spec import StepContext
from dlt.tasks.steps import cleanup_step, extract_step, load_step, normalize_step, resource_names
from dlt.tasks.terminal import is_terminal
from dlt.tasks.windows import Window, moment
from dlt.types import JsonObject

Step = Literal["extract", "normalize", "load", "cleanup", "resources"]
STEPS: tuple[Step, ...] = ("extract", "normalize", "load", "cleanup", "resources")
FORMAT = 1
"""Number of this form of requests and answers: both sides may have another version of the library."""
_CONTEXT = ("run_id", "chunk", "attempt", "moment", "window", "generation", "began", "tells_lineage")


@dataclass(frozen=True)
class StepRequest:
    """What a step elsewhere is asked to do; all of it JSON.

    Attributes:
        step: Which step.
        spec: The spec; of steps behind the extract where it holds what no token carries.
        tokens: What the step before returned, of all parts.
        context: The run and the try, as `context_to_dict` writes them.
        configuration: Settings and secrets that the step finds beside those of its own environment.
        hidden: Texts that are secret: no token and no error may hold them.
        watched: The process that asks keeps its end of the pipe open, and the step stops when that one is gone.
    """

    step: Step
    spec: JsonObject | None = None
    tokens: Sequence[JsonObject] = ()
    context: JsonObject = field(default_factory=dict)
    configuration: JsonObject = field(default_factory=dict)
    hidden: Sequence[str] = ()
    watched: bool = False

    def to_dict(self) -> JsonObject:
        """Return JSON values."""
        return {"format": FORMAT, **asdict(self), "tokens": list(self.tokens), "hidden": list(self.hidden)}

    @classmethod
    def from_dict(cls, value: object) -> StepRequest:
        """Return the request that `to_dict` described.

        Raises:
            SpecInvalid: it is no request, or one of another version of the library.
        """
        if not isinstance(value, Mapping) or value.get("step") not in STEPS:
            raise SpecInvalid(f"dlt step run: this is no request. Pass JSON with step, one of {', '.join(STEPS)}.")
        if value.get("format") != FORMAT:
            raise SpecInvalid(
                f"dlt step run: the request has the form {value.get('format')}, and this version reads {FORMAT}. "
                "Install the same version of dlt-tasks in both environments."
            )
        unknown = sorted(set(value) - {*cls.__dataclass_fields__, "format"})
        if unknown:
            raise SpecInvalid(f"dlt step run: {', '.join(unknown)} is no key of a request.")
        return cls(**{key: given for key, given in value.items() if key != "format"})


def context_to_dict(context: StepContext) -> JsonObject:
    """Return a context as JSON values, without what only its own process can use.

    Args:
        context: The run and the try.
    """
    return {
        "run_id": context.run_id,
        "chunk": context.chunk,
        "attempt": context.attempt,
        "moment": context.moment.isoformat() if context.moment is not None else None,
        "window": context.window.to_list() if context.window is not None else None,
        "generation": context.generation,
        "began": context.began.isoformat() if context.began is not None else None,
        "tells_lineage": context.tells_lineage,
    }


def run_step(
    step: Step, context: StepContext, spec: JsonObject | None = None, tokens: Sequence[JsonObject] = ()
) -> JsonObject:
    """Run a step in this process and return what it made as JSON.

    Args:
        step: Which step.
        context: The run and the try.
        spec: The spec; of steps behind the extract where it holds what no token carries.
        tokens: What the step before returned, of all parts.
    """
    return _RUN[step](context, spec, tokens)


def carry_out(request: StepRequest, progress: Collector | None = None) -> JsonObject:
    """Run the step that a request asks for, and return the answer: what it made.

    Args:
        request: The request.
        progress: A collector that shows progress.
    """
    # what came with the request is for its step alone
    with _provider().holding(request.configuration) if request.configuration else nullcontext():
        return {
            "format": FORMAT,
            "made": run_step(request.step, _context(request, progress), request.spec, request.tokens),
        }


def failed(error: Exception, hidden: Sequence[str] = ()) -> JsonObject:
    """Return the answer of a step that failed, and take secrets out of the error.

    Args:
        error: What the step raised.
        hidden: Texts that are secret.
    """
    clean_error(error, hidden)
    kinds = [type(cause).__name__ for cause in causes(error)]
    told = {"kinds": kinds, "message": str(error), "terminal": is_terminal(error), "checks": failed_checks(error)}
    return {"format": FORMAT, "error": told}


def _extract(context: StepContext, spec: JsonObject | None, _tokens: Sequence[JsonObject]) -> JsonObject:
    return extract_step(_needed(spec), context).to_dict()


def _normalize(context: StepContext, spec: JsonObject | None, tokens: Sequence[JsonObject]) -> JsonObject:
    # without a token the step says that there is none
    return normalize_step(next(iter(tokens), {}), context, spec).to_dict()


def _load(context: StepContext, spec: JsonObject | None, tokens: Sequence[JsonObject]) -> JsonObject:
    return load_step(list(tokens), context, spec).to_dict()


def _cleanup(context: StepContext, spec: JsonObject | None, tokens: Sequence[JsonObject]) -> JsonObject:
    # one token stands for all parts of its run
    cleanup_step(tokens[0] if tokens else _needed(spec), context, spec if tokens else None)
    return {}


def _resources(_context: StepContext, spec: JsonObject | None, _tokens: Sequence[JsonObject]) -> JsonObject:
    return {"resources": resource_names(_needed(spec))}


_RUN: Mapping[Step, Callable[[StepContext, JsonObject | None, Sequence[JsonObject]], JsonObject]] = {
    "extract": _extract,
    "normalize": _normalize,
    "load": _load,
    "cleanup": _cleanup,
    "resources": _resources,
}


def _needed(spec: JsonObject | None) -> JsonObject:
    if spec is None:
        raise SpecInvalid("dlt step run: the request has no spec, and this step needs one.")
    return spec


def _context(request: StepRequest, progress: Collector | None) -> StepContext:
    given = request.context
    unknown = sorted(set(given) - set(_CONTEXT))
    if unknown:
        raise SpecInvalid(f"dlt step run: {', '.join(unknown)} is no key of a context.")
    made = StepContext(
        str(given.get("run_id") or ""),
        str(given.get("chunk") or ""),
        int(given.get("attempt") or 1),
        moment(given["moment"]) if given.get("moment") else None,
        Window.from_list(given["window"]) if given.get("window") else None,
        int(given.get("generation") or 0),
        moment(given["began"]) if given.get("began") else None,
        progress,
        tells_lineage=bool(given.get("tells_lineage")),
    )
    hidden = tuple(request.hidden)
    return replace(made, is_secret=lambda text: any(secret in text for secret in hidden)) if hidden else made


@cache
def _provider() -> MemoryProvider:
    made = MemoryProvider("settings of the task")
    container.register_provider(made)
    return made
