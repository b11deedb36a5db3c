"""One container's beginning: its own mounts, user, folder and environment, then the command in its place.

Run inside of a mount namespace of its own: `unshare -m python container.py '{"mounts": …}'`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any


def mount(*arguments: str) -> None:
    """Mount something.

    Raises:
        CalledProcessError: the kernel refused.
    """
    subprocess.run(["mount", *arguments], check=True)


def make_target(target: str) -> None:
    """Make a folder to mount on, in memory: nothing of the machine's own file system may change."""
    if target.startswith("/srv/"):
        # all of it is in memory already
        os.makedirs(target, exist_ok=True)
    parent = target
    while not os.path.isdir(parent):
        parent = os.path.dirname(parent)
    if parent == target:
        return
    if parent == "/":
        raise SystemExit(f"{target}: put it below a folder that exists, as /srv does")
    mount("-t", "tmpfs", "-o", "mode=755", "container", parent)
    os.makedirs(target)


def open_ways(paths: list[str]) -> None:
    """Let other users reach folders that lie below a closed one, such as /root."""
    closed = {path: next((p for p in _parents(path) if not os.stat(p).st_mode & 0o001), None) for path in paths}
    holders = {path: f"/srv/.open/{number}" for number, path in enumerate(paths) if closed[path]}
    for path, holder in holders.items():
        os.makedirs(holder)
        mount("--bind", path, holder)
    for folder in {closed[path] for path in holders}:
        mount("-t", "tmpfs", "-o", "mode=755", "container", str(folder))
    for path, holder in holders.items():
        os.makedirs(path)
        mount("--move", holder, path)


def _parents(path: str) -> list[str]:
    parts = path.strip("/").split("/")
    return ["/" + "/".join(parts[:length]) for length in range(1, len(parts) + 1)]


def enter(plan: dict[str, Any]) -> None:
    """Mount what the plan says and become the command."""
    mount("-t", "tmpfs", "-o", "mode=755", "container", "/srv")
    for folder in plan["folders"]:
        os.makedirs(folder, exist_ok=True)
        os.chown(folder, plan["uid"], plan["uid"])
    open_ways(plan["open"])
    for entry in plan["mounts"]:
        make_target(entry["target"])
        if entry["type"] == "tmpfs":
            mount("-t", "tmpfs", "-o", "mode=1777", "container", entry["target"])
        else:
            mount("--bind", entry["source"], entry["target"])
            if entry.get("read_only"):
                mount("-o", "remount,bind,ro", entry["target"])
    os.chdir(plan["cwd"])
    os.setgroups([])
    os.setgid(plan["uid"])
    os.setuid(plan["uid"])
    os.execvpe(plan["command"][0], plan["command"], plan["environment"])


if __name__ == "__main__":
    enter(json.loads(sys.argv[1]))
