"""The memory of this machine, or of the container that the process runs in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache

_UNLIMITED = 1 << 50
"""Bytes; control groups without a limit say a number that no machine has."""
# where nothing tells it, as on Windows
_FALLBACK = 4 << 30


@cache
def available(root: str = "/") -> int:
    """Return the bytes that the process may use at most.

    Args:
        root: Where the files of the system are.
    """
    limits = [limit for limit in (_physical(), *_of_groups(root)) if 0 < limit < _UNLIMITED]
    return min(limits, default=_FALLBACK)


def _physical() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        # Windows has no such call
        return 0


def _of_groups(root: str) -> Iterator[int]:
    """Yield the limits of the control groups of the process, and of those around them, in both of their versions."""
    for line in _read(os.path.join(root, "proc/self/cgroup")).splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if controllers == "":
            base, name = os.path.join(root, "sys/fs/cgroup"), "memory.max"
        elif "memory" in controllers.split(","):
            base, name = os.path.join(root, "sys/fs/cgroup/memory"), "memory.limit_in_bytes"
        else:
            continue
        # a group may say more than the one around it: the smallest of all limits holds
        parts = [part for part in path.split("/") if part not in ("", "..")]
        for depth in range(len(parts) + 1):
            # in a container its own group is the root, while the path may be that of the host
            text = _read(os.path.join(base, *parts[:depth], name)).strip()
            if text.isdigit():
                yield int(text)


def _read(path: str) -> str:
    try:
        with open(path, encoding="ascii") as file:
            return file.read()
    except (OSError, UnicodeDecodeError):
        return ""
