"""In which format the files of each table are written."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from dlt.configuration import get_value
from dlt.configuration.defaults import OF_1X, Defaults
from dlt.formats.text import GZIP, OF_TEXT
from dlt.late_dataclass import dataclass
from dlt.schema.typing import TableSchema

if TYPE_CHECKING:
    from dlt.formats.options import FormatOptions


def compresses_text(kind: str, defaults: Defaults, pipeline_name: str) -> bool:
    """Tell whether files of text are compressed; those that a destination reads at once never are.

    Args:
        kind: Type of the destination.
        defaults: What holds where the settings say nothing.
        pipeline_name: Name of the pipeline.
    """
    if kind not in OF_1X.compressed:
        return False
    plain = kind not in defaults.compressed
    return not get_value(
        "disable_compression",
        bool,
        sections=("normalize",),
        inner=("data_writer",),
        default=plain,
        pipeline_name=pipeline_name,
    )


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
        compressed: Files of text are compressed: their format ends with `.gz`.
    """

    asked: str | None = None
    rows: str = "arrow"
    frames: str = "arrow"
    supported: tuple[str, ...] = ()
    max_bytes: int | None = None
    max_rows: int | None = None
    options: Callable[[str], FormatOptions | None] | None = None
    compressed: bool = False

    def of(self, root: TableSchema, only_frames: bool) -> str:
        """Return the format of the files of a root table and of those nested in it.

        Args:
            root: The root table, which has what its resource says.
            only_frames: No rows come to it, only Arrow tables and frames.
        """
        found = self._named(root) or (self.frames if only_frames else self.rows)
        return f"{found}{GZIP}" if self.compressed and found in OF_TEXT else found

    def _named(self, root: TableSchema) -> str | None:
        own = root.get("file_format")
        return self.asked or (own if own in self.supported else None)


ARROW = FileFormats()
"""All files are of Arrow, which most destinations take the fastest."""
