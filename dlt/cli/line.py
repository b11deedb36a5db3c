"""The command line as it was typed, read before argparse: what is left out, misspelt, or a word of PyPI `dlt`."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from dlt.configuration.similar import did_you_mean
from dlt.late_dataclass import dataclass

_HELP = frozenset(("-h", "--help"))
# argparse does not say which words it took for what, so those that take one of their own are named here
_WITH_VALUE = "--pipelines-dir"


@dataclass(frozen=True)
class Line:
    """What was typed.

    Attributes:
        given: Options and words.
        places: Where the words stand that are neither options nor their values.
    """

    given: tuple[str, ...]
    places: tuple[int, ...]

    @classmethod
    def read(cls, given: Sequence[str]) -> Line:
        """Return the line that was typed.

        Args:
            given: Options and words, without the name of the program.
        """
        is_value = [False, *(word == _WITH_VALUE for word in given)]
        words = (index for index, word in enumerate(given) if not word.startswith("-") and not is_value[index])
        return cls(tuple(given), tuple(words))

    @property
    def command(self) -> str | None:
        """Return the command, None where there is none."""
        return self._word(0)

    @property
    def action(self) -> str | None:
        """Return what is to be done with a pipeline, None where nothing says."""
        return self._word(2) if self.command == "pipeline" else None

    @property
    def asks_for_help(self) -> bool:
        """Tell whether the line asks what a command does."""
        return not _HELP.isdisjoint(self.given)

    @property
    def is_answered_alone(self) -> bool:
        """Tell whether the line needs no command."""
        return self.asks_for_help or "--version" in self.given

    def misspelt(self, commands: Collection[str], actions: Collection[str]) -> str | None:
        """Return what is wrong with the command or the action; None where both are known.

        Args:
            commands: All commands.
            actions: All actions of `dlt pipeline`.
        """
        # argparse lists what there is, and does not say which of them is near
        for what, word, known in (("command", self.command, commands), ("action", self.action, actions)):
            if word is not None and word not in known:
                near = did_you_mean(word, known) or "."
                return f"there is no {what} {word!r}{near} There are {', '.join(known)}."
        return None

    def complete(self) -> list[str]:
        """Return the line with the action that is meant where there is none: argparse would take a name for one."""
        given, count = list(self.given), len(self.places)
        if self.command != "pipeline" or count == 1:
            return given
        name = self.places[1]
        if given[name] == "list":
            return [*given[:name], "--list-pipelines", *given[name + 1 :]]
        return [*given[: name + 1], "info", *given[name + 1 :]] if count == 2 else given

    def _word(self, number: int) -> str | None:
        return self.given[self.places[number]] if len(self.places) > number else None
