"""What one step hands to the next: small JSON that says where the packages are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from dlt.errors import SpecInvalid
from dlt.pipeline.settings import check_name
from dlt.tasks.spec import Spec

VERSION = 2
_READABLE = (1, VERSION)
_STAGES = ("extracted", "normalized")
_TEXTS, _NUMBERS = ("pipeline_name", "run_id", "chunk", "stage"), ("state_version", "attempt", "generation")
_NAME = re.compile(r"[\w-][\w.-]*|")
"""What stands in the paths of files: load ids, nonces and digests."""


@dataclass(frozen=True)
class PackageRef:
    """One committed package.

    Attributes:
        load_id: Its load id.
        schema_name: Its schema.
        nonce: Tells it from another package of the same load id, made by another try.
        rows: Rows by table; items by table after extract.
        digest: SHA-256 of its archive at the hand-off, in hex; None where nothing is handed off.
        bytes: Size of the archive.
    """

    load_id: str
    schema_name: str
    nonce: str
    rows: dict[str, int] = field(default_factory=dict)
    digest: str | None = None
    bytes: int = 0


@dataclass(frozen=True)
class Token:
    """What a step leaves for the next one.

    Attributes:
        spec: What later steps need of the spec of the run.
        pipeline_name: Name of the pipeline.
        run_id: Id of the run.
        chunk: Name of the part.
        stage: "extracted" or "normalized".
        packages: Where the data is; none if there was nothing new.
        state_version: Version of the state that the extract started from.
        attempt: Number of the try that made it.
        default_schema_name: First schema of the pipeline.
        window: Both ends of the time that the run loads.
        made_from: Nonces of the packages that these were made from.
        changes: What the extract changed in the state, as hashes.
        generation: Generation of the run's context.
        revision: Revision of the run's context.
        withheld: Arguments of the pipeline's factory that later steps need, and must be given, because they are
            secret; "handoff" stands for the URL.
    """

    spec: Spec
    pipeline_name: str
    run_id: str
    chunk: str
    stage: str
    packages: tuple[PackageRef, ...]
    state_version: int = 0
    attempt: int = 1
    default_schema_name: str | None = None
    window: tuple[str, ...] | None = None
    made_from: tuple[str, ...] = ()
    changes: tuple[tuple[str, str, str], ...] = ()
    generation: int = 0
    revision: int = 0
    withheld: tuple[str, ...] = ()

    @property
    def rows(self) -> dict[str, int]:
        """Return rows by table."""
        found: dict[str, int] = {}
        for package in self.packages:
            for table, count in package.rows.items():
                found[table] = found.get(table, 0) + count
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return JSON values."""
        return {"version": VERSION, **asdict(self), "spec": self.spec.to_dict()}

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Token:
        """Return the token that `to_dict` described.

        Raises:
            SpecInvalid: it is something else.
        """
        if not isinstance(value, Mapping) or "packages" not in value or "run_id" not in value:
            # its values may be secret
            keys = f" with the keys {', '.join(map(str, value))}"[:200] if isinstance(value, Mapping) and value else ""
            raise SpecInvalid(
                f"{type(value).__name__}{keys} is not a token. Pass what extract_step or normalize_step returned."
            )
        if value.get("version") not in _READABLE:
            readable = " and ".join(map(str, _READABLE))
            raise SpecInvalid(
                f"token of run {value['run_id']}: version {value.get('version')} was made by another version of the "
                f"library, this one reads {readable}. Use one version on all workers, and run the extract task again."
            )
        try:
            fields = {key: value[key] for key in cls.__dataclass_fields__ if key in value}
            fields["spec"] = Spec.from_dict(value["spec"])
            fields["packages"] = tuple(_package_of(package) for package in value["packages"])
            fields["withheld"] = tuple(value.get("withheld") or ())
            fields["revision"] = int(value.get("revision") or 0)
            fields["made_from"] = tuple(value.get("made_from") or ())
            fields["changes"] = tuple(tuple(change) for change in value.get("changes") or ())
            fields["window"] = tuple(value["window"]) if value.get("window") else None
            return cls(**_checked(fields))
        except (KeyError, TypeError, ValueError) as error:
            raise SpecInvalid(
                f"token of run {value['run_id']}: it is not whole ({type(error).__name__}: {error}). Pass it as the "
                "step before returned it."
            ) from error


def _checked(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a token.

    Raises:
        TypeError, ValueError: one is of another kind.
    """
    for names, kind in ((_TEXTS, str), (_NUMBERS, int)):
        for name in names:
            if not isinstance(fields.get(name, kind()), kind):
                raise TypeError(f"{name} is {fields[name]!r}")
    if fields["stage"] not in _STAGES:
        raise ValueError(f"stage is {fields['stage']!r}")
    check_name(fields["pipeline_name"])
    return fields


def _package_of(value: Mapping[str, Any]) -> PackageRef:
    made = PackageRef(**value)
    for name in ("load_id", "nonce", "digest"):
        found = getattr(made, name)
        if not (name == "digest" and found is None) and not _NAME.fullmatch(found):
            raise ValueError(f"{name} of a package is {found!r}")
    return made
