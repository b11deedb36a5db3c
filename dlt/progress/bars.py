"""Progress as bars of libraries that a person installed."""

from __future__ import annotations

import importlib
from contextlib import AbstractContextManager
from typing import Any, Generic, Protocol, TypeVar

from dlt.errors import MissingDependencyException
from dlt.progress.base import Collector

Library = Any
"""A package for bars, which is imported where a person asks for it; none of them has types."""
Option = Any
"""What such a package takes; it is passed on as it is given."""


Bar = TypeVar("Bar")


class _Bars(Generic[Bar]):
    """A bar for each counter, made by a library that is imported at the first step; a part of collectors."""

    library = ""
    step: str

    def __init__(self, **options: Option) -> None:
        self._options = options
        self._bars: dict[str, Bar] = {}
        self._module: Library = None

    def start(self) -> None:
        """Import the library."""
        try:
            self._module = importlib.import_module(self.library)
        except ImportError as error:
            raise MissingDependencyException(
                f'progress "{self.library}" needs a package that is not installed: pip install {self.library}',
            ) from error
        self._bars = {}

    def update(
        self, name: str, inc: int = 1, total: int | None = None, message: str | None = None, label: str = ""
    ) -> None:
        """Move the bar of a counter."""
        key = f"{name} {label}".strip()
        if key not in self._bars:
            self._bars[key] = self._make(f"{self.step} {key}", total)
        self._move(self._bars[key], inc)
        if message:
            self._say(self._bars[key], f"{self.step} {key}", message)

    def _make(self, title: str, total: int | None) -> Bar:
        raise NotImplementedError

    def _say(self, bar: Bar, title: str, message: str) -> None:
        raise NotImplementedError

    def _move(self, bar: Bar, inc: int) -> None:
        raise NotImplementedError


class TqdmBar(Protocol):
    """A bar of tqdm."""

    def update(self, n: float, /) -> object:
        """Move it."""

    def set_description_str(self, desc: str, /) -> None:
        """Set the text beside it."""

    def close(self) -> None:
        """End it."""


class TqdmCollector(_Bars[TqdmBar], Collector):
    """Bars of tqdm."""

    library = "tqdm"

    def _make(self, title: str, total: int | None) -> TqdmBar:
        made: TqdmBar = self._module.tqdm(desc=title, total=total, **self._options)
        return made

    def _move(self, bar: TqdmBar, inc: int) -> None:
        bar.update(inc)

    def _say(self, bar: TqdmBar, title: str, message: str) -> None:
        bar.set_description_str(f"{title} {message}")

    def stop(self) -> None:
        """Close the bars."""
        for bar in self._bars.values():
            bar.close()


class EnlightenBar(Protocol):
    """A bar of enlighten."""

    desc: str

    def update(self, incr: int, /) -> None:
        """Move it."""

    def refresh(self) -> None:
        """Show it again."""

    def close(self) -> None:
        """End it."""


class EnlightenCollector(_Bars[EnlightenBar], Collector):
    """Bars of enlighten."""

    library = "enlighten"

    def start(self) -> None:
        """Take the terminal."""
        super().start()
        self._manager = self._module.get_manager(**self._options)

    def _make(self, title: str, total: int | None) -> EnlightenBar:
        made: EnlightenBar = self._manager.counter(desc=title, total=total)
        return made

    def _move(self, bar: EnlightenBar, inc: int) -> None:
        bar.update(inc)

    def _say(self, bar: EnlightenBar, title: str, message: str) -> None:
        bar.desc = f"{title} {message}"
        bar.refresh()

    def stop(self) -> None:
        """Give the terminal back."""
        for bar in self._bars.values():
            bar.close()
        self._manager.stop()


class AliveBar(Protocol):
    """A bar of alive-progress; calling it moves it."""

    title: str

    def __call__(self, inc: int, /) -> object:
        """Move it."""


class AliveCollector(_Bars[tuple[AbstractContextManager[AliveBar], AliveBar]], Collector):
    """Bars of alive-progress; it shows one at a time."""

    library = "alive_progress"

    def _make(self, title: str, total: int | None) -> tuple[AbstractContextManager[AliveBar], AliveBar]:
        self.stop()
        self._bars.clear()
        context: AbstractContextManager[AliveBar] = self._module.alive_bar(total=total, title=title, **self._options)
        return context, context.__enter__()

    def _say(self, bar: tuple[AbstractContextManager[AliveBar], AliveBar], title: str, message: str) -> None:
        bar[1].title = f"{title} {message}"

    def _move(self, bar: tuple[AbstractContextManager[AliveBar], AliveBar], inc: int) -> None:
        bar[1](inc)

    def stop(self) -> None:
        """Close the bar."""
        for bar in self._bars.values():
            bar[0].__exit__(None, None, None)


class RichCollector(_Bars[int], Collector):
    """Bars of rich."""

    library = "rich.progress"

    def start(self) -> None:
        """Take the terminal."""
        super().start()
        self._progress = self._module.Progress(**self._options)
        self._progress.start()

    def _make(self, title: str, total: int | None) -> int:
        return int(self._progress.add_task(title, total=total))

    def _say(self, bar: int, title: str, message: str) -> None:
        self._progress.update(bar, description=f"{title} {message}")

    def _move(self, bar: int, inc: int) -> None:
        self._progress.advance(bar, inc)

    def stop(self) -> None:
        """Give the terminal back."""
        self._progress.stop()
