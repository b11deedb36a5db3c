"""Blocks of Prefect that hold pipelines, destinations and their secrets, and a config provider that reads them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

from prefect.blocks.core import Block
from prefect.blocks.fields import SecretDict
from pydantic import Field, SecretStr

import dlt
from dlt.configuration.providers.memory import MemoryProvider
from dlt.tasks import Spec, SpecInvalid
from dlt.types import JsonObject


class DltDestination(Block):
    """Hold the settings and credentials of one destination.

    Args:
        destination: Its type, such as "postgres" or "bigquery".
        name: Name under which pipelines refer to it; the type when None.
        credentials: Connection string, or an object written as JSON.
        dataset_name: Dataset for pipelines that name none.
        settings: Other values of the destination that are no secrets.
    """

    _block_type_name = "dlt destination"
    _block_type_slug = "dlt-destination"
    _description = "Where dlt loads to, with its credentials."

    destination: str = Field(default=..., description="Its type, such as postgres, duckdb or bigquery.")
    name: str | None = Field(default=None, description="Name under which pipelines refer to it; the type when empty.")
    credentials: SecretStr = Field(default=SecretStr(""), description="Connection string, or a JSON object.")
    dataset_name: str | None = Field(default=None, description="Dataset for pipelines that name none.")
    settings: JsonObject = Field(default_factory=dict, description="Other values that are no secrets.")

    def values(self) -> JsonObject:
        """Return what pipelines find under `destination.<name>`."""
        found: JsonObject = dict(self.settings)
        text = self.credentials.get_secret_value()
        if text:
            found["credentials"] = _object(text) if text.lstrip().startswith("{") else text
            if found["credentials"] is None:
                # outside of any handler: the error of the parser holds the text
                raise SpecInvalid(
                    f"block dlt-destination of {self.name or self.destination}: the credentials begin with a brace and "
                    "are not JSON. Write a connection string or a JSON object; their text is not shown here."
                )
        # a destination under a name of its own says in its section of what type it is
        if self.name and self.name != self.destination:
            found["destination_type"] = self.destination
        return {"destination": {self.name or self.destination: found}}


class DltPipeline(Block):
    """Hold what a pipeline run is made of, and the secrets of its source.

    Args:
        source: Factory of the source, "package.module:name" or "path/to/file.py:name".
        pipeline: Arguments of `dlt.pipeline`, or a factory written like the source's.
        source_args: Arguments of the source's factory.
        pipeline_args: Arguments of the pipeline's factory.
        resources: Resources to load; all that are selected when empty.
        run_args: Arguments of the run, such as write_disposition.
        handoff: URL under which packages travel between workers; kept as a secret, as it may hold a password.
        work_dir: Folder for packages under way.
        reprocess: What becomes of rows that a run appended, when it was completed and runs again.
        destination: Block of the destination, for pipelines given by arguments.
        config: Settings by dotted key.
        secrets: Secrets by dotted key, such as "sources.github.token".
    """

    _block_type_name = "dlt pipeline"
    _block_type_slug = "dlt-pipeline"
    _description = "A source and a pipeline of dlt, with the secrets of the source."

    source: str = Field(default=..., description="package.module:name or path/to/file.py:name")
    pipeline: JsonObject | str = Field(default_factory=dict, description="Arguments of dlt.pipeline, or a factory.")
    source_args: JsonObject = Field(default_factory=dict)
    pipeline_args: JsonObject = Field(default_factory=dict)
    resources: list[str] = Field(default_factory=list)
    run_args: JsonObject = Field(default_factory=dict)
    # the server tells everybody who listens to its events what a new block holds, but for secrets
    handoff: SecretStr | None = Field(default=None, description="URL under which packages travel between workers.")
    work_dir: str | None = None
    reprocess: str = Field(default="auto", description='Rows of a run that runs again: "auto", "undo" or "keep".')
    destination: DltDestination | None = None
    config: JsonObject = Field(default_factory=dict, description="Settings by dotted key.")
    secrets: SecretDict = Field(default_factory=lambda: SecretDict({}), description="Secrets by dotted key.")

    def spec(self) -> JsonObject:
        """Return the spec, without the values of `secrets`."""
        pipeline = self.pipeline
        if isinstance(pipeline, Mapping) and self.destination is not None:
            named = {"destination": self.destination.name or self.destination.destination}
            if self.destination.dataset_name:
                named["dataset_name"] = self.destination.dataset_name
            pipeline = {**named, **pipeline}
        handoff = self.handoff.get_secret_value() if self.handoff is not None else None
        return Spec.from_dict(
            {
                "source": self.source,
                "pipeline": pipeline,
                "source_args": self.source_args,
                "pipeline_args": self.pipeline_args,
                "resources": self.resources,
                "run_args": self.run_args,
                "handoff": handoff or None,
                "work_dir": self.work_dir,
                "reprocess": self.reprocess,
            }
        ).to_dict()

    def values(self) -> JsonObject:
        """Return settings and secrets of source and destination, by dotted key."""
        found = self.destination.values() if self.destination is not None else {}
        parts = (found, self.config, self.secrets.get_secret_value())
        return {key: value for part in parts for key, value in _flat(part)}


def _object(text: str) -> object:
    """Return what JSON text says, None if it is no JSON."""
    try:
        found: object = json.loads(text)
    except ValueError:
        return None
    return found


_values: ContextVar[MemoryProvider | None] = ContextVar("dlt_prefect_values", default=None)


class BlockProvider:
    """Give a step the values of the blocks that it names; other steps of the process do not see them."""

    name = "Prefect Blocks"
    supports_secrets = True
    supports_settings = True

    def get(self, key: str, *sections: str) -> tuple[object, str]:
        """Return a value, or None, and its dotted key."""
        held = _values.get()
        return held.get(key, *sections) if held is not None else (None, ".".join((*sections, key)))

    def keys(self) -> list[str]:
        """Return the dotted keys that have values."""
        held = _values.get()
        return held.keys() if held is not None else []


_PROVIDER = BlockProvider()


def load_block(reference: str) -> DltPipeline | DltDestination:
    """Return a block by "type/name", such as "dlt-destination/warehouse".

    Raises:
        SpecInvalid: there is none of this name, or it is of another type.
    """
    try:
        # also inside of an async flow, where Prefect would give a coroutine
        block = Block.load(reference, _sync=True)
    except ValueError as error:
        raise SpecInvalid(f"block {reference!r}: {error}. Name it as type/name, and save it first.") from error
    if not isinstance(block, (DltPipeline, DltDestination)):
        raise SpecInvalid(f"block {reference!r} is a {type(block).__name__}. Name a dlt-pipeline or a dlt-destination.")
    return block


def values(references: Sequence[str]) -> JsonObject:
    """Return the values of blocks by dotted key; each block is looked up once.

    Args:
        references: Names of blocks as "type/name"; of a key that several have, the first one counts.
    """
    # of a key that several have, the first block is to count: it is set last
    return {key: value for name in reversed(references) for key, value in _flat(load_block(name).values())}


@contextmanager
def values_of(references: Sequence[str]) -> Iterator[None]:
    """Let the steps inside find the values of blocks.

    Args:
        references: As for `values`.
    """
    if not references:
        yield
        return
    held = MemoryProvider(BlockProvider.name)
    for key, value in values(references).items():
        held.set(key, value)
    # a process may run many flows, and programs may put other providers in its place
    if all(provider is not _PROVIDER for provider in dlt.secrets.config_providers):
        dlt.secrets.register_provider(_PROVIDER)
    token = _values.set(held)
    try:
        yield
    finally:
        _values.reset(token)


def _flat(values: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def resolve(spec: str | Mapping[str, object], blocks: Sequence[str] = ()) -> tuple[Spec, list[str]]:
    """Return the spec, and the blocks whose values its steps need.

    Args:
        spec: The spec, or "dlt-pipeline/name" of a block that holds it.
        blocks: More blocks.

    Raises:
        SpecInvalid: it is no spec, or there is no such block.
    """
    if not isinstance(spec, str):
        return Spec.from_dict(spec), list(blocks)
    block = load_block(spec)
    if not isinstance(block, DltPipeline):
        raise SpecInvalid(f"block {spec!r} holds no pipeline. Name a dlt-pipeline.")
    return Spec.from_dict(block.spec()), [*blocks, spec]
