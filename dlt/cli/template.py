"""What `dlt init` begins with: the text of a program, and what belongs to it."""

from __future__ import annotations

from typing import NamedTuple


class Template(NamedTuple):
    """A program to begin with.

    Attributes:
        about: What it shows, in one line.
        text: The program; {source} and {destination} stand for names.
        packages: What it needs beside this library.
        secrets: What its credentials look like, a section of the file of secrets.
    """

    about: str
    text: str
    packages: tuple[str, ...] = ()
    secrets: str = ""


# pipeline and dataset are named as in programs of PyPI dlt 1.x, so that texts about them hold here
_END = """

if __name__ == "__main__":
    pipeline = dlt.pipeline("{source}_pipeline", destination="{destination}", dataset_name="{source}_data")
{before}    print(pipeline.run({given}))
"""


def program(head: str, given: str, before: str = "") -> str:
    """Return a program: what it loads, and behind it the run.

    Args:
        head: Functions that return data.
        given: What is run.
        before: Lines that come before the run.
    """
    return head + _END.replace("{given}", given).replace("{before}", before)
