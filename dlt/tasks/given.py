"""What a step is given, a token and the spec of its run, and what it leaves for the next one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from dlt.errors import SpecInvalid
from dlt.observe import telemetry
from dlt.tasks.folder import handoff_url
from dlt.tasks.spec import Spec, StepContext
from dlt.tasks.task_run import TaskRun
from dlt.tasks.token import PackageRef, Token
from dlt.tasks.windows import Window


def token_of(
    spec: Spec,
    context: StepContext,
    run: TaskRun,
    packages: Sequence[PackageRef],
    changes: tuple[tuple[str, str, str], ...] = (),
    state_version: int = 0,
) -> Token:
    """Return what an extract leaves.

    Args:
        spec: The whole spec; what is secret of it stays out.
        context: The run and the try.
        run: The step, with its pipeline.
        packages: Where the data is.
        changes: What the extract changed in the state, as hashes.
        state_version: Version of the state that it started from.
    """
    travelling, withheld = spec.travelling(context.is_secret)
    return Token(
        travelling,
        run.pipeline_name,
        context.run_id,
        context.chunk,
        "extracted",
        tuple(packages),
        state_version=state_version,
        attempt=context.attempt,
        default_schema_name=run.pipeline.default_schema_name,
        window=tuple(context.window.to_list()) if context.window is not None else None,
        changes=changes,
        generation=context.generation,
        revision=context.revision,
        withheld=withheld,
        traceparent=telemetry.travelling(),
    )


def whole_spec(token: Token, spec: Spec | Mapping[str, object] | None) -> Spec:
    """Return the spec that a token carries, with what it must not carry.

    Args:
        token: What the step before left.
        spec: The spec of the run, where somebody gave it to the step.

    Raises:
        SpecInvalid: what the token must not carry was not given.
    """
    given = Spec.from_dict(spec) if isinstance(spec, Mapping) else spec
    # the hand-off's URL may be configured on each worker instead
    missing = [] if given is not None else [name for name in token.withheld if name != "handoff"]
    if missing or (
        "handoff" in token.withheld and (given or token.spec).handoff is None and not handoff_url(token.spec)
    ):
        names = ", ".join(missing or ["the hand-off's URL"])
        raise SpecInvalid(
            f"token of run {token.run_id}: {names} is secret, so it is in no token, and this step needs it. Give the "
            "step the spec of the run too (spec=..., dlt step --spec, pipeline_args and handoff of the operator), or "
            "keep it in the configuration."
        )
    if given is None:
        return token.spec
    return replace(token.spec, pipeline_args=given.pipeline_args, handoff=given.handoff or token.spec.handoff)


def own_context(token: Token, context: StepContext | None) -> StepContext:
    """Return who a step is: the try that it was told, of the run and the part that its token names."""
    window = Window.from_list(token.window) if token.window else None
    if context is None:
        return StepContext(token.run_id, token.chunk, window=window)
    return replace(context, run_id=token.run_id, chunk=token.chunk, window=window)


def need_stage(token: Token, stage: str, step: str) -> None:
    """Make sure that a token is of the step before.

    Raises:
        SpecInvalid: it is not.
    """
    if token.stage != stage:
        raise SpecInvalid(
            f"{step}: the token of run {token.run_id} is {token.stage}, not {stage}. Pass what the step before it left."
        )


def one_run(tokens: Sequence[Token]) -> Token:
    """Return the first of the tokens, which are of all parts of one run.

    Raises:
        SpecInvalid: they are of several runs, twice of one part, not normalized, or none.
    """
    if not tokens:
        raise SpecInvalid("load_step: there are no tokens. Pass what normalize_step returned.")
    for token in tokens:
        need_stage(token, "normalized", "load_step")
    # one transaction is one wish, which can be taken back as a whole
    runs = {(token.pipeline_name, token.run_id) for token in tokens}
    if len(runs) > 1:
        raise SpecInvalid(f"load_step: the tokens are of different runs: {sorted(runs)}. Load each run by itself.")
    # rows of a part that is given twice would be loaded twice
    chunks = [token.chunk for token in tokens]
    if len(set(chunks)) < len(chunks):
        raise SpecInvalid(f"load_step: two tokens are of the same part ({sorted(chunks)}). Pass each part once.")
    return tokens[0]
