"""In which format the files of each table are written."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from dlt.late_dataclass import dataclass
from dlt.schema.typing import TableSchema

if TYPE_CHECKING:
    from dlt.formats.options import FormatOptions


@dataclass(frozen=True)
class FileFormats:
    """What says the format of files, the strongest first.

    Attributes:
        asked: The one that a call or the settings say for all tables; None where they say none.
        rows: What tables get that rows come to.
        frames: What tables get that only Arrow tables and frames come to.
        supported: What the destination loads; a resource that says another one gets what is best for its table.
        max_bytes: Size at which a new file begins; that of the destination when None.
        max_rows: Rows of a file at most; any number when None.
        options: Says how files of a format are written, where it is not as ever.
    """

    asked: str | None = None
    rows: str = "arrow"
    frames: str = "arrow"
    supported: tuple[str, ...] = ()
    max_bytes: int | None = None
    max_rows: int | None = None
    options: Callable[[str], FormatOptions | None] | None = None

    def of(self, root: TableSchema, only_frames: bool) -> str:
        """Return the format of the files of a root table and of those nested in it.

        Args:
            root: The root table, which has what its resource says.
            only_frames: No rows come to it, only Arrow tables and frames.
        """
        if self.asked is not None:
            return self.asked
        own = root.get("file_format")
        if own in self.supported:
            return own
        return self.frames if only_frames else self.rows


ARROW = FileFormats()
"""All files are of Arrow, which most destinations take the fastest."""
