"""The packages of all parts of a fan-out as one package, which one transaction loads."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import orjson

from dlt.io import typed_json
from dlt.packages.package import MANIFEST, SCHEMA, STATE, UNDO, LoadPackage
from dlt.states.delta import combined, decode_delta, encode_delta
from dlt.tasks.folder import link_package


def combine(packages: Sequence[LoadPackage], target: str) -> None:
    """Make one normalized package of several of one schema; their files are linked, the rows keep their load ids.

    Args:
        packages: The packages, in the order of the parts.
        target: An existing folder.

    Raises:
        StaleExtract: two parts gave one key of the state different values.
    """
    schema = packages[0].schema.clone()
    files: list[dict[str, Any]] = []
    deltas = []
    for number, package in enumerate(packages):
        if number:
            schema.update_schema(package.schema)
        names = link_package(package, target, f"p{number:04d}.", (MANIFEST, SCHEMA, STATE, UNDO))
        part = package.info["load_id"]
        files += [{**file, "name": names[file["name"]], "load_id": part} for file in package.files]
        text = package.info.get("state_delta")
        if text is not None:
            deltas.append(decode_delta(text))
    schema.bump()
    manifest = {**packages[0].info, "files": files, "refresh": _refresh(packages)}
    manifest["parts"] = [package.info["load_id"] for package in packages]
    works = [package.info.get("works") or [] for package in packages]
    # packages of earlier versions have none
    manifest["works"] = [work for found in works for work in found] if all(works) else []
    manifest.pop("state_delta", None)
    state = next((package.state for package in reversed(packages) if package.state is not None), None)
    manifest["has_state"] = state is not None
    if deltas:
        manifest["state_delta"] = encode_delta(combined(deltas))
    for name, data in (
        (SCHEMA, orjson.dumps(schema.to_dict(), default=str)),
        (MANIFEST, orjson.dumps(manifest, default=str, option=orjson.OPT_INDENT_2)),
    ):
        with open(os.path.join(target, name), "wb") as file:
            file.write(data)
    if state is not None:
        with open(os.path.join(target, STATE), "wb") as file:
            file.write(typed_json.dumps(state).encode())


def _refresh(packages: Sequence[LoadPackage]) -> dict[str, list[str]] | None:
    found: dict[str, list[str]] = {}
    for package in packages:
        for key, names in (package.info.get("refresh") or {}).items():
            known = found.setdefault(key, [])
            known += [name for name in names if name not in known]
    return found or None
