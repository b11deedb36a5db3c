"""What one step hands to the next: small JSON that says where the packages are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field

from dlt.errors import SpecInvalid
from dlt.io.codec import REST, Document
from dlt.io.sealed import Damaged
from dlt.late_dataclass import dataclass
from dlt.pipeline.settings import check_name
from dlt.tasks.spec import Spec

VERSION = 2
_READABLE = (1, VERSION)
_STAGES = ("extracted", "normalized")
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
        traceparent: Where its spans of OpenTelemetry go on, as the W3C writes it; None where none are made.
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
    rest: Mapping[str, object] = field(default_factory=dict, metadata=REST)
    traceparent: str | None = None

    @property
    def rows(self) -> dict[str, int]:
        """Return rows by table."""
        found: dict[str, int] = {}
        for package in self.packages:
            for table, count in package.rows.items():
                found[table] = found.get(table, 0) + count
        return found

    def to_dict(self) -> dict[str, object]:
        """Return JSON values."""
        return TOKEN_DOCUMENT.values(self)

    @classmethod
    def from_dict(cls, value: Mapping[str, object]) -> Token:
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
        # packages wait at the hand-off while workers are upgraded
        if value.get("version") not in _READABLE:
            readable = " and ".join(map(str, _READABLE))
            raise SpecInvalid(
                f"token of run {value['run_id']}: version {value.get('version')} was made by another version of the "
                f"library, this one reads {readable}. Use one version on all workers, and run the extract task again."
            )
        where = f"token of run {value['run_id']}"
        try:
            return _checked(TOKEN_DOCUMENT.parse(value, where))
        except (Damaged, ValueError) as error:
            raise SpecInvalid(f"{where}: it is not whole ({error}). Pass it as the step before returned it.") from error


TOKEN_DOCUMENT = Document(Token, "the token of a step", VERSION, (dict,), whole=True)
"""Version 1 had no revision, and withheld nothing."""


def _checked(token: Token) -> Token:
    """Return a token whose names may stand in paths.

    Raises:
        ValueError: one of them may not, or its stage is none.
    """
    if token.stage not in _STAGES:
        raise ValueError(f"stage is {token.stage!r}")
    # tokens come from where others can write, and these names become paths
    check_name(token.pipeline_name)
    token.spec.check()
    for package in token.packages:
        for name, found in (("load_id", package.load_id), ("nonce", package.nonce), ("digest", package.digest or "")):
            if not _NAME.fullmatch(found):
                raise ValueError(f"{name} of a package is {found!r}")
    return token
