"""In which format the files of each table are written."""

from __future__ import annotations

from dataclasses import dataclass

from dlt.schema.typing import TableSchema


@dataclass(frozen=True)
class FileFormats:
    """What says the format of files, the strongest first.

    Attributes:
        asked: The one that a call or the settings say for all tables; None where they say none.
        rows: What tables get that rows come to.
        frames: What tables get that only Arrow tables and frames come to.
        supported: What the destination loads; a resource that says another one gets what is best for its table.
    """

    asked: str | None = None
    rows: str = "arrow"
    frames: str = "arrow"
    supported: tuple[str, ...] = ()

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
