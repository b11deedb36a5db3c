"""Print a constraint for each dependency: the oldest version that pyproject.toml allows.

`python tools/oldest.py EXTRA...` takes the default install and these extras, with `--only` the extras alone: what an
orchestrator needs itself may be newer than the oldest that the default install is content with.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import tomlkit

NOT_PINNED = {"typing_extensions": "the packages that the tests need ask for a newer one"}
REQUIREMENT = re.compile(r"^(?P<name>[\w.-]+)(?:\[[^]]*])?>=(?P<version>[\w.]+)")


def main(arguments: list[str]) -> int:
    """Print the constraints.

    Args:
        arguments: `--only` if the default install is left out, and names of extras.
    """
    extras = [name for name in arguments if name != "--only"]
    text = (Path(__file__).resolve().parents[1] / "pyproject.toml").read_text(encoding="utf-8")
    project = tomlkit.parse(text).unwrap()["project"]
    default = [] if "--only" in arguments else project["dependencies"]
    lines = [*default, *(line for name in extras for line in project["optional-dependencies"][name])]
    oldest: dict[str, str] = {}
    for line in lines:
        found = REQUIREMENT.match(line)
        if found is None:
            print(f"pyproject.toml: {line!r} has no lower bound. Write name>=version.", file=sys.stderr)
            return 1
        oldest[found["name"]] = found["version"]
    for name, version in sorted(oldest.items()):
        print(f"# {name}: {NOT_PINNED[name]}" if name in NOT_PINNED else f"{name}=={version}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
