"""The schema that a source begins with: that of the file beside its function, else an empty one."""

from __future__ import annotations

import inspect
from pathlib import Path

from dlt.errors import ExplicitSourceNameInvalid
from dlt.schema.files import read_schema_file
from dlt.schema.schema import Schema
from dlt.types import Wrapped


def first_schema(name: str, function: Wrapped) -> Schema:
    """Return the schema of a source that is made.

    Args:
        name: Name of the source.
        function: The user's function.

    Raises:
        ExplicitSourceNameInvalid: the file has the schema of another source.
    """
    # looked for when a source is made: importing a program reads no files
    path = _schema_file(name, function)
    if path is None:
        return Schema(name)
    schema = read_schema_file(path)
    if schema.name != name:
        raise ExplicitSourceNameInvalid(
            f"Source '{name}': the schema in {path} is named {schema.name!r}. Give both the same name.",
            source_name=name,
            schema_name=schema.name,
        )
    return schema


def _schema_file(name: str, function: Wrapped) -> Path | None:
    try:
        folder = Path(inspect.getfile(inspect.unwrap(function))).parent
    except TypeError:
        # an object that can be called has no file
        return None
    paths = (folder / f"{name}_schema.{suffix}" for suffix in ("yml", "yaml"))
    return next((path for path in paths if path.is_file()), None)
