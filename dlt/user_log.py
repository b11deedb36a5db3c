"""Two channels: the logger `dlt`, silent unless asked, and short lines for people on stderr.

What is told where belongs to the pipeline at work: its settings hold while it runs, in its threads as well, and no
other pipeline of the process changes them. The logger's level is lowered for that time only: `runtime.log_level` shows
lines while a pipeline or a command is at work, and a process that only makes pipelines is left as it was.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timezone

from dlt.late_dataclass import dataclass
from dlt.redact import redact

logger = logging.getLogger("dlt")

_RED, _PLAIN = "\033[31m", "\033[0m"
DEFAULT_FORMAT = "{asctime} [{levelname}] {name} {process}: {message}"


@dataclass(frozen=True)
class Telling:
    """What a pipeline or a command tells.

    Attributes:
        lines: Write short lines for people.
        level: Level of the logger `dlt`.
        format: How a line of the logger looks on stderr: a format string with braces, or "JSON".
        excepthook: An error that nobody catches becomes one line.

    Raises:
        ValueError: the format is none.
    """

    lines: bool = True
    level: int = logging.CRITICAL
    format: str = DEFAULT_FORMAT
    excepthook: bool = False

    def __post_init__(self) -> None:
        _formatter(self.format)


_current: ContextVar[Telling | None] = ContextVar("dlt_telling", default=None)


def current() -> Telling:
    """Return what is told here: by the pipeline or command at work; lines for people only where there is none."""
    return _current.get() or _NOBODY


def level_number(level: str | int) -> int:
    """Return the number of a level.

    Raises:
        ValueError: there is no such level.
    """
    text = str(level).strip().upper()
    number = int(text) if text.isdecimal() else logging.getLevelName(text)
    if not isinstance(number, int):
        raise ValueError(f"log_level is {level!r}. Use DEBUG, INFO, WARNING, ERROR or CRITICAL.")
    return number


@contextmanager
def use(settings: Telling) -> Iterator[None]:
    """Let the settings of a pipeline or a command hold inside the block."""
    token = _current.set(settings)
    _gate.at_work.append(settings)
    _gate.adjust()
    try:
        yield
    finally:
        _current.reset(token)
        _gate.at_work.remove(settings)
        _gate.adjust()


class _Gate(logging.Filter):
    """Lets pass what the pipeline at work tells, without secrets; a level that the program set is the program's."""

    def __init__(self) -> None:
        super().__init__()
        self.at_work: list[Telling] = []
        self._own_level = logging.NOTSET

    @property
    def is_programs(self) -> bool:
        """Tell whether the program chose the level itself."""
        return logger.level != self._own_level

    def adjust(self) -> None:
        """Set the level of the logger to the lowest one that is wanted now."""
        if not self.is_programs:
            # pipelines may run side by side: the one that tells most must be able to
            self._own_level = min(settings.level for settings in (_NOBODY, *self.at_work))
            logger.setLevel(self._own_level)

    def filter(self, record: logging.LogRecord) -> bool:
        # the logger's level is one for the process, what is told is one pipeline's
        if not self.is_programs and record.levelno < current().level:
            return False
        # before any handler sees it: handlers of the program write where they like
        record.msg, record.args = redact(record.getMessage()), None
        if record.exc_info and record.exc_info[1] is not None:
            # formatters print this text and do not make it again
            record.exc_text = redact(logging.Formatter().formatException(record.exc_info))
        return True


class _Stderr(logging.NullHandler):
    """Silent, unless `runtime.log_level` asks for lines and the program has set up no logging of its own."""

    def createLock(self) -> None:
        logging.Handler.createLock(self)

    def _at_fork_reinit(self) -> None:
        logging.Handler._at_fork_reinit(self)  # type: ignore[attr-defined]  # noqa: SLF001 - NullHandler leaves it out

    def handle(self, record: logging.LogRecord) -> bool:
        return logging.Handler.handle(self, record)

    def emit(self, record: logging.LogRecord) -> None:
        if not self.writes(record.levelno):
            return
        try:
            print(_formatter(current().format).format(record), file=sys.stderr, flush=True)
        except Exception:  # noqa: BLE001 - logging fails no program: its own handlers end like this
            self.handleError(record)

    def writes(self, level: int) -> bool:
        """Tell whether a record of this level is written, here and now."""
        # a program that set up logging has a place for the lines, and would have them twice
        own = [handler for handler in logger.handlers if not isinstance(handler, logging.NullHandler)]
        elsewhere = own or logging.getLogger().handlers
        return current().level <= level and logger.isEnabledFor(level) and sys.stderr is not None and not elsewhere


class _JsonFormatter(logging.Formatter):
    """One JSON document a line."""

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, timezone.utc).isoformat()
        found: dict[str, object] = {"at": moment, "level": record.levelname, "logger": record.name}
        found.update({"message": record.getMessage(), "process": record.process, "thread": record.threadName})
        if record.exc_text:
            found["exception"] = record.exc_text
        return json.dumps(found)


def _formatter(text: str) -> logging.Formatter:
    if text.strip().upper() == "JSON":
        return _JsonFormatter()
    return logging.Formatter(text, style="{" if "{" in text else "%")


_NOBODY = Telling()
_gate, _stderr = _Gate(), _Stderr()
_gate.adjust()
logger.addFilter(_gate)
logger.addHandler(_stderr)


def info(text: str) -> None:
    """Tell people and the logger."""
    _tell(text, logging.INFO, "")


def warning(text: str) -> None:
    """Tell people, and the logger as a warning."""
    _tell(text, logging.WARNING, "")


def error(text: str) -> None:
    """Tell people in red, and the logger as an error."""
    _tell(text, logging.ERROR, _RED)


def tell_without_effect(what: str, why: str) -> None:
    """Tell people, once in a process, that something which PyPI `dlt` 1.x reads changes nothing here.

    Args:
        what: Where it was given, and its name.
        why: What holds without it.
    """
    if what not in _told:
        _told.add(what)
        info(f"{what} has no effect here: {why}.")


_told: set[str] = set()


def _tell(text: str, level: int, colour: str) -> None:
    logger.log(level, text)
    # where the logger writes to stderr, a line stands there once
    if not current().lines or sys.stderr is None or _stderr.writes(level):
        return
    coloured = colour and sys.stderr.isatty()
    print(f"{colour if coloured else ''}dlt: {redact(text)}{_PLAIN if coloured else ''}", file=sys.stderr, flush=True)
