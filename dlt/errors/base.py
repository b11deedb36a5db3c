"""The base of all errors, what marks those that may pass, and how errors travel between processes."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from dlt.redact import clean_current_error, redact

Detail = Any
"""What an error tells beside its message; which details there are, and of which types, its docstring says."""


class DltException(Exception):
    """Base of all errors that the library raises.

    Args:
        message: What failed, on which thing, what was found and what to do.
        *more: Programs for PyPI `dlt` 1.x give what `in_1x` names, by place or by name.
        **attributes: Details, kept as attributes of the exception.

    Raises:
        TypeError: there are more arguments than those of 1.x.
    """

    in_1x: ClassVar[tuple[str, ...]] = ()
    """Names of the arguments that the class takes in PyPI `dlt` 1.x where that is more than a message."""

    def __init__(self, message: str = "", *more: object, **attributes: object) -> None:
        if len(more) >= max(len(self.in_1x), 1):
            takes = f"a message, or {', '.join(self.in_1x)}" if self.in_1x else "a message"
            raise TypeError(f"{type(self).__name__} takes {takes}, and {1 + len(more)} values were given.")
        if more:
            attributes = {**dict(zip(self.in_1x, (message, *more), strict=False)), **attributes}
        if more or (not message and self.in_1x and set(self.in_1x) & set(attributes)):
            message = self.message_in_1x(attributes)
        # what it will be printed with must not show a secret either
        clean_current_error()
        self.message = redact(message)
        super().__init__(self.message)
        self.__dict__.update(attributes)

    @staticmethod
    def message_in_1x(given: dict[str, object]) -> str:
        """Return the message of an error that was made with arguments of PyPI `dlt` 1.x; it is taken out of them.

        Args:
            given: The arguments by name.
        """
        return str(given.pop("msg", ""))

    def __getattr__(self, name: str) -> Detail:
        # said for checkers: which details an error has, only its class knows
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")

    def attrs(self) -> dict[str, Detail]:
        """Return what the error tells beside its message, by name."""
        return {name: value for name, value in vars(self).items() if not name.startswith("_") and name != "message"}

    def __str__(self) -> str:
        # KeyError, a base of some, would print the repr of the message
        return self.message

    def __reduce__(self) -> tuple[object, ...]:
        # pipelines and connections stay where they are, and so do causes that hold them
        details = {key: value for key, value in self.__dict__.items() if _travels(value)}
        cause = self.__cause__ if _travels(self.__cause__) else None
        return rebuild, (type(self), self.message, details, cause)


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error, its cause, the cause of that, and so on; each once, as errors may be causes of each other.

    Args:
        error: The outermost one.
    """
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__


class ValueErrorWithKnownValues(ValueError):
    """Say which values are accepted in place of the one found."""

    def __init__(self, key: str, found: object, known: Iterable[object]) -> None:
        super().__init__(f"{key}: found {found!r}, expected one of {list(known)!r}")


class TerminalException(BaseException):
    """Mark an error that comes back on every try."""


class TransientException(BaseException):
    """Mark an error that may be gone on the next try."""


def may_pass(error: BaseException | None) -> bool:
    """Tell whether an error, or one of its causes, is of a class that goes away by itself.

    Args:
        error: The outermost one.
    """
    return any(isinstance(cause, (TransientException, ConnectionError, TimeoutError)) for cause in causes(error))


class SignalReceivedException(KeyboardInterrupt, TerminalException):
    """Raised at a safe point after SIGINT or SIGTERM."""

    def __init__(self, signal_code: int) -> None:
        super().__init__(f"signal {signal_code} received: the step stops at a safe point")
        self.signal_code = signal_code


class DictValidationException(DltException):
    """A document has keys or values that it must not have."""


class MissingDependencyException(DltException, ImportError):
    """A package that is needed is not installed; the message says how to install it."""

    in_1x = ("caller", "dependencies", "appendix")

    @staticmethod
    def message_in_1x(given: dict[str, object]) -> str:
        """Return which packages are missing, and how they are installed."""
        packages, more = given.get("dependencies"), str(given.get("appendix") or "")
        names = [str(name) for name in packages] if isinstance(packages, (list, tuple)) else []
        install = ": pip install " + " ".join(f'"{name}"' for name in names) if names else ""
        return f"{given.get('caller')} needs what is not installed{install}. {more}".strip()


class NotOffered(DltException, NotImplementedError):
    """A program uses a name of PyPI `dlt` 1.x that only imports here; the message says what to do instead."""


class SystemConfigurationException(DltException):
    """The environment of the process does not let the work be done."""


class ReferenceImportError(DltException, ImportError):
    """What a text refers to cannot be imported."""


def rebuild(
    kind: type[DltException], message: str, attributes: dict[str, object], cause: BaseException | None = None
) -> DltException:
    """Make an error of what it is sent as."""
    error = kind.__new__(kind)
    # not through the class's own constructor, which may take other arguments
    Exception.__init__(error, message)
    error.__dict__.update(attributes)
    error.__cause__ = cause
    return error


def ended(text: str) -> str:
    """Return a text that a sentence can follow: with a full stop, unless it ends already.

    Args:
        text: What an error says, for instance.
    """
    text = text.rstrip()
    return text if text.endswith((".", "!", "?", ":")) else f"{text}."


def _travels(value: object) -> bool:
    """Tell whether a value can be sent to another process."""
    # the usual details, for which nothing has to be tried
    if value is None or isinstance(value, (bool, int, float, str)):
        return True
    try:
        pickle.dumps(value)
    except Exception:  # noqa: BLE001 - anything may happen in the code of a value's class
        return False
    return True
