"""What takes the progress of a step, and shows nothing of it."""

from __future__ import annotations

from types import TracebackType


class Collector:
    """Take the progress of a step; this one shows nothing.

    A step is a block: `with collector("extract"):`. Inside of it `update` counts.
    """

    step: str = ""

    def __call__(self, step: str) -> Collector:
        """Name the step that the next block shows."""
        self.step = step
        return self

    def __enter__(self) -> Collector:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Begin to show."""

    def stop(self) -> None:
        """End."""

    def update(
        self, name: str, inc: int = 1, total: int | None = None, message: str | None = None, label: str = ""
    ) -> None:
        """Count.

        Args:
            name: What is counted, such as a table.
            inc: How many came.
            total: How many there will be, where that is known.
            message: Shown beside it.
            label: Second part of the name.
        """


class NullCollector(Collector):
    """Show nothing."""
