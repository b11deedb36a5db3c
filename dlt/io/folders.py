"""Where a machine keeps what pipelines work on, and what local destinations hold."""

from __future__ import annotations

import os


def data_folder() -> str:
    """Return the folder in which pipelines keep what they work on: DLT_DATA_DIR, or one of the user."""
    # the places and their order are those of PyPI dlt 1.x
    return os.environ.get("DLT_DATA_DIR") or user_folder()


def user_folder() -> str:
    """Return the folder with the files of all programs of the user."""
    if os.name == "posix" and os.geteuid() == 0:
        return "/var/dlt"
    home = os.path.expanduser("~")
    if home and home != "~" and os.path.isdir(home):
        xdg = os.environ.get("XDG_DATA_HOME")
        if xdg and not os.path.isdir(os.path.join(home, ".dlt")):
            return os.path.join(xdg, "dlt")
        return os.path.join(home, ".dlt")
    import tempfile

    return os.path.join(tempfile.gettempdir(), "dlt")


def local_path(path: str) -> str:
    """Return the whole path of a file of a local destination: below DLT_LOCAL_DIR, or the folder of the program.

    Args:
        path: The path as it was given; one that is absolute stays.
    """
    return os.path.abspath(os.path.join(os.environ.get("DLT_LOCAL_DIR") or "", os.path.expanduser(path)))
