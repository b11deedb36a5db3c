"""What a command was asked, as values; argparse gives a bag of names that no checker knows."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, TypeVar

from dlt.late_dataclass import dataclass

if TYPE_CHECKING:
    from dataclasses import Field
    from typing import TypeAlias

    from dlt.schema.typing import ContractMode

    Commands: TypeAlias = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - it has no other name


class _Dataclass(Protocol):
    # as typeshed has it: it says nothing of the fields
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


Options = TypeVar("Options", bound=_Dataclass)
Format = Literal["yaml", "json", "mermaid", "dot", "dbml"]


def read(kind: type[Options], given: argparse.Namespace) -> Options:
    """Return the options of a command; one that its parser does not have is as the class says.

    Args:
        kind: A dataclass whose fields are named like the options.
        given: What was parsed.
    """
    known = vars(given)
    return kind(**{field.name: known[field.name] for field in fields(kind) if field.name in known})


def positive(text: str) -> int:
    """Return a number of rows that is typed.

    Args:
        text: What was typed.

    Raises:
        ArgumentTypeError: it is less than one.
        ValueError: it is no number.
    """
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not one row or more")
    return number


@dataclass(frozen=True)
class Form:
    """How a schema is written.

    Attributes:
        format: YAML, JSON, or the text of a diagram.
        remove_defaults: Leave out what is so by default.
    """

    format: Format = "yaml"
    remove_defaults: bool = False


@dataclass(frozen=True)
class Selection:
    """What `drop` is to drop.

    Attributes:
        resources: Names, and patterns that begin with "re:".
        state_paths: More of the state to reset.
        drop_all: All resources of the schema.
        state_only: Keep the tables.
        dry_run: Only show what would go.
    """

    resources: Sequence[str] = ()
    state_paths: Sequence[str] = ()
    drop_all: bool = False
    state_only: bool = False
    dry_run: bool = False


@dataclass(frozen=True)
class InQuarantine:
    """What of the quarantine is asked for.

    Attributes:
        quarantine_action: "list", "show", "replay" or "drop".
        table: Items of this root table only.
        of_load: Items that this load brought only.
        contract: Contract for this replay only.
        limit: Items that are shown at most.
    """

    quarantine_action: str | None = None
    table: str | None = None
    of_load: str | None = None
    contract: ContractMode | None = None
    limit: int = 20


@dataclass(frozen=True)
class Asked:
    """What is asked of a pipeline.

    Attributes:
        name: Name of the pipeline.
        action: What is to be done.
        list_pipelines: List pipelines instead.
        pipelines_dir: Parent of the folders of pipelines.
        json: Print JSON.
        verbose: How much is told.
        yes: Never ask, the answer is yes.
        non_interactive: Never ask, the answer is no.
        destination: Name of the destination, if the pipeline does not know it.
        dataset_name: Name of the dataset.
        load_id: Load id of a package.
        package_action: What is to be done with a package.
        job: Part of the name of a job.
        of: Table, or table and column, that is asked for.
        edit: The page with what is shown is to be edited.
        schema_name: Name of a schema.
        form: How a schema is written.
        selection: What is to be dropped.
        cascade: Undo later loads that are in the way too.
        quarantine: What of the quarantine is asked for.
    """

    name: str | None = None
    action: str | None = None
    list_pipelines: bool = False
    pipelines_dir: str | None = None
    json: bool = False
    verbose: int = 0
    yes: bool = False
    non_interactive: bool = False
    destination: str | None = None
    dataset_name: str | None = None
    load_id: str | None = None
    package_action: str | None = None
    job: str | None = None
    of: str | None = None
    edit: bool = False
    schema_name: str | None = None
    form: Form = Form()
    selection: Selection = Selection()
    cascade: bool = False
    quarantine: InQuarantine = InQuarantine()
