"""What a function of batches remembers of one package: `dlt.current.destination_state()` inside of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy

from dlt.context import use
from dlt.io import atomic, typed_json
from dlt.io.sealed import Damaged, seal, unseal
from dlt.types import JsonObject

_FILE, _STATE = "destination_state.json", "destination_state"


def read_function_state(folder: str) -> JsonObject:
    """Return what a function remembered of a package.

    Args:
        folder: Folder of the package.
    """
    try:
        with open(os.path.join(folder, _FILE), "rb") as file:
            found: JsonObject = unseal(file.read(), typed_json.loads)[_STATE]
            return found
    except (FileNotFoundError, Damaged):
        # what is damaged is as good as absent: batches that were delivered are counted elsewhere
        return {}


def note_delivered(folder: str, file: str, rows: int) -> None:
    """Keep among what a function remembers how many rows of a file it took, for programs that look.

    Args:
        folder: Folder of the package.
        file: Name of the file.
        rows: How many.
    """
    known = read_function_state(folder)
    if known.get(file) != rows:
        _write(folder, {**known, file: rows})


@contextmanager
def remembering(folder: str) -> Iterator[None]:
    """Let a function read and change what it remembers of a package; it lasts, whether the function fails or not.

    Args:
        folder: Folder of the package.
    """
    before = read_function_state(folder)
    now = deepcopy(before)
    try:
        with use(package_state={_STATE: now}):
            yield
    finally:
        # also behind an error: a function that counts what it sent must not send it twice
        if now != before:
            _write(folder, now)


def _write(folder: str, state: JsonObject) -> None:
    document = typed_json.dumps({_STATE: state}).encode()
    atomic.write_bytes(os.path.join(folder, _FILE), seal(document))
